"""Several matters in one message: cuts it into parts, has each understood by itself, and keeps those that stand apart.

A person who writes 'my bin was missed, and how do I appeal my council tax' has two questions. The message as a whole
leads to one topic, so each part is put through the same model. What goes on to the actions is ``matters``; the intent
becomes ``sum_up``. Parts that ask for something that was not understood go on as ``unheard``, so that they are named.
A long message with one request becomes ``sum_up`` as well: it is told back before a form opens.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Set, Tuple

from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.crisis import CRISIS, PERHAPS
from bot.brain.reread import Understand

MATTERS = "matters"
UNHEARD = "unheard"
INTENT = "sum_up"
MOST = 5  # matters looked for; the actions take four at a time and say so
LONG = 45  # words; a request in a longer message is told back first

_COUNCIL = ("answer", "policy", "service")
_LEAVE_ALONE = frozenset({CRISIS, "other_language", "gibberish", "upset", "not_allowed", "person"})
_PARTS = 10  # parts of a message that are looked at
_FEWEST_WORDS = 2
_FEWEST_OF_A_REQUEST = 3  # words
# How sure the first three topics of a part are together; docs/conversation.md has what was measured.
_SURE = 0.8
_SURER = 0.9  # when its first topic is not among those of the whole message
_NEAR = 3  # topics of one part among which the other's first makes them one matter
_LIKELY = 0.01  # confidence from which on a topic counts for that

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

#: How a sentence begins that goes on with something, and what says by itself that it is something else.
_ANOTHER = re.compile(
    r"\s*(?:and|also|plus|secondly|second|separately|finally|another thing(?: is)?|one more thing|by the way|btw)\b",
    re.IGNORECASE,
)
_ADDS = re.compile(r"also|plus|as well as|second|separately|finally|another|more thing|by the way|btw", re.IGNORECASE)

#: A part that leans on another one: it tells more about the same matter.
_LEANS = re.compile(
    r"^(?:it|its|it's|they|they're|them|this|that|that's|he|she|he's|she's|which|because|so|if)\b"
    r"|^when\b(?! (?:is|are|do|does|can|could|will|would)\b(?! (?:it|they|he|she|this|that)\b))"
    r"|(?<!after )(?<!before )(?<!beside )(?<!near )(?<!to )\b(?:it|them|this|that)$",
    re.IGNORECASE,
)
#: The same, unless it opens the message: 'got a ticket' begins a story there, and goes on with one elsewhere.
_GOES_ON = re.compile(r"^(?:came|went|got|was|were|had|has|have)\b", re.IGNORECASE)

#: A part that asks for something, whatever it is.
_REQUEST = re.compile(
    r"^(?:(?:please|pls|just)\s+)?(?:i (?:also )?(?:want|need|wish)|i(?:'d| would) (?:also )?like|id like|"
    r"need|want|tell me|"
    r"what|what's|whats|when|where|who|who's|whos|why|how|which|do|does|did|is|are|can|could|may|will|would|should|"
    r"report|renew|apply|book|pay|replace|cancel|change|get|find out|ask|sort|object|appeal|complain|register|order|"
    r"check)\b",
    re.IGNORECASE,
)


class _Part(NamedTuple):
    text: str
    link: str  # 'and' and the like before it; empty after a comma or the end of a sentence


def parts(text: str) -> List[str]:
    """The message cut at ends of sentences and at 'and', commas and the like; at most ten parts."""
    return [part.text for part in _cut(text)]


def _cut(text: str) -> List[_Part]:
    found = []
    for sentence in _STOPS.split(text):
        begins = _ANOTHER.match(sentence)
        start, before = 0, begins.group() if begins else ""
        for link in [*_LINKS.finditer(sentence), None]:
            bare = _EMPTY.sub("", sentence[start : link.start() if link else None].strip(" ,:"))
            if bare:
                found.append(_Part(bare, before))
            if link:
                start, before = link.end(), link.group().strip(" ,")
    return found[:_PARTS]


def matters(text: str, whole: Dict[str, Any], understand: Understand) -> Tuple[List[Dict[str, Any]], List[str]]:
    """The matters of a message that stand apart, in the order in which they were said, and what was not understood.

    ``whole`` is what the message was understood as, ``understand`` gives the same for a part. Each matter is
    ``{"text", "topics"}``. A part counts when it says by itself what it is about, and is sure of it; less sure when its
    topic is among those of the whole message as well. Parts that ask for something else are given as they were written:
    beside one matter only what 'and' adds of the council's, or 'also' of whatever. Both are empty when there is nothing
    but one matter.
    """
    pieces = [part for part in _cut(text) if len(part.text.split()) >= _FEWEST_WORDS]
    if len(pieces) < 2:
        return [], []
    known = {_key(topic) for topic in whole.get("topics") or []}
    found: List[Dict[str, Any]] = []
    doubtful: List[Tuple[bool, Dict[str, Any]]] = []
    for place, piece in enumerate(pieces):
        read = understand(piece.text)
        intent = _intent(read)
        if intent == CRISIS:
            return [], []
        topics = read.get("topics") or []
        if not topics or _LEANS.search(piece.text) or (place and _GOES_ON.search(piece.text)):
            continue
        matter = {"text": piece.text, "topics": topics}
        sure = _confidence(topics) >= (_SURE if _key(topics[0]) in known else _SURER)
        if intent in _COUNCIL and sure:
            if not any(_same(matter, other) for other in found):
                found.append(matter)
        elif intent in (*_COUNCIL, "nlu_fallback") and _asks(piece.text):
            added = bool(piece.link) and (intent in _COUNCIL or bool(_ADDS.search(piece.link)))
            doubtful.append((added, matter))
    unheard = [
        matter["text"]
        for added, matter in doubtful
        if (len(found) > 1 or added) and not any(_same(matter, other) for other in found)
    ]
    return (found[:MOST], unheard) if len(found) > 1 or (found and unheard) else ([], [])


def _intent(read: Dict[str, Any]) -> str:
    return str((read.get("intent") or {}).get("name"))


def _asks(piece: str) -> bool:
    return len(piece.split()) >= _FEWEST_OF_A_REQUEST and bool(_REQUEST.search(piece))


def _same(one: Dict[str, Any], other: Dict[str, Any]) -> bool:
    first, second = one["topics"], other["topics"]
    return _key(first[0]) in _near(second) or _key(second[0]) in _near(first)


def _near(topics: List[Dict[str, Any]]) -> Set[str]:
    return {_key(topic) for topic in topics[:_NEAR] if topic["confidence"] >= _LIKELY}


def _confidence(topics: List[Dict[str, Any]]) -> float:
    """How sure it is that the part is about one of the first three of the council's topics."""
    own = [topic for topic in topics if str(topic["name"]).partition("/")[0] in _COUNCIL]
    return float(sum(topic["confidence"] for topic in own[:_NEAR]))


