"""The webhook: where Telegram brings updates. Kept and committed before the answer is 200."""

from __future__ import annotations

import hmac
import json
from typing import Any

from aiohttp import web

from bot.channels.telegram.inbound import Malformed
from bot.channels.telegram.service import TELEGRAM
from bot.web.access import Access, Route
from bot.web.errors import answer

PATH = "/telegram/updates"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

#: The largest update that is read, in bytes. A text of 4,096 characters that answers another stays far below.
MAX_BODY = 512 * 1024


async def receive(request: web.Request) -> web.Response:
    """POST: one update. 403 without the secret, 413 and 400 for what is no update; nothing is kept of either."""
    telegram = request.app.get(TELEGRAM)
    if telegram is None:
        raise web.HTTPNotFound
    shown = request.headers.get(SECRET_HEADER, "").encode(errors="surrogateescape")
    if not hmac.compare_digest(shown, telegram.secret.encode()):
        return answer(request, 403, "forbidden", "Only Telegram calls this address.")
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > MAX_BODY:
            return answer(request, 413, "too_large", "That is too large for an update.")
    try:
        await telegram.receive(json.loads(body, parse_constant=_no_number))
    except (Malformed, ValueError, RecursionError):
        return answer(request, 400, "bad_request", "That is no update.")
    return web.Response()


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


ROUTES = [Route("POST", PATH, receive, Access.PUBLIC)]
