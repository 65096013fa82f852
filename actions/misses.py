"""Turns that helped nobody: after two of them in a row a person is offered in words."""

from __future__ import annotations

from rasa_sdk import Tracker

_MISSES = frozenset({"action_clarify", "action_non_answer"})
_BETWEEN = frozenset({"action_listen", "action_session_start", "action_extract_slots"})


def missed_before(tracker: Tracker) -> bool:
    """Whether the turn before this one was a miss as well."""
    actions = [event["name"] for event in tracker.events if event.get("event") == "action"]
    turns = [name for name in actions if name not in _BETWEEN]
    return bool(turns) and turns[-1] in _MISSES
