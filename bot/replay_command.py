"""``python -m bot replay``: make stored decisions again and compare outcome, record and text byte for byte."""

from __future__ import annotations

import argparse
import asyncio

from bot.ambient import Ambient
from bot.desk import deciding
from bot.policy.problem import PolicyError
from bot.policy.read import load_or_fail
from bot.settings import Settings
from bot.store import Store, decisions
from bot.store.engine import StoreError
from bot.supervise.process import Failure


def main(settings: Settings, arguments: argparse.Namespace) -> int:
    """Replay one reference, or the whole chain with ``--all``. 1 when anything came out otherwise."""
    if (arguments.reference is None) == (not arguments.all):
        raise Failure("Give the reference of one decision, or --all for the whole chain.")
    try:
        return asyncio.run(_run(settings, arguments.reference))
    except (PolicyError, StoreError) as error:
        raise Failure(str(error)) from error


async def _run(settings: Settings, reference: str | None) -> int:
    store = Store(settings.store_url, Ambient())
    await store.open()
    try:
        return await (replay_all(store) if reference is None else replay_one(store, reference.upper()))
    finally:
        await store.close()


async def replay_one(store: Store, reference: str) -> int:
    """Replay one decision in its place in the chain."""
    library = load_or_fail()
    async with store.read() as connection:
        row = await decisions.by_reference(connection, reference)
        if row is None:
            raise Failure(f"There is no decision {reference}.")
        before = await decisions.at(connection, row.place - 1)
        words = await decisions.words(connection, row.words_sha256)
        original = await decisions.by_id(connection, row.departs_from) if row.departs_from else None
    wrong = deciding.replay(library, row, words, before.sha256 if before else None, original)
    _tell(row, wrong)
    return 1 if wrong else 0


async def replay_all(store: Store) -> int:
    """Replay the chain from its first decision and stop at the first break."""
    library, previous, place = load_or_fail(), None, 0
    async with store.read() as connection:
        async for row in decisions.chain(connection):
            place += 1
            wrong = [] if row.place == place else [f"A decision is missing before it: place {place}."]
            words = await decisions.words(connection, row.words_sha256)
            original = await decisions.by_id(connection, row.departs_from) if row.departs_from else None
            wrong += deciding.replay(library, row, words, previous, original)
            if wrong:
                _tell(row, wrong)
                print(f"The chain breaks at decision {place}; {place - 1} before it are whole.")
                return 1
            previous = row.sha256
    print(f"{place} decisions: the chain is whole, and each came out the same, byte for byte.")
    return 0


def _tell(row: decisions.Decision, wrong: list[str]) -> None:
    print(f"{row.reference}: {'the same, byte for byte' if not wrong else 'NOT the same'}")
    for line in wrong:
        print(f"  {line}")
