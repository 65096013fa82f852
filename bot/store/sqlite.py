"""SQLite: readers, and one writer whose transactions are committed together when they come together."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store import in_loop
from bot.store.in_loop import InLoop, Lost

_Result = TypeVar("_Result")

#: The most reads at once that may take long.
READERS = 4
#: The most transactions that share one commit, and how long the first of them waits for others, in seconds.
_MOST_TOGETHER = 64
_LONGEST = 0.05
#: How long a transaction waits to begin, in seconds.
_PATIENCE = 30.0


def reader(url: URL) -> AsyncEngine:
    """For reads that may take long, each in a thread. The pool makes nobody wait: see ``Store.read``."""
    made = create_async_engine(url, pool_size=READERS, max_overflow=-1, hide_parameters=True)
    _set_up(made.sync_engine, "BEGIN")
    return made


def quick(url: URL, begin: str = "BEGIN") -> Engine:
    """For statements that are quick, every one."""
    made = in_loop.engine(url, pool_size=1)
    _set_up(made, begin)
    return made


def _set_up(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred; ours below is not
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


class Closed(SQLAlchemyError):
    """The store was closed before the transaction could begin, or be committed."""


@dataclass
class _Ticket:
    """One transaction of somebody's: they are let in, they have left, and it is on the disk."""

    let_in: asyncio.Future[AsyncConnection] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    left: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    committed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def give_up(self) -> None:
        """Leave, let in or not, and keep nothing."""
        if not self.let_in.cancel() and not self.let_in.cancelled():
            self.let_in.exception()  # whoever gave up does not want to hear of it
        if not self.left.done():
            self.left.set_result(False)


class Writer:
    """Lets one transaction in at a time. Those that wait when one has ended go on in the same transaction of SQLite,
    each behind a savepoint, so that they share one commit. Each has failed or is on the disk when it returns.

    One task of its own begins and commits, in a thread, since that may wait for a lock and for the disk. So nobody who
    is cancelled, at whatever moment, leaves the writer half way: their transaction is undone, or is whole when they had
    already come to its end.
    """

    def __init__(self, url: URL) -> None:
        self._engine = quick(url, "BEGIN IMMEDIATE")
        self._thread = ThreadPoolExecutor(1, "the database's writer")
        self._waiting: deque[_Ticket] = deque()
        self._asked = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._inside: asyncio.Task[Any] | None = None

    def start(self) -> None:
        """Begin to let transactions in."""
        self._task = asyncio.create_task(self._run(), name="the database's writer")

    async def close(self) -> None:
        """Let in those that wait already, and no others; then close the database."""
        self._closing = True
        self._asked.set()
        if self._task:
            await asyncio.wait([self._task])
        await self._in_thread(self._engine.dispose)
        self._thread.shutdown(wait=False)

    @asynccontextmanager
    async def transaction(self, after: Callable[[], None]) -> AsyncIterator[AsyncConnection]:
        """A transaction: on the disk at the end, undone on any error. ``after`` is called once it is on the disk.

        Raises:
            Closed: it cannot begin any more, or not be committed.
            Lost: SQLite has ended it.
            TimeoutError: it cannot begin, since another one takes very long.
        """
        if self._closing or self._task is None or self._task.done():
            raise Closed("the store is closed")
        me = asyncio.current_task()
        if self._inside is me:
            raise RuntimeError("a transaction inside another would wait for it for ever")
        ticket = _Ticket()
        self._waiting.append(ticket)
        self._asked.set()
        try:
            async with asyncio.timeout(_PATIENCE):
                connection = await ticket.let_in
            self._inside = me
            yield connection
        except BaseException:
            ticket.give_up()
            raise
        finally:
            if self._inside is me:
                self._inside = None
        if ticket.left.done():  # the writer was cancelled, and nobody commits any more
            raise Closed("the store is closed")
        ticket.committed.add_done_callback(lambda done: None if done.exception() else after())
        ticket.left.set_result(True)
        await asyncio.shield(ticket.committed)

    async def _run(self) -> None:
        try:
            while True:
                self._asked.clear()
                while ticket := self._next():
                    await self._one_commit(ticket)
                if self._closing:
                    return
                await self._asked.wait()
        finally:  # cancelled, when the loop ends before the store is closed
            self._closing = True
            while ticket := self._next():
                ticket.let_in.set_exception(Closed("the store is closed"))

    async def _one_commit(self, ticket: _Ticket) -> None:
        try:
            connection = await self._in_thread(self._begin)
        except Exception as error:  # another process has kept its lock for long: whoever waits has waited as long
            waiting: _Ticket | None = ticket
            while waiting:
                if not waiting.let_in.done():
                    waiting.let_in.set_exception(error)
                waiting = self._next()
            return
        kept: list[_Ticket] = []
        failed: Exception | None = Closed("the store is closed")
        try:
            await self._together(connection, ticket, kept)
            failed = None
        except Exception as error:
            failed = error
        finally:
            for each in kept:
                if failed:
                    each.committed.set_exception(failed)
                else:
                    each.committed.set_result(None)
            connection.close()

    async def _together(self, connection: Connection, ticket: _Ticket | None, kept: list[_Ticket]) -> None:
        """Let ``ticket`` in and those that come after it, and commit. ``kept`` takes those that did not fail."""
        until = asyncio.get_running_loop().time() + _LONGEST
        shown = InLoop(connection)
        while ticket:
            behind = bool(kept)
            if behind:
                try:
                    connection.exec_driver_sql("SAVEPOINT one")
                except SQLAlchemyError:
                    self._waiting.appendleft(ticket)  # those before it have failed; it goes first in the next one
                    raise
            if not ticket.let_in.done():  # who waited may have been cancelled meanwhile
                ticket.let_in.set_result(shown.as_async)
            keep = await ticket.left
            if keep:
                kept.append(ticket)
            if not shown.in_transaction:
                raise Lost("SQLite has ended the transaction")
            if not keep and not behind:
                return
            if not keep:
                connection.exec_driver_sql("ROLLBACK TO one")
            if behind:
                connection.exec_driver_sql("RELEASE one")
            more = len(kept) < _MOST_TOGETHER and asyncio.get_running_loop().time() < until
            ticket = self._next() if more else None
        await self._in_thread(connection.commit)

    def _begin(self) -> Connection:
        connection = self._engine.connect()
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def _next(self) -> _Ticket | None:
        while self._waiting:
            ticket = self._waiting.popleft()
            if not ticket.let_in.done():
                return ticket
        return None

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class Taken(RuntimeError):
    """Another process has it."""


class Sole:
    """The right to be the only gateway of a database's file. The system takes it back when the process ends."""

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}.lock")
        self._handle: int | None = None

    def take(self) -> None:
        """Take it, until ``give_back`` or the end of the process.

        Raises:
            Taken: another process has it.
            OSError: the file cannot be made.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if isinstance(error, BlockingIOError):
                raise Taken(str(self._path)) from None
            raise
        self._handle = handle

    def give_back(self) -> None:
        """Let another process have it. The file stays: who removed it could remove another's."""
        if self._handle is not None:
            with suppress(OSError):
                os.close(self._handle)
            self._handle = None
