"""Who is cancelled in the middle of a transaction leaves it whole or gone, and the database free for others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.ambient import Ambient
from bot.store import Store, leases
from bot.store.sqlite import Closed
from bot.store.tables import leases as table
from bot.store.tables import link_misses, staff

_ROWS = 3


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """With a real clock, since leases end here."""
    opened = Store(url, Ambient())
    await opened.open()
    yield opened
    await opened.close()


async def _count(store: Store, name: str) -> int:
    async with store.read() as connection:
        like = table.c.name.like(f"{name} %")
        return int((await connection.execute(select(func.count()).select_from(table).where(like))).scalar_one())


async def _write(store: Store, name: str) -> None:
    async with store.write() as tx:
        for number in range(_ROWS):
            await leases.take(tx, f"{name} {number}", "me", tx.now)
            await asyncio.sleep(0)  # whatever else a transaction waits for


class _Cancelled:
    """Awaits a coroutine, and cancels the task that does so at one of the points at which it waits, or at two."""

    def __init__(self, work: Coroutine[Any, Any, None], at: set[int]) -> None:
        self._work, self._at, self._points = work, at, 0

    def __await__(self) -> Generator[Any, Any, None]:
        work = self._work.__await__()
        step: Callable[[], Any] = partial(next, work)
        while True:
            try:
                waits_for = step()
            except StopIteration:
                return
            self._points += 1
            if self._points in self._at:
                task = asyncio.current_task()
                assert task
                task.cancel()
            try:
                yield waits_for
            except BaseException as error:
                step = partial(work.throw, error)
            else:
                step = partial(next, work)


async def _cancelled_at(work: Coroutine[Any, Any, None], *points: int) -> bool:
    """Cancel it at these of its waits, counted from 1. False when it had come to its end before."""

    async def run() -> None:
        await _Cancelled(work, set(points))

    [result] = await asyncio.gather(asyncio.create_task(run()), return_exceptions=True)
    assert result is None or isinstance(result, asyncio.CancelledError), result
    return result is not None


@pytest.mark.parametrize("times", [1, 2])
async def test_a_cancelled_transaction_is_whole_or_gone_and_frees_the_writer(store: Store, times: int) -> None:
    await _write(store, "first")
    whole = gone = point = 0
    cancelled = True
    while cancelled:
        point += 1
        name = f"cancelled {point}"
        cancelled = await _cancelled_at(_write(store, name), *range(point, point + times))
        async with asyncio.timeout(5):
            await _write(store, f"after {point}")
        kept = await _count(store, name)
        assert kept in (0, _ROWS), f"{kept} rows of a transaction that was cancelled at its wait {point}"
        assert await _count(store, f"after {point}") == _ROWS
        whole, gone = whole + bool(kept), gone + (not kept)
    assert gone >= _ROWS
    assert whole >= 1


async def test_one_of_several_that_is_cancelled_takes_none_with_it(store: Store) -> None:
    for point in range(1, 7):
        others = [asyncio.create_task(_write(store, f"{point} before {n}")) for n in range(2)]
        await asyncio.sleep(0)
        cancelled = asyncio.create_task(_cancelled_at(_write(store, f"{point} cancelled"), point))
        await asyncio.sleep(0)
        others += [asyncio.create_task(_write(store, f"{point} behind {n}")) for n in range(2)]
        async with asyncio.timeout(10):
            await asyncio.gather(cancelled, *others)
        assert await _count(store, f"{point} before 0") + await _count(store, f"{point} before 1") == 2 * _ROWS
        assert await _count(store, f"{point} behind 0") + await _count(store, f"{point} behind 1") == 2 * _ROWS
        assert await _count(store, f"{point} cancelled") in (0, _ROWS)


async def test_one_that_fails_is_undone_and_those_beside_it_are_kept(store: Store) -> None:
    async def fail(number: int) -> None:
        async with store.write() as tx:
            await leases.take(tx, f"failing {number}", "me", tx.now)
            if number % 2:
                raise KeyError(number)
            await tx.connection.execute(insert(link_misses).values(conversation_id="of nobody", at=tx.now))

    tasks = [fail(n) if n % 3 == 0 else _write(store, f"good {n}") for n in range(12)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results[1:3]] == [type(None)] * 2
    assert all(isinstance(results[n], KeyError if n % 2 else DBAPIError) for n in range(0, 12, 3))
    assert await _count(store, "failing") == 0
    assert sum([await _count(store, f"good {n}") for n in range(12)]) == 8 * _ROWS


async def test_readers_are_woken_by_whatever_was_stored_even_if_its_writer_was_cancelled(store: Store) -> None:
    if not store.is_sqlite:  # PostgreSQL itself tells them
        return

    async def write() -> None:
        async with store.write() as tx:
            await leases.take(tx, "woken", "me", tx.now)
            tx.changed.add("a conversation")

    point, cancelled, whole = 0, True, 0
    while cancelled:
        point += 1
        async with store.hub.subscribe("a conversation") as changed:
            cancelled = await _cancelled_at(write(), point)
            async with store.write() as tx:  # behind it
                kept = (await tx.connection.execute(table.delete())).rowcount
            assert changed.is_set() == bool(kept)
        whole += kept
    assert whole == 2  # cancelled while it was committed, and not cancelled at all


async def test_transactions_that_come_together_share_a_commit_on_sqlite(store: Store) -> None:
    if not store.is_sqlite:
        return
    commits = 0

    def count(_: object) -> None:
        nonlocal commits
        commits += 1

    event.listen(Engine, "commit", count)
    await asyncio.gather(*(_write(store, f"together {n}") for n in range(20)))
    event.remove(Engine, "commit", count)
    assert sum([await _count(store, f"together {n}") for n in range(20)]) == 20 * _ROWS
    assert 1 <= commits <= 10


async def test_a_transaction_inside_another_is_told_at_once(store: Store) -> None:
    if not store.is_sqlite:
        return
    async with store.write():
        with pytest.raises(RuntimeError, match="inside another"):
            async with store.write():
                pass
    await _write(store, "after")


async def test_a_database_that_another_process_holds_is_an_error_for_all_who_wait(store: Store, url: str) -> None:
    if not store.is_sqlite:
        return
    other = Store(url, Ambient())
    await other.open()
    async with store.write() as tx:
        await tx.connection.execute(text("PRAGMA busy_timeout=50"))
    async with other.write() as tx:
        await tx.connection.execute(staff.delete())
        results = await asyncio.gather(*(_write(store, f"held {n}") for n in range(5)), return_exceptions=True)
    assert all(isinstance(result, SQLAlchemyError) for result in results)
    await _write(store, "free")
    assert await _count(store, "held") == 0
    await other.close()


async def test_a_closed_store_says_so(url: str) -> None:
    if "sqlite" not in url:
        return
    store = Store(url, Ambient())
    await store.open()
    await store.close()
    with pytest.raises(Closed):
        await _write(store, "late")
