"""Questions that got no answer, or one that did not help, until an editor has dealt with them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import misses

#: So many of the newest are shown: enough to see what is missing, few enough to compare each with each.
MOST = 500
_NOISE = "gibberish"


@dataclass(frozen=True)
class Miss:
    """One row of ``misses``.

    ``kind`` is the id of the non-answer, or 'unhelpful'; ``answer`` is then the answer that did not help. ``offered``
    are the topics that the citizen was asked to choose from.
    """

    id: str
    conversation_id: str
    seq: int
    question: str
    kind: str
    answer: str | None
    offered: list[str]
    state: str
    asked_at: datetime


_COLUMNS = [misses.c[name] for name in Miss.__dataclass_fields__]


async def add(
    tx: Transaction,
    conversation_id: str,
    seq: int,
    *,
    question: str,
    kind: str,
    answer: str | None = None,
    offered: Collection[str] = (),
) -> bool:
    """Keep a question, whose words must be masked already. False when this message was kept before.

    Of a message that was kept before, nothing changes but what became of it, when ``answer`` says so.
    """
    insert = (postgresql if tx.is_postgresql else sqlite).insert(misses)
    values = insert.values(
        id=tx.ambient.new_id(),
        conversation_id=conversation_id,
        seq=seq,
        question=question,
        kind=kind,
        answer=answer,
        offered=list(offered),
        asked_at=tx.now,
    )
    key = [misses.c.conversation_id, misses.c.seq]
    if answer is None:
        values = values.on_conflict_do_nothing(index_elements=key)
    else:
        values = values.on_conflict_do_update(index_elements=key, set_={"kind": kind, "answer": answer})
    added = await tx.connection.execute(values)
    return bool(added.rowcount)


async def waiting(connection: AsyncConnection) -> list[Miss]:
    """The newest ``MOST`` that nobody has dealt with, newest first. Noise is counted, and is no question to answer."""
    found = await connection.execute(
        select(*_COLUMNS)
        .where(misses.c.state == "open", misses.c.kind != _NOISE)
        .order_by(misses.c.asked_at.desc(), misses.c.id)
        .limit(MOST)
    )
    return [Miss(**row._mapping) for row in found]


async def by_ids(connection: AsyncConnection, ids: Collection[str]) -> list[Miss]:
    """Those of the ids, oldest first; unknown ids are left out."""
    found = await connection.execute(
        select(*_COLUMNS).where(misses.c.id.in_(ids)).order_by(misses.c.asked_at, misses.c.id)
    )
    return [Miss(**row._mapping) for row in found]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many of each kind there ever were."""
    found = await connection.execute(select(misses.c.kind, func.count()).group_by(misses.c.kind))
    return {str(kind): int(count) for kind, count in found}


async def set_state(tx: Transaction, ids: Collection[str], state: str) -> None:
    """Say that these are 'used' in an answer, put 'aside', or 'open' again."""
    if ids:
        await tx.connection.execute(update(misses).where(misses.c.id.in_(ids)).values(state=state))


async def forget(tx: Transaction, conversation_id: str) -> None:
    """Delete what the conversation left here."""
    await tx.connection.execute(delete(misses).where(misses.c.conversation_id == conversation_id))
