"""The outbox: what must still be sent to a channel that is sent to. The website reads by itself and needs no rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.tables import conversations, outbox

#: Channels that messages are sent to. On all others the reader fetches them.
PUSHED = frozenset({"telegram"})


@dataclass(frozen=True)
class Parcel:
    """One row of ``outbox``: a message that is on its way. Of ``parts_sent`` the channel has said that it has them."""

    id: int
    conversation_id: str
    seq: int
    channel: str
    attempts: int
    parts_sent: int


_COLUMNS = [outbox.c[name] for name in Parcel.__dataclass_fields__]


async def add(tx: Transaction, conversation: Conversation, seq: int) -> None:
    """Put a message in the outbox, in the transaction that stores it."""
    if conversation.channel in PUSHED:
        values = {"conversation_id": conversation.id, "seq": seq, "channel": conversation.channel, "due_at": tx.now}
        await tx.connection.execute(outbox.insert().values(values))


async def take(
    tx: Transaction,
    channel: str,
    until: datetime,
    limit: int = 30,
    *,
    account: str | None = None,
    but: Collection[int] = (),
) -> list[Parcel]:
    """Take parcels that are due, of each address at most its oldest, and keep others off them until ``until``.

    ``account`` takes those of one account alone; ``but`` names parcels that the caller has in hand already. Several
    processes may take at once: on PostgreSQL each skips the rows that another has locked.
    """
    older, its = outbox.alias(), conversations.alias()
    same_address = (
        (its.c.channel == conversations.c.channel)
        & (its.c.account == conversations.c.account)
        & (_address(its.c) == _address(conversations.c))
    )
    oldest = ~(
        select(older.c.id)
        .join(its, its.c.id == older.c.conversation_id)
        .where(older.c.state == "pending", older.c.id < outbox.c.id, same_address)
        .exists()
    )
    statement = (
        select(*_COLUMNS)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(_due(channel, tx.now), oldest)
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=outbox)
    )
    if account is not None:
        statement = statement.where(conversations.c.account == account)
    if but:
        statement = statement.where(outbox.c.id.not_in(but))
    parcels = [Parcel(**row._mapping) for row in await tx.connection.execute(statement)]
    if parcels:
        ids = [parcel.id for parcel in parcels]
        await tx.connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(lease_until=until))
    return parcels


async def next_due(connection: AsyncConnection, channel: str) -> datetime | None:
    """When the next parcel is due that nobody has taken; None when there is none."""
    found = await connection.execute(
        select(func.min(outbox.c.due_at)).where(
            outbox.c.channel == channel, outbox.c.state == "pending", outbox.c.lease_until.is_(None)
        )
    )
    due: datetime | None = found.scalar_one()
    return due


async def in_hand(connection: AsyncConnection, channel: str) -> int:
    """How many parcels somebody has taken and not told the end of. Of a sender that died each may have been sent."""
    found = await connection.execute(
        select(func.count()).where(
            outbox.c.channel == channel, outbox.c.state == "pending", outbox.c.lease_until.is_not(None)
        )
    )
    return int(found.scalar_one())


async def release_all(tx: Transaction, channel: str) -> None:
    """Forget who has taken what: right only for who holds the lease to send, before it takes anything."""
    await tx.connection.execute(
        update(outbox).where(outbox.c.channel == channel, outbox.c.state == "pending").values(lease_until=None)
    )


async def mark_part(tx: Transaction, parcel_id: int, parts_sent: int) -> None:
    """The channel has so many parts of it."""
    await _set(tx, parcel_id, parts_sent=parts_sent)


async def mark_sent(tx: Transaction, parcel_id: int) -> None:
    """The channel has it."""
    await _set(tx, parcel_id, state="sent", sent_at=tx.now, lease_until=None)


async def mark_dead(tx: Transaction, parcel_id: int, error: str) -> None:
    """It can never be delivered, for instance because the citizen blocked the bot."""
    await _set(tx, parcel_id, state="dead", error=error, lease_until=None)


async def mark_all_dead(tx: Transaction, conversation_id: str, error: str) -> int:
    """Nothing of this conversation can be delivered any more. Returns how many parcels that ends."""
    ended = await tx.connection.execute(
        update(outbox)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.state == "pending")
        .values(state="dead", error=error, lease_until=None)
    )
    return int(ended.rowcount)


async def postpone(tx: Transaction, parcel_id: int, due_at: datetime, error: str) -> None:
    """Sending failed for now."""
    await _set(tx, parcel_id, due_at=due_at, error=error, lease_until=None, attempts=outbox.c.attempts + 1)


async def count_pending(connection: AsyncConnection) -> int:
    """How many parcels are still on their way."""
    found = await connection.execute(select(outbox.c.id).where(outbox.c.state == "pending"))
    return len(found.all())


def _due(channel: str, now: datetime) -> ColumnElement[bool]:
    return (
        (outbox.c.channel == channel)
        & (outbox.c.state == "pending")
        & (outbox.c.due_at <= now)
        & or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now)
    )


def _address(columns: object) -> ColumnElement[str]:
    return func.coalesce(columns.address, columns.external_id)  # type: ignore[attr-defined]


async def _set(tx: Transaction, parcel_id: int, **values: object) -> None:
    await tx.connection.execute(
        update(outbox).where(outbox.c.id == parcel_id, outbox.c.state == "pending").values(**values)
    )
