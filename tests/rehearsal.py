"""The real actions in this process, called as Rasa would call them for a request: dialogues without Rasa, and fast.

What a citizen means is given instead of understood. The form, its rules and what the actions are told are as in
``domain.yml`` and ``data/stories``; that Rasa itself does the same is shown in ``tests/dialogue``.
"""

from __future__ import annotations

from typing import Any, cast

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.answering import ValidateApplicationForm
from actions.application import FORM
from actions.asking import ActionAskAnswer
from actions.closing import ActionCloseApplication
from actions.guarded import GuardedAction
from bot.turn.brain import BrainFailure, BrainReply

Replies = list[dict[str, Any]]


class Rehearsal:
    """Plays Rasa. ``wants`` is the policy that the next message asks for, ``fault`` what goes wrong instead."""

    def __init__(self) -> None:
        self.wants: str | None = None
        self.intent = "nlu_fallback"
        self.fault: BrainFailure | Replies | None = None
        self.faults = 0

    async def ask(
        self, conversation: str, message_id: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> BrainReply:
        """See ``bot.turn.brain.Brain``."""
        if isinstance(self.fault, BrainFailure):
            self.faults += 1
            raise self.fault
        intent = {"name": "policy" if self.wants else self.intent, "confidence": 1.0}
        if self.fault is not None:
            self.faults += 1
            return BrainReply(self.fault, intent, {})
        message = {"text": content["text"], "intent": intent, "metadata": metadata or {},
                   "topics": [{"name": f"policy/{self.wants}", "confidence": 1.0}] if self.wants else []}  # fmt: skip
        return BrainReply(await self._turn(message, opened="application" in (metadata or {})), intent, {})

    async def forget(self, conversation: str) -> None:
        """See ``bot.turn.brain.Brain``."""

    async def _turn(self, message: dict[str, Any], *, opened: bool) -> Replies:
        events: list[dict[str, Any]] = [{"event": "user"}]
        said: Replies = []
        slots: dict[str, Any] = {}
        if opened:
            await _run(ValidateApplicationForm(), message, events, said, slots, active=True)
        else:
            events.append({"event": "active_loop", "name": FORM})
        if slots.get("outcome") is None:
            await _run(ActionAskAnswer(), message, events, said, slots, active=True)
        if slots.get("outcome") is not None:
            await _run(ActionCloseApplication(), message, events, said, slots, active=False)
        return said


async def _run(
    action: GuardedAction, message: dict[str, Any], events: list[dict[str, Any]], said: Replies, slots: dict[str, Any],
    *, active: bool,
) -> None:  # fmt: skip
    loop = {"name": FORM} if active else {}
    tracker = Tracker("x", dict(slots), message, list(events), False, None, loop, "action_listen")
    dispatcher = CollectingDispatcher()
    for event in await action.run(dispatcher, tracker, cast(DomainDict, {})):
        slots[event["name"]] = event["value"]
    for reply in dispatcher.messages:
        events.append({"event": "bot", "text": reply["text"], "data": {"custom": reply["custom"]}})
        said.append({name: reply[name] for name in ("text", "custom", "buttons") if reply.get(name)})
