"""The outbox: what must still be sent to a channel that is sent to. The website reads by itself and needs no rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.tables import Moment, conversations, outbox

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
_ADD = outbox.insert()


async def add(tx: Transaction, conversation: Conversation, seq: int) -> None:
    """Put a message in the outbox, in the transaction that stores it."""
    if conversation.channel in PUSHED:
        values = {"conversation_id": conversation.id, "seq": seq, "channel": conversation.channel, "due_at": tx.now}
        await tx.connection.execute(_ADD, values)


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
    asked = {"to_channel": channel, "now": tx.now, "most": limit, "but": list(but)}
    if account is None:
        found = await tx.connection.execute(_TAKE, asked)
    else:
        found = await tx.connection.execute(_TAKE_OF_ACCOUNT, {**asked, "of_account": account})
    parcels = [Parcel(**row._mapping) for row in found]
    if parcels:
        await tx.connection.execute(_LEASE, {"parcels": [parcel.id for parcel in parcels], "until": until})
    return parcels


async def next_due(connection: AsyncConnection, channel: str) -> datetime | None:
    """When the next parcel is due that nobody has taken; None when there is none."""
    found = await connection.execute(_NEXT_DUE, {"to_channel": channel})
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
    await tx.connection.execute(_MARK_SENT, {"this": parcel_id, "now": tx.now})


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


async def _set(tx: Transaction, parcel_id: int, **values: object) -> None:
    await tx.connection.execute(
        update(outbox).where(outbox.c.id == parcel_id, outbox.c.state == "pending").values(**values)
    )


def _address(columns: object) -> ColumnElement[str]:
    return func.coalesce(columns.address, columns.external_id)  # type: ignore[attr-defined]


def _take() -> Select[Any]:
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
    now = bindparam("now", type_=Moment())
    return (
        select(*_COLUMNS)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(
            _WAITS,
            outbox.c.due_at <= now,
            or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now),
            outbox.c.id.not_in(bindparam("but", expanding=True)),
            oldest,
        )
        .order_by(outbox.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=outbox)
    )


# What every message needs is written once: to make a statement anew takes SQLAlchemy longer than to run it.
_WAITS = (outbox.c.channel == bindparam("to_channel")) & (outbox.c.state == "pending")
_TAKE = _take()
_TAKE_OF_ACCOUNT = _TAKE.where(conversations.c.account == bindparam("of_account"))
_LEASE = (
    update(outbox).where(outbox.c.id.in_(bindparam("parcels", expanding=True))).values(lease_until=bindparam("until"))
)
_NEXT_DUE = select(func.min(outbox.c.due_at)).where(_WAITS, outbox.c.lease_until.is_(None))
_MARK_SENT = (
    update(outbox)
    .where(outbox.c.id == bindparam("this"), outbox.c.state == "pending")
    .values(state="sent", sent_at=bindparam("now"), lease_until=None)
)
