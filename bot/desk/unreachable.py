"""Telling staff that what they write does not arrive."""

from __future__ import annotations

from bot.store import messages
from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.messages import Draft, Sender

BLOCKED = "The citizen has blocked this chat, so your messages do not reach them. They can write again at any time."
GONE = "This chat no longer exists on Telegram, so your messages do not reach the citizen."
REFUSED = "Telegram did not take the last message, so the citizen has not seen it."

_ID = "unreachable"


async def tell_staff(tx: Transaction, conversation: Conversation, why: str) -> None:
    """Put a line for staff alone into the conversation; once, until somebody writes again."""
    said = await messages.of_conversation(tx.connection, conversation.id)
    for message in reversed(said):
        if message.sender in (Sender.CITIZEN, Sender.STAFF):
            break
        if message.body.get("about", {}).get("id") == _ID and message.text == why:
            return
    draft = Draft(why, {"about": {"kind": "system", "id": _ID}})
    await messages.append(tx, conversation, Sender.SYSTEM, draft, push=False)
