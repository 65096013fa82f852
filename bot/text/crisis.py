"""Crisis words: what makes Saywhy show a number to call before anything else.

To miss one is worse than to show a number too many, but harmless idioms ('this queue is killing me') are left alone.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Crisis(StrEnum):
    """What kind of help comes first."""

    SELF_HARM = "self_harm"
    DANGER = "danger"
    GAS = "gas"


_PATTERNS: list[tuple[Crisis, str]] = [
    (
        Crisis.SELF_HARM,
        r"\b(?:kill|hurt|harm|hang|drown|cut|shoot)(?:ing)?\s+my\s?self\b|\bsuicid|\bend(?:ing)?\s+(?:my\s+life|it\s+all)\b"
        r"|\b(?:want|wanna|going|ready|rather)\s+(?:to\s+)?(?:die|be\s+dead|not\s+be\s+here)\b"
        r"|\bdo(?:n'?|n’)?t\s+want\s+to\s+(?:live|be\s+here|be\s+alive|wake\s+up|go\s+on)\b|\bno\s+(?:reason|point)\s+(?:to|in)\s+liv"
        r"|\bbetter\s+off\s+(?:dead|without\s+me)\b|\btak(?:e|ing)\s+my\s+(?:own\s+)?life\b|\boverdos",
    ),
    (
        Crisis.DANGER,
        r"\b(?:hits|hit|beats|beating|hitting|attacking|attacked|strangl\w+|threaten\w*|hurting)\s+(?:me|my\s+\w+|us)\b"
        r"|\b(?:afraid|scared|frightened)\s+(?:of|for)\s+my\s+(?:life|husband|wife|partner|ex|boyfriend|girlfriend|dad|father|mum|son)\b"
        r"|\b(?:to|will|gonna|'ll)\s+(?:kill|murder|stab|shoot)\s+(?:me|us|him|her|them|my\s+\w+)\b|\bin\s+danger\b|\b(?:not|isn'?t|don'?t\s+feel)\s+safe\s+at\s+home\b|\bhas\s+a\s+(?:knife|gun)\b|\bbeing\s+abused\b"
        r"|\b(?:house|flat|building|kitchen)\s+is\s+on\s+fire\b|\bcan(?:no|')?t\s+breathe\b|\bheart\s+attack\b|\bunconscious\b",
    ),
    (Crisis.GAS, r"\bsmells?\s+(?:of\s+)?gas\b|\bsmelling\s+gas\b|\bgas\s+leak\b|\bcarbon\s+monoxide\s+alarm\b"),
]
_COMPILED = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS]


def crisis(text: str) -> Crisis | None:
    """The first kind of crisis that the text speaks of."""
    return next((kind for kind, pattern in _COMPILED if pattern.search(text)), None)
