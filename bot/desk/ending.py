"""Ending a conversation, and deleting what was said in it. Each within the caller's transaction."""

from __future__ import annotations

from bot.store import applications, cases, conversations, decisions, erasing, messages
from bot.store.conversations import Conversation, Mode
from bot.store.engine import Transaction
from bot.store.messages import Draft, Sender


async def end(tx: Transaction, conversation: Conversation, goodbye: str = "") -> None:
    """The citizen ends the conversation: a case is closed, an open application forgotten, and ``goodbye`` said last.

    What the citizen wrote and nobody has answered yet stays unanswered.
    """
    now = await conversations.lock(tx, conversation.id)
    if now.mode is not Mode.BOT:
        await conversations.change_mode(tx, conversation.id, Mode.BOT, of={Mode.WAITING, Mode.HUMAN})
    await applications.cancel(tx, conversation.id)
    if goodbye:
        await messages.append(tx, conversation, Sender.SYSTEM, Draft(goodbye))
    if case := await cases.open_of(tx.connection, conversation.id):
        await cases.close(tx, case, "ended")
    await conversations.end(tx, conversation.id)


async def delete(tx: Transaction, conversation: Conversation, gone: str, kept: str) -> bool:
    """End the conversation and delete what was said, where the council need not keep it. True when it is gone.

    With a case or a decision in it the conversation is a record of the council's and only ends. ``gone`` or ``kept``
    is said last.
    """
    await conversations.lock(tx, conversation.id)
    has_record = await cases.any_of(tx.connection, conversation.id) or await decisions.of_conversation(
        tx.connection, conversation.id, 1
    )
    if not has_record:
        await erasing.erase(tx, conversation.id)
    await end(tx, conversation, kept if has_record else gone)
    return not has_record
