"""``python -m bot export``: the decision records as one JSON object a line, sensitive facts masked; or, by rule, how
often it refused and what reviews made of that."""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TextIO

from bot.ambient import Ambient
from bot.policy.export import masked
from bot.policy.problem import PolicyError
from bot.policy.read import load_or_fail
from bot.policy.record import canonical
from bot.policy.tally import COLUMNS, FEW, Decided, Tally
from bot.settings import Settings
from bot.store import Store, cases, decisions
from bot.store.engine import StoreError
from bot.supervise.process import Failure

_Writing = Callable[[Store, date | None, TextIO], Awaitable[int]]
_FEW_TOLD = f"<{FEW} stands for fewer than {FEW}: the rule reads a sensitive fact, and a small count could tell whose."


def main(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write the decisions to a file or to standard output.

    Raises:
        Failure: nothing was chosen to export, or the database or the file cannot be used.
    """
    if arguments.decisions and arguments.rules:
        raise Failure("Export one at a time: --decisions or --rules.")
    if not (arguments.decisions or arguments.rules):
        raise Failure("Say what to export: --decisions or --rules.")
    writing, what = (write_rules, "rules") if arguments.rules else (write, "decisions")
    try:
        if arguments.out is None:
            asyncio.run(_run(settings, writing, arguments.since, sys.stdout))
            if arguments.rules:
                print(_FEW_TOLD, file=sys.stderr)
            return 0
        with arguments.out.open("w", encoding="utf-8", newline="") as file:
            count = asyncio.run(_run(settings, writing, arguments.since, file))
    except OSError as error:
        if error.filename is None:  # the database, not the file
            raise Failure(str(error)) from error
        raise Failure(f"{error.filename} cannot be written: {error.strerror}.") from error
    except (StoreError, PolicyError) as error:
        raise Failure(str(error)) from error
    print(f"{count} {what} written to {Path(arguments.out)}.", file=sys.stderr)
    if arguments.rules:
        print(_FEW_TOLD, file=sys.stderr)
    return 0


async def _run(settings: Settings, writing: _Writing, since: date | None, out: TextIO) -> int:
    store = Store(settings.store_url, Ambient())
    await store.open()
    try:
        return await writing(store, since, out)
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


async def write_rules(store: Store, since: date | None, out: TextIO) -> int:
    """Write a table (CSV) of every rule that can refuse: refusals since then, reviews asked, reviews that changed the
    outcome, departures that did. Returns how many rules there are.

    Raises:
        PolicyError: the policies have errors.
    """
    tally = Tally(load_or_fail())
    decided: dict[str, Decided] = {}
    async with store.read() as connection:
        reviewed = await cases.reviewed(connection)
        async for row in decisions.chain(connection):
            record = json.loads(row.record)
            if row.departs_from:
                if before := decided.get(row.departs_from):
                    decided[row.departs_from] = replace(before, departure=record)
            elif record["against"] and (since is None or row.decided_at.date() >= since):
                decided[row.id] = Decided(record, None, row.reference in reviewed)
    tally.add(decided.values())
    rows = tally.rows()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
    return len(rows)
