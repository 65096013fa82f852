"""Passwords: argon2id hashes, made and compared off the event loop, two at a time because each takes 64 MiB."""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 10

_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


async def make_hash(password: str) -> str:
    """What is stored of a password."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, _normal(password))


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one of that hash. Without a hash the same work is done and the answer is no."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, _normal(password), password_hash)


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this account")


def _normal(password: str) -> str:
    # The same letters typed on two keyboards can be two sequences of characters.
    return unicodedata.normalize("NFC", password)
