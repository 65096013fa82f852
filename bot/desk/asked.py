"""What a case is about in the citizen's own words: what began and names the matter, and what was said last.

Answers to the questions of a form are no such words: they stand in the brief as facts. Nor is what only says yes, a
number or a choice, nor what only asks for a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.policy.agreeing import agrees
from bot.policy.parse import says_cancel, says_unknown
from bot.policy.readback import CANCEL, CHANGE, RIGHT
from bot.policy.receipt import references_in
from bot.store.applications import Application, supplied
from bot.store.messages import Message, Sender
from bot.text import phrases

MOST = 3
_WORD = re.compile(r"[^\W\d_]{3,}")
#: What buttons say that name nothing.
_NOT_ASKED = frozenset(
    {
        "Check my case",
        RIGHT["title"],
        CHANGE["title"],
        CANCEL["title"],
        phrases.WANT_A_PERSON,
        phrases.WANT_THE_ASSISTANT,
        phrases.TALK_TO_A_PERSON,
        phrases.LOOK_AGAIN,
        phrases.WHAT_CAN_I_DO,
    }
)


def asked(
    said: Sequence[Message],
    requests: Collection[Application],
    about: Mapping[str, Any],
    more: Collection[int] = (),
) -> list[str]:
    """At most ``MOST`` messages of the citizen, in the order of the conversation.

    ``requests`` are all that were made in the chat, cancelled ones as well; ``about`` says which of them, or which
    decision, the case is about. ``more`` are further messages that supplied facts.
    """
    matter = about.get("application") or about.get("record") or {}
    answers = {seq for one in requests for seq in supplied(one.facts)} | set(more)
    answers |= supplied(about.get("application", {}).get("facts", {}))
    worth = [one for one in said if one.sender is Sender.CITIZEN and _says_something(one.text)]
    replies = _replies(said)
    own = _request(requests, matter)
    opener = _opener(worth, own, answers)
    found = [one for one in worth if one.seq not in answers and not _in_form(one, replies.get(one.seq, []), requests)]
    if opener is None:
        return [one.text for one in found[-MOST:]]
    later = [one for one in found if one.seq > opener.seq]
    naming = [one for one in later if _names(one, replies.get(one.seq, []), matter)]
    chosen = {one.seq: one for one in (opener, *naming[-1:], *later[-1:])}
    for one in reversed(later):
        if len(chosen) < MOST:
            chosen[one.seq] = one
    return [chosen[seq].text for seq in sorted(chosen)]


def _says_something(text: str) -> bool:
    empty = agrees(text) is not None or says_cancel(text) or says_unknown(text)
    return text not in _NOT_ASKED and not empty and bool(_WORD.search(text) or references_in(text))


def _replies(said: Sequence[Message]) -> dict[int, list[Message]]:
    """What we said after each message of the citizen, before the next."""
    found: dict[int, list[Message]] = {}
    last = 0
    for one in said:
        if one.sender is Sender.CITIZEN:
            last = one.seq
        else:
            found.setdefault(last, []).append(one)
    return found


def _request(requests: Collection[Application], matter: Mapping[str, Any]) -> Application | None:
    """The request that the case is about: the open one, or the one that was decided."""
    named = matter.get("request") if "reference" in matter else matter.get("id")
    return next((one for one in requests if one.id == named), None)


def _opener(worth: Sequence[Message], own: Application | None, answers: Collection[int]) -> Message | None:
    """What the citizen wrote when the request began: the last before it was stored, though it may have given facts.

    Where clocks do not tell, the last message before the first that gave a fact.
    """
    if own is None:
        return None
    before = [one for one in worth if one.created_at < own.opened_at]
    if not before:
        first = min(supplied(own.facts), default=None)
        before = [one for one in worth if first is not None and one.seq < first and one.seq not in answers]
    return before[-1] if before else None


def _in_form(message: Message, replies: Sequence[Message], requests: Collection[Application]) -> bool:
    """Whether it was said to a request that was open, of which alone our reply speaks: an answer, or nearly one."""
    about = [one.body.get("about", {}) for one in replies if one.sender is Sender.BOT]
    return (
        any(one.was_open(message.created_at) and one.opened_at < message.created_at for one in requests)
        and bool(about)
        and all(one.get("kind") in ("policy", None) for one in about)
    )


def _names(message: Message, replies: Sequence[Message], matter: Mapping[str, Any]) -> bool:
    """Whether it names the decision, or is answered about the policy of the matter."""
    if matter.get("reference") in references_in(message.text):
        return True
    return any(one.body.get("about", {}).get("id") == matter.get("policy") for one in replies)
