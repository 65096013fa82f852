"""What staff do with a case: six forms. Each answers a plain form with a redirect, htmx with the new part of the page,
and a program that accepts JSON with JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.channels.views import message_view
from bot.desk import claims, departing
from bot.desk.claims import AlreadyClaimed, AlreadyReplied, NoSuchCase, NotYours
from bot.policy.depart import Grounds, NotAllowed
from bot.store.cases import Case
from bot.text.clean import BadText, clean
from bot.web.access import SERVICES, SESSION, Access, Handler, Route, read_form
from bot.web.console import drawing, views
from bot.web.console.pages import NO_SUCH_CASE, READERS, named_case, read_case

_LONGEST_REPLY_ID = 40
#: What the form can put right is 422; whatever else stands against a departure is 409.
_NOT_ALLOWED = {"ground": 422, "reason": 422, "evidence": 422}


class Refused(Exception):
    """What was asked for was not done. The message tells the member of staff why."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message, **more}


Act = Callable[[web.Request, str], Awaitable[web.Response]]


def action(act: Act) -> Handler:
    """A form's handler: what ``act`` refuses becomes the page again, with the reason and the text that was typed."""

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return await act(request, named_case(request))
        except NoSuchCase:
            raise web.HTTPNotFound(text=NO_SUCH_CASE) from None
        except AlreadyClaimed as error:
            return await _refuse(request, _not_free(error.case))
        except NotYours as error:
            return await _refuse(request, _not_free(error.case))
        except Refused as refused:
            return await _refuse(request, refused)

    handler.__doc__ = act.__doc__
    return handler


@action
async def claim(request: web.Request, case_id: str) -> web.Response:
    """POST …/claim: take a waiting case. 409 says who was faster."""
    services, account = request.app[SERVICES], request[SESSION].account
    case = await claims.claim(services.store, case_id, account, services.council)
    services.poke_outbox()
    if _wants_json(request):
        return web.json_response({"case": views.case_view(case)})
    if (await read_form(request)).get("from") == "queue":
        return _go(request, f"/console/cases/{case_id}")
    return await _show(request, case_id)


@action
async def reply(request: web.Request, case_id: str) -> web.Response:
    """POST …/reply: say ``text`` to the citizen. The same ``reply_id`` and text again changes nothing."""
    form = await read_form(request)
    text, reply_id = form.get("text", ""), form.get("reply_id", "")
    if not isinstance(text, str) or not isinstance(reply_id, str) or len(reply_id) > _LONGEST_REPLY_ID:
        raise Refused(400, "bad_request", "The reply must be a form with a 'text' and a short 'reply_id'.")
    try:
        text = clean(text)
    except BadText as error:
        words = "Your reply is empty. Type a reply first." if error.code == "empty" else str(error)
        raise Refused(422, error.code, words) from None
    try:
        message = await claims.reply(
            request.app[SERVICES].store, case_id, request[SESSION].account, text, reply_id=reply_id or None
        )
    except AlreadyReplied:
        words = (
            "Another reply was sent from this page a moment ago. Read it above, then send yours again if it is needed."
        )
        raise Refused(409, "already_replied", words) from None
    request.app[SERVICES].poke_outbox()
    if _wants_json(request):
        return web.json_response({"message": message_view(message)})
    return await _show(request, case_id)


@action
async def hand_back(request: web.Request, case_id: str) -> web.Response:
    """POST …/hand-back: the assistant owns the conversation again."""
    await claims.hand_back(request.app[SERVICES].store, case_id, request[SESSION].account)
    return await _finished(request, "hand-back")


@action
async def close(request: web.Request, case_id: str) -> web.Response:
    """POST …/close: the case is done."""
    await claims.close(request.app[SERVICES].store, case_id, request[SESSION].account)
    return await _finished(request, "close")


