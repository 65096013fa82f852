"""A conversation's events as they happen, over server-sent events.

Everything that matters has an id and is read from the store, so that a reader who comes back with ``after=<last id>``
misses nothing. 'working' (the assistant is typing) has no id and may be lost.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from aiohttp import web

from bot.channels.views import event_views
from bot.store import DatabaseError, conversations, events, messages
from bot.web.access import RUNNER, SERVICES

log = logging.getLogger(__name__)

#: A comment line this often keeps proxies from closing a quiet stream, in seconds.
HEARTBEAT = 15.0

HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


async def stream(request: web.Request, conversation_id: str, after: int) -> web.StreamResponse:
    """Send the conversation's events above ``after`` until the reader goes, the chat ends or the gateway stops."""
    store = request.app[SERVICES].store
    runner = request.app[RUNNER]
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    working = False
    try:
        async with store.hub.subscribe(conversation_id) as changed:
            while not store.hub.closed:
                changed.clear()
                async with store.read() as connection:
                    conversation = await conversations.get(connection, conversation_id)
                    if conversation is None or conversation.ended_at:
                        break
                    found = await events.after(connection, after, conversation_id=conversation_id)
                    seqs = [event.seq for event in found if event.seq is not None]
                    said = await messages.of_conversation(connection, conversation_id, seqs) if seqs else []
                for view in event_views(found, said):
                    await response.write(_event(view))
                after = found[-1].id if found else after
                if (conversation_id in runner.working) is not working:
                    working = not working
                    await response.write(_event({"kind": "working", "on": working}))
                if found:
                    continue  # there may be more than one read returns
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT)
                except TimeoutError:
                    await response.write(b": still here\n\n")
    except ConnectionError:  # the reader went away
        pass
    except (DatabaseError, OSError, TimeoutError) as error:  # too late for a status; the reader comes back by itself
        log.error("A stream ended, since the database did not answer: %s", type(error).__name__)
    return response


def _event(view: dict[str, Any]) -> bytes:
    number = f"id: {view['id']}\n" if "id" in view else ""
    return f"{number}data: {json.dumps(view, ensure_ascii=False)}\n\n".encode()
