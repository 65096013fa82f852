"""Takes back a danger that was heard in hardship alone: 'the kids are cold, what can I do about my council tax'.

The gateway marks the clauses that tell of nothing but hardship (``bot/text/hardship.py``), and what stays of each. When
a message or a part of one was understood as danger, or nearly, it is understood once more without them. What is then
no danger was none: the next meaning stands, or a question where none is likely. All other danger stays as it was.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Sequence, Tuple

from bot.brain.crisis import CRISIS, PERHAPS, SHORTEST

#: In the metadata of a message each clause as it stands there, and what stays of it; in what it is understood as True.
HARDSHIP = "hardship"
LIKELY = 0.5  # from this confidence on the next meaning stands

Clauses = Sequence[Tuple[str, str]]
Understand = Callable[[str], Dict[str, Any]]


def clauses(metadata: Mapping[str, Any]) -> Clauses:
    """What the gateway marked in a message; nothing when it did not."""
    return [(str(said), str(kept)) for said, kept in metadata.get(HARDSHIP) or ()]


def noted(read: Dict[str, Any], marked: Clauses) -> Dict[str, Any]:
    """``read`` with the note that hardship is told of beside it, where it is."""
    return {**read, HARDSHIP: True} if marked else read


def weighed(text: str, read: Dict[str, Any], marked: Clauses, understand: Understand) -> Dict[str, Any]:
    """``read`` without a danger that only the marked clauses spoke of; else as it is."""
    if not (read.get(PERHAPS) or _intent(read) == CRISIS):
        return read
    persons, rest = text, text
    for said, kept in marked:
        persons, rest = persons.replace(said, kept), "" if text in said else rest.replace(said, "")
    if rest == text:
        return read
    if len(rest.split()) >= SHORTEST:
        again = understand(rest)
        if again.get(PERHAPS) or _intent(again) == CRISIS or _intent(understand(persons)) == CRISIS:
            return read
    read = {**read, PERHAPS: False}
    topics = [one for one in read.get("topics") or [] if not str(one["name"]).startswith(f"{CRISIS}/")]
    ranking = [one for one in read.get("intent_ranking") or [] if one["name"] != CRISIS]
    if _intent(read) == CRISIS:
        if not ranking or not topics or topics[0]["confidence"] < LIKELY:
            ranking = [{"name": "nlu_fallback", "confidence": read["intent"]["confidence"]}, *ranking]
        read["intent"] = dict(ranking[0])
    return {**read, "topics": topics, "intent_ranking": ranking}


def _intent(read: Mapping[str, Any]) -> str:
    return str((read.get("intent") or {}).get("name"))
