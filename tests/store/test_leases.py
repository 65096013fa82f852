from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.store import Store, leases
from tests.fakes import StillAmbient


async def take(store: Store, owner: str) -> bool:
    async with store.write() as tx:
        return await leases.take(tx, "send", owner, tx.now + timedelta(seconds=10))


async def test_of_many_who_want_it_one_gets_it(store: Store) -> None:
    won = await asyncio.gather(*(take(store, f"gateway {n}") for n in range(8)))
    assert sum(won) == 1


async def test_its_holder_keeps_it_and_another_gets_it_once_it_has_ended(store: Store, ambient: StillAmbient) -> None:
    assert await take(store, "one")
    ambient.wait(9)
    assert await take(store, "one")
    ambient.wait(9)
    assert not await take(store, "two")
    ambient.wait(2)
    assert await take(store, "two")
    assert not await take(store, "one")


async def test_who_lets_go_lets_others_in_at_once_and_nobody_else_can_let_go(store: Store) -> None:
    assert await take(store, "one")
    async with store.write() as tx:
        await leases.release(tx, "send", "two")
    assert not await take(store, "two")
    async with store.write() as tx:
        await leases.release(tx, "send", "one")
    assert await take(store, "two")
    async with store.write() as tx:
        await leases.release_all(tx)
    assert await take(store, "one")
