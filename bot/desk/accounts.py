"""Accounts of staff: adding them, and signing in. ``python -m bot staff`` is in ``accounts_command.py``."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from bot.desk import passwords
from bot.policy.model import Library
from bot.policy.read import load
from bot.settings import Settings
from bot.store import Store, staff
from bot.store.staff import Account, Role, UsernameTaken

#: This many wrong passwords one after the other lock an account for a while.
MOST_WRONG = 5
LOCKED_FOR = timedelta(minutes=5)

DEMO = "demo"
DEMO_SECRET = "demo-password"
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}")


class AccountError(ValueError):
    """The account cannot be added. The message says why and what would work."""


class NotSignedIn(PermissionError):
    """The sign-in failed. One message for every cause, so that it tells nobody which accounts there are."""

    def __init__(self) -> None:
        minutes = int(LOCKED_FOR.total_seconds() // 60)
        super().__init__(
            "The user name or password is wrong, or the account is locked. "
            f"After {MOST_WRONG} wrong passwords an account stays locked for {minutes} minutes."
        )


async def add(store: Store, username: str, name: str, role: Role, password: str) -> str:
    """Add an account and return its id. ``name`` is the person's; citizens see its first word.

    Raises:
        AccountError: the user name is taken or has other characters than it may, the name is empty, or the password is
            too short.
    """
    username, name = _key(username), " ".join(name.split())
    if not _USERNAME.fullmatch(username):
        raise AccountError(
            f"'{username}' cannot be a user name. Use 1 to 80 letters, digits or . _ - + @, "
            "and begin with a letter or digit."
        )
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise AccountError("Give the person's name: 1 to 80 characters.")
    if len(password) < passwords.LEAST_LENGTH:
        raise AccountError(f"The password is too short. Use {passwords.LEAST_LENGTH} characters or more.")
    password_hash = await passwords.make_hash(password)
    try:
        async with store.write() as tx:
            return await staff.add(tx, username=username, name=name, role=role, password_hash=password_hash)
    except UsernameTaken as error:
        raise AccountError(f"There is an account '{username}' already. Choose another user name.") from error


async def sign_in(store: Store, username: str, password: str, hours: float) -> tuple[str, str]:
    """Start a session of ``hours`` and return its token and its CSRF token.

    The try is counted before the password is looked at, so that many tries at once are no way round the lock.

    Raises:
        NotSignedIn: the user name or password is wrong, or the account is locked or off.
    """
    async with store.write() as tx:
        key = _key(username)
        account = await staff.by_username(tx.connection, key) if _USERNAME.fullmatch(key) else None
        allowed = account is not None and account.active
        if account and allowed:
            allowed = await staff.count_signin(tx, account, MOST_WRONG, LOCKED_FOR)
    if not await passwords.matches(password, account.password_hash if account and allowed else None):
        raise NotSignedIn
    assert account is not None
    return await _start_session(store, account, password, hours)


def known_posts(library: Library) -> list[str]:
    """Every post that some policy lets depart from its rules."""
    versions = [version for policy in library.policies.values() for version in policy.versions]
    return sorted({post for version in versions if version.discretion for post in version.discretion.who})


async def set_posts(store: Store, username: str, posts: Collection[str], library: Library) -> None:
    """Say which posts somebody holds, so that they may depart from decisions where a policy names one of them.

    Raises:
        AccountError: there is no such account, or no policy names one of the posts.
    """
    known = known_posts(library)
    for post in posts:
        if post not in known:
            raise AccountError(f"No policy names the post '{post}'. The posts are: {', '.join(known)}.")
    async with store.write() as tx:
        account = await staff.by_username(tx.connection, _key(username))
        if account is None:
            raise AccountError(f"There is no account '{_key(username)}'.")
        await staff.set_posts(tx, account.id, posts)


async def ensure_demo(settings: Settings, store: Store) -> Path | None:
    """Where no account exists at all, make ``demo`` with a random password, kept in the data folder's secrets. It holds
    every post, so that departures can be tried.

    Returns the password's file, or None when there were accounts already.
    """
    async with store.read() as connection:
        if await staff.everyone(connection):
            return None
    password = settings.secret(DEMO_SECRET)
    with suppress(AccountError):  # another gateway was faster, with the same password
        await add(store, DEMO, "Sam Demo", Role.SUPERVISOR, password)
        await set_posts(store, DEMO, known_posts(load()), load())
    return demo_password(settings)


def demo_password(settings: Settings) -> Path | None:
    """The file with the password of ``demo``; None when this installation never made that account."""
    path = settings.data_dir / "secrets" / DEMO_SECRET
    return path if path.exists() else None


async def _start_session(store: Store, account: Account, password: str, hours: float) -> tuple[str, str]:
    fresh = await passwords.make_hash(password) if passwords.is_outdated(account.password_hash) else None
    token, csrf = store.ambient.new_token(), store.ambient.new_token()
    async with store.write() as tx:
        if fresh:
            await staff.set_password(tx, account.id, fresh)
        await staff.start_session(tx, account, token, csrf, tx.now + timedelta(hours=hours))
    return token, csrf


def _key(username: str) -> str:
    return username.strip().lower()
