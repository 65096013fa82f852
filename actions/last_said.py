"""What stands in the chat before the message: the last answer, what it offered, what was said already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa_sdk import Tracker

from actions.topics import library
from bot.knowledge.answers import Answer

#: Replies that belong to a matter; all but small talk.
_MATTERS = frozenset({"answer", "service", "policy", "clarify", "non_answer", "handoff"})


def replies(tracker: Tracker) -> Iterator[Mapping[str, Any]]:
    """The replies before the message of this turn, newest first: what each said of itself, and its ``text``."""
    before = False
    for event in reversed(list(tracker.events)):
        if event.get("event") == "user":
            before = True
        elif before and event.get("event") == "bot":
            data = event.get("data") or {}
            about = {**((event.get("metadata") or {}).get("metadata") or {}), **(data.get("custom") or {})}
            yield {**about, "text": event.get("text") or ""}


def last_turn(tracker: Tracker) -> list[Mapping[str, Any]]:
    """The replies to the message before this one, in their order."""
    found: list[Mapping[str, Any]] = []
    users = 0
    for event in reversed(list(tracker.events)):
        if event.get("event") == "user":
            users += 1
            if users == 2:
                break
        elif users == 1 and event.get("event") == "bot":
            data = event.get("data") or {}
            about = {**((event.get("metadata") or {}).get("metadata") or {}), **(data.get("custom") or {})}
            found.append({**about, "text": event.get("text") or ""})
    return found[::-1]


def last_answer(tracker: Tracker) -> tuple[Answer | None, Mapping[str, Any]]:
    """The answer that was given last, with the reply that gave it, unless something was decided since."""
    for reply in replies(tracker):
        if _is_decision(reply):
            break
        if reply.get("kind") == "answer":
            return library.look().get(str(reply.get("id"))), reply
    return None, {}


def decided_last(tracker: Tracker) -> bool:
    """Whether the newest reply that told something was a decision."""
    told = (reply for reply in replies(tracker) if reply.get("kind") in ("answer", "service", "policy"))
    return _is_decision(next(told, {}))


def told_last(tracker: Tracker) -> bool:
    """Whether the newest reply that is no small talk was an answer or a decision.

    What was asked since then and got another reply, or none, is the matter that a goodbye closes.
    """
    newest: Mapping[str, Any] = next((one for one in replies(tracker) if one.get("kind") in _MATTERS), {})
    return newest.get("kind") == "answer" or _is_decision(newest)


def _is_decision(reply: Mapping[str, Any]) -> bool:
    return reply.get("kind") == "policy" and reply.get("id") == "decided"


def noted(tracker: Tracker, name: str) -> set[str]:
    """All that earlier replies of the chat have noted under a name."""
    return {str(one) for reply in replies(tracker) for one in reply.get(name) or ()}


def left(tracker: Tracker) -> list[str]:
    """The matters of an earlier message that were not dealt with yet, by the names of their topics."""
    for reply in replies(tracker):
        if "left" in reply:
            return [str(name) for name in reply["left"]]
    return []


def said_before(tracker: Tracker) -> str:
    """What the citizen typed in the message before this one; nothing when that was a button."""
    said = [str(event.get("text") or "") for event in tracker.events if event.get("event") == "user"]
    return said[-2] if len(said) > 1 and not said[-2].startswith("/") else ""
