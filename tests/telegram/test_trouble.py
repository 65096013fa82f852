"""Trouble on Telegram's side and of our own making: once it ends everything has arrived, in order in each chat."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.store import Store
from bot.turn.context import Services
from tests.fakes import FakeBrain
from tests.store.conftest import new_database
from tests.telegram.clock import FastAmbient, fast
from tests.telegram.fake_bot_api import FakeBotApi, Fault
from tests.telegram.gateway import gateway

CHATS = range(1, 5)
SPEED = 10.0


@pytest.fixture
async def ambient() -> AsyncIterator[FastAmbient]:
    """Time runs ten times as fast."""
    async with fast(SPEED) as started:
        yield started


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between polls pass as fast as the clock."""
    monkeypatch.setattr("bot.channels.telegram.polling.PAUSES", (0.1, 0.2, 0.5, 1.0))


@asynccontextmanager
async def gateways(services: Services, fake: FakeBotApi, *urls: str) -> AsyncIterator[None]:
    """A gateway that polls for each database address."""
    for chat in CHATS:
        fake.person(chat)
    ambient = services.store.ambient
    assert isinstance(ambient, FastAmbient)
    async with AsyncExitStack() as stack:
        for url in urls:
            store = Store(url, ambient)
            await store.open()
            stack.push_async_callback(store.close)
            own = replace(services, store=store, brain=FakeBrain())
            started = await stack.enter_async_context(gateway(own, fake, telegram_mode="polling"))
            started.telegram.sender._sleep = ambient.sleep
        yield


@pytest.fixture
async def polling(services: Services, fake: FakeBotApi, tmp_path: Path, made_database: Path) -> AsyncIterator[None]:
    """A gateway that polls."""
    async with gateways(services, fake, sqlite(made_database, tmp_path / "one.db")):
        yield


def sqlite(made_database: Path, path: Path) -> str:
    """The address of a new database."""
    return f"sqlite+aiosqlite:///{shutil.copyfile(made_database, path)}"


def write(fake: FakeBotApi, number: int) -> None:
    """Everybody writes."""
    fake.queue(*(fake.text(chat, f"question {number}") for chat in CHATS))


async def answered(fake: FakeBotApi, count: int, patience: float = 120) -> None:
    """Until everybody has that many answers; then that they are theirs, once each and in order."""

    def numbers(chat: int) -> list[int]:
        return [int(number) for sent in fake.to(chat) for number in re.findall(r"You said: question (\d+)", sent.text)]

    wanted = list(range(count))
    await fake.wait(
        lambda: all(set(numbers(chat)) >= set(wanted) for chat in CHATS),
        patience,
        lambda: str({chat: numbers(chat) for chat in CHATS}),
    )
    await asyncio.sleep(0.3)
    for chat in CHATS:
        assert numbers(chat) == wanted


async def test_429_for_one_chat_and_for_all(polling: None, fake: FakeBotApi) -> None:
    write(fake, 0)
    await answered(fake, 1)
    fake.fail(Fault.too_many(5), chat_id=1)
    write(fake, 1)
    fake.fail(*[Fault.too_many(8)] * 3)
    for number in (2, 3):
        write(fake, number)
    await answered(fake, 4)
    assert sum(call.status == 429 for call in fake.calls) == 4


async def test_an_outage_of_30_seconds_in_both_directions(
    polling: None, fake: FakeBotApi, ambient: FastAmbient
) -> None:
    write(fake, 0)
    await answered(fake, 1)
    write(fake, 1)
    fake.outage = True
    for number in (2, 3):
        await ambient.sleep(15)
        write(fake, number)
    assert len(fake.sent) <= 2 * len(CHATS)
    fake.outage = False
    await answered(fake, 4)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_two_gateways_that_poll_on_one_database_answer_each_question_once(
    services: Services,
    fake: FakeBotApi,
    tmp_path: Path,
    made_database: Path,
    engine: str,
    request: pytest.FixtureRequest,
) -> None:
    url = sqlite(made_database, tmp_path / "shared.db")
    if engine == "postgresql":
        url = await new_database(request.getfixturevalue("postgresql"))
    async with gateways(services, fake, url, url):
        for number in range(3):
            write(fake, number)
            await asyncio.sleep(0.3)
        await answered(fake, 3)


async def test_two_gateways_that_poll_by_mistake_lose_nothing(
    services: Services, fake: FakeBotApi, tmp_path: Path, made_database: Path
) -> None:
    """With a database each, neither knows of the other: Telegram says 409, and now and then both answer a question."""
    one, other = (sqlite(made_database, tmp_path / name) for name in ("one.db", "other.db"))
    async with gateways(services, fake, one):
        async with gateways(services, fake, other):
            for number in range(3):
                write(fake, number)
                await asyncio.sleep(0.4)
            await fake.wait(lambda: any(call.status == 409 for call in fake.calls))
            await fake.wait(lambda: all(heard(fake, chat) == {0, 1, 2} for chat in CHATS), 120)
        write(fake, 3)
        await fake.wait(lambda: all(heard(fake, chat) == {0, 1, 2, 3} for chat in CHATS), 120)


def heard(fake: FakeBotApi, chat: int) -> set[int]:
    """The questions that were answered in a chat."""
    said = " ".join(sent.text for sent in fake.to(chat))
    return {int(number) for number in re.findall(r"You said: question (\d+)", said)}
