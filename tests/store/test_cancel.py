"""Who is cancelled in the middle of a transaction leaves it whole or gone, and the database free for others."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from bot.ambient import Ambient
from bot.store import Store, leases
from bot.store.in_loop import Lost
from bot.store.sqlite import Closed
from bot.store.tables import leases as table
from bot.store.tables import link_misses, staff

_ROWS = 3
_READERS = 26  # more than there are places on either engine
_PATIENCE = 60  # seconds: against hanging only, since a busy machine is no failure


@pytest.fixture(autouse=True)
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who shares a commit depends on who is there, and not on how fast this machine is."""
    monkeypatch.setattr("bot.store.sqlite._LONGEST", 600.0)
    monkeypatch.setattr("bot.store.sqlite._PATIENCE", 600.0)
    monkeypatch.setattr("bot.store.engine._PATIENCE", 600.0)


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
    if result is not None and not isinstance(result, asyncio.CancelledError):
        raise result
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
        async with asyncio.timeout(_PATIENCE):
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
        async with asyncio.timeout(_PATIENCE):
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


async def _read(store: Store) -> None:
    for quick in (False, True):
        async with store.read(quick=quick) as connection:
            for _ in range(2):
                assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 0
                await asyncio.sleep(0)


async def test_who_is_cancelled_while_reading_leaves_their_place_to_others(store: Store) -> None:
    point, cancelled = 0, [True]
    while any(cancelled):
        point += 1
        async with asyncio.timeout(_PATIENCE):  # far below what a wait for a place lasts
            cancelled = await asyncio.gather(*(_cancelled_at(_read(store), point) for _ in range(_READERS)))
    assert point > 8
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*(_read(store) for _ in range(3 * _READERS)))


async def test_no_more_read_at_once_than_there_are_places(store: Store) -> None:
    places = 4 if store.is_sqlite else 20
    reading = most = 0
    full = asyncio.Event()

    async def read() -> None:
        nonlocal reading, most
        async with store.read() as connection:
            reading += 1
            most = max(most, reading)
            await connection.execute(text("SELECT 1"))
            if reading >= places:
                full.set()
            await full.wait()
            await asyncio.sleep(0.01)  # one more, were there room, would come in now
            reading -= 1

    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*(read() for _ in range(50)))
    assert most == places


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
    assert commits == 1


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
    await _write(store, "before")
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


async def test_a_closing_store_lets_those_in_who_wait_already(url: str) -> None:
    if "sqlite" not in url:
        return
    store = Store(url, Ambient())
    await store.open()
    waiting = [asyncio.create_task(_write(store, f"waits {n}")) for n in range(80)]  # more than share a commit
    await asyncio.sleep(0)
    await store.close()
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*waiting)
    again = Store(url, Ambient())
    await again.open()
    assert await _count(again, "waits") == 80 * _ROWS
    await again.close()


async def test_a_writer_that_is_cancelled_leaves_nobody_waiting(url: str) -> None:
    if "sqlite" not in url:
        return
    store = Store(url, Ambient())
    await store.open()
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with store.write() as tx:
            await leases.take(tx, "slow 0", "me", tx.now)
            inside.set()
            await go_on.wait()

    tasks = [asyncio.create_task(_write(store, "before")), asyncio.create_task(slow())]
    tasks += [asyncio.create_task(_write(store, f"behind {n}")) for n in range(3)]
    await inside.wait()
    [writer] = [task for task in asyncio.all_tasks() if task.get_name() == "the database's writer"]
    writer.cancel()
    await asyncio.sleep(0)
    go_on.set()
    async with asyncio.timeout(_PATIENCE):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [Closed] * 5
    await store.close()
    again = Store(url, Ambient())
    await again.open()
    assert sum([await _count(again, name) for name in ("before", "slow", "behind 0", "behind 2")]) == 0
    await again.close()


async def test_a_transaction_that_takes_long_holds_others_up_but_not_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not store.is_sqlite:
        return
    async with store.write() as tx:
        await leases.take(tx, "long 0", "me", tx.now)
        with monkeypatch.context() as patch:
            patch.setattr("bot.store.sqlite._PATIENCE", 0.1)
            others = [asyncio.create_task(_write(store, f"held {n}")) for n in range(3)]
            results = await asyncio.gather(*others, return_exceptions=True)
    assert [type(result) for result in results] == [TimeoutError] * 3
    await _write(store, "after")
    assert (await _count(store, "long"), await _count(store, "after"), await _count(store, "held")) == (1, _ROWS, 0)


@pytest.mark.parametrize("catches", [False, True])
async def test_when_sqlite_ends_a_transaction_nobody_of_it_is_told_that_it_is_kept(store: Store, catches: bool) -> None:
    """So does a full disk. A statement after that would be a transaction of its own."""
    if not store.is_sqlite:
        return
    await _write(store, "there")

    async def end_it() -> None:
        async with store.write() as tx:
            await leases.take(tx, "ended 0", "me", tx.now)
            again = text("INSERT OR ROLLBACK INTO leases (name, owner, until) VALUES ('there 0', 'me', '2026-01-01')")
            with pytest.raises(IntegrityError):
                await tx.connection.execute(again)
            if catches:
                with pytest.raises(Lost):
                    await leases.take(tx, "ended 1", "me", tx.now)
            else:
                await leases.take(tx, "ended 1", "me", tx.now)

    tasks = [_write(store, "before"), end_it(), _write(store, "behind")]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [Lost, Lost, type(None)]
    found = [await _count(store, name) for name in ("there", "before", "ended", "behind")]
    assert found == [_ROWS, 0, 0, _ROWS]


async def test_a_full_disk_is_an_error_for_whom_it_concerns_and_for_nobody_later(store: Store) -> None:
    if not store.is_sqlite:
        return
    async with store.write() as tx:
        pages = int((await tx.connection.execute(text("PRAGMA page_count"))).scalar_one())
        await tx.connection.execute(text(f"PRAGMA max_page_count={pages + 2}"))

    async def much() -> None:
        async with store.write() as tx:
            await leases.take(tx, "much " + 50_000 * "x", "me", tx.now)

    results = await asyncio.gather(
        _write(store, "before"), much(), _write(store, "behind"), much(), return_exceptions=True
    )
    assert [isinstance(result, SQLAlchemyError) for result in results].count(True) >= 2
    assert isinstance(results[1], OperationalError)
    told = sum(_ROWS for result, _ in zip(results[0::2], range(2), strict=True) if result is None)
    assert await _count(store, "before") + await _count(store, "behind") == told
    async with store.write() as tx:
        await tx.connection.execute(text(f"PRAGMA max_page_count={pages + 1000}"))
    await much()


async def test_an_error_that_nobody_waits_for_any_more_is_no_noise(store: Store) -> None:
    if not store.is_sqlite:
        return
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    for point in range(1, 5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bot.store.sqlite.Writer._begin", lambda _: 1 / 0)
            with suppress(ZeroDivisionError):
                assert await _cancelled_at(_write(store, "never"), point) or point > 1
        gc.collect()
        await asyncio.sleep(0)
    assert noise == []
    await _write(store, "after")
