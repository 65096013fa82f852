"""Members of staff and their sessions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.conversations import token_hash
from bot.store.engine import Transaction
from bot.store.tables import Moment, sessions, staff


class Role(StrEnum):
    """What a member of staff may do."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"


@dataclass(frozen=True)
class Account:
    """One row of ``staff``."""

    id: str
    username: str
    name: str
    role: Role
    password_hash: str
    active: bool
    failed_signins: int
    locked_until: datetime | None
    posts: tuple[str, ...] = ()
    """The posts that the account holds, as the policies name them under ``discretion``."""


@dataclass(frozen=True)
class Session:
    """A signed-in member of staff. ``csrf`` must come back with every change."""

    account: Account
    csrf: str


class UsernameTaken(ValueError):
    """Another account has the user name."""


_COLUMNS = [staff.c[name] for name in Account.__dataclass_fields__]


async def add(tx: Transaction, *, username: str, name: str, role: Role, password_hash: str) -> str:
    """Add an account and return its id.

    Raises:
        UsernameTaken: there is such an account. The transaction is over.
    """
    new_id = tx.ambient.new_id()
    values = {"username": username, "name": name, "role": role, "password_hash": password_hash}
    try:
        await tx.connection.execute(staff.insert().values(id=new_id, active=True, created_at=tx.now, **values))
    except IntegrityError as error:
        raise UsernameTaken(username) from error
    return new_id


async def by_username(connection: AsyncConnection, username: str) -> Account | None:
    """The account with that user name, active or not."""
    row = (await connection.execute(select(*_COLUMNS).where(staff.c.username == username))).one_or_none()
    return _account(dict(row._mapping)) if row else None


async def everyone(connection: AsyncConnection) -> list[Account]:
    """All accounts by user name."""
    found = await connection.execute(select(*_COLUMNS).order_by(staff.c.username))
    return [_account(dict(row._mapping)) for row in found]


async def set_posts(tx: Transaction, staff_id: str, posts: Collection[str]) -> None:
    """Say which posts the account holds."""
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(posts=sorted(set(posts))))


async def set_password(tx: Transaction, staff_id: str, password_hash: str) -> None:
    """Replace the stored hash."""
    await tx.connection.execute(update(staff).where(staff.c.id == staff_id).values(password_hash=password_hash))


async def count_signin(tx: Transaction, account: Account, limit: int, pause: timedelta) -> bool:
    """Count a try to sign in, before its password is compared; ``start_session`` forgets the count.

    The ``limit``-th try and every later one lock the account for ``pause``. False while it is locked: then nothing is
    counted and the password must not be compared.
    """
    tries = staff.c.failed_signins + 1
    counted = await tx.connection.execute(
        update(staff)
        .where(staff.c.id == account.id, or_(staff.c.locked_until.is_(None), staff.c.locked_until <= tx.now))
        .values(
            failed_signins=tries, locked_until=case((tries >= limit, literal(tx.now + pause, Moment())), else_=None)
        )
    )
    return bool(counted.rowcount)


async def start_session(tx: Transaction, account: Account, token: str, csrf: str, expires_at: datetime) -> None:
    """Store a session under its token's hash, and forget earlier wrong passwords."""
    await tx.connection.execute(
        update(staff).where(staff.c.id == account.id).values(failed_signins=0, locked_until=None)
    )
    await tx.connection.execute(sessions.delete().where(sessions.c.expires_at < tx.now))
    await tx.connection.execute(
        sessions.insert().values(
            token_hash=token_hash(token), staff_id=account.id, csrf=csrf, created_at=tx.now, expires_at=expires_at
        )
    )


async def session(connection: AsyncConnection, token: str, now: datetime) -> Session | None:
    """The session that the token opens, while it has not expired and the account is active."""
    found = await connection.execute(
        select(*_COLUMNS, sessions.c.csrf)
        .join(sessions, sessions.c.staff_id == staff.c.id)
        .where(sessions.c.token_hash == token_hash(token), sessions.c.expires_at > now, staff.c.active.is_(True))
    )
    row = found.one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    csrf = values.pop("csrf")
    return Session(_account(values), csrf)


async def end_session(tx: Transaction, token: str) -> None:
    """Sign out."""
    await tx.connection.execute(sessions.delete().where(sessions.c.token_hash == token_hash(token)))


def _account(values: dict[str, Any]) -> Account:
    return Account(**{**values, "role": Role(values["role"]), "posts": tuple(values["posts"])})
