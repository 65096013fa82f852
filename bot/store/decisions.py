"""The chain of decision records: appended, read, never changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.engine import Transaction
from bot.store.tables import decision_words, decisions


@dataclass(frozen=True)
class Decision:
    """One row of ``decisions``. ``record`` is the canonical JSON of the decision record, ``place`` counts from 1."""

    place: int
    id: str
    reference: str
    conversation_id: str
    application_id: str
    record: str
    sha256: str
    previous: str | None
    words_sha256: str
    decided_at: datetime
    departs_from: str | None = None
    """The id of the decision that staff departed from with this one."""


@dataclass(frozen=True)
class StoredWords:
    """The words of a notice: the canonical JSON of the policy's own and of the shared ones."""

    sha256: str
    language: str
    content: str


_COLUMNS = [decisions.c[name] for name in Decision.__dataclass_fields__]
_BATCH = 100
_OF_CONVERSATION = (
    select(*_COLUMNS)
    .where(decisions.c.conversation_id == bindparam("conversation"))
    .order_by(decisions.c.place.desc())
    .limit(bindparam("most"))
)


async def last(tx: Transaction) -> Decision | None:
    """The end of the chain, which no other transaction can move until this one ends."""
    if tx.is_postgresql:
        await tx.connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('saywhy decisions'))"))
    found = await tx.connection.execute(select(*_COLUMNS).order_by(decisions.c.place.desc()).limit(1))
    row = found.one_or_none()
    return Decision(**row._mapping) if row else None


async def append(tx: Transaction, decision: Decision, words: StoredWords) -> None:
    """Add to the chain. Call ``last`` first, in the same transaction.

    Raises:
        sqlalchemy.exc.IntegrityError: its place, its reference, or its application's decision is there already.
    """
    known = await tx.connection.execute(select(exists().where(decision_words.c.sha256 == words.sha256)))
    if not known.scalar_one():
        await tx.connection.execute(decision_words.insert().values(vars(words)))
    await tx.connection.execute(decisions.insert().values(vars(decision)))


async def by_reference(connection: AsyncConnection, reference: str) -> Decision | None:
    """The decision of that reference."""
    found = await connection.execute(select(*_COLUMNS).where(decisions.c.reference == reference))
    row = found.one_or_none()
    return Decision(**row._mapping) if row else None


async def by_id(connection: AsyncConnection, decision_id: str) -> Decision | None:
    """The decision of that id."""
    row = (await connection.execute(select(*_COLUMNS).where(decisions.c.id == decision_id))).one_or_none()
    return Decision(**row._mapping) if row else None


async def departure_from(connection: AsyncConnection, decision_id: str) -> Decision | None:
    """The decision with which staff departed from that one."""
    row = (await connection.execute(select(*_COLUMNS).where(decisions.c.departs_from == decision_id))).one_or_none()
    return Decision(**row._mapping) if row else None


async def pair(connection: AsyncConnection, decision_id: str) -> tuple[Decision, Decision | None] | None:
    """What the rules decided and what staff put in its place, from the id of either; None where there is no such id."""
    row = await by_id(connection, decision_id)
    first = await by_id(connection, row.departs_from) if row and row.departs_from else row
    return (first, await departure_from(connection, first.id)) if first else None


async def at(connection: AsyncConnection, place: int) -> Decision | None:
    """The decision at a place of the chain."""
    row = (await connection.execute(select(*_COLUMNS).where(decisions.c.place == place))).one_or_none()
    return Decision(**row._mapping) if row else None


async def is_free(tx: Transaction, reference: str) -> bool:
    """Whether no decision has that reference."""
    found = await tx.connection.execute(select(exists().where(decisions.c.reference == reference)))
    return not found.scalar_one()


async def of_conversation(connection: AsyncConnection, conversation_id: str, most: int) -> list[Decision]:
    """The conversation's decisions, newest first, ``most`` at most."""
    found = await connection.execute(_OF_CONVERSATION, {"conversation": conversation_id, "most": most})
    return [Decision(**row._mapping) for row in found]


async def meant(
    connection: AsyncConnection, conversation_id: str, reference: str | None, proved: str | None = None
) -> Decision | None:
    """The conversation's decision of that reference; without a reference the one of the id ``proved``, or its last one.

    Who proved a decision may speak of what staff put in its place as well, whenever they did, and the other way round;
    without a reference the later of the two is meant.

    None where there is none, or where the reference belongs to another conversation and is none of those proved.
    """
    known = await pair(connection, proved) if proved else None
    first, made = known or (None, None)
    if reference is None:
        return made or first or next(iter(await of_conversation(connection, conversation_id, 1)), None)
    named = await by_reference(connection, reference)
    return named if named and (named.conversation_id == conversation_id or named in (first, made)) else None


async def chain(connection: AsyncConnection) -> AsyncIterator[Decision]:
    """All decisions from the first on, read a hundred at a time."""
    place = 0
    while True:
        found = await connection.execute(
            select(*_COLUMNS).where(decisions.c.place > place).order_by(decisions.c.place).limit(_BATCH)
        )
        rows = found.all()
        for row in rows:
            yield Decision(**row._mapping)
        if len(rows) < _BATCH:
            return
        place = rows[-1].place


async def count(connection: AsyncConnection) -> int:
    """How many decisions there are."""
    return int((await connection.execute(select(func.count()).select_from(decisions))).scalar_one())


async def words(connection: AsyncConnection, sha256: str) -> StoredWords | None:
    """The words of that checksum."""
    found = await connection.execute(select(decision_words).where(decision_words.c.sha256 == sha256))
    row = found.one_or_none()
    return StoredWords(**row._mapping) if row else None
