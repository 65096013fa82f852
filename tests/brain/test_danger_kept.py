"""A turn that fails still tells that its message was understood as one of danger, and nothing else of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor

from bot.brain import reread
from bot.brain import turn as turns
from bot.brain.asked import TurnRequest
from bot.brain.channel import SaywhyInput

WANTED = TurnRequest("c1", "m1", "my husband is hurting me", None, None)
NEARLY = {"intent": {"name": "answer", "confidence": 0.6}, "perhaps_danger": True}
DANGER = {"intent": {"name": "crisis", "confidence": 0.6}}
HARMLESS = {"intent": {"name": "answer", "confidence": 0.6}}


class EmptyStore:
    async def has_message(self, conversation: str, message_id: str) -> bool:
        return False


class FailingAgent:
    """Understands the message, and then what runs next fails, or never comes back."""

    def __init__(self, hangs: bool) -> None:
        self.hangs = hangs

    async def handle_message(self, message: UserMessage) -> None:
        await MessageProcessor.parse_message(None, message)  # type: ignore[arg-type]
        if self.hangs:
            await asyncio.sleep(30)
        turns.note_failure(turns.ACTION_FAILED)
        raise RuntimeError


@pytest.mark.parametrize(("hangs", "reason"), [(False, "action_failed"), (True, "timeout")])
@pytest.mark.parametrize(("parsed", "told"), [(DANGER, True), (NEARLY, True), (HARMLESS, False)])
async def test_the_failure_says_that_there_was_danger(
    monkeypatch: pytest.MonkeyPatch, parsed: dict[str, Any], told: bool, hangs: bool, reason: str
) -> None:
    async def parse(*_: Any) -> dict[str, Any]:
        return parsed

    monkeypatch.setattr(reread, "_parse", parse)
    channel = SaywhyInput("secret", deadline=0.1 if hangs else 90)
    for _again in range(2):  # a repeat of a turn that still runs as well
        status, body = await channel._take(FailingAgent(hangs), EmptyStore(), WANTED)  # type: ignore[arg-type]
        assert status == 503
        assert body == {"status": "failed", "reason": reason, **({"perhaps_danger": True} if told else {})}
