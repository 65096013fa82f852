"""The pages on which editors learn from talk: questions, drafts, and the record of what was published."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.knowledge import directory
from bot.knowledge.areas import AREAS
from bot.learning import answer_file, change, editors, looking
from bot.learning.editors import NoSuchDraft
from bot.store import drafts, misses, publications, staff
from bot.store.drafts import Draft
from bot.store.publications import Publication
from bot.store.staff import Role
from bot.web.access import SERVICES, SESSION, Access, Route
from bot.web.console import views
from bot.web.render import fragment, render

#: Who may write and publish answers.
EDITORS = frozenset({Role.EDITOR, Role.SUPERVISOR})

NO_SUCH_DRAFT = "There is no such draft."
NO_SUCH_PUBLICATION = "There is no such publication."
STATES = {
    "open": "Draft",
    "trying": "Being tried",
    "tried": "Tried",
    "waiting": "Waits for a second person",
    "publishing": "Being published",
    "published": "Published",
    "dropped": "Put away",
}
_STEPS = {
    "copying": "Copying the files",
    "checking": "Checking everything that editors write",
    "training": "Training the assistant",
    "comparing": "Asking the test questions",
    "trained": "The assistant is trained",
}
_LABELS = {
    "title": "Title",
    "service": "Service",
    "area": "Area",
    "owner": "Team that owns the answer",
    "source_title": "Source: title of the page",
    "source_url": "Source: address of the page",
    "reviewed": "Checked on",
    "review_by": "Check again by",
    "body": "Answer",
    "examples": "Examples",
}
_MEASURED = (
    ("questions", "first", "Questions about answers: the first guess is right"),
    ("questions", "in_three", "Questions about answers: one of three is right"),
    ("services", "in_three", "Questions about services: one of three is right"),
    ("out_of_scope", "non_answer", "Messages that no answer fits: told so"),
)


async def questions(request: web.Request) -> web.Response:
    """GET /console/learning: what nobody could answer, in groups, and the drafts."""
    services = request.app[SERVICES]
    groups, by_meaning = await looking.waiting(services.store, services.workshop)
    async with services.store.read() as connection:
        unfinished = await drafts.in_states(connection, *drafts.UNFINISHED)
        counts = await misses.counts(connection)
        names = {one.id: one.name for one in await staff.everyone(connection)}
    titles = await asyncio.to_thread(looking.answer_titles, services.root)
    kinds: dict[str, int] = {}
    for kind, count in counts.items():
        words = looking.KINDS.get(kind.partition("/")[0], kind)
        kinds[words] = kinds.get(words, 0) + count
    return _page(
        request, "learning", "Questions without an answer",
        groups=groups, by_meaning=by_meaning, drafts=unfinished, names=names, titles=titles,
        kinds=dict(sorted(kinds.items(), key=lambda item: -item[1])),
        topic=lambda name: looking.topic_title(name, titles), done=_DONE.get(request.query.get("done", ""), ""),
    )  # fmt: skip


async def group(request: web.Request) -> web.Response:
    """GET /console/learning/questions?m=…: the wordings of one group, or of several that were ticked."""
    return await group_page(request, request.query.getall("m", []))


async def group_page(request: web.Request, ids: list[str], problem: str = "", status: int = 200) -> web.Response:
    """The page of a group.

    Raises:
        aiohttp.web.HTTPSeeOther: none of its questions waits any more.
    """
    services = request.app[SERVICES]
    groups, _ = await looking.waiting(services.store, services.workshop)
    found = looking.together(groups, set(ids))
    if found is None:
        raise web.HTTPSeeOther("/console/learning")
    titles = await asyncio.to_thread(looking.answer_titles, services.root)
    likely = [name.removeprefix("answer/") for name in found.likely if name.removeprefix("answer/") in titles]
    return _page(
        request, "learning_group", "Questions that mean the same",
        group=found, titles=titles, likely=likely, kind=looking.kind, problem=problem, status=status,
    )  # fmt: skip


async def draft(request: web.Request) -> web.Response:
    """GET /console/learning/drafts/{draft}: the form, what is wrong, how it looks, and what the trial found."""
    return await draft_page(request, await named_draft(request))


async def draft_page(
    request: web.Request,
    shown: Draft,
    *,
    problem: str = "",
    status: int = 200,
    typed: Mapping[str, Any] | None = None,
) -> web.Response:
    """One draft as a page. ``typed`` is a content that could not be stored."""
    content = typed or shown.content
    services, account = request.app[SERVICES], request[SESSION].account
    wrong: dict[str, list[str]] = {}
    answer = None
    if content["fields"]:
        is_new = content["base"] is None
        if shown.state in ("open", "tried"):
            wrong = await asyncio.to_thread(change.problems, services.root, shown.answer, content, is_new=is_new)
        answer, _ = await asyncio.to_thread(answer_file.read, shown.answer, content["fields"])
    async with services.store.read() as connection:
        names = {one.id: one.name for one in await staff.everyone(connection)}
        published = await publications.of_draft(connection, shown.id)
    titles = await asyncio.to_thread(looking.answer_titles, services.root)
    fresh = shown.revision == 1 and not problem
    return _page(
        request, "learning_draft", heading_of(shown, content),
        problem=problem, status=status, draft=shown, content=content, wrong={} if fresh else _in_order(wrong),
        labels=_LABELS, fields=answer_file.FRONT, areas=AREAS, services=directory.load().values(), answer=answer,
        names=names, state=STATES, step=step_in_words(shown), may_approve=editors.may_approve(account, shown),
        figures=_figures(shown.trial), published=published, titles=titles,
        topic=lambda name: looking.topic_title(name, titles), texts=_texts(shown),
    )  # fmt: skip


async def progress(request: web.Request) -> web.Response:
    """GET …/progress: what is being done with the draft now. When it is done, the page is loaded again."""
    shown = await named_draft(request)
    if shown.state not in ("trying", "publishing"):
        return web.Response(headers={"HX-Redirect": f"/console/learning/drafts/{shown.id}"})
    text = fragment("console/learning_progress.html", draft=shown, step=step_in_words(shown))
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


async def record(request: web.Request) -> web.Response:
    """GET /console/learning/published: who published what, newest first."""
    async with request.app[SERVICES].store.read() as connection:
        found = await publications.everything(connection)
    return _page(request, "learning_record", "Published", published=found)


async def publication(request: web.Request) -> web.Response:
    """GET /console/learning/published/{number}: what one publication changed, and its undo."""
    return await publication_page(request, await named_publication(request))


async def publication_page(
    request: web.Request, shown: Publication, problem: str = "", status: int = 200
) -> web.Response:
    """One publication as a page."""
    async with request.app[SERVICES].store.read() as connection:
        names = {one.id: one.name for one in await staff.everyone(connection)}
    return _page(
        request, "learning_publication", f"Publication {shown.number}: {shown.title}",
        one=shown, names=names, lines=difference(shown.before or "", shown.after or ""), problem=problem,
        figures=_figures(shown.figures), status=status,
    )  # fmt: skip


async def named_draft(request: web.Request) -> Draft:
    """The draft in the address.

    Raises:
        aiohttp.web.HTTPNotFound: there is no such draft.
    """
    named = request.match_info["draft"]
    try:
        if not named.isascii() or not named.isalnum():
            raise NoSuchDraft(named)
        return await editors.read(request.app[SERVICES].store, named)
    except NoSuchDraft:
        raise web.HTTPNotFound(text=NO_SUCH_DRAFT) from None


async def named_publication(request: web.Request) -> Publication:
    """The publication in the address.

    Raises:
        aiohttp.web.HTTPNotFound: there is no such publication.
    """
    number = request.match_info["number"]
    found = None
    if number.isascii() and number.isdecimal() and len(number) < 9:
        async with request.app[SERVICES].store.read() as connection:
            found = await publications.get(connection, int(number))
    if found is None:
        raise web.HTTPNotFound(text=NO_SUCH_PUBLICATION)
    return found


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Each line of two texts, with 'del' or 'ins' where only one of them has it."""
    marks = {"- ": "del", "+ ": "ins", "  ": ""}
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [(marks[line[:2]], line[2:]) for line in found if line[:2] in marks]


