"""``kill -9`` around the message that decides, and that message twice: one decision, one reference, one notice.

No fault point is built into the programs. The moment is hit by stopping a program with SIGSTOP, by holding the
database's write lock, or by watching the database's file from outside.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import aiohttp
import pytest

from bot.settings import ROOT, environment
from tests.faults.test_kill import Chat
from tests.live import Saywhy

_ids = itertools.count(1)


class Asking(Chat):
    """A citizen whose request has come as far as the read-back: the next yes decides it."""

    async def prepare(self) -> None:
        await self.start()
        await self.say("I want to book a bulky waste collection", "What do you want to get rid of?")
        await self.say("an old sofa", "from your own home")
        await self.say("no", "Is that right?")

    async def say(self, text: str, expected: str) -> None:
        await self.send(f"s{next(_ids)}", text)
        await self.until_said(expected)

    async def until_said(self, expected: str, patience: float = 240) -> list[dict[str, Any]]:
        until = asyncio.get_running_loop().time() + patience
        while True:
            found = await self.messages()
            if any(expected in message["text"] for message in found if message["sender"] == "bot"):
                return found
            assert asyncio.get_running_loop().time() < until, json.dumps(found, indent=1)
            await asyncio.sleep(0.1)


@pytest.fixture
async def chat(running: Saywhy) -> AsyncIterator[Asking]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
        talk = Asking(http, running.url)
        await talk.prepare()
        yield talk


other = chat


@pytest.fixture(scope="module", autouse=True)
def _the_chain_holds(running: Saywhy) -> Iterator[None]:
    """After all of it every decision replays, and the chain is whole."""
    yield
    replay = subprocess.run(
        [sys.executable, "-m", "bot", "replay", "--all"],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment(running.settings)},
    )  # fmt: skip
    assert replay.returncode == 0, replay.stdout + replay.stderr


def database(running: Saywhy) -> sqlite3.Connection:
    return sqlite3.connect(running.settings.data_dir / "saywhy.db", isolation_level=None, timeout=120)


def references(running: Saywhy, chat: Chat) -> list[str]:
    with closing(database(running)) as opened:
        rows = opened.execute("SELECT reference FROM decisions WHERE conversation_id = ?", (chat.id,))
        return [str(row[0]) for row in rows]


def pending(running: Saywhy, chat: Chat) -> list[Any]:
    with closing(database(running)) as opened:
        query = "SELECT seq FROM inbox WHERE conversation_id = ? AND state = 'pending'"
        return opened.execute(query, (chat.id,)).fetchall()


async def assert_decided_once(running: Saywhy, chat: Asking) -> None:
    """One decision, one reference, one notice; every message settled; ``seq`` without a gap."""
    await chat.until_said("Your reference is")
    for name in ("rasa", "actions", "gateway"):
        running.wait_until_ready(name)
    await until(lambda: not pending(running, chat), "everything settled")
    await asyncio.sleep(0.3)  # a second one, were there one, would have come by now
    found = await chat.messages()
    [reference] = references(running, chat)
    [notice] = [message for message in found if "Your reference is" in message["text"]]
    assert f"Your reference is {reference}," in notice["text"]
    assert [message["seq"] for message in found] == list(range(1, len(found) + 1))
    with closing(database(running)) as opened:
        closed = opened.execute("SELECT state FROM applications WHERE conversation_id = ?", (chat.id,)).fetchall()
    assert closed == [("decided",)]


@contextmanager
def stopped(running: Saywhy, name: str) -> Iterator[None]:
    """The program stands still for as long as the block runs, unless it is killed in it."""
    pid = running.pid(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if pid == _pid_or_none(running, name):
            os.kill(pid, signal.SIGCONT)


def _pid_or_none(running: Saywhy, name: str) -> int | None:
    try:
        return running.pid(name)
    except LookupError:
        return None


async def until(condition: Callable[[], Any], what: str) -> None:
    for _ in range(12_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it did not come to this: {what}")


def rasa_has_answered(running: Saywhy, chat: Chat) -> bool:
    """Whether Rasa has finished its turn for the chat's last message."""
    with closing(database(running)) as opened:
        query = "SELECT id FROM inbox WHERE conversation_id = ? ORDER BY seq DESC LIMIT 1"
        [message_id] = opened.execute(query, (chat.id,)).fetchone()
    with closing(sqlite3.connect(running.settings.data_dir / "brain" / "tracker.db", timeout=120)) as opened:
        found = opened.execute("SELECT 1 FROM tracker_events WHERE message_id = ?", (message_id,))
        return found.fetchone() is not None


