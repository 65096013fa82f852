"""The inbox: every message that came in, exactly once, until it is settled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.conversations import Conversation, lock
from bot.store.engine import Transaction
from bot.store.messages import Draft, Message, Sender, append, of_conversation
from bot.store.tables import inbox


@dataclass(frozen=True)
class Item:
    """One row of ``inbox``. ``content`` is what the citizen did: a text, a button, or an action.

    Of its ``attempts`` so many came, when they were due, to an answer that was ``unusable``.
    """

    id: str
    conversation_id: str
    seq: int
    content: dict[str, Any]
    state: str
    outcome: str | None
    attempts: int
    unusable: int
    told: bool
    received_at: datetime
    due_at: datetime


class Conflict(ValueError):
    """The external id was used before, for something else."""


class Ended(ValueError):
    """The citizen has ended the conversation."""


_COLUMNS = [inbox.c[name] for name in Item.__dataclass_fields__]
_KNOWN = select(inbox.c.fingerprint, inbox.c.conversation_id, inbox.c.seq).where(
    inbox.c.channel == bindparam("channel"),
    inbox.c.account == bindparam("account"),
    inbox.c.external_id == bindparam("external_id"),
)
_ADD = {insert: insert(inbox).on_conflict_do_nothing() for insert in (sqlite.insert, postgresql.insert)}
_NEXT_PENDING = (
    select(*_COLUMNS)
    .where(
        inbox.c.conversation_id == bindparam("conversation"),
        inbox.c.state == "pending",
        inbox.c.seq > bindparam("after_seq"),
    )
    .order_by(inbox.c.seq)
    .limit(1)
)
_SETTLE = (
    update(inbox)
    .where(inbox.c.id == bindparam("this"), inbox.c.state == "pending")
    .values(
        state="settled",
        outcome=bindparam("as_outcome"),
        draft=bindparam("with_draft"),
        settled_at=bindparam("now"),
        attempts=inbox.c.attempts + 1,
    )
)


async def receive(
    tx: Transaction,
    conversation: Conversation,
    *,
    account: str,
    external_id: str,
    content: dict[str, Any],
    draft: Draft,
) -> tuple[Message, bool]:
    """Store what a citizen sent, with its message, unless the very same was received before.

    Returns the message and whether it is new. The key (channel, account, external id) never expires.

    Raises:
        Conflict: the key stands for other content.
        Ended: the conversation has ended.
    """
    if (await lock(tx, conversation.id)).ended_at:
        raise Ended(conversation.id)
    fingerprint = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    key = {"channel": conversation.channel, "account": account, "external_id": external_id}
    known = (await tx.connection.execute(_KNOWN, key)).one_or_none()
    if known:
        if known.fingerprint != fingerprint or known.conversation_id != conversation.id:
            raise Conflict(external_id)
        [message] = await of_conversation(tx.connection, conversation.id, [known.seq])
        return message, False
    message = await append(tx, conversation, Sender.CITIZEN, draft)
    values = {
        **key,
        "id": message.id,
        "fingerprint": fingerprint,
        "conversation_id": conversation.id,
        "seq": message.seq,
        "content": content,
        "received_at": tx.now,
        "due_at": tx.now,
    }
    added = await tx.connection.execute(_ADD[postgresql.insert if tx.is_postgresql else sqlite.insert], values)
    if not added.rowcount:  # the key was taken by another conversation since we looked
        raise Conflict(external_id)
    return message, True


async def next_pending(connection: AsyncConnection, conversation_id: str, after: int = 0) -> Item | None:
    """The conversation's oldest message above ``seq`` ``after`` that is not settled, whether or not it is due."""
    found = await connection.execute(_NEXT_PENDING, {"conversation": conversation_id, "after_seq": after})
    row = found.one_or_none()
    return Item(**row._mapping) if row else None


async def last_typed(connection: AsyncConnection, conversation_id: str, before: int) -> Item | None:
    """What the citizen last wrote in words, not by a button, below ``seq`` ``before``."""
    found = await connection.execute(
        select(*_COLUMNS)
        .where(inbox.c.conversation_id == conversation_id, inbox.c.seq < before)
        .order_by(inbox.c.seq.desc())
    )
    return next((item for row in found if "text" in (item := Item(**row._mapping)).content), None)


async def due_conversations(connection: AsyncConnection, now: datetime) -> list[str]:
    """The conversations in which a message waits to be settled and its time has come, longest waiting first."""
    found = await connection.execute(
        select(inbox.c.conversation_id)
        .where(inbox.c.state == "pending", inbox.c.due_at <= now)
        .order_by(inbox.c.due_at)
    )
    return list(dict.fromkeys(found.scalars()))


async def settle(tx: Transaction, item_id: str, outcome: str, *, draft: list[dict[str, Any]] | None = None) -> bool:
    """Mark a message as dealt with. False when it already was: then nothing else of this turn may be stored.

    ``draft`` keeps replies that were written but must not be sent, because a person had taken over.
    """
    settled = await tx.connection.execute(
        _SETTLE, {"this": item_id, "as_outcome": outcome, "with_draft": draft, "now": tx.now}
    )
    return bool(settled.rowcount)


async def postpone(tx: Transaction, item_id: str, due_at: datetime, *, unusable: int | None = None) -> bool:
    """Keep a message for another try; the citizen has been told. False when it is settled already.

    ``unusable`` is how many of its answers could not be used until now; None leaves it.
    """
    values = {"attempts": inbox.c.attempts + 1, "told": True, "due_at": due_at}
    changed = await tx.connection.execute(
        update(inbox)
        .where(inbox.c.id == item_id, inbox.c.state == "pending")
        .values(values if unusable is None else values | {"unusable": unusable})
    )
    return bool(changed.rowcount)


async def count_pending(connection: AsyncConnection) -> int:
    """How many messages are not settled."""
    found = await connection.execute(select(func.count()).select_from(inbox).where(inbox.c.state == "pending"))
    return int(found.scalar_one())
