"""Conversations: who owns each one, and its counters."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import events
from bot.store.engine import Transaction
from bot.store.tables import conversations


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


class WrongOwner(RuntimeError):
    """The conversation has changed its owner since it was read: what was to be written is out of date."""


_COLUMNS = [conversations.c[name] for name in Conversation.__dataclass_fields__]


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
    values = {
        "id": new_id,
        "channel": channel,
        "account": account,
        "external_id": external_id or new_id,
        "address": address,
        "token_hash": token_hash(token) if token else None,
        "language": language,
        "created_at": tx.now,
    }
    await tx.connection.execute(conversations.insert().values(values))
    created = await get(tx.connection, new_id)
    assert created is not None
    return created


async def get(connection: AsyncConnection, conversation_id: str) -> Conversation | None:
    """The conversation of that id."""
    found = await connection.execute(select(*_COLUMNS).where(conversations.c.id == conversation_id))
    return _one(found.one_or_none())


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
    found = await connection.execute(
        select(*_COLUMNS).where(
            conversations.c.channel == channel,
            conversations.c.account == account,
            conversations.c.external_id == address,
        )
    )
    return _one(found.one_or_none())


async def lock(tx: Transaction, conversation_id: str) -> Conversation:
    """The conversation, its row locked until the transaction ends. The first lock that any writer takes."""
    found = await tx.connection.execute(
        select(*_COLUMNS).where(conversations.c.id == conversation_id).with_for_update()
    )
    conversation = _one(found.one())
    assert conversation is not None
    return conversation


async def next_seq(tx: Transaction, conversation_id: str, *, fence: int | None = None) -> int:
    """Take the next ``seq``. With ``fence`` only while the bot owns the conversation in that epoch.

    Raises:
        WrongOwner: the fence does not hold. This is what keeps the bot silent while a person has the conversation.
    """
    statement = update(conversations).where(conversations.c.id == conversation_id)
    if fence is not None:
        statement = statement.where(conversations.c.mode == Mode.BOT, conversations.c.epoch == fence)
    taken = await tx.connection.execute(
        statement.values(last_seq=conversations.c.last_seq + 1).returning(conversations.c.last_seq)
    )
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
    """The citizen ends the conversation: its token stops working, and its address may begin another."""
    await tx.connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(ended_at=tx.now, external_id=conversations.c.id, person_id=None)
    )


async def take_lease(tx: Transaction, conversation_id: str, owner: str, until: datetime) -> bool:
    """Become the only one who runs this conversation's turns until ``until``. False when another is."""
    taken = await tx.connection.execute(
        update(conversations)
        .where(
            conversations.c.id == conversation_id,
            or_(
                conversations.c.lease_owner.is_(None),
                conversations.c.lease_owner == owner,
                conversations.c.lease_until < tx.now,
            ),
        )
        .values(lease_owner=owner, lease_until=until)
    )
    return bool(taken.rowcount)


async def release_lease(tx: Transaction, conversation_id: str, owner: str) -> None:
    """Let others run this conversation's turns."""
    await tx.connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


async def release_all_leases(tx: Transaction) -> None:
    """Forget every lease: right only where a single gateway runs and has just started."""
    await tx.connection.execute(update(conversations).values(lease_owner=None, lease_until=None))


def _one(row: Row[Any] | None) -> Conversation | None:
    if row is None:
        return None
    values = dict(row._mapping)
    return Conversation(**{**values, "mode": Mode(values["mode"])})