async def test_the_gateway_dies_after_one_decision_is_stored_and_before_another(
    running: Saywhy, chat: Asking, other: Asking
) -> None:
    """Nobody reads from the gateway until it is dead: that the first decision is stored is seen in the file."""
    await chat.send("yes", "yes")
    await until(lambda: references(running, chat), "a decision")
    with stopped(running, "actions"):
        await other.send("yes", "yes")
        await asyncio.sleep(0.3)
        running.kill("gateway")
        [before] = references(running, chat)
        assert references(running, other) == []
    await assert_decided_once(running, chat)
    await assert_decided_once(running, other)
    assert references(running, chat) == [before]


async def test_the_gateway_dies_between_the_answer_and_the_decision(running: Saywhy, chat: Asking) -> None:
    """All of the turn is worked out and none of it is stored: the test holds the lock that the commit needs."""
    with closing(database(running)) as lock:
        with stopped(running, "rasa"):
            await chat.send("yes", "yes")
            await asyncio.sleep(0.3)
            lock.execute("BEGIN IMMEDIATE")
        await until(lambda: rasa_has_answered(running, chat), "an answer")
        await asyncio.sleep(0.2)
        running.kill("gateway")
        assert references(running, chat) == []
        lock.execute("ROLLBACK")
    await assert_decided_once(running, chat)


@pytest.mark.parametrize("killed", ["actions", "rasa"])
async def test_another_program_dies_in_the_turn(running: Saywhy, chat: Asking, killed: str) -> None:
    with stopped(running, "actions"):
        await chat.send("yes", "yes")
        await asyncio.sleep(0.3)
        running.kill(killed)
        assert references(running, chat) == []
    await assert_decided_once(running, chat)


async def test_the_gateway_dies_while_many_are_at_any_point_of_the_turn(running: Saywhy, chat: Asking) -> None:
    chats = [chat, *(Asking(chat.http, running.url) for _ in range(7))]
    await asyncio.gather(*(each.prepare() for each in chats[1:]))
    for each in chats:
        await each.send("yes", "yes")
        await asyncio.sleep(0.015)
    running.kill("gateway")
    for each in chats:
        await assert_decided_once(running, each)


async def test_the_same_yes_many_times_and_another_yes_at_once(running: Saywhy, chat: Asking) -> None:
    again = [chat.send("yes", "yes") for _ in range(8)]
    await asyncio.gather(*again, chat.send("another", "that is right"))
    await chat.until_said("Your reference is")
    await chat.send("yes", "yes")
    await assert_decided_once(running, chat)
    assert [message["text"] for message in await chat.messages()].count("yes") == 1


async def test_the_real_action_server_is_too_slow_and_then_down(running: Saywhy, chat: Asking) -> None:
    """At the question it stands still beyond every deadline, at the read-back it is gone."""
    late = Asking(chat.http, running.url)
    await late.start()
    await late.say("I want to book a bulky waste collection", "What do you want to get rid of?")
    await late.say("an old sofa", "from your own home")
    with stopped(running, "actions"):
        await late.send("no", "no")
        told = await late.until_said("The fault is on our side")
        assert [button["title"] for button in told[-1]["buttons"]] == ["Talk to a person"]
        assert facts(running, late) == ["kind"]
    await late.until_said("Is that right?")
    assert facts(running, late) == ["from_home", "kind"]
    running.kill("actions")
    await late.send("yes", "yes")
    await assert_decided_once(running, late)
    apologies = [message for message in await late.messages() if "The fault is on our side" in message["text"]]
    assert len(apologies) == 2


def facts(running: Saywhy, chat: Chat) -> list[str]:
    with closing(database(running)) as opened:
        query = "SELECT facts FROM applications WHERE conversation_id = ? AND state = 'open'"
        return sorted(json.loads(opened.execute(query, (chat.id,)).fetchone()[0]))
