"""Changes of written answers while editors prepare them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import drafts

#: The states in which a draft still needs somebody or something.
UNFINISHED = ("open", "trying", "tried", "waiting", "publishing")


@dataclass(frozen=True)
class Draft:
    """One row of ``drafts``.

    ``revision`` rises with every change, so that a form that was open elsewhere cannot overwrite. ``content`` is what
    ``bot.learning.change`` reads; ``trial`` what came of trying it; ``editors`` the ids of all who wrote at it.
    """

    id: str
    answer: str
    state: str
    revision: int
    content: dict[str, Any]
    trial: dict[str, Any] | None
    plan: dict[str, Any] | None
    bears_policy: bool
    undoes: int | None
    editors: list[str]
    sent_by: str | None
    approved_by: str | None
    created_at: datetime
    changed_at: datetime


class Outdated(RuntimeError):
    """Somebody else has changed the draft since it was read. Nothing was stored."""


_COLUMNS = [drafts.c[name] for name in Draft.__dataclass_fields__]


async def add(
    tx: Transaction,
    *,
    answer: str,
    content: dict[str, Any],
    editor: str,
    bears_policy: bool,
    undoes: int | None = None,
) -> str:
    """Begin a draft and return its id."""
    new_id = tx.ambient.new_id()
    await tx.connection.execute(
        drafts.insert().values(
            id=new_id,
            answer=answer,
            content=content,
            bears_policy=bears_policy,
            undoes=undoes,
            editors=[editor],
            created_at=tx.now,
            changed_at=tx.now,
        )
    )
    return new_id


async def get(connection: AsyncConnection, draft_id: str) -> Draft | None:
    """The draft of that id."""
    row = (await connection.execute(select(*_COLUMNS).where(drafts.c.id == draft_id))).one_or_none()
    return Draft(**row._mapping) if row else None


async def in_states(connection: AsyncConnection, *states: str) -> list[Draft]:
    """The drafts in these states, those changed last first."""
    found = await connection.execute(
        select(*_COLUMNS).where(drafts.c.state.in_(states)).order_by(drafts.c.changed_at.desc(), drafts.c.id)
    )
    return [Draft(**row._mapping) for row in found]


async def of_publication(connection: AsyncConnection, number: int) -> Draft | None:
    """The unfinished draft that would undo a publication."""
    found = await connection.execute(
        select(*_COLUMNS).where(drafts.c.undoes == number, drafts.c.state.in_(UNFINISHED)).limit(1)
    )
    row = found.one_or_none()
    return Draft(**row._mapping) if row else None


async def change(tx: Transaction, draft: Draft, **values: Any) -> None:
    """Store new values and the next revision.

    Raises:
        Outdated: the draft is no longer as it was read.
    """
    changed = await tx.connection.execute(
        update(drafts)
        .where(drafts.c.id == draft.id, drafts.c.revision == draft.revision, drafts.c.state == draft.state)
        .values(revision=draft.revision + 1, changed_at=tx.now, **values)
    )
    if not changed.rowcount:
        raise Outdated(draft.id)


async def note_trial(tx: Transaction, draft_id: str, trial: dict[str, Any]) -> None:
    """Say how far the trial has come, while there is one. No new revision: the draft itself is as it was."""
    await tx.connection.execute(
        update(drafts).where(drafts.c.id == draft_id, drafts.c.state == "trying").values(trial=trial)
    )
