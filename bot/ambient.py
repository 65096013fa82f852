"""Clock, ids and randomness: made here once, passed in everywhere else, so that a test can hold them still."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Ambient:
    """What a part needs of the world around it. Tests pass a subclass with a set clock and counted ids."""

    def now(self) -> datetime:
        """The present moment, in UTC, to the microsecond."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """A fresh identifier of 32 hexadecimal characters; never repeated, not secret."""
        return uuid.uuid4().hex

    def new_token(self) -> str:
        """A fresh secret of 256 bits that cannot be guessed, safe in a header or a link."""
        return secrets.token_urlsafe(32)
