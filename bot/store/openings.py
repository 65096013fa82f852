"""Openings: who has opened the masked facts of a case, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import openings, staff


@dataclass(frozen=True)
class Opening:
    """One row of ``openings``, with the name of the member of staff. ``facts`` are the names of the facts."""

    case_id: str
    staff_id: str
    facts: list[str]
    opened_at: datetime
    name: str


async def add(tx: Transaction, case_id: str, staff_id: str, facts: Sequence[str]) -> None:
    """Record that somebody opens the facts of a case. The first time counts; later ones change nothing."""
    known = select(exists().where(openings.c.case_id == case_id, openings.c.staff_id == staff_id))
    if not (await tx.connection.execute(known)).scalar_one():
        values = {"case_id": case_id, "staff_id": staff_id, "facts": list(facts), "opened_at": tx.now}
        await tx.connection.execute(openings.insert().values(values))


async def of_case(connection: AsyncConnection, case_id: str) -> list[Opening]:
    """Everybody who has opened the facts of the case, in order of time."""
    found = await connection.execute(
        select(openings, staff.c.name)
        .join(staff, staff.c.id == openings.c.staff_id)
        .where(openings.c.case_id == case_id)
        .order_by(openings.c.opened_at, openings.c.staff_id)
    )
    return [Opening(**row._mapping) for row in found]
