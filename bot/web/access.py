"""Who may call a route. Every route is declared with its access, and nothing is reachable without one."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import wraps

from aiohttp import web
from multidict import MultiDictProxy

from bot.learning.worker import Worker
from bot.store import Store, conversations, staff
from bot.store.conversations import Conversation
from bot.store.staff import Role, Session
from bot.turn.context import Services
from bot.turn.runner import TurnRunner

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
RUNNER: web.AppKey[TurnRunner] = web.AppKey("runner", TurnRunner)
EDITING: web.AppKey[Worker] = web.AppKey("editing", Worker)
CONVERSATION: web.RequestKey[Conversation] = web.RequestKey("conversation", Conversation)
SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)

SESSION_COOKIE = "saywhy_session"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
SIGN_IN = "/console/sign-in"

NO_SUCH_CHAT = "There is no such chat, or it has ended. Please start a new one."


class Access(Enum):
    """The access decisions that there are."""

    PUBLIC = auto()
    """Anybody."""
    CITIZEN = auto()
    """Whoever holds the conversation's token, as ``Authorization: Bearer``."""
    STAFF = auto()
    """Whoever is signed in; a change also needs the session's CSRF token."""


@dataclass(frozen=True)
class Route:
    """One route and its access decision. ``roles`` narrows STAFF; empty means every role."""

    method: str
    path: str
    handler: Handler
    access: Access
    roles: frozenset[Role] = frozenset()


def add(app: web.Application, routes: Iterable[Route]) -> None:
    """Register routes, each behind its access decision."""
    guards = {Access.PUBLIC: _public, Access.CITIZEN: _citizen, Access.STAFF: _staff}
    for route in routes:
        app.router.add_route(route.method, route.path, guards[route.access](route))


async def read_form(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | web.FileField]:
    """The fields of a posted form.

    Raises:
        web.HTTPBadRequest: the body is no form.
    """
    try:
        return await request.post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest(text="The form cannot be read. Reload the page and try again.") from None


def access_of(handler: object) -> Access | None:
    """The access decision of a registered handler; None where somebody went round ``add``."""
    route = getattr(handler, "saywhy_route", None)
    return route.access if isinstance(route, Route) else None


def _guard(check: Callable[[web.Request, Route], Awaitable[None]]) -> Callable[[Route], Handler]:
    def decorate(route: Route) -> Handler:
        @wraps(route.handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            await check(request, route)
            return await route.handler(request)

        guarded.saywhy_route = route  # type: ignore[attr-defined]
        return guarded

    return decorate


@_guard
async def _public(request: web.Request, route: Route) -> None:
    return None


@_guard
async def _citizen(request: web.Request, route: Route) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise web.HTTPUnauthorized(text="This chat needs its token.", headers={"WWW-Authenticate": "Bearer"})
    store: Store = request.app[SERVICES].store
    async with store.read() as connection:
        conversation = await conversations.by_token(connection, request.match_info["conversation"], token)
    if conversation is None:  # unknown, ended or another citizen's: the answer tells none from the other
        raise web.HTTPNotFound(text=NO_SUCH_CHAT)
    request[CONVERSATION] = conversation


@_guard
async def _staff(request: web.Request, route: Route) -> None:
    store: Store = request.app[SERVICES].store
    token = request.cookies.get(SESSION_COOKIE, "")
    async with store.read() as connection:
        session = await staff.session(connection, token, store.ambient.now()) if token else None
    if session is None:
        wants_page = "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
        if request.method == "GET" and wants_page:  # a script is not sent on: it would take the form for its answer
            raise web.HTTPSeeOther(SIGN_IN)
        raise web.HTTPUnauthorized(text="Please sign in again.")
    if route.roles and session.account.role not in route.roles:
        raise web.HTTPForbidden(text="Your role does not allow this. Ask a supervisor.")
    if request.method not in {"GET", "HEAD"}:
        given = request.headers.get(CSRF_HEADER) or str((await read_form(request)).get(CSRF_FIELD, ""))
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), session.csrf.encode()):
            raise web.HTTPForbidden(text="This page is out of date. Reload it and try again.")
    request[SESSION] = session
