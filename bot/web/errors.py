"""What a caller sees when something is wrong: a plain sentence, and never the inside of the program."""

from __future__ import annotations

import logging
from http import HTTPStatus

from aiohttp import web

from bot.store import DatabaseError
from bot.web.access import Handler
from bot.web.render import render

log = logging.getLogger(__name__)

_DEFAULTS = {404: "There is nothing at this address.", 405: "This address cannot be used in that way."}
_OURS = "Something went wrong on our side. Please try again in a moment."


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer: JSON under /v1, a page in the console, plain text elsewhere."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return answer(request, 413, "too_large", "That is too large for a chat message.")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = HTTPStatus(error.status).phrase.lower().replace(" ", "_")
        said = error.text or code
        if _is_default(error):
            said = _DEFAULTS.get(error.status, said)
        response = answer(request, error.status, code, said)
        for name in ("WWW-Authenticate", "Allow"):
            if name in error.headers:
                response.headers[name] = error.headers[name]
        return response
    except (DatabaseError, OSError, TimeoutError) as error:
        log.error("The database did not answer: %s", type(error).__name__)
        return answer(request, 503, "unavailable", _OURS)
    except Exception as error:
        log.exception("Unexpected %s at %s %s", type(error).__name__, request.method, request.match_info.handler)
        return answer(request, 500, "error", _OURS)


def _is_default(error: web.HTTPException) -> bool:
    """Whether the text is aiohttp's own, such as '404: Not Found'."""
    return error.text == f"{error.status}: {error.reason}"


def answer(request: web.Request, status: int, code: str, message: str) -> web.Response:
    """An error as this part of the site tells it."""
    if request.path.startswith("/v1/"):
        return web.json_response({"error": {"code": code, "message": message}}, status=status)
    accepts = request.headers.get("Accept", "")
    if request.path.startswith("/console"):
        if "application/json" in accepts:
            return web.json_response({"error": {"code": code, "message": message}}, status=status)
        if "text/html" in accepts:
            page = "part" if "HX-Request" in request.headers else "page"
            return render(f"console/error_{page}.html", status, message=message, signed_out=status == 401)
    return web.Response(text=message, status=status)
