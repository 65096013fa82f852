"""Several matters in one message: cuts it into parts, has each understood by itself, and keeps those that stand apart.

A person who writes 'my bin was missed, and how do I appeal my council tax' has two questions. The message as a whole
leads to one topic, so each part is put through the same model. What goes on to the actions is ``matters``; the intent
becomes ``sum_up``. A long message with one request becomes ``sum_up`` as well: it is told back before a form opens.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List

from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.reread import Understand

MATTERS = "matters"
INTENT = "sum_up"
MOST = 5  # matters looked for; the actions take four at a time and say so
LONG = 45  # words; a request in a longer message is told back first

_COUNCIL = ("answer", "policy", "service")
_LEAVE_ALONE = frozenset({"crisis", "other_language", "gibberish", "upset", "not_allowed", "person"})
_PARTS = 10  # parts of a message that are looked at
_FEWEST_WORDS = 2
_SURE = 0.55  # confidence of a part's topic
_SURER = 0.85  # when the topic is not among those of the whole message
_NEAR = 3  # topics of one part among which the other's first makes them one matter

_STOPS = re.compile(r"[.!?;\n]+\s*|\s+[-\u2013\u2014]\s+|(?:^|\s)(?:\d[.)]|[-*\u2022])\s+")
_LINKS = re.compile(
    r",?\s+(?:and|plus|also|then|but)(?:\s+(?:also|then|secondly|separately|finally|lastly|another thing(?: "
    r"is)?))*,?\s+"
    r"|,\s+(?:as well as\s+)?|\s+as well as\s+|\s*&\s*",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"^(?:hi|hello|hey|please|thanks|thank you|cheers|also|ok|well|so|two things|three things|a few things|firstly|"
    r"secondly|first|lastly|finally)[\s,:]+",
    re.IGNORECASE,
)

#: A part that leans on another one: it tells more about the same matter.
_LEANS = re.compile(
    r"^(?:it|its|it's|they|they're|them|this|that|that's|he|she|he's|she's|which|because|so|when|if|came|went|got|was|"
    r"were|had)\b|\b(?:it|them|this|that)$",
    re.IGNORECASE,
)


def parts(text: str) -> List[str]:
    """The message cut at ends of sentences and at 'and', commas and the like; at most ten parts."""
    found = []
    for sentence in _STOPS.split(text):
        for part in _LINKS.split(sentence or ""):
            bare = _EMPTY.sub("", part.strip(" ,:"))
            if bare:
                found.append(bare)
    return found[:_PARTS]


def matters(text: str, whole: Dict[str, Any], understand: Understand) -> List[Dict[str, Any]]:
    """The matters of a message that stand apart, in the order in which they were said; none when there is one only.

    ``whole`` is what the message was understood as, ``understand`` gives the same for a part. Each matter is
    ``{"text", "topics"}``. A part counts when it says by itself what it is about, and is sure of it; less sure when its
    topic is among those of the whole message as well.
    """
    pieces = [piece for piece in parts(text) if len(piece.split()) >= _FEWEST_WORDS]
    if len(pieces) < 2:
        return []
    known = [str(topic["name"]) for topic in whole.get("topics") or []]
    found: List[Dict[str, Any]] = []
    for piece in pieces:
        read = understand(piece)
        intent = str((read.get("intent") or {}).get("name"))
        if intent == "crisis":
            return []
        topics = read.get("topics") or []
        if intent not in _COUNCIL or not topics or _LEANS.search(piece):
            continue
        if _confidence(topics) < (_SURE if topics[0]["name"] in known else _SURER):
            continue
        matter = {"text": piece, "topics": topics}
        if not any(_same(matter, other) for other in found):
            found.append(matter)
    return found[:MOST] if len(found) > 1 else []


def _same(one: Dict[str, Any], other: Dict[str, Any]) -> bool:
    first, second = one["topics"], other["topics"]
    near = {str(topic["name"]).partition("/")[2] for topic in first[:_NEAR]}
    near_other = {str(topic["name"]).partition("/")[2] for topic in second[:_NEAR]}
    return _key(first) in near_other or _key(second) in near


def _confidence(topics: List[Dict[str, Any]]) -> float:
    """How sure the first topic is; an answer and the policy of the same thing count together."""
    key = _key(topics)
    return float(sum(one["confidence"] for one in topics if str(one["name"]).partition("/")[2] == key))


def _key(topics: List[Dict[str, Any]]) -> str:
    return str(topics[0]["name"]).partition("/")[2]


def noted(text: str, whole: Dict[str, Any], understand: Understand) -> Dict[str, Any]:
    """What a message was understood as, with its matters where it has several or is long; else as it is."""
    intent = str((whole.get("intent") or {}).get("name"))
    if intent in _LEAVE_ALONE:
        return whole
    found = matters(text, whole, understand)
    if not found and intent == "policy" and len(text.split()) >= LONG:
        found = [{"text": text, "topics": whole["topics"]}]
    if not found:
        return whole
    first = {"name": INTENT, "confidence": whole["intent"]["confidence"]}
    ranking = [first, *(whole.get("intent_ranking") or [])]
    return {**whole, "intent": first, "intent_ranking": ranking, MATTERS: found}


def reread(
    text: str, parsed: Dict[str, Any], _tracker: DialogueStateTracker, _processor: MessageProcessor, again: Understand
) -> Dict[str, Any]:
    """``noted``, as a reader of ``bot.brain.reread``."""
    return noted(text, parsed, again)
