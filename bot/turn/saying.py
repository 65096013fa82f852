"""Saying something in a turn, and settling the message that it answers."""

from __future__ import annotations

from typing import Any

from bot.store import inbox, messages
from bot.store.conversations import Mode
from bot.store.engine import Transaction
from bot.store.messages import Draft, Message, Sender
from bot.text import phrases
from bot.turn.context import Turn

_PERHAPS = "perhaps_danger"


async def say(tx: Transaction, turn: Turn, text: str, body: dict[str, Any] | None = None) -> Message:
    """Append a message in the gateway's own name: the bot's while it owns the conversation, else the system's."""
    conversation, draft = turn.conversation, Draft(text, body or {})
    if conversation.mode is Mode.BOT:
        return await messages.append(tx, conversation, Sender.BOT, draft, fence=conversation.epoch)
    return await messages.append(tx, conversation, Sender.SYSTEM, draft)


async def say_all(tx: Transaction, turn: Turn, drafts: list[Draft]) -> None:
    """Append what the bot says, under the epoch of the turn.

    Raises:
        bot.store.conversations.WrongOwner: the bot does not own the conversation any more.
    """
    for draft in drafts:
        await messages.append(tx, turn.conversation, Sender.BOT, draft, fence=turn.conversation.epoch)


async def first(tx: Transaction, turn: Turn) -> list[Draft]:
    """What is said before anything else. The line for who is perhaps in danger comes once, at whichever try."""
    if not turn.perhaps_danger or turn.crisis:
        return list(turn.first)
    if turn.item.told:
        said = await messages.of_conversation(tx.connection, turn.conversation.id)
        since = (message.body.get("about", {}) for message in said if message.seq > turn.item.seq)
        if any(about.get("id") == _PERHAPS for about in since):
            return list(turn.first)
    return [Draft(phrases.IF_IN_DANGER, {"about": {"kind": "non_answer", "id": _PERHAPS}}), *turn.first]


async def settle_as(tx: Transaction, turn: Turn, outcome: str, *, keep_drafts: bool = False) -> bool:
    """Settle the message with that outcome. False when it was settled already: then nothing of this turn is stored."""
    drafts = [{"text": draft.text, "body": draft.body} for draft in turn.drafts] if keep_drafts else None
    settled = await inbox.settle(tx, turn.item.id, outcome, draft=drafts)
    turn.outcome = outcome
    return settled
