"""SQLite without a thread: statements that are quick are run where they are asked for.

To a thread and back costs several times what a statement does that finds its rows by a key. This is SQLAlchemy's
ordinary engine over the standard library's driver, with the few methods of ``AsyncConnection`` that the store uses.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import URL, Connection, CursorResult, Dialect, Engine, Executable, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection


class Lost(SQLAlchemyError):
    """SQLite has ended the transaction by itself: the disk is full, or broken. Nothing of it is kept."""


class _Cursor(sqlite3.Cursor):
    """Has all its rows before anything else is asked of the connection, as every cursor of an ``AsyncConnection``."""

    _rows: deque[Any]

    def execute(self, statement: str, parameters: Any = (), /) -> _Cursor:
        super().execute(statement, parameters)
        self._rows = deque(super().fetchall() if self.description else ())
        return self

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self._rows.popleft() for _ in range(min(self.arraysize if size is None else size, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows = list(self._rows)
        self._rows.clear()
        return rows


class _Driver(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


def engine(url: URL, pool_size: int) -> Engine:
    """Its pool never makes anybody wait, since that would stop the loop: beyond ``pool_size`` it opens more."""
    return create_engine(
        url.set(drivername="sqlite+pysqlite"),
        pool_size=pool_size,
        max_overflow=-1,
        hide_parameters=True,
        connect_args={"factory": _Driver, "check_same_thread": False},
    )


class InLoop:
    """A connection in a transaction. What is awaited of it is done at once; nobody else's turn comes in between."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        driver = connection.connection.driver_connection
        assert isinstance(driver, _Driver)
        self._driver = driver

    @property
    def as_async(self) -> AsyncConnection:
        """As those who take either kind name it. Only the methods of this class are there."""
        return cast(AsyncConnection, self)

    @property
    def dialect(self) -> Dialect:
        """SQLite's."""
        return self._connection.dialect

    @property
    def in_transaction(self) -> bool:
        """Whether SQLite still knows of the transaction."""
        return self._driver.in_transaction

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a statement.

        Raises:
            Lost: the transaction has ended, and this statement would be one of its own.
        """
        self._check()
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str, parameters: Any = None) -> CursorResult[Any]:
        """Run SQL that is passed on as it is. Raises as ``execute``."""
        self._check()
        return self._connection.exec_driver_sql(statement, parameters)

    async def run_sync(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Hand over the connection itself."""
        self._check()
        return work(self._connection, *arguments)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """A savepoint: what is done behind it is undone on any error."""
        self._check()
        with self._connection.begin_nested():
            yield

    def _check(self) -> None:
        if not self._driver.in_transaction:
            raise Lost("SQLite has ended the transaction")
