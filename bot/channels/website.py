"""The website's API: start a chat, send, read what happened, end it. See ``docs/website-api.md``."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from bot.channels.views import event_views, message_view
from bot.desk import ending
from bot.store import conversations, events, inbox, messages
from bot.text.clean import BadText
from bot.turn.accept import accept
from bot.web.access import CONVERSATION, NO_SUCH_CHAT, RUNNER, SERVICES, Access, Route
from bot.web.errors import answer
from bot.web.headers import preflight
from bot.web.stream import stream

CHANNEL = "website"
_KINDS = ("text", "button", "action")
_MAX_ID = 80
#: As many events as one answer has at most.
PAGE = 500
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")


class BadRequest(ValueError):
    """The body is not what the API takes. The message says what is."""


async def start(request: web.Request) -> web.Response:
    """POST /v1/conversations: begin a chat. The token in the answer opens it and is shown this once."""
    services = request.app[SERVICES]
    language = request.query.get("language", "en")
    if not _LANGUAGE.fullmatch(language):
        return answer(request, 400, "bad_request", "'language' must be a language such as 'en' or 'cy'.")
    token = services.store.ambient.new_token()
    async with services.store.write() as tx:
        conversation = await conversations.create(tx, channel=CHANNEL, token=token, language=language)
    return web.json_response({"id": conversation.id, "token": token}, status=201)


async def send(request: web.Request) -> web.Response:
    """POST …/messages: store what the citizen did, then acknowledge. 201 when new, 200 for the very same again."""
    conversation = request[CONVERSATION]
    store = request.app[SERVICES].store
    try:
        client_msg_id, content = await _read(request)
        message, new = await accept(
            store, conversation, account=conversation.id, external_id=client_msg_id, content=content
        )
    except BadRequest as error:
        return answer(request, 400, "bad_request", str(error))
    except BadText as error:
        return answer(request, 422, error.code, str(error))
    except inbox.Ended:
        raise web.HTTPNotFound(text=NO_SUCH_CHAT) from None
    except inbox.Conflict:
        text = "This client_msg_id was used before for another message. Use a new one for each message."
        return answer(request, 409, "conflict", text)
    if new:
        request.app[RUNNER].wake(conversation.id)
    return web.json_response({"message": message_view(message)}, status=201 if new else 200)


async def read(request: web.Request) -> web.StreamResponse:
    """GET …/events?after=N: what happened above event N, at once as JSON or as an endless event stream.

    JSON has at most ``PAGE`` events and says whether there are ``more``.
    """
    conversation = request[CONVERSATION]
    services = request.app[SERVICES]
    given = request.query.get("after", "0")
    if not given.isascii() or not given.isdigit() or len(given) > 15:
        return answer(request, 400, "bad_request", "'after' must be the id of an event: a whole number from 0.")
    if "text/event-stream" in request.headers.get("Accept", ""):
        return await stream(request, conversation.id, int(given))
    async with services.store.read() as connection:
        found = await events.after(
            connection, int(given), conversation_id=conversation.id, kinds=("message", "mode"), limit=PAGE + 1
        )
        more = len(found) > PAGE
        found = found[:PAGE]
        seqs = [event.seq for event in found if event.seq is not None]
        said = await messages.of_conversation(connection, conversation.id, seqs)
    return web.json_response({"events": event_views(found, said), "more": more, "mode": conversation.mode})


async def end(request: web.Request) -> web.Response:
    """DELETE /v1/conversations/{id}: the citizen ends the chat. Whoever has it is told; the token stops working."""
    async with request.app[SERVICES].store.write() as tx:
        await ending.end(tx, request[CONVERSATION])
    return web.Response(status=204)


async def council(request: web.Request) -> web.Response:
    """GET /v1/council: what the widget says about the council. It asks only once the citizen has opened it."""
    council = request.app[SERVICES].council
    about = {
        "name": council.name,
        "assistant": council.assistant,
        "phone": council.phone,
        "hours": council.hours_in_words,
        "privacy_url": council.privacy_url,
        "notice": f"{council.name} is invented, to show Saywhy." if council.invented else None,
    }
    return web.json_response(about)


async def _read(request: web.Request) -> tuple[str, dict[str, Any]]:
    try:
        body = await request.json()
    except (ValueError, LookupError, RecursionError):
        raise BadRequest("The body must be JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    client_msg_id = body.get("client_msg_id")
    if not isinstance(client_msg_id, str) or not 0 < len(client_msg_id) <= _MAX_ID or not client_msg_id.isprintable():
        raise BadRequest(f"'client_msg_id' must be a text of 1 to {_MAX_ID} characters.")
    given = {kind: body[kind] for kind in _KINDS if kind in body}
    if len(given) != 1 or body.keys() - {"client_msg_id", *given}:
        raise BadRequest("Besides 'client_msg_id' send exactly one of 'text', 'button' and 'action'.")
    [(kind, value)] = given.items()
    if not isinstance(value, str):
        raise BadRequest(f"'{kind}' must be a text.")
    return client_msg_id, {kind: value}


_ONE = "/v1/conversations/{conversation}"
ROUTES = [
    Route("POST", "/v1/conversations", start, Access.PUBLIC),
    Route("POST", f"{_ONE}/messages", send, Access.CITIZEN),
    Route("GET", f"{_ONE}/events", read, Access.CITIZEN),
    Route("DELETE", _ONE, end, Access.CITIZEN),
    Route("GET", "/v1/council", council, Access.PUBLIC),
    Route("OPTIONS", "/v1/{anything:.*}", preflight, Access.PUBLIC),
]
