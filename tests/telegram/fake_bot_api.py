"""A Bot API server of our own on loopback, which the real client talks to through ``base_url``.

It answers the documented methods that Saywhy uses, refuses what the real one refuses, keeps what was sent, hands out
updates to ``getUpdates`` or to the webhook that was set, and can be made to fail in each of the documented ways.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.telegram.fake_faults import Fault, Faults
from tests.telegram.fake_methods import METHODS, Refused
from tests.telegram.fake_updates import Updates
from tests.telegram.telegram_html import Entity

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(frozen=True)
class Call:
    """One call of a method, with the status that it got; 0 for a connection that was cut."""

    method: str
    chat_id: int | None
    params: dict[str, Any]
    status: int
    at: float


@dataclass(frozen=True)
class Sent:
    """One message that was accepted. ``text`` is as people read it; ``html`` is as it came."""

    chat_id: int
    message_id: int
    text: str
    html: str
    entities: tuple[Entity, ...]
    buttons: tuple[tuple[str, str], ...]
    document: tuple[str, bytes] | None
    at: float


@dataclass
class Webhook:
    """What setWebhook was told."""

    url: str
    secret: str = ""
    max_connections: int = 40
    allowed: list[str] | None = None
    last_error: str | None = None


class FakeBotApi(Updates):
    """``async with FakeBotApi() as fake``; then ``telegram.Bot(fake.token, base_url=fake.base_url)``."""

    def __init__(self, token: str = TOKEN, username: str = "northmere_test_bot") -> None:
        super().__init__(bot_id=int(token.partition(":")[0]), username=username)
        self.token = token
        self.clock: Callable[[], float] = time.monotonic
        """What tells when something was sent, in seconds, and how long a flood lasts."""
        self.calls: list[Call] = []
        self.sent: list[Sent] = []
        self.blocked: set[int] = set()
        self.outage = False
        self.clock_off = 0.0
        """How many seconds the Date header is ahead of this machine's clock."""
        self.resolve: dict[str, str] = {}
        """Where addresses of webhooks really lead: 'https://chat.example.org' to 'http://127.0.0.1:8080'."""
        self.webhook: Webhook | None = None
        self.commands: list[dict[str, str]] = []
        self.edits: list[dict[str, Any]] = []
        self.answered: dict[str, dict[str, Any]] = {}
        self.faults = Faults()
        self.poller: asyncio.Event | None = None
        self.acted = asyncio.Event()
        self._flood: dict[int | None, float] = {}
        self._runner: web.AppRunner | None = None
        self._pump: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        """What the client calls ``base_url``: the token follows it."""
        return f"http://127.0.0.1:{self.port}/bot"

    async def start(self, port: int = 0) -> Self:
        """Listen on loopback."""
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        self._pump = asyncio.create_task(self._deliver())
        return self

    async def stop(self) -> None:
        """Stop listening; what was sent is kept, and ``start`` listens on the same port again."""
        if self._pump:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        if self._http:
            await self._http.close()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # what went wrong ----------------------------------------------------------------------------------------------

    def fail(self, *faults: Fault, method: str = "sendMessage", chat_id: int | None = None) -> None:
        """Let the next calls of the method (to the chat, or to any) fail so, one fault a call."""
        self.faults.add(faults, method, chat_id)

    def flood(self, seconds: float, chat_id: int | None = None) -> None:
        """Refuse every message (to the chat, or to any) with 429 for so long; each says what is left of it."""
        self._flood[chat_id] = self.clock() + seconds

    def flooded(self, chat_id: int) -> int:
        """How many seconds a message to the chat would still be refused; 0 when it would not."""
        until = max(self._flood.get(None, -1.0), self._flood.get(chat_id, -1.0))
        left = until - self.clock()
        return max(1, round(left)) if left > 0 else 0

    # what was done ------------------------------------------------------------------------------------------------

    def to(self, chat_id: int) -> list[Sent]:
        """The messages to one chat, in order."""
        return [each for each in self.sent if each.chat_id == chat_id]

    async def wait_sent(self, count: int, chat_id: int | None = None, timeout: float = 90) -> list[Sent]:
        """The messages (to one chat, or all), once there are ``count``."""

        def found() -> list[Sent]:
            return self.sent if chat_id is None else self.to(chat_id)

        await self.wait(lambda: len(found()) >= count, timeout, lambda: f"only {[each.text for each in found()]}")
        return list(found())

    async def wait(
        self, condition: Callable[[], bool], timeout: float = 90, shown: Callable[[], str] = lambda: "not so"
    ) -> None:
        """Wait until something that calls change is so."""
        until = time.monotonic() + timeout
        while not condition():
            left = until - time.monotonic()
            assert left > 0, shown()
            self.acted.clear()
            try:
                async with asyncio.timeout(min(left, 0.5)):
                    await self.acted.wait()
            except TimeoutError:
                pass

    async def post(
        self, update: dict[str, Any], url: str, *, secret: str | None = None, raw: bytes | None = None
    ) -> int:
        """Post an update (or raw bytes) once, as Telegram would; the status of the answer."""
        assert self._http is not None
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers[SECRET_HEADER] = secret
        body = raw if raw is not None else json.dumps(update).encode()
        async with self._http.post(url, data=body, headers=headers) as response:
            await response.read()
            return response.status

    # the server ---------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params = await _params(request)
        chat_id = _chat_id(params)
        status, answer = 0, b""
        fault = self.faults.next(method, chat_id)
        if not self.outage and not (fault and fault.kind == "cut"):
            status, answer = await self._answer(request, method, params, fault)
        shown = {name: value for name, value in params.items() if not isinstance(value, tuple)}
        self.calls.append(Call(method, chat_id, shown, status, self.clock()))
        self.acted.set()
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if not status or (fault and fault.kind == "lost") or self.outage:
            assert request.transport is not None
            request.transport.abort()
        headers = {"Date": formatdate(time.time() + self.clock_off, usegmt=True)}
        return web.Response(body=answer, status=status or 500, content_type="application/json", headers=headers)

    async def _answer(
        self, request: web.Request, method: str, params: dict[str, Any], fault: Fault | None
    ) -> tuple[int, bytes]:
        try:
            self._check_token(request.match_info["token"])
            if fault and fault.kind == "status":
                raise Refused(fault.status, fault.text, fault.parameters)
            if fault and fault.kind == "broken":
                return 200, b"<html>"
            found: Callable[[Any, dict[str, Any]], Awaitable[Any]] | None = METHODS.get(method.lower())
            if found is None:
                raise Refused(404, "Not Found")
            result = await found(self, params)
        except Refused as refused:
            told: dict[str, Any] = {"ok": False, "error_code": refused.status, "description": refused.text}
            if refused.parameters:
                told["parameters"] = refused.parameters
            return refused.status, json.dumps(told).encode()
        return 200, json.dumps({"ok": True, "result": result}).encode()

    def _check_token(self, token: str) -> None:
        number, colon, rest = token.partition(":")
        if not number.isdigit() or not colon or not rest:
            raise Refused(404, "Not Found")
        if token != self.token:
            raise Refused(401, "Unauthorized")

    async def _deliver(self) -> None:
        """The webhook's pump: each update until it is taken, in order within a chat, chats side by side."""
        busy: dict[object, asyncio.Task[None]] = {}
        while True:
            await asyncio.sleep(0.01)
            for key in [key for key, task in busy.items() if task.done()]:
                del busy[key]
            if not self.webhook:
                continue
            seen: set[object] = set()
            for update in list(self.pending):
                key = _chat_of(update)
                if key in seen:
                    continue
                seen.add(key)
                if key not in busy and len(busy) < self.webhook.max_connections:
                    busy[key] = asyncio.create_task(self._deliver_one(update, self.webhook))

    async def _deliver_one(self, update: dict[str, Any], webhook: Webhook) -> None:
        url = webhook.url
        for start, real in self.resolve.items():
            if url.startswith(start):
                url = real + url.removeprefix(start)
        try:
            status = await self.post(update, url, secret=webhook.secret or None)
        except (aiohttp.ClientError, TimeoutError) as error:
            webhook.last_error = f"Connection failed: {type(error).__name__}"
            await asyncio.sleep(0.2)
            return
        if 200 <= status < 300:
            if update in self.pending:
                self.pending.remove(update)
        else:
            webhook.last_error = f"Wrong response from the webhook: {status}"
            await asyncio.sleep(0.2)


async def _params(request: web.Request) -> dict[str, Any]:
    """The parameters, from wherever the Bot API takes them. Files come as (name, bytes)."""
    params: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        params |= await request.json()
    elif request.method == "POST":
        for name, value in (await request.post()).items():
            params[name] = (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
    return params


def _chat_id(params: dict[str, Any]) -> int | None:
    try:
        return int(params["chat_id"])
    except (KeyError, TypeError, ValueError):
        return None


def _chat_of(update: dict[str, Any]) -> object:
    for part in update.values():
        if isinstance(part, dict):
            chat = part.get("chat") or (part.get("message") or {}).get("chat")
            if chat:
                return chat["id"]
    return update["update_id"]


__all__ = ["SECRET_HEADER", "TOKEN", "Call", "FakeBotApi", "Fault", "Sent", "Webhook"]
