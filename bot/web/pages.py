"""Public pages: the demo council page with the widget on it, static files, and whether the gateway is ready."""

from __future__ import annotations

import mimetypes

from aiohttp import web

from bot.store import conversations
from bot.web.access import SERVICES, Access, Route
from bot.web.render import STATIC, render


async def home(request: web.Request) -> web.Response:
    """The demo page of the council."""
    services = request.app[SERVICES]
    return render("council.html", council=services.council, telegram=services.telegram_link())


async def static(request: web.Request) -> web.StreamResponse:
    """A file of ``static/``, or one that a package ships for us."""
    if request.match_info["name"] not in STATIC:
        raise web.HTTPNotFound(text="There is no such file.")
    return _file(request.match_info["name"])


async def widget(request: web.Request) -> web.StreamResponse:
    """The widget's script, at an address that councils can put in their pages."""
    response = _file("widget.js")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _file(name: str) -> web.Response:
    """A static file, compressed where the browser takes it. They are small enough to be read whole."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = web.Response(
        body=STATIC[name].read_bytes(),
        headers={"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "public, max-age=300"},
    )
    response.enable_compression()
    return response


async def ready(request: web.Request) -> web.Response:
    """Whether the gateway can store what it is sent. 503 when the database does not answer."""
    async with request.app[SERVICES].store.read() as connection:
        await conversations.get(connection, "")
    return web.json_response({"status": "ready"})


ROUTES = [
    Route("GET", "/", home, Access.PUBLIC),
    Route("GET", "/widget.js", widget, Access.PUBLIC),
    Route("GET", "/static/{name}", static, Access.PUBLIC),
    Route("GET", "/ready", ready, Access.PUBLIC),
]
