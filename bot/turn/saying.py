"""Saying something in the gateway's own name, whoever owns the conversation."""

from __future__ import annotations

from typing import Any

from bot.store import messages
from bot.store.conversations import Mode
from bot.store.engine import Transaction
from bot.store.messages import Draft, Message, Sender
from bot.turn.context import Turn


async def say(tx: Transaction, turn: Turn, text: str, body: dict[str, Any] | None = None) -> Message:
    """Append a message: the bot's while it owns the conversation, and else a notice of the system."""
    conversation, draft = turn.conversation, Draft(text, body or {})
    if conversation.mode is Mode.BOT:
        return await messages.append(tx, conversation, Sender.BOT, draft, fence=conversation.epoch)
    return await messages.append(tx, conversation, Sender.SYSTEM, draft)
