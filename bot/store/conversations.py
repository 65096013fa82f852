"""Conversations: who owns each one, and its counters."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import events, forgetting
from bot.store.engine import Transaction
from bot.store.tables import conversations, inbox, outbox


class Mode(StrEnum):
    """Who owns a conversation now."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"


@dataclass(frozen=True)
class Conversation:
    """One row of ``conversations``."""

    id: str
    channel: str
    account: str
    external_id: str
    mode: Mode
    epoch: int
    last_seq: int
    created_at: datetime
    ended_at: datetime | None
    address: str | None = None
    """Where the outbox sends to: the id of a Telegram chat. None where the reader fetches."""
    person_id: str | None = None
    """The same for all conversations that a citizen has linked."""
    language: str = "en"
    """The language that the citizen has chosen, such as 'en' or 'cy'."""
    speaks_of: str | None = None
    """The id of the decision that was proved last by its code, unless one was made here since. It stands for what
    staff put in its place as well: see ``decisions.meant``."""


class WrongOwner(RuntimeError):
    """The conversation has changed its owner since it was read: what was to be written is out of date."""


_COLUMNS = [conversations.c[name] for name in Conversation.__dataclass_fields__]

# What every message needs is written once: to make a statement anew takes SQLAlchemy longer than to run it.
_THIS = conversations.c.id == bindparam("this")
_GET = select(*_COLUMNS).where(_THIS)
_LOCK = _GET.with_for_update()
_OPEN_AT = select(*_COLUMNS).where(
    conversations.c.channel == bindparam("at_channel"),
    conversations.c.account == bindparam("at_account"),
    conversations.c.external_id == bindparam("at_address"),
)
_OF_PARCELS = select(*_COLUMNS).where(
    conversations.c.id.in_(
        select(outbox.c.conversation_id).where(outbox.c.id.in_(bindparam("parcels", expanding=True)))
    )
)
_CREATE = conversations.insert()
_NEXT_SEQ = (
    update(conversations).where(_THIS).values(last_seq=conversations.c.last_seq + 1).returning(conversations.c.last_seq)
)
_NEXT_SEQ_OF_BOT = _NEXT_SEQ.where(conversations.c.mode == Mode.BOT, conversations.c.epoch == bindparam("fence"))
_TAKE_LEASE = (
    update(conversations)
    .where(
        _THIS,
        or_(
            conversations.c.lease_owner.is_(None),
            conversations.c.lease_owner == bindparam("owner"),
            conversations.c.lease_until < bindparam("now"),
        ),
    )
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
    .returning(*_COLUMNS)
)
_RELEASE_LEASE = (
    update(conversations)
    .where(_THIS, conversations.c.lease_owner == bindparam("owner"))
    .values(lease_owner=None, lease_until=None)
)
_RELEASE_LEASE_IF_DONE = _RELEASE_LEASE.where(
    ~select(inbox.c.id)
    .where(
        inbox.c.conversation_id == conversations.c.id, inbox.c.state == "pending", inbox.c.seq > bindparam("after_seq")
    )
    .exists()
)


