"""A gateway in memory: the Website API as the widget sees it, with faults that a test can switch on."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from bot import council
from bot.text import phrases

WEB = Path(__file__).resolve().parents[2] / "bot" / "web"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
COUNCIL = {
    "name": "Northmere Council",
    "assistant": "Northmere assistant",
    "phone": "01632 960000",
    "hours": "Monday to Friday, 9am to 5pm",
    "privacy_url": "https://www.northmere.example/privacy",
    "notice": "",
}


@dataclass
class Conversation:
    id: str
    token: str
    mode: str = "bot"
    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    posts: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    streams: int = 0


@dataclass
class Faults:
    """What goes wrong from now on.

    ``lost_answers`` counts down: the message is stored, the answer to its POST is 502. ``refuse`` is a status and the
    words with it. ``slow`` and ``late_answers`` (after the message was stored) are in seconds. ``drops`` counts up: a
    stream that began before ends.
    """

    down: bool = False
    no_streams: bool = False
    mute_streams: bool = False
    lost_answers: int = 0
    refuse: tuple[int, str] | None = None
    slow: float = 0
    late_answers: float = 0
    drops: int = 0


class FakeGateway:
    """Holds the conversations. Tests speak as the other side with ``say``, ``mode`` and ``working``."""

    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.faults = Faults()
        self.council = dict(COUNCIL)
        self.requests: list[tuple[str, str]] = []
        self.posted: list[dict[str, Any]] = []
        self.mask = ""  # what the gateway makes unreadable before it stores a message
        self.url = ""
        self._event = 0
        self._runner: web.AppRunner | None = None

    # Speaking as the other side

    @property
    def newest(self) -> Conversation:
        return list(self.conversations.values())[-1]

    def say(self, text: str, sender: str = "bot", **more: Any) -> dict[str, Any]:
        """Add a message to the newest conversation."""
        return self._add(self.newest, {"sender": sender, "text": text, **more})

    def mode(self, mode: str, name: str | None = None) -> None:
        self.newest.mode = mode
        self._emit(self.newest, {"kind": "mode", "mode": mode, "name": name})

    def working(self, on: bool) -> None:
        self._emit(self.newest, {"kind": "working", "on": on})

    def drop(self) -> None:
        """Cut every open stream."""
        self.faults.drops += 1
        self._wake()

    def forget(self) -> None:
        """Let every conversation's token stop working."""
        self.conversations.clear()
        self.drop()

    def reset(self) -> None:
        self.forget()
        self.faults = Faults(drops=self.faults.drops)
        self.council = dict(COUNCIL)
        self.mask = ""
        self.requests.clear()
        self.posted.clear()

    def _wake(self) -> None:
        for conversation in self.conversations.values():
            conversation.changed.set()

    def _add(self, conversation: Conversation, message: dict[str, Any]) -> dict[str, Any]:
        full = {
            "seq": len(conversation.messages) + 1,
            "name": None,
            "blocks": [],
            "more": [],
            "source": None,
            "buttons": [],
            "at": "2026-11-21T10:00:00Z",
            **message,
        }
        conversation.messages.append(full)
        self._emit(conversation, {"kind": "message", "message": full})
        return full

    def _emit(self, conversation: Conversation, event: dict[str, Any]) -> None:
        if event["kind"] != "working":
            self._event += 1
            event = {"id": self._event, **event}
        conversation.events.append(event)
        conversation.changed.set()

    # HTTP

    async def start(self) -> None:
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/widget.js", self._widget),
                web.static("/static", WEB / "static"),
                web.get("/v1/council", self._council),
                web.post("/v1/conversations", self._create),
                web.post("/v1/conversations/{id}/messages", self._message),
                web.get("/v1/conversations/{id}/events", self._events),
                web.delete("/v1/conversations/{id}", self._end),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        if request.path.startswith("/v1"):
            await asyncio.sleep(self.faults.slow)
            if self.faults.down:
                return web.Response(status=502, text="<h1>Bad gateway</h1>", content_type="text/html")
        response: web.StreamResponse = await handler(request)
        return response

    async def _page(self, request: web.Request) -> web.Response:
        pages = jinja2.Environment(loader=jinja2.FileSystemLoader(WEB / "templates"), autoescape=True)
        text = pages.get_template("council.html").render(council=council.load())
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": CSP})

    async def _widget(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(WEB / "static" / "widget.js")

    async def _council(self, request: web.Request) -> web.Response:
        return web.json_response(self.council)

    async def _create(self, request: web.Request) -> web.Response:
        made = Conversation(id=secrets.token_hex(8), token=secrets.token_hex(16))
        self.conversations[made.id] = made
        return web.json_response({"id": made.id, "token": made.token}, status=201)

    def _find(self, request: web.Request) -> Conversation:
        found = self.conversations.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound(text=_error("There is no such chat."), content_type="application/json")
        if request.headers.get("Authorization") != f"Bearer {found.token}":
            raise web.HTTPUnauthorized(text=_error("This chat has ended."), content_type="application/json")
        return found

    async def _message(self, request: web.Request) -> web.Response:
        conversation = self._find(request)
        body = await request.json()
        self.posted.append(body)
        if self.faults.refuse:
            status, words = self.faults.refuse
            return web.Response(status=status, text=_error(words), content_type="application/json")
        content = {key: value for key, value in body.items() if key != "client_msg_id"}
        assert len(content) == 1, content
        again = conversation.posts.get(body["client_msg_id"])
        if again and again[0] != content:
            return web.Response(status=409, text=_error("Used before."), content_type="application/json")
        if again:
            answer = again[1]
        else:
            answer = self._add(conversation, {"sender": "citizen", "text": self._words(conversation, content)})
            conversation.posts[body["client_msg_id"]] = (content, answer)
        await asyncio.sleep(self.faults.late_answers)
        if self.faults.lost_answers:
            self.faults.lost_answers -= 1
            return web.Response(status=502)
        return web.json_response({"message": answer}, status=200 if again else 201)

    def _words(self, conversation: Conversation, content: dict[str, str]) -> str:
        if "action" in content:
            return {"person": phrases.WANT_A_PERSON, "bot": phrases.WANT_THE_ASSISTANT}[content["action"]]
        if "button" in content:
            shown = [button for message in conversation.messages for button in message["buttons"]]
            return next(str(button["title"]) for button in shown if button["id"] == content["button"])
        return content["text"].replace(self.mask, "*" * len(self.mask))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        conversation = self._find(request)
        after = int(request.query.get("after", "0"))
        if request.headers.get("Accept") != "text/event-stream":
            events = [event for event in conversation.events if event.get("id", 0) > after][:100]
            return web.json_response({"events": events, "mode": conversation.mode})
        if self.faults.no_streams:
            return web.Response(status=502)
        return await self._stream(request, conversation, after)

    async def _stream(self, request: web.Request, conversation: Conversation, after: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        drops, sent = self.faults.drops, 0
        begun = len(conversation.events)
        conversation.streams += 1
        try:
            await response.prepare(request)
            await response.write(b": hello\n\n")
            while drops == self.faults.drops and request.transport and not request.transport.is_closing():
                conversation.changed.clear()
                while sent < len(conversation.events):
                    event = conversation.events[sent]
                    sent += 1
                    old = event["id"] <= after if "id" in event else sent <= begun
                    if not old and not self.faults.mute_streams:
                        number = f"id: {event['id']}\n" if "id" in event else ""
                        await response.write(f"{number}data: {json.dumps(event)}\n\n".encode())
                waiting = asyncio.ensure_future(conversation.changed.wait())
                await asyncio.wait([waiting], timeout=0.05)  # several streams share the signal: one may miss it
                waiting.cancel()
        except ConnectionError:
            pass
        finally:
            conversation.streams -= 1
        return response

    async def _end(self, request: web.Request) -> web.Response:
        del self.conversations[self._find(request).id]
        return web.Response(status=204)


def _error(words: str) -> str:
    return json.dumps({"error": {"code": "test", "message": words}})
