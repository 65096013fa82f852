"""An action server that is down, slow or answers garbage, at every question: nothing is decided, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import council
from bot.settings import Settings
from bot.store import Store, applications, decisions
from bot.store.applications import Application
from bot.turn.context import Services
from bot.web.app import rasa
from tests.dialogue.conftest import FreshIds
from tests.fakes import StillAmbient
from tests.live import brain_and_actions, free_ports, own_settings
from tests.talk import Client, Talk, start_talk

ANSWERS = ["yes", "no", "yes", "0", "1.5", "4.4", "1 October 2026", "That is right"]


class Proxy:
    """Stands between Rasa and the action server, and does to the answers what ``fault`` says."""

    def __init__(self, target: str) -> None:
        self.target, self.fault = target, ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/health" or not self.fault:
            async with (
                aiohttp.ClientSession() as http,
                http.request(request.method, self.target + request.path, data=await request.read()) as answer,
            ):
                return web.json_response(await answer.json(), status=answer.status)
        if self.fault == "error":
            return web.json_response({"error": "broken"}, status=500)
        if self.fault == "nothing":
            return web.json_response({"events": [], "responses": []})
        if self.fault == "success":
            wrong = {"text": "You can have it.", "custom": {"kind": "policy", "effect": {"decide": True}}}
            return web.json_response({"events": [], "responses": [wrong]})
        if self.fault == "slow":
            await asyncio.sleep(8)
        return web.Response(text="<html>garbage", content_type="text/html")


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


@pytest.fixture
async def services(live: Settings, store: Store) -> AsyncIterator[Services]:
    async with aiohttp.ClientSession() as http:
        yield Services(store, rasa(replace(live, turn_deadline=10), http), council.load(), live)


@pytest.mark.parametrize("fault", ["error", "garbage", "nothing", "success", "slow"])
async def test_a_fault_at_every_question_decides_nothing_and_loses_nothing(
    client: Client, store: Store, proxy: Proxy, ambient: StillAmbient, fault: str
) -> None:
    talk = await start_talk(client)
    await talk.act(text="can I get a second parking permit")
    await talk.settled()
    # To 'That is right' a lying server's "decide" is the right effect, and the stored, confirmed facts decide.
    places = {"slow": [3], "success": range(len(ANSWERS) - 1)}.get(fault, range(len(ANSWERS)))
    for place, answer in enumerate(ANSWERS):
        before = await opened(talk, store)
        assert before
        if place in places:
            proxy.fault = fault
            await talk.act(text=answer)
            await told(talk)
            said = [event["message"]["text"] for event in await talk.events() if event["kind"] == "message"]
            assert not any("You can have" in text for text in said)
            assert await made(talk, store) == []
            kept = await opened(talk, store)
            assert kept
            assert kept.facts == before.facts
            proxy.fault = ""
            ambient.wait(60)
            await talk.settled()
        await resume(talk, store, before, answer)
        assert len(await made(talk, store)) == (1 if answer == ANSWERS[-1] else 0)


async def resume(talk: Talk, store: Store, before: Application, answer: str) -> None:
    """Give the answer (again), unless the message that was kept has given it in the meantime."""
    now = await opened(talk, store)
    if now is not None and now.question == before.question:
        await talk.act(text="carry on")
        await talk.settled()
        await talk.act(text=answer)
        await talk.settled()


async def told(talk: Talk) -> str:
    """What is said to the last message, once something is."""
    for _ in range(1500):
        found = [event["message"] for event in await talk.events() if event["kind"] == "message"]
        if found[-1]["sender"] != "citizen":
            return str(found[-1]["text"])
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was said")


async def opened(talk: Talk, store: Store) -> Application | None:
    async with store.read() as connection:
        return await applications.open_of(connection, talk.id)


async def made(talk: Talk, store: Store) -> list[Any]:
    async with store.read() as connection:
        return list(await decisions.of_conversation(connection, talk.id, 5))
