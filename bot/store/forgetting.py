"""Conversations that Rasa still has to forget. A row stays until Rasa has done so, however long Rasa is down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import forgetting


@dataclass(frozen=True)
class Wish:
    """One row of ``forgetting``."""

    conversation_id: str
    asked_at: datetime
    attempts: int


async def ask(tx: Transaction, conversation_id: str) -> None:
    """Note, in the transaction that ends the conversation, that Rasa has to forget it. Again starts afresh."""
    await done(tx, conversation_id)
    values = {"conversation_id": conversation_id, "asked_at": tx.now, "due_at": tx.now, "attempts": 0}
    await tx.connection.execute(forgetting.insert().values(values))


async def due(connection: AsyncConnection, now: datetime, most: int = 50) -> list[Wish]:
    """What is to be tried now, longest due first."""
    columns = [forgetting.c[name] for name in Wish.__dataclass_fields__]
    found = await connection.execute(
        select(*columns).where(forgetting.c.due_at <= now).order_by(forgetting.c.due_at).limit(most)
    )
    return [Wish(**row._mapping) for row in found]


async def postpone(tx: Transaction, wish: Wish, until: datetime, *, failed: bool) -> None:
    """Try again at ``until``."""
    await tx.connection.execute(
        update(forgetting)
        .where(forgetting.c.conversation_id == wish.conversation_id)
        .values(due_at=until, attempts=wish.attempts + 1 if failed else 0)
    )


async def done(tx: Transaction, conversation_id: str) -> None:
    """Rasa has nothing of the conversation any more."""
    await tx.connection.execute(delete(forgetting).where(forgetting.c.conversation_id == conversation_id))
