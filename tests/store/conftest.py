"""The store's tests run twice: on SQLite and on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store import Store
from tests.fakes import StillAmbient


async def new_database(server: str) -> str:
    """Make an empty database on the server and give its address."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'saywhy.db'}"
    return await new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
async def store(url: str, ambient: StillAmbient) -> AsyncIterator[Store]:
    """A new database on either engine."""
    opened = Store(url, ambient)
    await opened.open()
    yield opened
    await opened.close()
