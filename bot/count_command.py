"""``python -m bot count``: how often each kind of answer and of non-answer was given."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, time

from bot.ambient import Ambient
from bot.settings import Settings
from bot.store import Store, counting
from bot.store.engine import StoreError
from bot.supervise.process import Failure


def main(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print a line for each kind, the most frequent first.

    Raises:
        Failure: the database cannot be used.
    """
    since = datetime.combine(arguments.since, time(), UTC) if arguments.since else None
    try:
        counted = asyncio.run(_run(settings, since))
    except (OSError, StoreError) as error:
        raise Failure(str(error)) from error
    for kind, count in counted.items():
        print(f"{count:7} {kind}")
    return 0


async def _run(settings: Settings, since: datetime | None) -> Mapping[str, int]:
    store = Store(settings.store_url, Ambient())
    await store.open()
    try:
        async with store.read() as connection:
            return await counting.replies(connection, since)
    finally:
        await store.close()
