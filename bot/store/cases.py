"""Cases: conversations that wait for a person, or are with one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import events
from bot.store.conversations import Conversation
from bot.store.engine import Transaction
from bot.store.tables import cases, conversations, staff


@dataclass(frozen=True)
class Case:
    """One row of ``cases``, with its owner's name. ``state`` is 'waiting', 'claimed' or 'closed'.

    A closed one has the ``last_seq`` of its conversation that is its own, and as ``linked_seqs`` those of the chats
    that the citizen had joined with it then, by conversation. ``about`` is the reference of the decision in its brief.
    """

    id: str
    number: int
    conversation_id: str
    state: str
    reason: str
    brief: dict[str, Any]
    owner_id: str | None
    answer_by: datetime | None
    opened_at: datetime
    claimed_at: datetime | None
    closed_at: datetime | None
    closed_as: str | None
    last_seq: int | None = None
    linked_seqs: dict[str, int] | None = None
    about: str | None = None
    rating: int | None = None
    owner_name: str | None = None

    @property
    def reference(self) -> str:
        """What people call the case."""
        return f"C-{self.number}"


class AlreadyClaimed(RuntimeError):
    """Somebody else has the case. ``case`` says who."""

    def __init__(self, case: Case) -> None:
        super().__init__(case.reference)
        self.case = case


_FIRST_NUMBER = 1001
#: Why a case is opened whose matter is the decision itself. The brief of others has one too, to read.
_REVIEWS = ("review", "referred")
_COLUMNS = [cases.c[name] for name in Case.__dataclass_fields__ if name != "owner_name"]
_SELECT = select(*_COLUMNS, staff.c.name.label("owner_name")).select_from(cases.outerjoin(staff))


async def open_case(
    tx: Transaction, conversation: Conversation, *, reason: str, brief: dict[str, Any], answer_by: datetime | None
) -> Case:
    """Open a case for the conversation and give it the next number.

    Raises:
        sqlalchemy.exc.IntegrityError: the conversation has an open case.
    """
    await lock_numbers(tx)
    highest = await tx.connection.execute(select(func.coalesce(func.max(cases.c.number), _FIRST_NUMBER - 1)))
    case_id = tx.ambient.new_id()
    await tx.connection.execute(
        cases.insert().values(
            id=case_id,
            number=highest.scalar_one() + 1,
            conversation_id=conversation.id,
            reason=reason,
            brief=brief,
            about=brief.get("record", {}).get("reference"),
            answer_by=answer_by,
            opened_at=tx.now,
        )
    )
    case = await get(tx.connection, case_id)
    assert case is not None
    await _tell(tx, case, "opened")
    return case


async def lock_numbers(tx: Transaction) -> None:
    """Until the transaction ends nobody else opens a case. On SQLite nobody else writes anyway."""
    if tx.is_postgresql:
        await tx.connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('saywhy case numbers'))"))


async def get(connection: AsyncConnection, case_id: str) -> Case | None:
    """The case of that id."""
    row = (await connection.execute(_SELECT.where(cases.c.id == case_id))).one_or_none()
    return Case(**row._mapping) if row else None


async def open_of(connection: AsyncConnection, conversation_id: str) -> Case | None:
    """The conversation's open case."""
    found = await connection.execute(
        _SELECT.where(cases.c.conversation_id == conversation_id, cases.c.state != "closed")
    )
    row = found.one_or_none()
    return Case(**row._mapping) if row else None


