"""What editors do: begin a draft, save and try it, send, approve, undo. Each form answers with a redirect, or with its
page again and the reason why not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.learning import answer_file, editors
from bot.learning.editors import CHANGED, Refused
from bot.store import misses
from bot.store.drafts import Draft, Outdated
from bot.text.clean import BadText, clean
from bot.web.access import EDITING, SERVICES, SESSION, Access, Handler, Route, read_form
from bot.web.console.learning import EDITORS, draft_page, group_page, named_draft, named_publication, publication_page

_MOST_EXAMPLES = 60
_TICK = "Tick the questions first."

Act = Callable[[web.Request, Draft], Awaitable[str]]


async def begin(request: web.Request) -> web.StreamResponse:
    """POST /console/learning/drafts: a draft with the ticked questions, or put them aside."""
    services, form = request.app[SERVICES], await read_form(request)
    group, chosen = [str(one) for one in form.getall("m", [])], [str(one) for one in form.getall("miss", [])]
    if not chosen:
        return await group_page(request, group, _TICK, 422)
    if form.get("do") == "aside":
        async with services.store.write() as tx:
            await misses.set_state(tx, chosen, "aside")
        raise web.HTTPSeeOther("/console/learning?done=aside")
    answer = str(form.get("answer", ""))
    if not all(part.isalnum() for part in answer.split("-")) and answer:
        raise web.HTTPBadRequest(text="There is no such answer.")
    try:
        draft = await editors.begin(
            services.store, request[SESSION].account, services.policies,
            answer=answer, chosen=chosen, today=services.today, root=services.root,
        )  # fmt: skip
    except Refused as refused:
        return await group_page(request, group, str(refused), 409)
    raise web.HTTPSeeOther(f"/console/learning/drafts/{draft}")


def action(act: Act) -> Handler:
    """A form's handler: what is refused becomes the draft's page again, with the reason."""

    async def handler(request: web.Request) -> web.StreamResponse:
        draft = await named_draft(request)
        revision = str((await read_form(request)).get("revision", ""))
        if not revision.isdecimal() or int(revision) != draft.revision:
            return await draft_page(request, draft, problem=CHANGED, status=409)
        try:
            address = await act(request, draft)
        except Outdated:
            return await draft_page(request, await named_draft(request), problem=CHANGED, status=409)
        except Refused as refused:
            return await draft_page(request, draft, problem=str(refused), status=409)
        if EDITING in request.app:
            request.app[EDITING].poke()
        raise web.HTTPSeeOther(address or f"/console/learning/drafts/{draft.id}")

    handler.__doc__ = act.__doc__
    return handler


async def save(request: web.Request) -> web.StreamResponse:
    """POST …/save: store the form; with ``do=try`` have it tried as well."""
    services, form = request.app[SERVICES], await read_form(request)
    draft = await named_draft(request)
    fields = {name: _text(form.get(name, "")) for name in answer_file.FIELDS}
    examples: list[dict[str, Any]] = [
        {"text": _text(form.get(f"text-{place}", "")), "miss": str(form.get(f"miss-{place}", "")) or None}
        for place in range(_MOST_EXAMPLES)
        if f"use-{place}" in form
    ]
    examples += [{"text": line, "miss": None} for line in _text(form.get("more", "")).splitlines() if line.strip()]
    typed = {**draft.content, "fields": fields, "add": examples}
    if draft.content["fields"] is None:
        raise web.HTTPConflict(text="An undo has no form.")
    if len(examples) > _MOST_EXAMPLES:
        words = f"A draft can add {_MOST_EXAMPLES} examples at most."
        return await draft_page(request, draft, problem=words, status=422, typed=typed)
    revision = str(form.get("revision", ""))
    seen = replace(draft, revision=int(revision)) if revision.isdecimal() and len(revision) < 9 else draft
    try:
        wrong = await editors.save(
            services.store, request[SESSION].account, services.policies, seen, fields, examples,
            try_it=form.get("do") == "try", root=services.root,
        )  # fmt: skip
    except Outdated:
        return await draft_page(request, await named_draft(request), problem=CHANGED, status=409, typed=typed)
    except Refused as refused:
        return await draft_page(request, draft, problem=str(refused), status=409)
    if EDITING in request.app:
        request.app[EDITING].poke()
    end = "#wrong" if wrong else ""
    raise web.HTTPSeeOther(f"/console/learning/drafts/{draft.id}{end}")


@action
async def send(request: web.Request, draft: Draft) -> str:
    """POST …/send: publish, or send to a second person."""
    accepted = "accepted" in await read_form(request)
    services = request.app[SERVICES]
    await editors.send(services.store, request[SESSION].account, draft, accepted=accepted, root=services.root)
    return ""


@action
async def approve(request: web.Request, draft: Draft) -> str:
    """POST …/approve: publish what somebody else has sent."""
    services = request.app[SERVICES]
    await editors.approve(services.store, request[SESSION].account, draft, root=services.root)
    return ""


@action
async def back(request: web.Request, draft: Draft) -> str:
    """POST …/back: stop a trial, or give the draft back to its editor."""
    await editors.back_to_draft(request.app[SERVICES].store, draft)
    return ""


@action
async def again(request: web.Request, draft: Draft) -> str:
    """POST …/again: try an undo once more."""
    await editors.try_again(request.app[SERVICES].store, draft)
    return ""


@action
async def drop(request: web.Request, draft: Draft) -> str:
    """POST …/drop: put the draft away."""
    await editors.drop(request.app[SERVICES].store, draft)
    return "/console/learning?done=dropped"


async def undo(request: web.Request) -> web.StreamResponse:
    """POST /console/learning/published/{number}/undo: begin to undo a publication."""
    services, shown = request.app[SERVICES], await named_publication(request)
    try:
        draft = await editors.begin_undo(
            services.store, request[SESSION].account, services.policies, shown, root=services.root
        )
    except Refused as refused:
        return await publication_page(request, shown, str(refused), 409)
    if EDITING in request.app:
        request.app[EDITING].poke()
    raise web.HTTPSeeOther(f"/console/learning/drafts/{draft}")


def _text(value: object) -> str:
    """A field's text, with its lines, without control characters."""
    text = value if isinstance(value, str) else ""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        try:
            lines.append(clean(line) if line.strip() else "")
        except BadText:
            lines.append("".join(letter for letter in line if letter.isprintable()))
    return "\n".join(lines).strip()


_ON_A_DRAFT = {"save": save, "send": send, "approve": approve, "back": back, "again": again, "drop": drop}

ROUTES = [
    Route("POST", "/console/learning/drafts", begin, Access.STAFF, EDITORS),
    *(
        Route("POST", f"/console/learning/drafts/{{draft}}/{name}", handler, Access.STAFF, EDITORS)
        for name, handler in _ON_A_DRAFT.items()
    ),
    Route("POST", "/console/learning/published/{number}/undo", undo, Access.STAFF, EDITORS),
]
