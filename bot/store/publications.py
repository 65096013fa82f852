"""The record of what was published. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import publications, staff

_publisher, _approver = staff.alias("publisher"), staff.alias("approver")


@dataclass(frozen=True)
class Publication:
    """One row of ``publications``, with the names of who published and who approved.

    ``before`` and ``after`` are the answer's file; None where there is none. ``added`` and ``removed`` are example
    questions. ``figures`` are the measurements before and after, and the questions that became wrong.
    """

    number: int
    draft_id: str
    answer: str
    title: str
    undoes: int | None
    before: str | None
    after: str | None
    added: list[str]
    removed: list[str]
    figures: dict[str, Any]
    editors: list[str]
    published_by: str
    approved_by: str | None
    published_at: datetime
    publisher: str
    approver: str | None
    undone_by: int | None
    """The number of the publication that undid this one."""


_undoing = publications.alias("undoing")
_OWN = [publications.c[name] for name in Publication.__dataclass_fields__ if name in publications.c]
_SELECT = (
    select(
        *_OWN,
        _publisher.c.name.label("publisher"),
        _approver.c.name.label("approver"),
        _undoing.c.number.label("undone_by"),
    )
    .join(_publisher, _publisher.c.id == publications.c.published_by)
    .outerjoin(_approver, _approver.c.id == publications.c.approved_by)
    .outerjoin(_undoing, _undoing.c.undoes == publications.c.number)
)


async def add(tx: Transaction, **values: Any) -> int:
    """Add a row and return its number. One writer at a time: the caller holds the lease of publishing."""
    last = (await tx.connection.execute(select(func.max(publications.c.number)))).scalar_one()
    number = int(last or 0) + 1
    await tx.connection.execute(publications.insert().values(number=number, published_at=tx.now, **values))
    return number


async def everything(connection: AsyncConnection, most: int = 200) -> list[Publication]:
    """The newest ``most``, newest first."""
    found = await connection.execute(_SELECT.order_by(publications.c.number.desc()).limit(most))
    return [Publication(**row._mapping) for row in found]


async def get(connection: AsyncConnection, number: int) -> Publication | None:
    """The publication of that number."""
    row = (await connection.execute(_SELECT.where(publications.c.number == number))).one_or_none()
    return Publication(**row._mapping) if row else None


async def of_draft(connection: AsyncConnection, draft_id: str) -> Publication | None:
    """The publication that a draft became."""
    row = (await connection.execute(_SELECT.where(publications.c.draft_id == draft_id))).one_or_none()
    return Publication(**row._mapping) if row else None
