"""Telegram's updates: kept as they came, each once for ever, until they are dealt with in their order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, bindparam, func, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import Moment, telegram_updates


@dataclass(frozen=True)
class Update:
    """One update that waits. ``chat`` is the chat it belongs to, if to any; ``payload`` is as Telegram sent it."""

    update_id: int
    chat: str | None
    payload: dict[str, Any]


async def keep(tx: Transaction, bot: str, updates: Sequence[Update], hold: timedelta) -> list[int]:
    """Store updates. Returns the ids of those that are new; what came before changes nothing.

    ``hold`` is how long an update may have to wait for one with a lower id that has not come yet.
    """
    if not updates:
        return []
    rows = [
        {
            "bot": bot,
            "update_id": one.update_id,
            "chat": one.chat,
            "payload": json.dumps(one.payload),
            "received_at": tx.now,
            "due_at": tx.now + hold,
        }
        for one in {one.update_id: one for one in reversed(updates)}.values()
    ]
    added = await tx.connection.execute(_KEEP[postgresql.insert if tx.is_postgresql else sqlite.insert], rows)
    return sorted(added.scalars())


async def next_ready(tx: Transaction, bot: str) -> Update | None:
    """The oldest update whose turn has come, locked until the transaction ends.

    In one chat they come by rising id. One is held back while an id below it is missing, until it is due: Telegram
    numbers them without gaps and may deliver them in another order. Several processes may ask at once.
    """
    row = (await tx.connection.execute(_NEXT_READY, {"bot": bot, "now": tx.now})).one_or_none()
    return Update(row.update_id, row.chat, json.loads(row.payload)) if row else None


def _next_ready() -> Select[Any]:
    bot = bindparam("bot", type_=String())
    now = bindparam("now", type_=Moment())
    this, below, between, earlier = (telegram_updates.alias(name) for name in ("this", "below", "between", "earlier"))
    base = (  # the nearest id below, of those for whose predecessors nobody waits any more
        select(below.c.update_id)
        .where(
            below.c.bot == bot,
            below.c.update_id < this.c.update_id,
            or_(below.c.done_at.is_not(None), below.c.due_at <= now),
        )
        .order_by(below.c.update_id.desc())
        .limit(1)
        .correlate_except(below)
        .scalar_subquery()
    )
    known = (
        select(func.count())
        .where(between.c.bot == bot, between.c.update_id < this.c.update_id, between.c.update_id > base)
        .correlate_except(between)
        .scalar_subquery()
    )
    first_of_chat = ~(
        select(true())
        .where(
            earlier.c.bot == bot,
            earlier.c.done_at.is_(None),
            earlier.c.update_id < this.c.update_id,
            func.coalesce(earlier.c.chat, "") == func.coalesce(this.c.chat, ""),
        )
        .exists()
    )
    return (
        select(this.c.update_id, this.c.chat, this.c.payload)
        .where(
            this.c.bot == bot,
            this.c.done_at.is_(None),
            or_(this.c.due_at <= now, known == this.c.update_id - base - 1),  # without a base: NULL, so not yet
            first_of_chat,
        )
        .order_by(this.c.update_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=this)
    )


_NEXT_READY = _next_ready()
_KEEP = {
    insert: insert(telegram_updates).on_conflict_do_nothing().returning(telegram_updates.c.update_id)
    for insert in (sqlite.insert, postgresql.insert)
}
_OF_BOT = telegram_updates.c.bot == bindparam("of_bot")
_DONE = (
    update(telegram_updates)
    .where(_OF_BOT, telegram_updates.c.update_id == bindparam("this"))
    .values(done_at=bindparam("now"), outcome=bindparam("as_outcome"), payload=None, chat=None)
)
_NEXT_DUE = select(func.min(telegram_updates.c.due_at)).where(_OF_BOT, telegram_updates.c.done_at.is_(None))


async def done(tx: Transaction, bot: str, update_id: int, outcome: str) -> None:
    """An update is dealt with: what Telegram sent, and from where, is forgotten; its id is not."""
    await tx.connection.execute(_DONE, {"of_bot": bot, "this": update_id, "now": tx.now, "as_outcome": outcome[:30]})


async def next_due(connection: AsyncConnection, bot: str) -> datetime | None:
    """When the first of the updates that wait is due. None when none waits."""
    found = await connection.execute(_NEXT_DUE, {"of_bot": bot})
    due: datetime | None = found.scalar_one()
    return due


async def outcomes(connection: AsyncConnection, bot: str) -> dict[int, str | None]:
    """What became of each update, by id; None while it waits."""
    found = await connection.execute(
        select(telegram_updates.c.update_id, telegram_updates.c.outcome).where(telegram_updates.c.bot == bot)
    )
    return {row.update_id: row.outcome for row in found}
