"""What replies do besides being said: keep an application, decide it, ask for its review, hand over.

Actions only ask for effects; they come about in ``settle``, in one transaction with the replies and under the epoch of
the turn. So a crash or a repeat leaves all of a turn or nothing, and an action server that fails cannot leave half.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.policy.ask import idle
from bot.policy.decide import BadFact, Decision, decide, possible
from bot.policy.model import Library
from bot.policy.parse import says_cancel
from bot.policy.readback import CONFIRM
from bot.policy.receipt import reference_in
from bot.policy.select import NoVersion
from bot.store import Store, applications, decisions
from bot.store.conversations import Conversation
from bot.turn import confirming
from bot.turn.brain import BrainFailure
from bot.turn.replies import Reply

_KNOWN = frozenset({"application", "decide", "review", "handoff", "status"})
#: Parts of a record that no action needs: the code is for the citizen alone (docs/decisions/0006).
_UNTOLD = frozenset({"text", "receipt", "previous", "sha256"})


@dataclass(frozen=True)
class Progress:
    """How far an application has come: the facts by name as JSON has them, and the question that is open."""

    policy: str
    facts: dict[str, Any]
    question: str | None
    last_fact: str | None
    misses: int
    again: str | None = None
    """The reference of the decision whose facts it takes up."""
    earlier: bool = False
    """Whether facts that are new come from the citizen's message before this one."""


@dataclass(frozen=True)
class Effects:
    """All that one turn is to bring about."""

    application: Progress | None = None
    cancel: bool = False
    decide: bool = False
    review: bool = False
    status: bool = False
    handoff: str | None = None


@dataclass(frozen=True)
class Heard:
    """What the effects of a turn have to fit: what the actions were ``told``, what was ``said``, and its ``intent``."""

    told: dict[str, Any]
    said: str
    intent: str


def read(replies: Sequence[Reply], heard: Heard, library: Library) -> Effects:
    """The effects of one turn's replies; of several states of the application the last counts.

    Raises:
        BrainFailure: one is not as agreed, or does not belong to the turn. Nothing of such a turn may be used.
    """
    today = date.fromisoformat(heard.told["today"])
    found = _read((reply.effect for reply in replies), library, today)
    if not _belongs(found, heard) or _loses_facts(found.application, heard, library):
        raise BrainFailure("misplaced")
    if found.application and found.application.question == CONFIRM:
        opened = heard.told.get("application")
        applied = date.fromisoformat(opened["applied"]) if opened else today
        drafts = [reply.draft for reply in replies]
        if not confirming.mark(drafts, library, found.application.policy, found.application.facts, today, applied):
            raise BrainFailure("not_read_back")
    return found


def _belongs(found: Effects, heard: Heard) -> bool:
    """Whether the turn may have these effects: a request is given up, and a review begins, only for who asks for it."""
    if found.cancel and heard.intent != "cancel" and not says_cancel(heard.said):
        return False
    if found.review and heard.intent != "review":
        return False
    opened, state = heard.told.get("application"), found.application
    return not opened or not state or opened["policy"] == state.policy


def _loses_facts(state: Progress | None, heard: Heard, library: Library) -> bool:
    """Whether a fact would be forgotten that may still count: a correction drops those that nothing reads any more."""
    opened = heard.told.get("application")
    if not opened or not state:
        return False
    gone = opened["facts"].keys() - state.facts.keys()
    if not gone:
        return False
    today, applied = date.fromisoformat(heard.told["today"]), date.fromisoformat(opened["applied"])
    try:
        outcome = decide(library.policies[state.policy], {**opened["facts"], **state.facts}, today, applied)
    except (BadFact, NoVersion):
        return True
    return not isinstance(outcome, Decision) or not gone <= idle(outcome)


def _read(raw: Iterable[dict[str, Any]], library: Library, today: date) -> Effects:
    found: dict[str, Any] = {}
    for effect in raw:
        if not isinstance(effect, dict) or not effect.keys() <= _KNOWN:
            raise BrainFailure("malformed")
        found |= effect
    if found.get("decide") and "application" in found:  # a fact that nobody has confirmed must not decide
        raise BrainFailure("malformed")
    application, handoff = found.get("application"), found.get("handoff")
    try:
        return Effects(
            application=_progress(application, library, today) if application is not None else None,
            cancel="application" in found and application is None,
            decide=bool(found.get("decide")),
            review=bool(found.get("review")),
            status=bool(found.get("status")),
            handoff=str(handoff["reason"]) if handoff else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, NoVersion) as error:
        raise BrainFailure("malformed") from error


def _progress(state: dict[str, Any], library: Library, today: date) -> Progress:
    policy = library.policies[state["policy"]]
    facts = dict(state["facts"])
    decide(policy, facts, today)  # raises BadFact, a ValueError, for a fact that cannot be
    names = {name for version in policy.versions for name in version.asked}
    question, last_fact, misses = state.get("question"), state.get("last_fact"), state.get("misses", 0)
    if question not in {None, CONFIRM, *names} or last_fact not in {None, *names} or not isinstance(misses, int):
        raise BadFact(str(question), "not a fact of the policy")
    again = state.get("again")
    if not isinstance(again, str | None):
        raise BadFact("again", "not a reference")
    return Progress(policy.id, facts, question, last_fact, misses, again, state.get("earlier") is True)


async def known(
    store: Store, conversation: Conversation, today: date, zone: ZoneInfo, library: Library, said: str = ""
) -> dict[str, Any]:
    """What the actions need to know: the open application, or else the decision meant.

    Facts that are no longer possible, such as a day that has passed since, are left out and named as ``outdated``.
    """
    async with store.read(quick=True) as connection:
        application = await applications.open_of(connection, conversation.id)
        about = await decisions.meant(connection, conversation.id, reference_in(said), conversation.speaks_of)
    told: dict[str, Any] = {"today": today.isoformat()}
    if application:
        policy = library.policies.get(application.policy)
        facts, outdated = possible(policy, application.values, today) if policy else (application.values, [])
        confirming_them = application.question == CONFIRM
        told["application"] = {
            "policy": application.policy,
            "facts": facts,
            "outdated": outdated,
            "question": None if outdated and confirming_them else application.question,
            "last_fact": application.last_fact,
            "misses": application.misses,
            "applied": application.opened_at.astimezone(zone).date().isoformat(),
        }
    elif about:
        told["record"] = {name: value for name, value in json.loads(about.record).items() if name not in _UNTOLD}
    return told
