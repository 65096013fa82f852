"""References and receipt codes as people type them: N-12AB-34CD, and the code beside it that proves it elsewhere."""

from __future__ import annotations

import hashlib
import re

#: No vowels, so that no word comes out; no signs that are easily taken for one another.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXY"
_LENGTH = 8
_REFERENCE = re.compile(r"\bn-?([0-9a-f]{4})-?([0-9a-f]{4})\b", re.IGNORECASE)
_CODE = re.compile(rf"(?<![\w-])([{ALPHABET}]{{4}})[- ]?([{ALPHABET}]{{4}})(?![\w-])", re.IGNORECASE)


def code(secret: str) -> str:
    """A receipt code of eight signs, some 37 bits, from a random secret."""
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest())
    signs = []
    for _ in range(_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[place])
    return "".join(signs[:4]) + "-" + "".join(signs[4:])


def reference_in(text: str) -> str | None:
    """The reference that stands first in a text, in the form in which it was printed."""
    return next(iter(references_in(text)), None)


def references_in(text: str) -> list[str]:
    """All references that stand in a text, in the form in which they were printed."""
    return [f"N-{found[1]}-{found[2]}".upper() for found in _REFERENCE.finditer(text)]


def proof_in(text: str) -> tuple[str, str] | None:
    """The reference and the code that stand in a text; None unless both do."""
    reference = reference_in(text)
    found = _CODE.search(_REFERENCE.sub(" ", text, count=1)) if reference else None
    return (reference, f"{found[1]}-{found[2]}".upper()) if reference and found else None
