"""Linking the conversations of one person: one-time codes, wrong guesses, and who belongs together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.conversations import Conversation, get
from bot.store.engine import Transaction
from bot.store.tables import conversations, link_codes, link_misses


@dataclass(frozen=True)
class Code:
    """One row of ``link_codes``. ``seq`` is the message that shows the code.

    ``state``: 'open', then 'typed' and 'agreed' by the conversation ``typed_by``, then 'linked'; or 'void'.
    """

    id: str
    conversation_id: str
    seq: int
    state: str
    typed_by: str | None
    expires_at: datetime


_COLUMNS = [link_codes.c[name] for name in Code.__dataclass_fields__]
_LIVE = ("open", "typed", "agreed")


async def add_code(tx: Transaction, conversation_id: str, seq: int, code_hash: str, expires_at: datetime) -> None:
    """Store the hash of a code that message ``seq`` shows."""
    await tx.connection.execute(
        link_codes.insert().values(
            id=tx.ambient.new_id(),
            conversation_id=conversation_id,
            seq=seq,
            code_hash=code_hash,
            created_at=tx.now,
            expires_at=expires_at,
        )
    )


async def by_hash(tx: Transaction, code_hash: str) -> Code | None:
    """The code of that hash, if it can still be used."""
    return await _live(tx, link_codes.c.code_hash == code_hash)


async def by_id(tx: Transaction, code_id: str) -> Code | None:
    """The code of that id, if it can still be used."""
    return await _live(tx, link_codes.c.id == code_id)


async def _live(tx: Transaction, which: object) -> Code | None:
    found = await tx.connection.execute(
        select(*_COLUMNS).where(which, link_codes.c.state.in_(_LIVE), link_codes.c.expires_at > tx.now)  # type: ignore[arg-type]
    )
    row = found.one_or_none()
    return Code(**row._mapping) if row else None


async def move(tx: Transaction, code: Code, state: str, *, typed_by: str | None = None) -> bool:
    """Take a code to its next state. False when another was faster."""
    moved = await tx.connection.execute(
        update(link_codes)
        .where(link_codes.c.id == code.id, link_codes.c.state == code.state)
        .values(state=state, typed_by=typed_by or code.typed_by)
    )
    return bool(moved.rowcount)


async def over(tx: Transaction, conversation_id: str | None = None) -> list[Code]:
    """Void the codes whose time is over, and all of one conversation. Returns those that were not yet."""
    which = link_codes.c.expires_at <= tx.now
    if conversation_id:
        which = which | (link_codes.c.conversation_id == conversation_id)
    found = await tx.connection.execute(select(*_COLUMNS).where(which, link_codes.c.state.in_(_LIVE)))
    codes = [Code(**row._mapping) for row in found]
    ids = [code.id for code in codes]
    await tx.connection.execute(update(link_codes).where(link_codes.c.id.in_(ids)).values(state="void"))
    return codes


async def count_codes(connection: AsyncConnection, conversation_id: str, since: datetime) -> int:
    """How many codes the conversation was given since then."""
    mine = (link_codes.c.conversation_id == conversation_id) & (link_codes.c.created_at > since)
    return int((await connection.execute(select(func.count()).select_from(link_codes).where(mine))).scalar_one())


async def add_miss(tx: Transaction, conversation_id: str) -> None:
    """A wrong code was typed."""
    await tx.connection.execute(link_misses.insert().values(conversation_id=conversation_id, at=tx.now))


async def count_misses(connection: AsyncConnection, conversation_id: str, since: datetime) -> int:
    """How many wrong codes were typed in the conversation since then."""
    mine = (link_misses.c.conversation_id == conversation_id) & (link_misses.c.at > since)
    return int((await connection.execute(select(func.count()).select_from(link_misses).where(mine))).scalar_one())


async def join(tx: Transaction, one: Conversation, other: Conversation) -> None:
    """From now on the two, and all that are linked with either, belong to one person."""
    person = one.person_id or other.person_id or tx.ambient.new_id()
    known = [known for known in (one.person_id, other.person_id) if known]
    await tx.connection.execute(
        update(conversations)
        .where(conversations.c.id.in_([one.id, other.id]) | conversations.c.person_id.in_(known))
        .values(person_id=person)
    )


async def leave(tx: Transaction, conversation: Conversation) -> list[Conversation]:
    """Take a conversation out. One that is left alone is out as well. Returns those that it was linked with."""
    others = await linked(tx.connection, conversation)
    out = [conversation.id, *(other.id for other in others if len(others) == 1)]
    await tx.connection.execute(update(conversations).where(conversations.c.id.in_(out)).values(person_id=None))
    return others


async def linked(connection: AsyncConnection, conversation: Conversation) -> list[Conversation]:
    """The other conversations of the same person, oldest first."""
    if conversation.person_id is None:
        return []
    found = await connection.execute(
        select(conversations.c.id)
        .where(conversations.c.person_id == conversation.person_id, conversations.c.id != conversation.id)
        .order_by(conversations.c.created_at, conversations.c.id)
    )
    return await _all(connection, list(found.scalars()))


async def _all(connection: AsyncConnection, ids: Collection[str]) -> list[Conversation]:
    found = [await get(connection, one) for one in ids]
    return [one for one in found if one is not None]
