"""The outbox: what must still be sent to a channel that is sent to. The website reads by itself and needs no rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.tables import outbox

#: Channels that messages are sent to. On all others the reader fetches them.
PUSHED = frozenset({"telegram"})


@dataclass(frozen=True)
class Parcel:
    """One row of ``outbox``: a message that is on its way."""

    id: int
    conversation_id: str
    seq: int
    channel: str
    attempts: int


_COLUMNS = [outbox.c[name] for name in Parcel.__dataclass_fields__]


async def add(tx: Transaction, conversation: Conversation, seq: int) -> None:
    """Put a message in the outbox, in the transaction that stores it."""
    if conversation.channel in PUSHED:
        values = {"conversation_id": conversation.id, "seq": seq, "channel": conversation.channel, "due_at": tx.now}
        await tx.connection.execute(outbox.insert().values(values))


async def take(tx: Transaction, channel: str, until: datetime, limit: int = 30) -> list[Parcel]:
    """Take parcels that are due, of each conversation at most its oldest, and keep others off them until ``until``.

    Several processes may take at once: on PostgreSQL each skips the rows that another has locked.
    """
    older = outbox.alias()
    oldest = ~(
        select(older.c.id)
        .where(
            older.c.conversation_id == outbox.c.conversation_id,
            older.c.state == "pending",
            older.c.id < outbox.c.id,
        )
        .exists()
    )
    found = await tx.connection.execute(
        select(*_COLUMNS)
        .where(
            outbox.c.channel == channel,
            outbox.c.state == "pending",
            outbox.c.due_at <= tx.now,
            or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < tx.now),
            oldest,
        )
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    parcels = [Parcel(**row._mapping) for row in found]
    ids = [parcel.id for parcel in parcels]
    await tx.connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(lease_until=until))
    return parcels


async def mark_sent(tx: Transaction, parcel_id: int) -> None:
    """The channel has it."""
    await _set(tx, parcel_id, state="sent", sent_at=tx.now, lease_until=None)


async def mark_dead(tx: Transaction, parcel_id: int, error: str) -> None:
    """It can never be delivered, for instance because the citizen blocked the bot."""
    await _set(tx, parcel_id, state="dead", error=error, lease_until=None)


async def postpone(tx: Transaction, parcel_id: int, due_at: datetime, error: str) -> None:
    """Sending failed for now."""
    await _set(tx, parcel_id, due_at=due_at, error=error, lease_until=None, attempts=outbox.c.attempts + 1)


async def count_pending(connection: AsyncConnection) -> int:
    """How many parcels are still on their way."""
    found = await connection.execute(select(outbox.c.id).where(outbox.c.state == "pending"))
    return len(found.all())


async def _set(tx: Transaction, parcel_id: int, **values: object) -> None:
    await tx.connection.execute(
        update(outbox).where(outbox.c.id == parcel_id, outbox.c.state == "pending").values(**values)
    )