def token_hash(token: str) -> str:
    """What is stored of a secret token. A plain hash is enough: the token has 256 random bits."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


async def create(
    tx: Transaction,
    *,
    channel: str,
    account: str = "",
    external_id: str | None = None,
    address: str | None = None,
    token: str | None = None,
    language: str = "en",
) -> Conversation:
    """Begin a conversation. Without ``external_id`` its own id stands for it (the website)."""
    new_id = tx.ambient.new_id()
    created = Conversation(
        id=new_id,
        channel=channel,
        account=account,
        external_id=external_id or new_id,
        mode=Mode.BOT,
        epoch=0,
        last_seq=0,
        created_at=tx.now,
        ended_at=None,
        address=address,
        language=language,
    )
    await tx.connection.execute(_CREATE, {**vars(created), "token_hash": token_hash(token) if token else None})
    return created


async def get(connection: AsyncConnection, conversation_id: str) -> Conversation | None:
    """The conversation of that id."""
    found = await connection.execute(_GET, {"this": conversation_id})
    return _one(found.one_or_none())


async def of_parcels(connection: AsyncConnection, parcel_ids: Collection[int]) -> dict[str, Conversation]:
    """The conversations of these rows of the outbox, by id."""
    found = await connection.execute(_OF_PARCELS, {"parcels": list(parcel_ids)})
    return {row.id: made for row in found if (made := _one(row))}


async def by_token(connection: AsyncConnection, conversation_id: str, token: str) -> Conversation | None:
    """The conversation, if the token opens it and the citizen has not ended it."""
    if not conversation_id.isalnum():  # no id of ours, and PostgreSQL refuses some such texts
        return None
    found = await connection.execute(
        select(*_COLUMNS).where(
            conversations.c.id == conversation_id,
            conversations.c.token_hash == token_hash(token),
            conversations.c.ended_at.is_(None),
        )
    )
    return _one(found.one_or_none())


async def open_at(connection: AsyncConnection, channel: str, account: str, address: str) -> Conversation | None:
    """The conversation that is open at an address of a channel that is sent to."""
    at = {"at_channel": channel, "at_account": account, "at_address": address}
    found = await connection.execute(_OPEN_AT, at)
    return _one(found.one_or_none())


async def lock(tx: Transaction, conversation_id: str) -> Conversation:
    """The conversation, its row locked until the transaction ends. The first lock that any writer takes."""
    found = await tx.connection.execute(_LOCK, {"this": conversation_id})
    conversation = _one(found.one())
    assert conversation is not None
    return conversation


async def next_seq(tx: Transaction, conversation_id: str, *, fence: int | None = None) -> int:
    """Take the next ``seq``. With ``fence`` only while the bot owns the conversation in that epoch.

    Raises:
        WrongOwner: the fence does not hold. This is what keeps the bot silent while a person has the conversation.
    """
    if fence is None:
        taken = await tx.connection.execute(_NEXT_SEQ, {"this": conversation_id})
    else:
        taken = await tx.connection.execute(_NEXT_SEQ_OF_BOT, {"this": conversation_id, "fence": fence})
    seq = taken.scalar_one_or_none()
    if seq is None:
        raise WrongOwner(conversation_id)
    return int(seq)


async def set_language(tx: Transaction, conversation_id: str, language: str) -> None:
    """Change the language that the citizen has chosen."""
    await tx.connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(language=language)
    )


async def count_status_try(tx: Transaction, conversation_id: str, most: int) -> bool:
    """Count a try to prove a reference of another conversation. False, and nothing counted, after ``most``."""
    counted = await tx.connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.status_tries < most)
        .values(status_tries=conversations.c.status_tries + 1)
    )
    return bool(counted.rowcount)


async def speak_of(tx: Transaction, conversation_id: str, decision_id: str | None) -> None:
    """From now on questions about 'the decision' mean this one; with None the last one of the conversation's own."""
    await tx.connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(speaks_of=decision_id)
    )


async def change_mode(
    tx: Transaction, conversation_id: str, mode: Mode, *, of: Collection[Mode], name: str | None = None
) -> int:
    """Give the conversation to another owner and raise its epoch; ``name`` is the staff member's, for the citizen.

    Returns the new epoch.

    Raises:
        WrongOwner: its mode is none of ``of``.
    """
    changed = await tx.connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.mode.in_(of))
        .values(mode=mode, epoch=conversations.c.epoch + 1)
        .returning(conversations.c.epoch)
    )
    epoch = changed.scalar_one_or_none()
    if epoch is None:
        raise WrongOwner(conversation_id)
    await events.append(tx, conversation_id, "mode", data={"mode": mode, "name": name})
    return int(epoch)


async def set_address(tx: Transaction, conversation_id: str, address: str) -> None:
    """It is sent to somewhere else from now on: a Telegram group that became a supergroup has a new id."""
    await tx.connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(address=address)
    )


async def end(tx: Transaction, conversation_id: str) -> None:
    """The citizen ends the conversation: its token stops working, its address may begin another, and Rasa forgets."""
    await forgetting.ask(tx, conversation_id)
    await tx.connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(ended_at=tx.now, external_id=conversations.c.id, person_id=None)
    )


async def take_lease(tx: Transaction, conversation_id: str, owner: str, until: datetime) -> Conversation | None:
    """Become the only one who runs this conversation's turns until ``until``. None when another is."""
    taken = await tx.connection.execute(
        _TAKE_LEASE, {"this": conversation_id, "owner": owner, "until": until, "now": tx.now}
    )
    return _one(taken.one_or_none())


async def release_lease(tx: Transaction, conversation_id: str, owner: str) -> None:
    """Let others run this conversation's turns."""
    await tx.connection.execute(_RELEASE_LEASE, {"this": conversation_id, "owner": owner})


async def release_lease_if_done(tx: Transaction, conversation_id: str, owner: str, after: int) -> bool:
    """The same if no message above ``seq`` ``after`` waits for its turn. False while one does, or without the lease."""
    released = await tx.connection.execute(
        _RELEASE_LEASE_IF_DONE, {"this": conversation_id, "owner": owner, "after_seq": after}
    )
    return bool(released.rowcount)


async def release_all_leases(tx: Transaction) -> None:
    """Forget every lease: right only where a single gateway runs and has just started."""
    await tx.connection.execute(update(conversations).values(lease_owner=None, lease_until=None))


def _one(row: Row[Any] | None) -> Conversation | None:
    if row is None:
        return None
    values = dict(row._mapping)
    return Conversation(**{**values, "mode": Mode(values["mode"])})
