"""What is made of a message once the model has read it: readers in turn, each given what the one before made of it.

While a form is open every message belongs to the form, and a message without a text or a tracker is none of a
citizen's; neither is read again.
"""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, Dict, List, Optional

from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain import turn as turns

Parsed = Dict[str, Any]
Understand = Callable[[str], Parsed]
Reader = Callable[[str, Parsed, DialogueStateTracker, MessageProcessor, Understand], Parsed]
"""The text, what was made of it so far, the tracker, Rasa's processor, and the model for another text."""

_readers: List[Reader] = []
_parse = MessageProcessor.parse_message


@wraps(_parse)
async def _parse_and_reread(
    self: MessageProcessor,
    message: UserMessage,
    tracker: Optional[DialogueStateTracker] = None,
    only_output_properties: bool = True,
) -> Parsed:
    parsed = await _parse(self, message, tracker, only_output_properties)
    text = message.text
    if not text or tracker is None or tracker.active_loop_name:
        turns.note_understood(parsed)
        return parsed

    def understand(part: str) -> Parsed:
        return self._parse_message_with_graph(UserMessage(part), tracker, only_output_properties)

    for reader in _readers:
        parsed = reader(text, parsed, tracker, self, understand)
    turns.note_understood(parsed)
    return parsed


def install(*readers: Reader) -> None:
    """Put the readers in place, in this order. Again does nothing."""
    _readers[:] = readers
    MessageProcessor.parse_message = _parse_and_reread  # type: ignore[method-assign]
