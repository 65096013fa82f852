"""An action server that is down, slow or answers garbage, at every question: nothing is decided, nothing is lost."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import council
from bot.policy.readback import CONFIRM
from bot.settings import Settings
from bot.store import Store, applications, inbox
from bot.store.applications import Application
from bot.turn.brain import BrainReply
from bot.turn.context import Services
from bot.turn.runner import TurnRunner
from bot.web.app import rasa
from tests.dialogue.conftest import TOO_LATE, FreshIds
from tests.dialogue.test_policies import STARTS, cases, decided, typed
from tests.fakes import StillAmbient
from tests.live import brain_and_actions, free_ports, own_settings
from tests.policies import LIBRARY
from tests.talk import Client, Talk, start_talk

#: What a broken action server answers to every call. None is no JSON at all.
WRONG_EFFECTS: list[Any] = [
    {"application": None},
    {"application": {"policy": "pothole", "facts": {}, "question": None, "last_fact": None, "misses": 0}},
    {"application": {"policy": "resident-permit", "facts": {}, "question": "@confirm", "last_fact": None, "misses": 0}},
    {"review": True},
    {"decide": True, "application": None},
    {"decision": {"outcome": "grant"}},
    {"handoff": "now"},
]
BODIES: dict[str, Any] = {
    "an error": (500, {"error": "broken", "action_name": "any"}),
    "not found": (404, {}),
    "nothing": (200, {"events": [], "responses": []}),
    "another shape": (200, {"events": "none", "responses": 5}),
    "no object": (200, [1, 2]),
    "null": (200, None),
    "half a reply": (200, {"events": [], "responses": [{"text": None, "custom": {"kind": "policy"}}]}),
    "half a button": (200, {"responses": [{"text": "Yes?", "custom": {"buttons": [{"title": "Yes"}]}}], "events": []}),
    "a foreign event": (200, {"events": [{"event": "no-such-event"}], "responses": [{"text": "Good."}]}),
    **{
        f"effect {number}": (
            200,
            {"events": [], "responses": [{"text": "Good.", "custom": {"kind": "policy", "effect": effect}}]},
        )
        for number, effect in enumerate(WRONG_EFFECTS)
    },
}
TEXTS = {"garbage": "<html>garbage", "empty": "", "cut off": '{"events": [], "responses": [{"te'}
LIE = {
    "events": [],
    "responses": [{"text": "You can have it.", "custom": {"kind": "policy", "effect": {"decide": True}}}],
}
#: Tried at every question; of the others each question gets two, in turn.
ALWAYS = ["an error", "garbage", "empty", "another shape", "half a reply"]
IN_TURN = [name for name in (*BODIES, *TEXTS) if name not in ALWAYS]
#: In seconds: how long a slow action server takes, and how long the gateway waits for Rasa meanwhile, and otherwise.
SLOW, IMPATIENT, PATIENT = 0.3, 0.2, 60.0


class Proxy:
    """Stands between Rasa and the action server, and does to the answers what ``fault`` says."""

    def __init__(self, target: str) -> None:
        self.target, self.fault, self.calls = target, "", 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        if self.fault in BODIES:
            status, body = BODIES[self.fault]
            return web.json_response(body, status=status)
        if self.fault in TEXTS:
            return web.Response(text=TEXTS[self.fault], content_type="application/json")
        if self.fault == "lie":
            return web.json_response(LIE)
        if self.fault == "down":
            assert request.transport
            request.transport.abort()
        if self.fault == "slow":
            await asyncio.sleep(SLOW)
        async with (
            aiohttp.ClientSession() as http,
            http.request(request.method, self.target + request.path, data=await request.read()) as answer,
        ):
            return web.json_response(await answer.json(), status=answer.status)


@pytest.fixture(scope="module")
def ports() -> list[int]:
    return free_ports(1)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, ports: list[int]) -> Iterator[Settings]:
    """A Rasa that looks for its actions at the proxy's port."""
    own = own_settings(tmp_path_factory.mktemp("faults"))
    with brain_and_actions(own, rasa_looks_at=ports[0]):
        yield own


@pytest.fixture
def ambient() -> StillAmbient:
    return FreshIds()


@pytest.fixture
async def proxy(live: Settings, ports: list[int]) -> AsyncIterator[Proxy]:
    found = Proxy(f"http://127.0.0.1:{live.actions_port}")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.handle)
    async with TestServer(app, host="127.0.0.1", port=ports[0]):
        yield found


class Patience:
    """The real Rasa, waited for as long as ``deadline`` says."""

    def __init__(self, live: Settings, http: aiohttp.ClientSession) -> None:
        self._live, self._http, self.deadline = live, http, PATIENT

    async def ask(self, *asked: Any) -> BrainReply:
        return await rasa(replace(self._live, turn_deadline=self.deadline), self._http).ask(*asked)

    async def forget(self, conversation: str) -> None:
        await rasa(self._live, self._http).forget(conversation)


@pytest.fixture
async def patience(live: Settings) -> AsyncIterator[Patience]:
    async with aiohttp.ClientSession() as http:
        yield Patience(live, http)


@pytest.fixture
def services(live: Settings, store: Store, patience: Patience) -> Services:
    return Services(store, patience, council.load(), live)


