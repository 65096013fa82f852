"""Turns that helped nobody: after two of them in a row a person is offered in words."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.last_said import last_turn

A_PERSON_CAN_HELP = "A person can help you with this."

_KINDS = frozenset({"clarify", "non_answer"})
#: Non-answers that go on at once, and faults of our own.
_NO_MISS = frozenset({"crisis", "many", "broken", "action_failed"})
_NOT_UNDERSTOOD = frozenset({"unclear", "unknown", "gibberish", "about_what"})


def missed_before(tracker: Tracker) -> bool:
    """Whether the turn before this one was a miss as well: whichever action said it, and nothing that helped."""
    said = last_turn(tracker)
    return bool(said) and all(reply.get("kind") in _KINDS and reply.get("id") not in _NO_MISS for reply in said)


def not_understood_before(tracker: Tracker) -> bool:
    """Whether it was a miss because it was not understood: who has been told who does it was understood."""
    return missed_before(tracker) and any(reply.get("id") in _NOT_UNDERSTOOD for reply in last_turn(tracker))
