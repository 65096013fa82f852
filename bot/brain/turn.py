"""One turn inside Rasa: what it noted on the way, and whether it may count.

Rasa swallows the errors of custom actions and of the tracker store and then carries on. The places where that happens
(``failures``, ``tracker_store``) note them on the current turn, and the tracker store saves no turn that failed.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from rasa.shared.core.constants import SESSION_START_METADATA_SLOT
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.crisis import CRISIS, PERHAPS

ACTION_FAILED = "action_failed"
TRACKER_STORE = "tracker_store"
NO_REPLY = "no_reply"
ERROR = "error"


@dataclass
class Turn:
    """The turn that the running task works on."""

    message_id: str
    failure: Optional[str] = None
    perhaps_danger: bool = False
    """The message was understood as one of danger, or nearly; known also when the turn fails after that."""
    result: Dict[str, Any] = field(default_factory=dict)

    def fail(self, reason: str) -> None:
        """Note that the turn failed. The first reason stays."""
        self.failure = self.failure or reason

    def settle(self, tracker: DialogueStateTracker) -> bool:
        """Take the turn's result from the tracker. True when the turn may be saved."""
        result = result_of(tracker, self.message_id)
        if result is None:
            self.fail(ERROR)
        elif not result["replies"] and not _ended_silently(tracker, self.message_id):
            self.fail(NO_REPLY)
        else:
            self.result = result
        return self.failure is None


_current: ContextVar[Optional[Turn]] = ContextVar("saywhy_turn", default=None)


def begin(turn: Turn) -> None:
    """Make ``turn`` the current one of the running task and of all that it starts."""
    _current.set(turn)


def current() -> Optional[Turn]:
    """The turn of the running task; None outside of one (a Rasa developer's shell, say)."""
    return _current.get()


def note_failure(reason: str) -> None:
    """Note a failure on the current turn, if there is one."""
    turn = _current.get()
    if turn is not None:
        turn.fail(reason)


def note_understood(parsed: Dict[str, Any]) -> None:
    """Note on the current turn, if there is one, what its message was understood as."""
    turn = _current.get()
    if turn is not None and (parsed.get(PERHAPS) or (parsed.get("intent") or {}).get("name") == CRISIS):
        turn.perhaps_danger = True


def result_of(tracker: DialogueStateTracker, message_id: str) -> Optional[Dict[str, Any]]:
    """What the turn with that message gave: ``replies``, ``intent``, ``slots``, ``perhaps_danger``; None when nothing.

    ``slots`` are those of the tracker as it is now.
    """
    said = next((e for e in tracker.events if isinstance(e, UserUttered) and e.message_id == message_id), None)
    if said is None:
        return None
    replies = (reply_of(event) for event in _bot_events(tracker, message_id))
    return {
        "replies": [reply for reply in replies if reply and not _is_end_of_turn(reply)],
        "intent": {"name": said.intent.get("name"), "confidence": float(said.intent.get("confidence") or 0.0)},
        PERHAPS: bool((said.parse_data or {}).get(PERHAPS)),
        "slots": {
            name: value
            for name, value in tracker.current_slot_values().items()
            if value is not None and name != SESSION_START_METADATA_SLOT
        },
    }


def reply_of(event: BotUttered) -> Dict[str, Any]:
    """What the bot said, as the gateway reads it: ``text``, ``buttons``, ``custom``, ``metadata``; none is empty."""
    parts = {
        "text": event.text,
        "buttons": event.data.get("buttons"),
        "custom": event.data.get("custom"),
        # Rasa keeps an action's or a response's own `metadata` one level down.
        "metadata": event.metadata.get("metadata"),
    }
    return {name: part for name, part in parts.items() if part}


def _bot_events(tracker: DialogueStateTracker, message_id: str) -> List[BotUttered]:
    """What the bot said from the message with that id on to the next message."""
    found: List[BotUttered] = []
    inside = False
    for event in tracker.events:
        if isinstance(event, UserUttered) and event.message_id:
            inside = event.message_id == message_id
        elif inside and isinstance(event, BotUttered):
            found.append(event)
    return found


def _is_end_of_turn(reply: Dict[str, Any]) -> bool:
    return reply.get("custom") == {"end_of_turn": True} and "text" not in reply


def _ended_silently(tracker: DialogueStateTracker, message_id: str) -> bool:
    return any(_is_end_of_turn(reply_of(event)) for event in _bot_events(tracker, message_id))
