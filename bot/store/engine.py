"""Opening the database and running transactions, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import URL, Connection, Engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.ambient import Ambient
from bot.store import sqlite
from bot.store.in_loop import InLoop
from bot.store.wake import Hub, connect, listen

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
NOTIFY_CHANNEL = "saywhy"

#: The most connections to PostgreSQL, beside the one that listens, and how long somebody waits for one, in seconds.
_CONNECTIONS = 20
_PATIENCE = 30.0


class StoreError(RuntimeError):
    """The database cannot be opened. The message says which and what to do."""


class Foreign(RuntimeError):
    """The tables are of no revision that this program knows."""


@dataclass
class Transaction:
    """One write transaction: its connection, its moment, and the conversations whose readers it will wake."""

    connection: AsyncConnection
    ambient: Ambient
    now: datetime
    changed: set[str] = field(default_factory=set)

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"


class Store:
    """The one database. ``open`` first, ``close`` at the end.

    SQLite has one writer (``bot.store.sqlite.Writer``), so that writers queue in the process and never meet 'database
    is locked', and a few readers. PostgreSQL has one pool for both.

    Who waits for a connection waits here and never in SQLAlchemy's pool. There a place that is free because somebody's
    connection was broken off wakes nobody: they would wait for half a minute beside free places, and fail.
    """

    def __init__(self, url: str, ambient: Ambient) -> None:
        self.url: URL = make_url(url)
        self.ambient = ambient
        self.hub = Hub()
        self._engine: AsyncEngine | None = None
        self._quick: Engine | None = None
        self._places: asyncio.Semaphore
        self._writer: sqlite.Writer | None = None
        self._sole: sqlite.Sole | None = None
        self._listener: asyncio.Task[None] | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    async def open(self) -> None:
        """Connect and bring the tables up to date.

        Raises:
            StoreError: no database answers at the address, or its tables are newer than this program.
        """
        if self.is_sqlite:
            self._engine, self._quick = sqlite.reader(self.url), sqlite.quick(self.url)
            self._places = asyncio.Semaphore(sqlite.READERS)
            self._writer = sqlite.Writer(self.url)
            self._writer.start()
        else:
            self._engine = create_async_engine(
                self.url.set(query={}),
                async_creator=lambda: connect(self.url),
                pool_size=_CONNECTIONS // 2,
                max_overflow=-1,
                pool_pre_ping=True,
                hide_parameters=True,
            )
            self._places = asyncio.Semaphore(_CONNECTIONS)
        try:
            if self.is_sqlite and self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            async with self.write() as tx:
                await tx.connection.run_sync(migrate)
        except (OSError, SQLAlchemyError, PostgresError, InterfaceError, Foreign) as error:
            await self._dispose()
            shown = self.url.render_as_string(hide_password=True)
            raise StoreError(
                f"The database at {shown} cannot be used: {error}. Check SAYWHY_DATABASE_URL and that it runs."
            ) from error
        if not self.is_sqlite:
            self._listener = asyncio.create_task(listen(self.url, NOTIFY_CHANNEL, self.hub))

    def claim(self) -> None:
        """Be the only gateway of a SQLite file, until the store is closed or the process ends. Call it before ``open``.

        A second one would take the first one's leases for those of a gateway that died. PostgreSQL takes any number.

        Raises:
            StoreError: another gateway uses the file, or the folder cannot be written to.
        """
        if not self.is_sqlite or not self.url.database or self.url.database == ":memory:":
            return
        sole = sqlite.Sole(self.url.database)
        try:
            sole.take()
        except sqlite.Taken:
            raise StoreError(
                f"Another gateway already uses the database {self.url.database}. Stop it first. For a second Saywhy on "
                "this machine set SAYWHY_DATA_DIR to another folder; several gateways can share a PostgreSQL database."
            ) from None
        except OSError as error:
            raise StoreError(f"The database {self.url.database} cannot be used: {error}.") from error
        self._sole = sole

    async def close(self) -> None:
        """Let go of every connection. Readers that wait on the hub are woken."""
        if self._listener:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
        self.hub.close()
        await self._dispose()

    async def _dispose(self) -> None:
        if self._writer:
            await self._writer.close()
        if self._quick:
            self._quick.dispose()
        if self._engine:
            await self._engine.dispose()
        if self._sole:
            self._sole.give_back()

    @asynccontextmanager
    async def read(self, *, quick: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection for reading: one consistent view on SQLite, statement by statement on PostgreSQL.

        ``quick`` is for a few rows that are found by their keys. On SQLite that is done without a thread.

        Raises:
            TimeoutError: too many others read, for long.
        """
        if quick and self._quick:
            with self._quick.connect() as connection:
                connection.begin()
                yield InLoop(connection).as_async
        else:
            async with self._place(), self._opened.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A write transaction: committed at the end, rolled back on any error. Never open one inside another.

        Whoever waits for one of ``Transaction.changed`` is woken after the commit, in every process. Who is cancelled
        leaves the transaction whole or gone, and the database free for others.
        """
        changed: set[str] = set()

        def wake() -> None:
            for conversation_id in changed:
                self.hub.wake(conversation_id)

        async with self._writer.transaction(wake) if self._writer else self._begin() as connection:
            transaction = Transaction(connection, self.ambient, self.ambient.now(), changed)
            yield transaction
            if transaction.is_postgresql:
                for conversation_id in changed:
                    notify = text("SELECT pg_notify(:channel, :id)")
                    await connection.execute(notify, {"channel": NOTIFY_CHANNEL, "id": conversation_id})
        if self._writer is None:
            wake()

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AsyncConnection]:
        async with self._place(), self._opened.begin() as connection:
            yield connection

    @property
    def _opened(self) -> AsyncEngine:
        if self._engine is None:
            raise sqlite.Closed("the store is not open")
        return self._engine

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        async with asyncio.timeout(_PATIENCE):
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()


def migrate(connection: Connection) -> None:
    """Run every Alembic migration that this database has not had. One process at a time on PostgreSQL.

    Raises:
        Foreign: a newer program has made the tables.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('saywhy migrations'))"))
    if _revision(connection) == newest_revision():
        return
    from alembic import command  # here, since to import it takes a while and hardly any start needs it
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Foreign(str(error)) from error


@cache
def newest_revision() -> str:
    """The revision that the last migration brings, by the names of their files."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _revision(connection: Connection) -> str | None:
    """The revision of the database's tables; None when it has none."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
