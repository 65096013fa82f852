"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from bot.desk import accounts
from bot.store import staff
from bot.web.access import SERVICES, SESSION_COOKIE, SIGN_IN, Access, Route, read_form
from bot.web.render import render


async def form(request: web.Request) -> web.Response:
    """GET: the form. Whoever is signed in goes on to the console."""
    store = request.app[SERVICES].store
    if token := request.cookies.get(SESSION_COOKIE):
        async with store.read() as connection:
            if await staff.session(connection, token, store.ambient.now()):
                raise web.HTTPSeeOther("/console")
    return _page(request)


async def sign_in(request: web.Request) -> web.Response:
    """POST: start a session and go to the console, or show the form again and say what is wrong."""
    services = request.app[SERVICES]
    if not _from_this_site(request):  # another site could else sign people in under an account of its choice
        raise web.HTTPForbidden(text="The sign-in form was sent from another site. Open the sign-in page here.")
    given = await read_form(request)
    username, password = given.get("username", ""), given.get("password", "")
    if not isinstance(username, str) or not isinstance(password, str):
        raise web.HTTPBadRequest(text="The sign-in form must have a 'username' and a 'password'.")
    hours = services.settings.session_hours
    try:
        token, _csrf = await accounts.sign_in(services.store, username, password, hours)
    except accounts.NotSignedIn as error:
        return _page(request, status=401, problem=str(error), username=username)
    await _end_session(request)  # an earlier one of this browser
    response = web.Response(status=303, headers={"Location": "/console"})
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(hours * 3600),
        path="/",
        httponly=True,
        secure=services.settings.base_url.startswith("https:"),
        samesite="Strict",
    )
    return response


async def sign_out(request: web.Request) -> web.Response:
    """POST: end the session."""
    await _end_session(request)
    response = web.Response(status=303, headers={"Location": SIGN_IN})
    response.del_cookie(SESSION_COOKIE, path="/")
    return response


async def _end_session(request: web.Request) -> None:
    if token := request.cookies.get(SESSION_COOKIE):
        async with request.app[SERVICES].store.write() as tx:
            await staff.end_session(tx, token)


def _from_this_site(request: web.Request) -> bool:
    # Every browser sends at least one of the two with a form. What sends neither is a program without cookies to abuse.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    own = {request.host, urlsplit(request.app[SERVICES].settings.base_url).netloc}
    return urlsplit(origin).netloc in own


def _page(request: web.Request, status: int = 200, problem: str = "", username: str = "") -> web.Response:
    council = request.app[SERVICES].council
    title = f"{'Error: ' if problem else ''}Sign in – {council.short_name} staff"
    return render("console/signin.html", status, council=council, title=title, problem=problem, username=username)


ROUTES = [
    Route("GET", SIGN_IN, form, Access.PUBLIC),
    Route("POST", SIGN_IN, sign_in, Access.PUBLIC),
    Route("POST", "/console/sign-out", sign_out, Access.STAFF),
]
