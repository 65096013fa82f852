"""What editors do with drafts, and what they may not: the rules of publishing.

A change of an answer that rules hang on is published only after a second person has looked at it: one who did not write
at it and did not send it. Questions that became wrong must be read and accepted by whoever publishes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.learning import answer_file, change, example_file
from bot.policy.model import Library
from bot.settings import ROOT
from bot.store import Store, drafts, misses
from bot.store.drafts import Draft
from bot.store.misses import Miss
from bot.store.publications import Publication
from bot.store.staff import Account
from bot.supervise.model import fingerprint

CHANGED = "Somebody else has changed this draft meanwhile. Look at it as it is now, then go on."


class Refused(ValueError):
    """What was asked for is not done. The message tells the editor why."""


class NoSuchDraft(LookupError):
    """There is no such draft."""


async def begin(
    store: Store,
    account: Account,
    policies: Library,
    *,
    answer: str,
    chosen: Sequence[str],
    today: date,
    root: Path = ROOT,
) -> str:
    """Begin a draft for a new answer (``answer`` empty) or to correct one, with the questions that were ticked.

    Raises:
        Refused: there is no such answer, or its file has a fault.
    """
    async with store.read() as connection:
        asked = await misses.by_ids(connection, chosen)
    base, fields = None, _empty_fields(today)
    if answer:
        path = root / change.answer_path(answer)
        try:
            fields = await asyncio.to_thread(answer_file.fields_of, path)
        except (ValueError, OSError) as error:
            raise Refused(f"The answer '{answer}' cannot be read: {error}") from None
        base = change.read_text(path)
    content = {"fields": fields, "text": None, "base": base, "add": _wordings(asked), "remove": []}
    bears = change.bears_policy(answer, answer_file.service_number(fields["service"]), policies)
    async with store.write() as tx:
        return await drafts.add(tx, answer=answer, content=content, editor=account.id, bears_policy=bears)


async def save(
    store: Store,
    account: Account,
    policies: Library,
    draft: Draft,
    fields: Mapping[str, str],
    examples: Sequence[Mapping[str, Any]],
    *,
    try_it: bool,
    root: Path = ROOT,
) -> dict[str, list[str]]:
    """Store what the form says, and have it tried when nothing is wrong with it. Returns what is wrong, by field.

    Raises:
        Outdated: somebody else has changed the draft.
        Refused: it is being published, or is finished.
    """
    if draft.state not in ("open", "trying", "tried", "waiting") or draft.undoes is not None:
        raise Refused("This draft cannot be changed any more.")
    is_new = draft.content["base"] is None
    answer = answer_file.slug(fields["title"]) if is_new else draft.answer
    add = [{"text": example_file.tidy(str(one["text"])), "miss": one.get("miss")} for one in examples]
    content = {**draft.content, "fields": dict(fields), "add": add}
    wrong = await asyncio.to_thread(change.problems, root, answer, content, is_new=is_new)
    bears = draft.bears_policy or change.bears_policy(answer, answer_file.service_number(fields["service"]), policies)
    if is_new:
        bears = change.bears_policy(answer, answer_file.service_number(fields["service"]), policies)
    editors = [*draft.editors, *([account.id] if account.id not in draft.editors else [])]
    state = "trying" if try_it and not wrong else "open"
    async with store.write() as tx:
        await drafts.change(
            tx, draft, answer=answer, content=content, bears_policy=bears, editors=editors, state=state, trial=None,
            sent_by=None, approved_by=None,
        )  # fmt: skip
    return wrong


async def send(store: Store, account: Account, draft: Draft, *, accepted: bool, root: Path = ROOT) -> str:
    """Publish a draft that was tried, or have a second person look at it. Returns the state that it has then.

    Raises:
        Refused: it was not tried as it is, or something became wrong and was not accepted.
        Outdated: somebody else has changed the draft.
    """
    if draft.state != "tried" or draft.trial is None or draft.trial["problems"]:
        raise Refused("Try the draft first. It can be published when nothing is wrong with it.")
    if draft.trial["became_wrong"] and not accepted:
        raise Refused("Some questions became wrong. Read them, and tick that you publish all the same.")
    if draft.bears_policy:
        async with store.write() as tx:
            await drafts.change(tx, draft, state="waiting", sent_by=account.id)
        return "waiting"
    return await _publish(store, replace(draft, sent_by=account.id), root)


async def approve(store: Store, account: Account, draft: Draft, *, root: Path = ROOT) -> str:
    """Publish what another person has sent.

    Raises:
        Refused: nobody has sent it, or this person has written at it or sent it.
        Outdated: somebody else has changed the draft.
    """
    if draft.state != "waiting":
        raise Refused("This draft does not wait for a second person.")
    if not may_approve(account, draft):
        raise Refused("You have worked on this draft yourself. Somebody else must look at it.")
    return await _publish(store, replace(draft, approved_by=account.id), root)


def may_approve(account: Account, draft: Draft) -> bool:
    """Whether this person is a second one."""
    return account.id not in draft.editors and account.id != draft.sent_by


async def back_to_draft(store: Store, draft: Draft) -> None:
    """Give a draft back to whoever writes at it, instead of approving it; or stop its trial.

    Raises:
        Refused: it is neither tried nor waiting.
        Outdated: somebody else has changed the draft.
    """
    if draft.state not in ("waiting", "trying", "tried"):
        raise Refused("There is nothing to give back.")
    async with store.write() as tx:
        await drafts.change(tx, draft, state="open", trial=None, sent_by=None)


async def try_again(store: Store, draft: Draft) -> None:
    """Try a draft as it is.

    Raises:
        Refused: it is being tried or published, or is finished.
        Outdated: somebody else has changed the draft.
    """
    if draft.state not in ("open", "tried", "waiting"):
        raise Refused("This draft cannot be tried now.")
    async with store.write() as tx:
        await drafts.change(tx, draft, state="trying", trial=None, sent_by=None)


async def drop(store: Store, draft: Draft) -> None:
    """Put a draft away for ever. Its questions are where they were.

    Raises:
        Refused: it is being published, or is finished.
        Outdated: somebody else has changed the draft.
    """
    if draft.state not in ("open", "trying", "tried", "waiting"):
        raise Refused("This draft cannot be put away any more.")
    async with store.write() as tx:
        await drafts.change(tx, draft, state="dropped")


async def begin_undo(
    store: Store, account: Account, policies: Library, published: Publication, *, root: Path = ROOT
) -> str:
    """Begin to undo a publication: a draft of the former files, tried at once. Returns the draft that does, or did.

    Raises:
        Refused: it was undone before, or the answer was changed after it.
    """
    if published.undone_by:
        raise Refused(f"Publication {published.number} was undone by publication {published.undone_by}.")
    now = change.read_text(root / change.answer_path(published.answer))
    if now != published.after:
        raise Refused("The answer was changed after this. Undo the later change first, or correct the answer.")
    content = {
        "fields": None,
        "text": published.before,
        "base": published.after,
        "add": [{"text": text, "miss": None} for text in published.removed],
        "remove": published.added,
    }
    async with store.write() as tx:
        if there := await drafts.of_publication(tx.connection, published.number):
            return there.id
        services = {answer_file.service_number(line.partition("id:")[2]) for line in _service_lines(published)}
        bears = any(change.bears_policy(published.answer, service, policies) for service in services or {None})
        new_id = await drafts.add(
            tx, answer=published.answer, content=content, editor=account.id, bears_policy=bears,
            undoes=published.number,
        )  # fmt: skip
        draft = await drafts.get(tx.connection, new_id)
        assert draft is not None
        await drafts.change(tx, draft, state="trying")
        return new_id


async def read(store: Store, draft_id: str) -> Draft:
    """The draft.

    Raises:
        NoSuchDraft: there is none of that id.
    """
    async with store.read() as connection:
        draft = await drafts.get(connection, draft_id)
    if draft is None:
        raise NoSuchDraft(draft_id)
    return draft


async def _publish(store: Store, draft: Draft, root: Path) -> str:
    assert draft.trial is not None
    if await asyncio.to_thread(fingerprint, root) != draft.trial["base"]:
        raise Refused("Something else was published since this was tried. Try it again.")
    try:
        changes = await asyncio.to_thread(change.files, root, draft.answer, draft.content)
    except change.Conflict as conflict:
        raise Refused(str(conflict)) from None
    path = change.answer_path(draft.answer)
    own = next((one for one in changes if one.path == path), None)
    now = change.read_text(root / path)
    before, after = (own.before, own.after) if own else (now, now)
    plan = {
        "files": change.as_json(changes),
        "model": draft.trial["model"],
        "before": before,
        "after": after,
        "title": title_of(after or before or "") or draft.answer,
    }
    former = replace(draft, sent_by=None) if draft.state == "tried" else draft
    async with store.write() as tx:
        await drafts.change(
            tx, former, state="publishing", plan=plan, sent_by=draft.sent_by, approved_by=draft.approved_by
        )
    return "publishing"


def title_of(text: str) -> str:
    """The title that stands in a file's text."""
    line = next((line for line in text.splitlines() if line.startswith("title:")), "")
    return line.partition(":")[2].strip().strip('"')


def _service_lines(published: Publication) -> list[str]:
    texts = (published.before or "", published.after or "")
    return [line for text in texts for line in text.splitlines() if line.startswith("service:")]


def _wordings(asked: Sequence[Miss]) -> list[dict[str, Any]]:
    return [{"text": example_file.tidy(one.question), "miss": one.id} for one in asked]


def _empty_fields(today: date) -> dict[str, str]:
    in_a_year = today.replace(year=today.year + 1, day=min(today.day, 28))
    return dict.fromkeys(answer_file.FIELDS, "") | {
        "body": answer_file.SKELETON,
        "reviewed": today.isoformat(),
        "review_by": in_a_year.isoformat(),
    }
