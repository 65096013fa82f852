from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.turn.brain import BrainFailure, RasaBrain

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OK = {"status": "ok", "replies": [{"text": "Hello."}], "intent": {}, "slots": {}}


@asynccontextmanager
async def rasa(handler: Handler, deadline: float = 90.0) -> AsyncIterator[RasaBrain]:
    app = web.Application()
    app.router.add_post("/turn", handler)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        yield RasaBrain(http, str(server.make_url("")), "secret", deadline)


async def answer(_: web.Request) -> web.Response:
    return web.json_response(OK)


async def hang(_: web.Request) -> web.Response:
    await asyncio.sleep(5)
    return web.json_response(OK)


def say(status: int, body: Any) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(body, status=status) if not isinstance(body, str) else web.Response(text=body)

    return handler


async def test_it_asks_with_the_secret_and_reads_the_replies() -> None:
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(await request.json(), secret=request.headers["Authorization"])
        return web.json_response(OK)

    async with rasa(handler) as brain:
        reply = await brain.ask("c:0", "m1", {"text": " /restart"})
    assert reply.replies == [{"text": "Hello."}]
    assert seen == {"conversation": "c:0", "message_id": "m1", "text": "restart", "secret": "Bearer secret"}


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (hang, "timeout"),
        (say(503, {"status": "failed", "reason": "action_failed"}), "action_failed"),
        (say(200, {"status": "failed", "reason": "no_reply"}), "no_reply"),
        (say(500, {}), "http_500"),
        (say(200, "<html>"), "broken_JSONDecodeError"),
        (say(200, []), "http_200"),
        (say(200, {"status": "ok", "replies": "hello"}), "malformed"),
        (say(200, {"status": "ok", "replies": ["hello"]}), "malformed"),
        (say(503, {"status": "not_ready", "reason": "not_ready"}), "timeout"),
    ],
)
async def test_whatever_goes_wrong_is_a_failure_with_a_reason(handler: Handler, reason: str) -> None:
    async with rasa(handler, deadline=0.6 if reason == "timeout" else 90.0) as brain:
        with pytest.raises(BrainFailure) as caught:
            await brain.ask("c:0", "m1", {"text": "hello"})
    assert caught.value.reason == reason


async def test_a_rasa_that_is_not_there_is_waited_for_until_the_deadline() -> None:
    async with aiohttp.ClientSession() as http:
        brain = RasaBrain(http, "http://127.0.0.1:1", "secret", 0.6)
        with pytest.raises(BrainFailure, match="timeout"):
            await brain.ask("c:0", "m1", {"text": "hello"})
        assert not await brain.ready()


async def test_a_rasa_that_dies_over_the_turn_is_asked_again_with_the_same_id() -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((await request.json())["message_id"])
        if len(asked) == 1:
            assert request.transport
            request.transport.abort()
        return web.json_response(OK)

    async with rasa(handler) as brain:
        await brain.ask("c:0", "m1", {"text": "hello"})
    assert asked == ["m1", "m1"]


@pytest.mark.parametrize("marked", [True, False])
async def test_danger_that_rasa_heard_is_known_also_where_its_replies_cannot_be_read(marked: bool) -> None:
    answer = {"status": "ok", "replies": ["hello"], "perhaps_danger": marked}
    await _fails(200, answer, marked)


@pytest.mark.parametrize("marked", [True, False])
async def test_danger_that_rasa_heard_is_known_also_where_the_turn_failed(marked: bool) -> None:
    await _fails(503, {"status": "failed", "reason": "action_failed", "perhaps_danger": marked}, marked)
    await _fails(503, {"status": "failed", "reason": "timeout"}, False)


async def _fails(status: int, answer: dict[str, Any], marked: bool) -> None:
    async with rasa(say(status, answer)) as brain:
        with pytest.raises(BrainFailure) as caught:
            await brain.ask("c:0", "m1", {"text": "hello"})
    assert caught.value.perhaps_danger is marked
