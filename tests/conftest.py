"""Fixtures that many folders use."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot import council, settings
from bot.store import Store, conversations
from bot.store.conversations import Conversation
from bot.turn.context import Services
from bot.turn.runner import TurnRunner
from bot.web.access import RUNNER
from bot.web.app import create_app
from tests.fakes import FakeBrain, StillAmbient
from tests.live import Saywhy, own_settings, saywhy
from tests.postgresql import server
from tests.talk import Client

hypothesis.settings.register_profile(
    "saywhy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)  # a busy machine is no failure
hypothesis.settings.load_profile("saywhy")


@pytest.fixture
def ambient() -> StillAmbient:
    """A clock that stands still and ids that count."""
    return StillAmbient()


@pytest.fixture(scope="session")
def made_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with the tables and nothing in them, to be copied: the migrations run once, not every time."""
    path = tmp_path_factory.mktemp("made") / "saywhy.db"

    async def make() -> None:
        store = Store(f"sqlite+aiosqlite:///{path}", StillAmbient())
        await store.open()
        await store.close()

    asyncio.run(make())
    assert not path.with_name("saywhy.db-wal").exists()  # all of it is in the file
    return path


@pytest.fixture
async def store(tmp_path: Path, made_database: Path, ambient: StillAmbient) -> AsyncIterator[Store]:
    """A new SQLite database."""
    shutil.copyfile(made_database, tmp_path / "saywhy.db")
    opened = Store(f"sqlite+aiosqlite:///{tmp_path / 'saywhy.db'}", ambient)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def brain() -> FakeBrain:
    """A Rasa that echoes until it is told otherwise."""
    return FakeBrain()


@pytest.fixture
def services(store: Store, brain: FakeBrain, tmp_path: Path) -> Services:
    """Everything that a turn works with, Rasa being fake."""
    own = replace(settings.load({}), data_dir=tmp_path)
    return Services(store, brain, council.load(), own, workshop=brain)


@pytest.fixture
async def conversation(store: Store) -> Conversation:
    """A conversation on the website; its token is 'secret'."""
    async with store.write() as tx:
        return await conversations.create(tx, channel="website", token="secret")


@pytest.fixture
async def client(services: Services) -> AsyncIterator[Client]:
    """The gateway, listening on a port of its own."""
    async with TestClient(TestServer(create_app(services))) as started:
        yield started


@pytest.fixture
def runner(client: Client) -> TurnRunner:
    """The turns of the gateway."""
    assert client.app is not None
    return client.app[RUNNER]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL that runs for this test run."""
    with server() as address:
        yield address.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saywhy]:
    """All of Saywhy, started as a person would. Tests that break it wait until it is whole again."""
    with saywhy(own_settings(tmp_path_factory.mktemp("saywhy"))) as started:
        yield started
