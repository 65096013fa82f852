"""``python -m bot export --decisions``: the decision records as one JSON object a line, sensitive facts masked."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from typing import TextIO

from bot.ambient import Ambient
from bot.policy.export import masked
from bot.policy.record import canonical
from bot.settings import Settings
from bot.store import Store, decisions
from bot.store.engine import StoreError
from bot.supervise.process import Failure


def main(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write the decisions to a file or to standard output.

    Raises:
        Failure: nothing was chosen to export, or the database or the file cannot be used.
    """
    if not arguments.decisions:
        raise Failure("Say what to export: --decisions.")
    try:
        if arguments.out is None:
            asyncio.run(_run(settings, arguments.since, sys.stdout))
            return 0
        with arguments.out.open("w", encoding="utf-8") as file:
            count = asyncio.run(_run(settings, arguments.since, file))
    except (OSError, StoreError) as error:
        raise Failure(str(error)) from error
    print(f"{count} decisions written to {Path(arguments.out)}.", file=sys.stderr)
    return 0


async def _run(settings: Settings, since: date | None, out: TextIO) -> int:
    store = Store(settings.store_url, Ambient())
    await store.open()
    try:
        return await write(store, since, out)
    finally:
        await store.close()


async def write(store: Store, since: date | None, out: TextIO) -> int:
    """Write every decision made on ``since`` or later, in the order of the chain. Returns how many."""
    count = 0
    async with store.read() as connection:
        async for row in decisions.chain(connection):
            record = json.loads(row.record)
            if since is None or row.decided_at.date() >= since:
                line = {"place": row.place, "departs_from": row.departs_from, **masked(record)}
                out.write(canonical(line).decode() + "\n")
                count += 1
    return count
