"""Several matters in one message: has each of its parts understood by itself, and keeps those that stand apart.

A person who writes 'my bin was missed, and how do I appeal my council tax' has two questions. The message as a whole
leads to one topic, so each part is put through the same model. What goes on to the actions is ``matters``; the intent
becomes ``sum_up``. Parts that are for somebody else, or ask for a person, go on as ``others``, and parts that ask for
something that was not understood as ``unheard``, so that nothing that was asked is passed over. A long message with one
request becomes ``sum_up`` as well: it is told back before a form opens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Set, Tuple

from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain.crisis import CRISIS, PERHAPS
from bot.brain.parts import Part, cut
from bot.brain.reread import Understand
from bot.brain.topic_model import COUNCIL

MATTERS = "matters"
OTHERS = "others"
UNHEARD = "unheard"
INTENT = "sum_up"
PARTS = 10  # parts of a message that are put through the model
LONG = 45  # words; a request in a longer message is told back first

_OTHERS = ("elsewhere", "not_allowed", "person")
#: Counts from less on, and where it only tells: 'Leeds council sent me a bill'.
OTHER_COUNCIL = "elsewhere/other-council"
_LEAVE_ALONE = frozenset({CRISIS, "other_language", "gibberish", "not_allowed", "person"})
_UPSET = "upset"  # left alone as well, unless it names several matters: those are what can be done
#: What asks for nothing of its own beside a matter: talk, and what is said about the matter before it.
_NOT_NAMED = frozenset(
    {"greet", "goodbye", "thanks", "who_are_you", "help", "affirm", "deny", "upset", "continue_application",
     "about_answer", "why", "which_rule", "what_if", "what_can_i_do", "not_fair"}
)  # fmt: skip
_UNREADABLE = ("gibberish", "other_language")
_ADDED_BY_AND = (*COUNCIL, *_UNREADABLE)
# How sure the first three topics of a part are together, when its first topic is among those of the whole message, and
# when it is not; docs/conversation.md has what was measured.
_SURE = (0.92, 0.985)
_SURE_OF_MORE = (0.8, 0.9)  # beside two matters that are surer
_SURE_OF_OTHERS = 0.8  # what is for somebody else
_LIKELIER = 0.5  # how sure the first has to be by itself
_NEAR = 3  # topics of one part among which the other's first makes them one matter
_LIKELY = 0.01  # confidence from which on a topic counts for that

Matter = Dict[str, Any]
"""``text`` and ``topics``."""


@dataclass(frozen=True)
class Found:
    """The council's matters that stand apart, those for others, and the parts not understood, each as it was said."""

    matters: List[Matter] = field(default_factory=list)
    others: List[Matter] = field(default_factory=list)
    unheard: List[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return len(self.matters) + len(self.others) > 1 or bool(self.matters and self.unheard)


def matters(text: str, whole: Dict[str, Any], understand: Understand) -> Found:
    """What a message is about, part by part.

    ``whole`` is what the message was understood as, ``understand`` gives the same for a part. A part counts when it
    says by itself what it is about, and is sure of it; less sure when its topic is among those of the whole message as
    well. A part that leans on the one before is read together with it. Parts that ask for something else are given as
    they were written: beside one matter only what 'and' adds of the council's, or 'also' of whatever. Nothing is found
    where there is nothing but one matter, nor where a part speaks of danger.
    """
    pieces = [part for part in cut(text) if part.is_something]
    if len(pieces) < 2:
        return Found()
    reading = _Reading({_key(topic) for topic in whole.get("topics") or []}, understand)
    for place, piece in enumerate(pieces[:PARTS]):
        if not reading.take(piece, opens=not place):
            return Found()
    found = reading.found(pieces[PARTS:])
    return found if found else Found()


class _Reading:
    """The parts that were read so far."""

    def __init__(self, known: Set[str], understand: Understand) -> None:
        self._known, self._understand = known, understand
        self._found: List[Matter] = []
        self._surer: Set[int] = set()  # the places of those that count by themselves
        self._others: List[Matter] = []
        self._doubtful: List[Tuple[bool, Matter]] = []  # whether it was added to what stands before it, and the part
        self._before: Matter = {}  # the part that the next one may lean on

    def take(self, piece: Part, *, opens: bool) -> bool:
        """Read a part. False when it speaks of danger."""
        read = self._understand(piece.text)
        if _intent(read) == CRISIS:
            return False
        if piece.leans(opens):
            self._lean(piece, read)
            return True
        topics = read.get("topics") or []
        self._before = {"text": piece.text, "topics": topics}
        self._sort(piece, read, self._before)
        return True

    def _lean(self, piece: Part, read: Dict[str, Any]) -> None:
        """A part that tells more of the one before belongs to it, unless both together ask for something else."""
        if not piece.asks or _intent(read) in _NOT_NAMED:
            return
        if not self._before:
            self._doubt(piece, read, {"text": piece.text, "topics": read.get("topics") or []})
            return
        text = f"{self._before['text']} {piece.link or ','} {piece.text}".replace(" ,", ",")
        joined = self._understand(text)
        both = {"text": piece.text, "topics": joined.get("topics") or []}
        if not (both["topics"] and _same(both, self._before)):
            self._sort(piece, joined, both)

    def _sort(self, piece: Part, read: Dict[str, Any], matter: Matter) -> None:
        intent, topics = _intent(read), matter["topics"]
        if intent in COUNCIL and _is_sure(topics, self._known, _SURE_OF_MORE):
            same = next((place for place, other in enumerate(self._found) if _same(matter, other)), None)
            if same is None:
                same = len(self._found)
                self._found.append(matter)
            if _is_sure(topics, self._known, _SURE):
                self._surer.add(same)
        elif (
            intent in _OTHERS
            and topics
            and (
                _first(topics, (intent,)) >= _LIKELIER
                if topics[0]["name"] == OTHER_COUNCIL
                else (piece.asks or intent == "person") and _first(topics, (intent,)) >= _SURE_OF_OTHERS
            )
        ):
            first = next(topic for topic in topics if _kind(topic) == intent)
            if not any(first["name"] == other["topics"][0]["name"] for other in self._others):
                self._others.append({**matter, "topics": [first]})
        else:
            self._doubt(piece, read, matter)

    def _doubt(self, piece: Part, read: Dict[str, Any], matter: Matter) -> None:
        """Keep what asks for something, or cannot be read, so that it is named."""
        intent = _intent(read)
        if intent in _NOT_NAMED or not (piece.asks or intent in _UNREADABLE):
            return
        self._doubtful.append((piece.adds or (bool(piece.link) and intent in _ADDED_BY_AND), matter))

    def found(self, beyond: List[Part]) -> Found:
        """What all of it comes to; ``beyond`` are the parts that were not read."""
        several = len(self._surer) + len(self._others) > 1
        kept = [matter for place, matter in enumerate(self._found) if several or place in self._surer]
        unheard = [
            matter["text"]
            for added, matter in self._doubtful
            if (several or added) and not any(_same(matter, other) for other in kept)
        ]
        unheard += [part.text for part in beyond if part.asks and (several or part.adds)]
        return Found(kept, self._others, unheard)


def _intent(read: Dict[str, Any]) -> str:
    return str((read.get("intent") or {}).get("name"))


def _same(one: Dict[str, Any], other: Dict[str, Any]) -> bool:
    first, second = one["topics"], other["topics"]
    return _key(first[0]) in _near(second) or _key(second[0]) in _near(first)


def _near(topics: List[Dict[str, Any]]) -> Set[str]:
    near = (topic for topic in topics[:_NEAR] if topic["confidence"] >= _LIKELY)
    return {_key(topic) for topic in near if _kind(topic) in COUNCIL}


def _is_sure(topics: List[Dict[str, Any]], known: Set[str], limits: Tuple[float, float]) -> bool:
    """Whether it is one of the first three of the council's topics that the part is about, and likely the first."""
    own = [topic for topic in topics if _kind(topic) in COUNCIL][:_NEAR]
    together = sum(float(topic["confidence"]) for topic in own)
    # What is said of a thing as an answer, as a request and as a service is one thing.
    first = sum(float(topic["confidence"]) for topic in own if _key(topic) == _key(own[0]))
    return first >= _LIKELIER and together >= limits[_key(topics[0]) not in known]


def _first(topics: List[Dict[str, Any]], kinds: Tuple[str, ...]) -> float:
    """How sure the first topic of these kinds is."""
    return next((float(topic["confidence"]) for topic in topics if _kind(topic) in kinds), 0.0)


def _kind(topic: Dict[str, Any]) -> str:
    return str(topic["name"]).partition("/")[0]


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

    found = matters(text, whole, listen)
    if any(part.get(PERHAPS) or _intent(part) == CRISIS for part in heard):
        whole = {**whole, PERHAPS: True}  # what one part says of danger is not lost among the others
    if not found and intent == "policy" and len(text.split()) >= LONG:
        found = Found([{"text": text, "topics": whole["topics"]}])
    if not (found.matters or found.others) or (intent == _UPSET and len(found.matters) < 2):
        return whole
    first = {"name": INTENT, "confidence": whole["intent"]["confidence"]}
    ranking = [first, *(whole.get("intent_ranking") or [])]
    told = {MATTERS: found.matters, OTHERS: found.others, UNHEARD: found.unheard}
    return {**whole, "intent": first, "intent_ranking": ranking, **told}


def reread(
    text: str, parsed: Dict[str, Any], _tracker: DialogueStateTracker, _processor: MessageProcessor, again: Understand
) -> Dict[str, Any]:
    """``noted``, as a reader of ``bot.brain.reread``."""
    return noted(text, parsed, again)
