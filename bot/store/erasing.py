"""Deleting what people wrote. Rows stay, so that counters and keys stay right; their words do not."""

from __future__ import annotations

from sqlalchemy import select, update

from bot.store import misses
from bot.store.engine import Transaction
from bot.store.tables import applications, conversations, inbox, messages, outbox


async def erase(tx: Transaction, conversation_id: str) -> None:
    """Empty every message of the conversation. What waits to be answered or sent is given up."""
    of = {"conversation_id": conversation_id}
    await tx.connection.execute(update(messages).filter_by(**of).values(text="", body={}, name=None))
    await tx.connection.execute(
        update(inbox)
        .where(inbox.c.conversation_id == conversation_id, inbox.c.state == "pending")
        .values(state="settled", outcome="ended", settled_at=tx.now)
    )
    await tx.connection.execute(update(inbox).filter_by(**of).values(content={}, draft=None))
    await tx.connection.execute(
        update(outbox)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.state == "pending")
        .values(state="dead", error="deleted by the citizen", lease_until=None)
    )
    await tx.connection.execute(update(applications).filter_by(**of).values(facts={}))
    await misses.forget(tx, conversation_id)


async def reword(tx: Transaction, conversation_id: str, seq: int, text: str) -> None:
    """Put another text in the place of a message that must not stay, such as a one-time code."""
    await tx.connection.execute(
        update(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
        .values(text=text, body={})
    )


async def forget_addresses(tx: Transaction) -> int:
    """Forget where ended conversations were sent to, once the last message is out. Returns how many."""
    on_its_way = (
        select(outbox.c.id).where(outbox.c.conversation_id == conversations.c.id, outbox.c.state == "pending").exists()
    )
    done = await tx.connection.execute(
        update(conversations)
        .where(conversations.c.ended_at.is_not(None), conversations.c.address.is_not(None), ~on_its_way)
        .values(address=None)
    )
    return int(done.rowcount)
