"""Stand-ins for Rasa's neighbours, and a way to speak to the channel as the gateway does."""

from __future__ import annotations

import asyncio
import random
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from aiohttp import web
from rasa.core.agent import Agent
from rasa.core.channels.channel import register
from sanic import Sanic

from bot.brain.channel import SaywhyInput

SECRET = "a-secret-for-tests"

Sanic.test_mode = True  # Several in one process, one after the other.

Answer = Callable[[dict[str, Any]], Awaitable[web.Response]]


class FakeActions:
    """An action server that answers as the test says and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.answer: Answer = say_its_name

    async def handle(self, request: web.Request) -> web.Response:
        call = await request.json()
        self.calls.append(call)
        return await self.answer(call)

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/webhook", self.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        try:
            yield
        finally:
            await runner.cleanup()


async def say_its_name(call: dict[str, Any]) -> web.Response:
    topics = call["tracker"]["latest_message"].get("topics", [])
    return uttering({"custom": {"kind": call["next_action"], "topics": topics}})


def uttering(*responses: dict[str, Any]) -> web.Response:
    return web.json_response({"events": [], "responses": list(responses)})


class Gateway:
    """Speaks to one channel over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self.session = session
        self.address = address

    async def turn(self, message_id: str, text: str | None = None, **fields: Any) -> tuple[int, dict[str, Any]]:
        body = {"conversation": "c1", "message_id": message_id, **fields}
        if text is not None:
            body["text"] = text
        return await self.post(body)

    async def post(self, body: Any, secret: str | None = SECRET) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
        sent = {"data": body} if isinstance(body, (bytes, str)) else {"json": body}
        async with self.session.post(f"{self.address}/turn", headers=headers, **sent) as answer:
            return answer.status, await answer.json()

    async def ready(self, secret: str = SECRET) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {secret}"}
        async with self.session.get(f"{self.address}/ready", headers=headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def channel_over(agent: Agent | None, deadline: float = 90.0) -> AsyncIterator[Gateway]:
    """A channel that remembers nothing yet, served over HTTP: what a restarted Rasa is to the gateway."""
    app = Sanic(f"brain_{uuid.uuid4().hex}", configure_logging=False)
    register([SaywhyInput(SECRET, deadline)], app, "/webhooks/")
    app.ctx.agent = agent
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/webhooks/saywhy"
    server: Any = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.start_serving()
    try:
        async with aiohttp.ClientSession() as session:
            yield Gateway(session, address)
    finally:
        server.close()
        await server.wait_closed()


def free_port() -> int:
    """A port that nobody listens on, and none of those that a system takes for connections: it is used only later."""
    for port in random.sample(range(20_000, 32_000), 12_000):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no port is free")


async def until(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait until the condition holds; fail when it does not in time."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not happen in time.")