@action
async def open_facts(request: web.Request, case_id: str) -> web.Response:
    """POST …/open-facts: show the masked facts of the brief to this member of staff. That is recorded."""
    services = request.app[SERVICES]
    _desk, talk = await read_case(request)
    facts = talk.brief.special if talk.brief else []
    await claims.open_facts(services.store, case_id, request[SESSION].account, facts)
    if _wants_json(request):
        return web.json_response({"facts": facts})
    return await _show(request, case_id)


@action
async def depart(request: web.Request, case_id: str) -> web.Response:
    """POST …/depart: depart from the decision ``reference``. 409 or 422 says why that cannot be."""
    services, form = request.app[SERVICES], await read_form(request)
    given = Grounds(
        ground=_field(form, "ground"),
        reason=" ".join(_field(form, "reason").split()),
        evidence=tuple(str(kind) for kind in form.getall("evidence", [])),
        kept_at=" ".join(_field(form, "kept_at").split()),
    )
    try:
        clean(given.reason or "-")
        clean(given.kept_at or "-")
        record = await departing.depart_from(
            services.store, services.policies, case_id, _field(form, "reference"), request[SESSION].account, given
        )
    except BadText as error:
        raise Refused(422, error.code, str(error)) from None
    except NotAllowed as error:
        raise Refused(_NOT_ALLOWED.get(error.code, 409), error.code, str(error)) from None
    services.poke_outbox()
    if _wants_json(request):
        return web.json_response({"decision": {"reference": record["reference"], "outcome": record["outcome"]}})
    return await _show(request, case_id)


def _field(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


async def _finished(request: web.Request, done: str) -> web.Response:
    request.app[SERVICES].poke_outbox()
    _desk, talk = await read_case(request)
    if _wants_json(request):
        return web.json_response({"case": views.case_view(talk.case)})
    return _go(request, f"/console?done={done}&case={talk.case.number}")


async def _show(request: web.Request, case_id: str) -> web.Response:
    if not _is_htmx(request):
        raise web.HTTPSeeOther(f"/console/cases/{case_id}")
    part = drawing.case_part(request, *await read_case(request))
    return _part(part + drawing.into("problem", ""))


async def _refuse(request: web.Request, refused: Refused) -> web.Response:
    words = refused.error["message"]
    if _wants_json(request):
        return web.json_response({"error": refused.error}, status=refused.status)
    form = await read_form(request)
    desk, talk = await read_case(request)
    if _is_htmx(request):
        part = (
            drawing.queue_part(request, desk) if form.get("from") == "queue" else drawing.case_part(request, desk, talk)
        )
        return _part(part + drawing.into("problem", words), refused.status)
    departure = {name: _field(form, name) for name in ("ground", "reason", "kept_at") if name in form}
    return drawing.case_page(
        request, desk, talk, problem=words, typed=_field(form, "text"), status=refused.status,
        typed_departure={**departure, "evidence": form.getall("evidence", [])} if departure else None,
    )  # fmt: skip


def _not_free(case: Case) -> Refused:
    if case.state == "claimed":
        words = f"{case.reference}: Claimed by {case.owner_name}."
        return Refused(409, "claimed", words, owner=case.owner_name)
    if case.state == "closed":
        return Refused(409, "closed", f"{case.reference} is closed. {drawing.closed_as(case)}.", owner=None)
    return Refused(409, "not_claimed", f"Nobody has {case.reference}. Claim it first.", owner=None)


def _go(request: web.Request, address: str) -> web.Response:
    if _is_htmx(request):
        return web.Response(headers={"HX-Redirect": address})
    raise web.HTTPSeeOther(address)


def _part(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers={"Cache-Control": "no-store"})


def _is_htmx(request: web.Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


ROUTES = [
    Route("POST", f"/console/cases/{{case}}/{name}", handler, Access.STAFF, READERS)
    for name, handler in (
        ("claim", claim),
        ("reply", reply),
        ("hand-back", hand_back),
        ("close", close),
        ("open-facts", open_facts),
        ("depart", depart),
    )
]
