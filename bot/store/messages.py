"""Messages: what was said, in a dense order within each conversation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import events, outbox
from bot.store.conversations import Conversation, next_seq
from bot.store.engine import Transaction
from bot.store.tables import messages
from bot.store.tables import outbox as parcels


class Sender(StrEnum):
    """Who said it. 'system' reports what happened, such as who joined."""

    CITIZEN = "citizen"
    BOT = "bot"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True)
class Draft:
    """A message that is not stored yet. ``text`` is complete by itself; ``body`` adds layout, source and buttons."""

    text: str
    body: dict[str, Any] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True)
class Message:
    """One row of ``messages``."""

    id: str
    conversation_id: str
    seq: int
    sender: Sender
    name: str | None
    text: str
    body: dict[str, Any]
    created_at: datetime

    @property
    def internal(self) -> bool:
        """Whether it is for staff alone."""
        return bool(self.body.get("internal"))


_COLUMNS = [messages.c[name] for name in Message.__dataclass_fields__]
_APPEND = messages.insert()
_OF_CONVERSATION = (
    select(*_COLUMNS).where(messages.c.conversation_id == bindparam("conversation")).order_by(messages.c.seq)
)
_OF_SEQS = _OF_CONVERSATION.where(messages.c.seq.in_(bindparam("seqs", expanding=True)))
_OF_PARCELS = select(parcels.c.id.label("parcel"), *_COLUMNS).where(
    parcels.c.id.in_(bindparam("parcels", expanding=True)),
    messages.c.conversation_id == parcels.c.conversation_id,
    messages.c.seq == parcels.c.seq,
)


async def append(
    tx: Transaction,
    conversation: Conversation,
    sender: Sender,
    draft: Draft,
    *,
    fence: int | None = None,
    push: bool = True,
) -> Message:
    """Store a message under the next ``seq``, with its event and, on a channel that is sent to, its outbox row.

    ``fence`` is the epoch in which the bot wrote the draft; the bot cannot speak without one. With ``push=False`` it
    is for staff alone: it is never sent, and no citizen's view shows it.

    Raises:
        WrongOwner: the bot does not own the conversation in that epoch. Nothing is stored.
    """
    if sender is Sender.BOT and fence is None:
        raise ValueError("the bot speaks only under the epoch in which it was asked")
    seq = await next_seq(tx, conversation.id, fence=fence)
    message = Message(
        id=tx.ambient.new_id(),
        conversation_id=conversation.id,
        seq=seq,
        sender=sender,
        name=draft.name,
        text=draft.text,
        body=_with_button_ids(draft.body if push else {**draft.body, "internal": True}, seq),
        created_at=tx.now,
    )
    await tx.connection.execute(_APPEND, vars(message))
    if sender is not Sender.CITIZEN and push:
        await outbox.add(tx, conversation, seq)
    await events.append(tx, conversation.id, "message", seq=seq)
    return message


async def of_conversation(
    connection: AsyncConnection, conversation_id: str, seqs: Collection[int] | None = None
) -> list[Message]:
    """The messages in order: all, or those of some ``seq``."""
    if seqs is None:
        found = await connection.execute(_OF_CONVERSATION, {"conversation": conversation_id})
    else:
        found = await connection.execute(_OF_SEQS, {"conversation": conversation_id, "seqs": list(seqs)})
    return [_message(dict(row._mapping)) for row in found]


async def of_parcels(connection: AsyncConnection, parcel_ids: Collection[int]) -> dict[int, Message]:
    """The messages that these rows of the outbox stand for, by the row's id."""
    found = await connection.execute(_OF_PARCELS, {"parcels": list(parcel_ids)})
    rows = [dict(row._mapping) for row in found]
    return {row.pop("parcel"): _message(row) for row in rows}


async def last_said(connection: AsyncConnection, conversation_ids: Collection[str]) -> dict[str, Message]:
    """The last message that a citizen or a member of staff sent in each of these conversations, by conversation."""
    said = (
        select(messages.c.conversation_id, func.max(messages.c.seq).label("seq"))
        .where(messages.c.conversation_id.in_(conversation_ids), messages.c.sender.in_([Sender.CITIZEN, Sender.STAFF]))
        .group_by(messages.c.conversation_id)
        .subquery()
    )
    found = await connection.execute(
        select(*_COLUMNS).join(
            said, (messages.c.conversation_id == said.c.conversation_id) & (messages.c.seq == said.c.seq)
        )
    )
    return {row.conversation_id: _message(dict(row._mapping)) for row in found}


async def last_before(connection: AsyncConnection, conversation_id: str, seq: int) -> int | None:
    """The ``seq`` of the last message before ``seq`` that the citizen did not send; None when there is none."""
    found = await connection.execute(
        select(func.max(messages.c.seq)).where(
            messages.c.conversation_id == conversation_id,
            messages.c.seq < seq,
            messages.c.sender != Sender.CITIZEN,
        )
    )
    last: int | None = found.scalar_one()
    return last


async def of_citizen_before(connection: AsyncConnection, conversation_id: str, seq: int) -> tuple[int, datetime] | None:
    """The ``seq`` and the moment of the citizen's last message before ``seq``; None when there is none."""
    found = await connection.execute(
        select(messages.c.seq, messages.c.created_at)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.seq < seq,
            messages.c.sender == Sender.CITIZEN,
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
    )
    row = found.first()
    return (row.seq, row.created_at) if row else None


async def button(connection: AsyncConnection, conversation_id: str, button_id: str) -> dict[str, Any] | None:
    """The button of that id, if this conversation was ever shown it: its id, title and payload."""
    seq = button_id.partition("-")[0]
    if not seq.isascii() or not seq.isdigit() or len(seq) > 9:
        return None
    for message in await of_conversation(connection, conversation_id, [int(seq)]):
        for shown in message.body.get("buttons", []):
            if shown["id"] == button_id:
                return dict(shown)
    return None


def _with_button_ids(body: dict[str, Any], seq: int) -> dict[str, Any]:
    """Buttons get an id that means something in this conversation only; the payload never leaves the server."""
    if not body.get("buttons"):
        return body
    return {**body, "buttons": [{**button, "id": f"{seq}-{n}"} for n, button in enumerate(body["buttons"], start=1)]}


def _message(values: dict[str, Any]) -> Message:
    return Message(**{**values, "sender": Sender(values["sender"])})