def _key(topic: Dict[str, Any]) -> str:
    return str(topic["name"]).partition("/")[2]


def noted(text: str, whole: Dict[str, Any], understand: Understand) -> Dict[str, Any]:
    """What a message was understood as, with its matters where it has several or is long; else as it is."""
    intent = _intent(whole)
    if intent in _LEAVE_ALONE:
        return whole
    heard: List[Dict[str, Any]] = []

    def listen(part: str) -> Dict[str, Any]:
        heard.append(understand(part))
        return heard[-1]

    found, unheard = matters(text, whole, listen)
    if any(part.get(PERHAPS) or _intent(part) == CRISIS for part in heard):
        whole = {**whole, PERHAPS: True}  # what one part says of danger is not lost among the others
    if not found and intent == "policy" and len(text.split()) >= LONG:
        found = [{"text": text, "topics": whole["topics"]}]
    if not found:
        return whole
    first = {"name": INTENT, "confidence": whole["intent"]["confidence"]}
    ranking = [first, *(whole.get("intent_ranking") or [])]
    return {**whole, "intent": first, "intent_ranking": ranking, MATTERS: found, UNHEARD: unheard}


def reread(
    text: str, parsed: Dict[str, Any], _tracker: DialogueStateTracker, _processor: MessageProcessor, again: Understand
) -> Dict[str, Any]:
    """``noted``, as a reader of ``bot.brain.reread``."""
    return noted(text, parsed, again)
