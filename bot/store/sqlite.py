"""SQLite: readers, and one writer whose transactions are committed together when they come together."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

#: The most transactions that share one commit, and how long the first of them waits for others, in seconds.
_MOST_TOGETHER = 64
_LONGEST = 0.05
#: How long a transaction waits to begin, in seconds.
_PATIENCE = 30.0


class _InLoop(aiosqlite.Connection):
    """Leaves to its thread what may wait for a lock or for the disk, and does the rest where it is asked for.

    To a thread and back costs several times what a statement does that finds its rows by a key.
    """

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        connection = self._connection
        statement = args[0] if args and isinstance(args[0], str) else None
        if connection is None or fn == connection.commit or (statement and not connection.in_transaction):
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return fn(*args, **kwargs)


def _in_loop(path: str, **options: Any) -> aiosqlite.Connection:
    """Open a connection; SQLite itself keeps its threads from meeting in it."""
    options["check_same_thread"] = False
    connection = _InLoop(lambda: sqlite3.connect(path, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


def engine(url: URL, begin: str, pool_size: int, *, in_loop: bool = False) -> AsyncEngine:
    """An engine whose transactions start with ``begin``. ``in_loop`` is for statements that are quick, every one."""
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    options = {"connect_args": {"async_creator_fn": _in_loop}} if in_loop else {}
    made = create_async_engine(
        url, pool_size=pool_size, max_overflow=0, pool_timeout=30, hide_parameters=True, **options
    )

    @event.listens_for(made.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred; ours below is not
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(made.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return made


class Closed(SQLAlchemyError):
    """The store was closed before the transaction could begin."""


class _Lost(SQLAlchemyError):
    """SQLite has ended the transaction by itself: the disk is full, or broken."""


@dataclass
class _Ticket:
    """One transaction of somebody's: they are let in, they have left, and it is on the disk."""

    let_in: asyncio.Future[AsyncConnection] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    left: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    committed: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """Lets one transaction in at a time. Those that wait when one has ended go on in the same transaction of SQLite,
    each behind a savepoint, so that they share one commit. Each has failed or is on the disk when it returns.

    One task of its own begins and commits. So nobody who is cancelled, at whatever moment, leaves the writer half way:
    their transaction is undone, or is whole when they had already come to its end.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: deque[_Ticket] = deque()
        self._asked = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._inside: asyncio.Task[Any] | None = None
        self._last: _Ticket | None = None

    def start(self) -> None:
        """Begin to let transactions in."""
        self._task = asyncio.create_task(self._run(), name="the database's writer")

    async def close(self) -> None:
        """End those that wait, and close the database."""
        self._closing = True
        self._asked.set()
        if self._task:
            await self._task
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self, after: Callable[[], None]) -> AsyncIterator[AsyncConnection]:
        """A transaction: on the disk at the end, undone on any error. ``after`` is called once it is on the disk.

        Raises:
            Closed: it cannot begin any more.
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
            ticket.let_in.cancel()
            ticket.left.set_result(False)
            raise
        finally:
            if self._inside is me:
                self._inside = None
        ticket.committed.add_done_callback(lambda done: None if done.exception() else after())
        ticket.left.set_result(True)
        await asyncio.shield(ticket.committed)

    async def _run(self) -> None:
        while True:
            self._asked.clear()
            while ticket := self._next():
                kept: list[_Ticket] = []
                try:
                    async with self._engine.connect() as connection:
                        await self._together(connection, ticket, kept)
                except Exception as error:
                    if self._last and not self._last.let_in.done():
                        self._last.let_in.set_exception(error)
                    self._tell(kept, error)
                else:
                    self._tell(kept, None)
            if self._closing:
                return
            await self._asked.wait()

    async def _together(self, connection: AsyncConnection, ticket: _Ticket | None, kept: list[_Ticket]) -> None:
        """Let ``ticket`` in and those that come after it, and commit. ``kept`` takes those that did not fail."""
        until = asyncio.get_running_loop().time() + _LONGEST
        try:
            whole = await connection.begin()
        except Exception as error:  # another process has kept its lock for long: whoever waits has waited as long
            while ticket:
                ticket.let_in.set_exception(error)
                ticket = self._next()
            return
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver
        while ticket:
            if kept:
                await connection.exec_driver_sql("SAVEPOINT one")
            if not ticket.let_in.done():  # who waited may have been cancelled meanwhile
                ticket.let_in.set_result(connection)
            keep = await ticket.left
            if not driver.in_transaction:
                if keep:
                    kept.append(ticket)
                raise _Lost("SQLite has ended the transaction")
            if keep:
                kept.append(ticket)
            elif not kept:
                await whole.rollback()
                return
            else:
                await connection.exec_driver_sql("ROLLBACK TO one")
            if len(kept) > 1 or not keep:
                await connection.exec_driver_sql("RELEASE one")
            more = len(kept) < _MOST_TOGETHER and asyncio.get_running_loop().time() < until
            ticket = self._next() if more else None
        await whole.commit()

    def _next(self) -> _Ticket | None:
        while self._waiting:
            ticket = self._last = self._waiting.popleft()
            if not ticket.let_in.done():
                return ticket
        return None

    @staticmethod
    def _tell(tickets: list[_Ticket], error: Exception | None) -> None:
        for ticket in tickets:
            if error:
                ticket.committed.set_exception(error)
            else:
                ticket.committed.set_result(None)


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