async def review_of(connection: AsyncConnection, references: Collection[str]) -> Case | None:
    """The case in which staff look at one of these decisions, in whichever conversation: an open one, or the last."""
    found = await connection.execute(
        _SELECT.where(cases.c.about.in_(references), cases.c.reason.in_(_REVIEWS))
        .order_by(cases.c.state == "closed", cases.c.number.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return Case(**row._mapping) if row else None


async def reviewed(connection: AsyncConnection) -> set[str]:
    """The references of all decisions that somebody asked to have looked at again."""
    found = await connection.execute(select(cases.c.about).where(cases.c.reason == "review"))
    return {reference for reference in found.scalars() if reference}


async def any_of(connection: AsyncConnection, conversation_id: str) -> bool:
    """Whether the conversation has, or had, a case."""
    found = await connection.execute(select(cases.c.id).where(cases.c.conversation_id == conversation_id).limit(1))
    return found.one_or_none() is not None


async def waiting(connection: AsyncConnection) -> list[Case]:
    """The queue: cases that nobody has, longest waiting first."""
    found = await connection.execute(
        _SELECT.where(cases.c.state == "waiting").order_by(cases.c.opened_at, cases.c.number)
    )
    return [Case(**row._mapping) for row in found]


async def claimed(connection: AsyncConnection) -> list[Case]:
    """All cases that somebody has, in the order in which they were claimed."""
    found = await connection.execute(
        _SELECT.where(cases.c.state == "claimed").order_by(cases.c.claimed_at, cases.c.number)
    )
    return [Case(**row._mapping) for row in found]


async def position(connection: AsyncConnection, case: Case) -> int:
    """The place of a waiting case in the queue, counted from 1."""
    before = (cases.c.opened_at < case.opened_at) | (
        (cases.c.opened_at == case.opened_at) & (cases.c.number < case.number)
    )
    found = await connection.execute(select(func.count()).select_from(cases).where(cases.c.state == "waiting", before))
    return int(found.scalar_one()) + 1


async def claim(tx: Transaction, case_id: str, staff_id: str) -> Case:
    """Take a waiting case: one conditional UPDATE, of which exactly one can win.

    Lock the conversation first.

    Raises:
        AlreadyClaimed: another has it, or it is closed.
    """
    won = await tx.connection.execute(
        update(cases)
        .where(cases.c.id == case_id, cases.c.state == "waiting", cases.c.owner_id.is_(None))
        .values(state="claimed", owner_id=staff_id, claimed_at=tx.now)
    )
    case = await get(tx.connection, case_id)
    assert case is not None
    if not won.rowcount:
        if case.state == "claimed" and case.owner_id == staff_id:
            return case
        raise AlreadyClaimed(case)
    await _tell(tx, case, "claimed")
    return case


async def close(tx: Transaction, case: Case, closed_as: str) -> None:
    """Close an open case, once all that belongs to it is said.

    ``closed_as`` says how it ended: 'handed_back', 'closed', 'left' or 'ended'.
    """
    own = select(conversations.c.last_seq, conversations.c.person_id).where(conversations.c.id == case.conversation_id)
    last, person = (await tx.connection.execute(own)).one()
    linked = select(conversations.c.id, conversations.c.last_seq).where(
        conversations.c.person_id == person, conversations.c.id != case.conversation_id
    )
    seqs = {row.id: row.last_seq for row in await tx.connection.execute(linked)} if person else {}
    await tx.connection.execute(
        update(cases)
        .where(cases.c.id == case.id, cases.c.state != "closed")
        .values(state="closed", closed_at=tx.now, closed_as=closed_as, last_seq=last, linked_seqs=seqs)
    )
    await _tell(tx, case, closed_as)


async def rate(tx: Transaction, conversation_id: str, number: int, rating: int) -> bool:
    """Keep what the citizen thinks of a closed case, from 1 to 5. False when there is none of that number."""
    rated = await tx.connection.execute(
        update(cases)
        .where(cases.c.conversation_id == conversation_id, cases.c.number == number, cases.c.state == "closed")
        .values(rating=rating)
    )
    return bool(rated.rowcount)


async def _tell(tx: Transaction, case: Case, what: str) -> None:
    data = {"case": case.id, "what": what, "owner": case.owner_name}
    await events.append(tx, case.conversation_id, "case", data=data)
