"""Headers on every answer: a strict Content-Security-Policy, and CORS for the origins that the settings name."""

from __future__ import annotations

from aiohttp import web

from bot.web.access import SERVICES

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Run by aiohttp just before the headers of any answer go out."""
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/v1/"):
        response.headers.setdefault("Cache-Control", "no-store")
        origin = request.headers.get("Origin", "")
        if origin and origin in allowed_origins(request.app):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"


def allowed_origins(app: web.Application) -> frozenset[str]:
    """The other origins whose pages may call the website API."""
    listed = app[SERVICES].settings.site_origins.split(",")
    return frozenset(origin.strip().rstrip("/") for origin in listed if origin.strip())


async def preflight(request: web.Request) -> web.Response:
    """Answer a browser that asks whether a page of another origin may call. Without the origin listed it may not."""
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": "7200",
        },
    )
