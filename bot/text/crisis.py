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


_CLOSE = r"(?:husband|wife|partner|ex|boyfriend|girlfriend|dad|father|mum|mother|son|daughter|brother|carer)"
_KIN = r"(?:me|us|my\s+(?:kids?|children|child|baby|son|daughter|mum|mother|sister|brother))"
_END = r"(?=\s*(?:$|[.,!?;]|any\s?more|anymore|now|today|tonight|and\b|i\b))"

_PATTERNS: list[tuple[Crisis, str]] = [
    (
        Crisis.SELF_HARM,
        r"\b(?:kill|hurt|harm|hang|drown|cut|shoot)(?:ing)?\s+my\s?self\b|\bsuicid|\bend(?:ing)?\s+(?:my\s+life|it\s+all)\b"
        rf"|\b(?:want|wanna|going|ready|rather)\s+(?:to\s+)?(?:die|be\s+dead|not\s+be\s+here){_END}"
        rf"|\bdo(?:n'?|\s+no)t\s+want\s+to\s+(?:live|be\s+here|be\s+alive|wake\s+up|go\s+on){_END}"
        r"|\bno\s+(?:reason|point)\s+(?:to|in)\s+liv|\bbetter\s+off\s+(?:dead|without\s+me)\b"
        r"|\btak(?:e|ing)\s+my\s+(?:own\s+)?life\b|\boverdos|\b(?:took|taken|swallowed)\s+(?:all\s+)?(?:my|the)\s+(?:pills|tablets)\b",
    ),
    (
        Crisis.DANGER,
        rf"\b(?:he|she|they|partner|husband|wife|ex|boyfriend|girlfriend|dad|father|son|neighbour|man)\s+(?:just\s+|has\s+|is\s+)?"
        rf"(?:hits?|beats?|beating|hitting|attacking|attacked|strangl\w+|hurting)\s+{_KIN}\b"
        rf"|\bthreaten\w*\s+to\s+(?:kill|hurt|stab|shoot|attack|beat|burn)\b|\b{_CLOSE}\s+(?:is\s+)?threaten\w*\s+{_KIN}\b"
        rf"|\b(?:afraid|scared|frightened)\s+(?:of|for)\s+my\s+(?:life|{_CLOSE})\b"
        rf"|\b(?:to|will|gonna|'ll)\s+(?:kill|murder|stab|shoot)\s+(?:him|her|{_KIN})\b"
        r"|\b(?:i\s+am|i'm|im|we\s+are|we're|he\s+is|she\s+is|child\s+is|kids\s+are|life\s+is)\s+in\s+danger\b(?!\s+of\s+(?:clos|fall|collaps))"
        r"|\b(?:not|isn't|don't\s+feel|dont\s+feel)\s+safe\s+at\s+home\b|\bhas\s+a\s+(?:knife|gun)\b|\b(?:i'm|im|am|is|are)\s+being\s+abused\b"
        r"|\b(?:house|flat|building|kitchen|home)\s+is\s+on\s+fire\b|\bthere(?:'s|\s+is)\s+a\s+fire\s+in\s+(?:my|our|the)\b"
        r"|\bcan(?:no|')?t\s+breathe\b|\bhaving\s+a\s+(?:heart\s+attack|stroke)\b|\bis\s+unconscious\b",
    ),
    (
        Crisis.GAS,
        r"\bsmells?\s+(?:of\s+)?gas\b|\bsmelling\s+gas\b|\bgas\s+(?:leak|smell)\b|\bcarbon\s+monoxide\s+alarm\b",
    ),
]
_COMPILED = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS]


def crisis(text: str) -> Crisis | None:
    """The first kind of crisis that the text speaks of."""
    text = text.replace("’", "'")  # what phones type for an apostrophe
    return next((kind for kind, pattern in _COMPILED if pattern.search(text)), None)
