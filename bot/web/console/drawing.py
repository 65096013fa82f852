"""Drawing the console: whole pages, and the part of a page that changes (``#live``), from the same templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aiohttp import web
from markupsafe import escape

from bot.desk.claims import first_name
from bot.store.cases import Case
from bot.text import phrases
from bot.web.access import SERVICES, SESSION
from bot.web.console import views
from bot.web.console.views import Desk, Talk
from bot.web.render import fragment, render

_CLOSED_AS = {
    "handed_back": "Handed back to the assistant",
    "closed": "Closed",
    "left": "The citizen went back to the assistant",
    "ended": "The citizen ended the chat",
}


def queue_page(
    request: web.Request, desk: Desk, *, problem: str = "", done: str = "", status: int = 200
) -> web.Response:
    """The queue as a page."""
    return render("console/queue.html", status, **_of_desk(request, desk), problem=problem, done=done)


def case_page(
    request: web.Request,
    desk: Desk,
    talk: Talk,
    *,
    problem: str = "",
    typed: str = "",
    status: int = 200,
    typed_departure: Mapping[str, Any] | None = None,
) -> web.Response:
    """One case as a page. ``typed`` is a reply that was not sent, ``typed_departure`` the fields of a departure."""
    values = _of_case(request, desk, talk) | {"problem": problem, "typed": typed}
    values |= {"typed_departure": typed_departure or {}}
    return render("console/case.html", status, **values)


def queue_part(request: web.Request, desk: Desk) -> str:
    """The changing part of the queue, with the page's title."""
    values = _of_desk(request, desk)
    return _title(values["title"]) + fragment("console/queue_live.html", **values)


def case_part(request: web.Request, desk: Desk, talk: Talk) -> str:
    """The changing part of a case, with the page's title. The reply box is drawn empty: what is typed stays."""
    values = _of_case(request, desk, talk) | {"typed": "", "typed_departure": {}}
    return _title(values["title"]) + fragment("console/case_live.html", **values)


def into(target: str, text: str) -> str:
    """Text for another element of the page that htmx is changing."""
    words = f"<p>{escape(text)}</p>" if text else ""
    return f'<hx-partial hx-target="#{target}" hx-swap="innerHTML">{words}</hx-partial>'


def _title(title: str) -> str:
    return f"<title>{escape(title)}</title>"


def _common(request: web.Request, desk: Desk) -> dict[str, Any]:
    services, session = request.app[SERVICES], request[SESSION]
    zone = services.zone
    return {
        "council": services.council,
        "account": session.account,
        "csrf": session.csrf,
        "desk": desk,
        "reason": views.reason,
        "urgent": views.URGENT,
        "shorten": phrases.shorten,
        "waited": lambda since: views.waited(since, desk.now),
        "when": lambda moment: views.clock(moment, desk.now, zone),
        "day": _day,
    }


def _of_desk(request: web.Request, desk: Desk) -> dict[str, Any]:
    counts = []
    if desk.waiting:
        counts.append(f"{len(desk.waiting)} waiting")
    if desk.to_answer:
        counts.append(f"{desk.to_answer} to answer")
    values = _common(request, desk)
    start = f"({', '.join(counts)}) " if counts else ""
    return values | {"title": f"{start}Cases – {values['council'].short_name} staff"}


def _of_case(request: web.Request, desk: Desk, talk: Talk) -> dict[str, Any]:
    values = _common(request, desk)
    mine = talk.case.owner_id == values["account"].id and talk.case.state == "claimed"
    start = "(Reply due) " if mine and talk.unanswered else ""
    return values | {
        "title": f"{start}{talk.case.reference} – {values['council'].short_name} staff",
        "talk": talk,
        "closed_as": closed_as(talk.case),
        "first_name": first_name(values["account"]),
    }


def closed_as(case: Case) -> str:
    """How a closed case ended, in words."""
    return _CLOSED_AS.get(case.closed_as or "", "Closed")


def _day(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B %Y}"
