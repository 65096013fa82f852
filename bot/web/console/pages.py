"""The console's pages: the queue, and one case."""

from __future__ import annotations

from aiohttp import web

from bot.store.staff import Role
from bot.web.access import SERVICES, SESSION, Access, Route
from bot.web.console import drawing, views

#: Who may read citizens' chats.
READERS = frozenset({Role.AGENT, Role.SUPERVISOR})

NO_SUCH_CASE = "There is no such case."


async def queue(request: web.Request) -> web.Response:
    """GET /console: who waits, one's own cases, and those with others. Editors go on to their part."""
    services, session = request.app[SERVICES], request[SESSION]
    if session.account.role not in READERS:
        raise web.HTTPSeeOther("/console/learning")
    desk = await views.desk(services.store, services.policies, session.account)
    return drawing.queue_page(request, desk, done=_done(request))


async def case(request: web.Request) -> web.Response:
    """GET /console/cases/{case}: its brief, the conversation, and what one may do."""
    desk, talk = await read_case(request)
    return drawing.case_page(request, desk, talk)


async def read_case(request: web.Request) -> tuple[views.Desk, views.Talk]:
    """What the page of the case in the address shows.

    Raises:
        aiohttp.web.HTTPNotFound: there is no such case.
    """
    services, account, case_id = request.app[SERVICES], request[SESSION].account, named_case(request)
    desk = await views.desk(services.store, services.policies, account)
    talk = await views.talk(services.store, services.policies, case_id, account)
    if talk is None:
        raise web.HTTPNotFound(text=NO_SUCH_CASE)
    return desk, talk


def named_case(request: web.Request) -> str:
    """The id of the case in the address.

    Raises:
        aiohttp.web.HTTPNotFound: no case could have it. PostgreSQL takes some characters for an error, not for unknown.
    """
    case_id = request.match_info["case"]
    if not case_id.isascii() or not case_id.isalnum():
        raise web.HTTPNotFound(text=NO_SUCH_CASE)
    return case_id


def _done(request: web.Request) -> str:
    number, what = request.query.get("case", ""), request.query.get("done", "")
    words = {"hand-back": "is back with the assistant", "close": "is closed"}
    return f"C-{number} {words[what]}." if what in words and number.isascii() and number.isdigit() else ""


ROUTES = [
    Route("GET", "/console", queue, Access.STAFF),
    Route("GET", "/console/cases/{case}", case, Access.STAFF, READERS),
]
