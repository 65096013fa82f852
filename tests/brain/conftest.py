"""One small model a test run, trained from the project's own config, domain and stories."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.brain import without_tensorflow
from bot.brain.__main__ import quieten

without_tensorflow.install(Path(__file__).resolve().parents[2] / "config.yml")  # As where it trains and serves.
quieten()  # Before the rest of Rasa is imported.

from rasa.core.agent import Agent, load_agent  # noqa: E402
from rasa.core.utils import AvailableEndpoints  # noqa: E402
from rasa.model_training import train  # noqa: E402

from bot.brain import speedups  # noqa: E402
from bot.brain.channel import store_of  # noqa: E402
from bot.brain.tracker_store import TurnTrackerStore  # noqa: E402
from tests.brain.doubles import SECRET, FakeActions, Gateway, channel_over, free_port  # noqa: E402
from tests.postgresql import server  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
WHOLE = speedups.install_for_training()  # As ``bot.brain`` trains.


def pytest_configure(config: pytest.Config) -> None:
    # Rasa's libraries about each other; Rasa 3 about every slot there is; the test database about a variable.
    for ignored in ("ignore::DeprecationWarning", "ignore:Slot auto-fill", "ignore:XDG_RUNTIME_DIR"):
        config.addinivalue_line("filterwarnings", ignored)


@pytest.fixture(scope="session", autouse=True)
def _in_the_project() -> Iterator[None]:
    before = Path.cwd()
    os.chdir(ROOT)
    yield
    os.chdir(before)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that Rasa kept of earlier trainings, but the sentence vectors of the project's own one, if there was one:
    the same network gives the same text the same vector, and to make them all anew takes longer than all else here."""
    folder = tmp_path_factory.mktemp("cache")
    known = ROOT / "var" / "brain" / "cache" / "vectors.npz"
    if known.exists():
        shutil.copy2(known, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RASA_CACHE_DIRECTORY", str(folder))
        yield


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few topics and of all the small talk."""
    folder = tmp_path_factory.mktemp("model")
    data = ["data/nlu/talk.yml", "data/stories", "tests/brain/answers.yml"]
    result = train(
        "domain.yml", "config.yml", data, output=str(folder), fixed_model_name="small.tar.gz", force_training=WHOLE
    )
    assert result.code == 0
    return folder / "small.tar.gz"


@pytest.fixture(scope="session")
def actions_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def shared_agent(model: Path, actions_port: int, tmp_path_factory: pytest.TempPathFactory) -> Agent:
    """Rasa as it starts from endpoints.yml."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAYWHY_ACTIONS_PORT", str(actions_port))
        patch.setenv("SAYWHY_TRACKER_URL", f"sqlite:///{tmp_path_factory.mktemp('tracker') / 'first.db'}")
        patch.setenv("SAYWHY_BRAIN_SECRET", SECRET)
        agent = asyncio.run(load_agent(str(model), endpoints=AvailableEndpoints.read_endpoints("endpoints.yml")))
    assert agent.is_ready()
    assert isinstance(store_of(agent), TurnTrackerStore)
    return agent


@pytest.fixture
def tracker_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tracker.db'}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL that runs for this test run."""
    with server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def any_tracker_url(request: pytest.FixtureRequest, tracker_url: str) -> str:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        return tracker_url
    server = make_url(request.getfixturevalue("postgresql"))
    name = f"test_{uuid.uuid4().hex}"
    with create_engine(server, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return str(server.set(database=name))


@pytest.fixture
def agent(shared_agent: Agent, tracker_url: str) -> Agent:
    """Rasa with an empty tracker database."""
    use_store(shared_agent, tracker_url)
    return shared_agent


@pytest.fixture
async def actions(actions_port: int) -> AsyncIterator[FakeActions]:
    fake = FakeActions()
    async with fake.serving(actions_port):
        yield fake


@pytest.fixture
async def gateway(agent: Agent, actions: FakeActions) -> AsyncIterator[Gateway]:
    async with channel_over(agent) as gateway:
        yield gateway


def use_store(agent: Agent, url: str) -> TurnTrackerStore:
    """Give Rasa a new tracker store, inside the wrapper that Rasa puts round it."""
    store = TurnTrackerStore(agent.domain, url)
    agent.tracker_store._tracker_store = store
    return store
