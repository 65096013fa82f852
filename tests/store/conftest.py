"""The store's tests run twice: on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store import Store
from tests.fakes import StillAmbient

MADE = "made"  # the database with the tables and nothing in them, of which the others are copies


async def new_database(server: str) -> str:
    """Make a database with the tables and nothing in them on the server, and give its address."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        if not (await connection.execute(text(f"SELECT 1 FROM pg_database WHERE datname = '{MADE}'"))).first():
            await connection.execute(text(f"CREATE DATABASE {MADE}"))
            store = Store(_address(server, MADE), StillAmbient())
            await store.open()
            await store.close()
        await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {MADE}"))
    await engine.dispose()
    return _address(server, name)


def _address(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, made_database: Path) -> str:
    """The address of a database with nothing in its tables."""
    if request.param == "sqlite":
        shutil.copyfile(made_database, tmp_path / "saywhy.db")
        return f"sqlite+aiosqlite:///{tmp_path / 'saywhy.db'}"
    return await new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
async def store(url: str, ambient: StillAmbient) -> AsyncIterator[Store]:
    """A new database on either engine."""
    opened = Store(url, ambient)
    await opened.open()
    yield opened
    await opened.close()