def _in_order(wrong: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {name: wrong[name] for name in _LABELS if name in wrong}


def heading_of(shown: Draft, content: Mapping[str, Any]) -> str:
    """What the draft is, in words."""
    if shown.undoes is not None:
        return f"Undo publication {shown.undoes}"
    if content["base"] is None:
        return f"New answer: {content['fields']['title']}" if content["fields"]["title"] else "New answer"
    return f"Correct an answer: {editors.title_of(content['base'])}"


def step_in_words(shown: Draft) -> str:
    """What is being done with the draft."""
    if shown.state == "publishing":
        return "Publishing: the files are written, and the assistant takes up the new model."
    step = str((shown.trial or {}).get("step", ""))
    return _STEPS.get(step, "Training the assistant" if step.startswith("training") else "Waiting for its turn") + "…"


def _texts(shown: Draft) -> list[tuple[str, str]] | None:
    """What the draft changes in the file, line by line; empty while nothing is changed.

    None where there is a form to look at and no former text, and where no form can change it.
    """
    content, base = shown.content, shown.content["base"]
    if content["fields"]:
        now = answer_file.compose(shown.answer, content["fields"])
        return None if base is None else [] if now == base else difference(base, now)
    return difference(base or "", content["text"] or "") if base != content["text"] else None


def _figures(trial: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    if not trial:
        return []
    found = trial.get("figures", trial)
    before, after = found.get("before") or {}, found.get("after") or {}
    return [
        (words, _share(before, kind, what), _share(after, kind, what))
        for kind, what, words in _MEASURED
        if kind in after and what in after[kind]
    ]


def _share(figures: Mapping[str, Any], kind: str, what: str) -> str:
    share = figures.get(kind, {}).get(what)
    return "–" if share is None else f"{100 * share:.1f} %"


_DONE = {
    "aside": "The questions are put aside.",
    "dropped": "The draft is put away. Its questions are here as before.",
}


def _page(request: web.Request, template: str, heading: str, *, status: int = 200, **values: Any) -> web.Response:
    services, session = request.app[SERVICES], request[SESSION]
    now, zone = services.store.ambient.now(), services.zone
    common = {
        "council": services.council,
        "account": session.account,
        "csrf": session.csrf,
        "heading": heading,
        "title": f"{heading} – {services.council.short_name} staff",
        "when": lambda moment: views.clock(moment, now, zone),
        "waited": lambda since: views.waited(since, now),
        "problem": "",
        "done": "",
        "state": STATES,
    }
    return render(f"console/{template}.html", status, **common | values)


ROUTES = [
    Route("GET", "/console/learning", questions, Access.STAFF, EDITORS),
    Route("GET", "/console/learning/questions", group, Access.STAFF, EDITORS),
    Route("GET", "/console/learning/drafts/{draft}", draft, Access.STAFF, EDITORS),
    Route("GET", "/console/learning/drafts/{draft}/progress", progress, Access.STAFF, EDITORS),
    Route("GET", "/console/learning/published", record, Access.STAFF, EDITORS),
    Route("GET", "/console/learning/published/{number}", publication, Access.STAFF, EDITORS),
]