class Broken:
    """A citizen who answers every question while the action server is broken, and looks at what comes of it."""

    def __init__(self, talk: Talk, store: Store, runner: TurnRunner, proxy: Proxy) -> None:
        self.talk, self.store, self.runner, self.proxy = talk, store, runner, proxy

    async def tries(self) -> int:
        async with self.store.read() as connection:
            item = await inbox.next_pending(connection, self.talk.id)
        return item.attempts if item else -1

    async def fails(self, fault: str, before: Application | None) -> None:
        """Have the message that is pending tried with this fault: nothing comes of it."""
        await self.idle()
        self.proxy.fault, tried = fault, await self.tries()
        self.runner.wake(self.talk.id)
        for _ in range(9000):
            if await self.tries() != tried:
                break
            await asyncio.sleep(0.01)
        assert await self.tries() == tried + 1, f"{fault}: {await said(self.talk)}"
        await self.nothing_came_of_it(fault, before)

    async def idle(self) -> None:
        """Until no try is under way: another wake would have one more follow it."""
        async with asyncio.timeout(120):
            while self.runner._tasks:
                await asyncio.sleep(0.01)

    async def settles(self) -> None:
        """Until nothing is pending. Two tries have to do; those that a busy machine made too late do not count."""
        tries = 0
        async with asyncio.timeout(300):
            while await self.tries() >= 0:
                assert tries < 2, await said(self.talk)
                began = time.monotonic()
                self.runner.wake(self.talk.id)
                await self.idle()
                tries += time.monotonic() - began < TOO_LATE

    async def nothing_came_of_it(self, fault: str, before: Application | None) -> None:
        assert await decided(self.talk, self.store) == [], fault
        assert await opened(self.talk, self.store) == before, fault
        assert await self.talk.mode() == "bot", fault
        told = [text for text in await said(self.talk) if text == "Good." or "You can have" in text]
        assert told == [], fault


@pytest.mark.parametrize(
    ("policy", "outcome"), [("resident-permit", "grant"), ("bulky-waste", "refuse"), ("parking-fine", "grant")]
)
async def test_every_fault_at_every_question_decides_nothing_and_loses_nothing(
    client: Client, store: Store, runner: TurnRunner, proxy: Proxy, patience: Patience, ambient: StillAmbient,
    policy: str, outcome: str,
) -> None:  # fmt: skip
    [golden] = [found.values[1] for found in cases() if found.id == f"{policy}: {outcome}"]
    on = date.fromisoformat(str(golden["on"]))
    ambient.set(datetime(on.year, on.month, on.day, 11, tzinfo=UTC))
    talk = await start_talk(client)
    await talk.act(text=STARTS[policy])
    citizen, asked, in_turn = Broken(talk, store, runner, proxy), list[str | None](), itertools.cycle(IN_TURN)
    await citizen.settles()
    while now := await opened(talk, store):
        assert asked.count(now.question) < 3  # a fault may have it asked once more, never for ever
        asked.append(now.question)
        proxy.fault = "lie"
        await answer_with(talk, now, golden, "no")  # a yes to the read-back would be one to the right facts
        await citizen.settles()
        await citizen.nothing_came_of_it("lie", now)
        proxy.fault = "down"
        await answer_with(talk, now, golden)
        told = await kept_for_another_try(talk)
        assert [button["title"] for button in told["buttons"]] == ["Talk to a person"]
        await citizen.nothing_came_of_it("down", now)
        for fault in (*ALWAYS, next(in_turn), next(in_turn)):
            await citizen.fails(fault, now)
        patience.deadline = IMPATIENT
        await citizen.fails("slow", now)
        patience.deadline, proxy.fault = PATIENT, ""
        await citizen.settles()
    [row] = await decided(talk, store)
    assert json.loads(row.record)["outcome"] == golden["expect"]["outcome"]
    assert len(asked) > 2
    assert proxy.calls > len(asked) * 9


async def answer_with(talk: Talk, now: Application, golden: Any, confirm: str = "That is right") -> None:
    """Answer the open question, by typing: what is shown last may be an apology without buttons."""
    assert now.question
    if now.question == CONFIRM:
        await talk.act(text=confirm)
        return
    policy = LIBRARY.policies[now.policy]
    fact = next(one.facts[now.question] for one in policy.versions if now.question in one.facts)
    value, words = golden["facts"][now.question], policy.words["en"]
    own = words.text["facts"][now.question]
    text = {"bool": "yes" if value is True else "no", "choice": own.get("options", {}).get(value)}.get(fact.type)
    await talk.act(text=text or typed(fact, value, words.frame))


async def said(talk: Talk) -> list[str]:
    return [event["message"]["text"] for event in await talk.events() if event["kind"] == "message"]


async def kept_for_another_try(talk: Talk) -> dict[str, Any]:
    """What is said to the last message, once something is."""
    for _ in range(4500):
        found = [event["message"] for event in await talk.events() if event["kind"] == "message"]
        if found[-1]["sender"] != "citizen":
            assert "The fault is on our side" in found[-1]["text"]
            return dict(found[-1])
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was said")


async def opened(talk: Talk, store: Store) -> Application | None:
    async with store.read() as connection:
        return await applications.open_of(connection, talk.id)
