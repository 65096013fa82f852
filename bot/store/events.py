"""The event log: everything that readers of a conversation must learn, under one rising integer id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import events


@dataclass(frozen=True)
class Event:
    """One row of ``events``. ``kind`` is 'message' (then ``seq`` names it), 'mode' or 'case'."""

    id: int
    conversation_id: str
    kind: str
    seq: int | None
    data: dict[str, Any]
    created_at: datetime


_COLUMNS = [events.c[name] for name in Event.__dataclass_fields__]
_APPEND = events.insert().returning(events.c.id)


async def append(
    tx: Transaction, conversation_id: str, kind: str, *, seq: int | None = None, data: dict[str, Any] | None = None
) -> int:
    """Add an event and return its id.

    Ids rise in the order of commits, so that a reader who has seen N misses nothing below N. On PostgreSQL, where two
    transactions could otherwise commit in the other order than they drew their ids, a lock held until commit sees to
    it; take row locks before the first event, never after.
    """
    if tx.is_postgresql:
        await tx.connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('saywhy events'))"))
    tx.changed.add(conversation_id)
    values = {"conversation_id": conversation_id, "kind": kind, "seq": seq, "data": data or {}, "created_at": tx.now}
    added = await tx.connection.execute(_APPEND, values)
    return int(added.scalar_one())


async def after(
    connection: AsyncConnection,
    last: int,
    *,
    conversation_id: str | None = None,
    kinds: Sequence[str] | None = None,
    limit: int = 500,
) -> list[Event]:
    """The events above ``last``, in order: of one conversation or of all, of some kinds or of all."""
    statement = select(*_COLUMNS).where(events.c.id > last).order_by(events.c.id).limit(limit)
    if conversation_id is not None:
        statement = statement.where(events.c.conversation_id == conversation_id)
    if kinds is not None:
        statement = statement.where(events.c.kind.in_(kinds))
    found = await connection.execute(statement)
    return [Event(**row._mapping) for row in found]


async def last_id(connection: AsyncConnection) -> int:
    """The highest id there is; 0 in an empty log."""
    found = await connection.execute(select(func.coalesce(func.max(events.c.id), 0)))
    return int(found.scalar_one())
