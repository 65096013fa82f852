"""Making a citizen's text safe to store and to show, or saying plainly why it cannot be."""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 2000

#: Characters that turn the direction of all that follows: a text with one can be read as what it is not.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")
_KEPT_CONTROLS = frozenset("\n\t")


class BadText(ValueError):
    """The text cannot be taken. ``code`` is for programs, the message is for the person who typed it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def clean(text: str) -> str:
    """The text in NFC, with plain line ends and no blank edges; 1 to 2,000 characters long.

    Raises:
        BadText: it is empty, too long, or has characters that cannot be shown as typed.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    for character in text:
        if character in _KEPT_CONTROLS:
            continue
        if character in _OVERRIDES or unicodedata.category(character) in {"Cc", "Cs"} or _is_no_character(character):
            raise BadText(
                "bad_characters",
                f"Your message has a hidden character (U+{ord(character):04X}) that we cannot take. "
                "Please type it again instead of pasting it.",
            )
    text = text.strip()
    if not _visible(text):
        raise BadText("empty", "Your message is empty. Please type a question.")
    if len(text) > MAX_LENGTH:
        raise BadText(
            "too_long",
            f"Your message has {len(text):,} characters. The most we can take is {MAX_LENGTH:,}. "
            "Please shorten it or send it in parts.",
        )
    return text


def for_brain(text: str) -> str:
    """The text as Rasa may read it: leading slashes, which Rasa would take for a command, are taken off."""
    return re.sub(r"^[\s/]+", "", text) or "?"


def _is_no_character(character: str) -> bool:
    """Code points that Unicode has set aside for ever. Unassigned ones may be tomorrow's emoji and are taken."""
    point = ord(character)
    return 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


def _visible(text: str) -> bool:
    return any(unicodedata.category(character) not in {"Zs", "Zl", "Zp", "Cc", "Cf"} for character in text)
