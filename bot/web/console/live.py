"""Keeping an open page up to date: the page's changing part, drawn again whenever something happened that it shows.

Each piece is complete, so that a reader who lost some is right again with the next one. The ids are those of the event
log; a reader who comes back with one is told, once, of the cases that were opened since.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from bot.store import DatabaseError, events, staff
from bot.store.events import Event
from bot.store.wake import ALL
from bot.web.access import SERVICES, SESSION, SESSION_COOKIE, Access, Route
from bot.web.console import drawing, views
from bot.web.console.pages import READERS, read_case
from bot.web.console.views import Desk
from bot.web.stream import HEADERS, HEARTBEAT

log = logging.getLogger(__name__)

#: Says that the connection lives: the page's script ends one that is silent for longer.
_ALIVE = b"event: alive\ndata: \n\n"
#: The shortest time between two pieces, in seconds: what happens meanwhile goes into the next one.
_AT_MOST_EVERY = 0.25

Draw = Callable[[list[Event]], Awaitable[tuple[str, set[str]]]]
"""Draws the page's part, given what happened since the last one. Also names the conversations of which it shows
messages; of all others only the cases matter."""


async def queue(request: web.Request) -> web.StreamResponse:
    """GET /console/events: the queue, as it changes, and an announcement of each new case."""
    services, account = request.app[SERVICES], request[SESSION].account
    store, library = services.store, services.policies

    async def draw(happened: list[Event]) -> tuple[str, set[str]]:
        desk = await views.desk(store, library, account)
        new = _announcement(desk, happened)
        return drawing.queue_part(request, desk) + (
            drawing.into("announcement", new) if new else ""
        ), desk.conversations

    return await _stream(request, draw)


async def case(request: web.Request) -> web.StreamResponse:
    """GET /console/cases/{case}/events: the conversation, as it goes on."""
    await read_case(request)  # 404 before the stream begins

    async def draw(_happened: list[Event]) -> tuple[str, set[str]]:
        desk, talk = await read_case(request)
        return drawing.case_part(request, desk, talk), {*talk.conversations, *desk.conversations}

    return await _stream(request, draw)


async def _stream(request: web.Request, draw: Draw) -> web.StreamResponse:
    """Send pieces until the reader goes, the session ends, the store fails or the gateway stops."""
    store = request.app[SERVICES].store
    after, shown, watched = _after(request), "", set[str]()
    drawn_at = float("-inf")
    happened: list[Event] = []
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    clock = asyncio.get_running_loop().time
    try:
        async with store.hub.subscribe(ALL) as changed:
            while not store.hub.closed:
                changed.clear()
                async with store.read() as connection:
                    happened = await events.after(connection, after)
                after = happened[-1].id if happened else after
                matters = any(event.kind == "case" or event.conversation_id in watched for event in happened)
                if matters or clock() - drawn_at >= HEARTBEAT:  # waiting times grow by themselves
                    if not await _still_allowed(request):
                        break
                    part, watched = await draw(happened)
                    await response.write(_piece(part, after) if part != shown else _ALIVE)
                    shown, drawn_at = part, clock()
                await asyncio.sleep(_AT_MOST_EVERY)
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), max(0.0, drawn_at + HEARTBEAT - clock()))
    except ConnectionError:  # the reader went away
        pass
    except (DatabaseError, OSError, web.HTTPException) as error:  # the reader comes back with its last id
        log.warning("A stream of the console broke off: %s", type(error).__name__)
    return response


async def _still_allowed(request: web.Request) -> bool:
    store = request.app[SERVICES].store
    async with store.read() as connection:
        session = await staff.session(connection, request.cookies.get(SESSION_COOKIE, ""), store.ambient.now())
    return session is not None and session.account.role in READERS


def _announcement(desk: Desk, happened: list[Event]) -> str:
    opened = {
        event.data.get("case") for event in happened if event.kind == "case" and event.data.get("what") == "opened"
    }
    new = [entry.case for entry in desk.waiting if entry.case.id in opened]
    if not new:
        return ""
    return f"New case {new[0].reference} is waiting." if len(new) == 1 else f"{len(new)} new cases are waiting."


def _after(request: web.Request) -> int:
    given = [request.headers.get("Last-Event-ID", "0"), request.query.get("after", "0")]
    if not all(value.isascii() and value.isdigit() and len(value) <= 15 for value in given):
        raise web.HTTPBadRequest(text="'after' must be the id of an event: a whole number from 0.")
    return max(int(value) for value in given)


def _piece(part: str, number: int) -> bytes:
    lines = "".join(f"data: {line}\n" for line in part.replace("\r", "").split("\n"))
    return f"id: {number}\n{lines}\n".encode()


ROUTES = [
    Route("GET", "/console/events", queue, Access.STAFF, READERS),
    Route("GET", "/console/cases/{case}/events", case, Access.STAFF, READERS),
]
