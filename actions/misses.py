"""Turns that helped nobody: after two of them in a row a person is offered in words."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.last_said import last_turn

_KINDS = frozenset({"clarify", "non_answer"})
_MISSES = frozenset({"action_clarify", "action_non_answer"})
_BETWEEN = frozenset({"action_listen", "action_session_start", "action_extract_slots"})


def missed_before(tracker: Tracker) -> bool:
    """Whether the turn before this one was a miss as well."""
    actions = [event["name"] for event in tracker.events if event.get("event") == "action"]
    turns = [name for name in actions if name not in _BETWEEN]
    helped = [reply for reply in last_turn(tracker) if reply.get("kind") not in _KINDS]  # 'how much?' after an answer
    return bool(turns) and turns[-1] in _MISSES and not helped
