"""Facts of a request that the citizen has already said: taken as read, told at once, and never asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker

from actions.application import Application, text
from actions.last_said import last_turn, said_before
from bot.policy.decide import BadFact, TooMany
from bot.policy.expression import Value
from bot.policy.format import to_json
from bot.policy.said import facts_in

TAKEN = "From what you wrote I took:"


def take(application: Application, words: str, besides: str | None = None) -> dict[str, Value]:
    """The facts that the words say and that are not known yet, by name; ``besides`` is the one already taken."""
    try:
        version = application.version()
        known = {*application.facts, *([besides] if besides else [])}
        found = facts_in(words, version, application.words, application.today, known)
        while pair := clash(_with(application, found)):
            found = {name: value for name, value in found.items() if name not in pair}
        return found
    except (BadFact, ArithmeticError):
        return {}


def with_said(application: Application, words: str, besides: str | None = None) -> tuple[Application, str]:
    """The application with what the words say as well, and the lines that tell so; empty when they say nothing."""
    found = take(application, words, besides)
    if not found:
        return application, ""
    more = _with(application, found)
    return more, "\n".join([TAKEN, *(f"- {more.line(name)}" for name in found)])


def clash(application: Application) -> tuple[str, str] | None:
    """Two facts of the application that cannot go together: the one that is too high, and what it is held against."""
    try:
        application.outcome()
    except TooMany as error:
        return error.fact, error.limit
    return None


def _with(application: Application, found: Mapping[str, Value]) -> Application:
    return replace(application, facts={**application.facts, **{name: to_json(one) for name, one in found.items()}})


def opening_words(tracker: Tracker, policy: str) -> tuple[str, bool]:
    """The message that began the request, and whether it is the one before this.

    So it is when this one only confirms what was told back, or presses the button that an answer to it offered.
    """
    before = last_turn(tracker)
    offered = (button["payload"] for reply in before for button in reply.get("buttons") or ())
    if any(reply.get("sums_up") for reply in before) or (not text(tracker) and f"/policy/{policy}" in offered):
        return said_before(tracker), True
    return text(tracker), False


def line_of(application: Application, name: str, value: Value) -> str:
    """A fact as a sentence."""
    facts: Mapping[str, Any] = {**application.facts, name: to_json(value)}
    return replace(application, facts=facts).line(name)
