"""Opens the form for a citizen whose application the store says is open, when Rasa does not know of it.

The store is the record. Rasa's tracker forgets that a form was open when a new one begins after a hand-over, or when a
failure ended the form; what is typed next would then be taken for a new question instead of an answer.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import ActiveLoop, SlotSet

FORM = "application_form"
SLOT = "answer"

_handle = MessageProcessor._handle_message_with_tracker


@wraps(_handle)
async def _handle_with_open_form(self: MessageProcessor, message: Any, tracker: Any) -> None:
    if (message.metadata or {}).get("application") and not tracker.active_loop_name and FORM in self.domain.form_names:
        tracker.update_with_events([ActiveLoop(FORM), SlotSet(REQUESTED_SLOT, SLOT)], self.domain)
    await _handle(self, message, tracker)


def install() -> None:
    """Put it in place. Again does nothing."""
    MessageProcessor._handle_message_with_tracker = _handle_with_open_form  # type: ignore[method-assign]
