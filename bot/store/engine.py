"""Opening the database and running transactions, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from asyncpg import PostgresError
from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.ambient import Ambient
from bot.store.wake import Hub, listen

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
NOTIFY_CHANNEL = "saywhy"


class StoreError(RuntimeError):
    """The database cannot be opened. The message says which and what to do."""


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

    SQLite has one writer connection, so that writers queue in the process and never meet 'database is locked', and a
    few readers. PostgreSQL has one pool for both.
    """

    def __init__(self, url: str, ambient: Ambient) -> None:
        self.url: URL = make_url(url)
        self.ambient = ambient
        self.hub = Hub()
        self._writer: AsyncEngine
        self._reader: AsyncEngine
        self._listener: asyncio.Task[None] | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    async def open(self) -> None:
        """Connect and bring the tables up to date.

        Raises:
            StoreError: no database answers at the address, or its tables are newer than this program.
        """
        from alembic.util import CommandError  # here, since to import Alembic takes a while and most commands need none

        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, "BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite_engine(self.url, "BEGIN", pool_size=4)
        else:
            self._writer = self._reader = create_async_engine(
                self.url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True
            )
        try:
            async with self._writer.begin() as connection:
                await connection.run_sync(migrate)
        except (OSError, SQLAlchemyError, PostgresError, CommandError) as error:
            await self._dispose()
            shown = self.url.render_as_string(hide_password=True)
            raise StoreError(
                f"The database at {shown} cannot be used: {error}. Check SAYWHY_DATABASE_URL and that it runs."
            ) from error
        if not self.is_sqlite:
            self._listener = asyncio.create_task(listen(self.url, NOTIFY_CHANNEL, self.hub))

    async def close(self) -> None:
        """Let go of every connection. Readers that wait on the hub are woken."""
        if self._listener:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
        self.hub.close()
        await self._dispose()

    async def _dispose(self) -> None:
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading: one consistent view on SQLite, statement by statement on PostgreSQL."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A write transaction: committed at the end, rolled back on any error. Never open one inside another.

        Whoever waits for one of ``Transaction.changed`` is woken after the commit, in every process.
        """
        async with self._writer.begin() as connection:
            transaction = Transaction(connection, self.ambient, self.ambient.now())
            yield transaction
            if transaction.is_postgresql:
                for conversation_id in transaction.changed:
                    notify = text("SELECT pg_notify(:channel, :id)")
                    await connection.execute(notify, {"channel": NOTIFY_CHANNEL, "id": conversation_id})
        for conversation_id in transaction.changed:
            self.hub.wake(conversation_id)


def migrate(connection: Connection) -> None:
    """Run every Alembic migration that this database has not had. One process at a time on PostgreSQL."""
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('saywhy migrations'))"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _sqlite_engine(url: URL, begin: str, pool_size: int) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=30, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred; ours below is not
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
