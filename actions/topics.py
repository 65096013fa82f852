"""What the understanding made of a message: topics, best first, and the areas that they fall into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from bot.knowledge.answers import Answer, Library

#: The written answers, shared by all actions of this process and read before the first question comes.
library = Library()
library.look()


@dataclass(frozen=True)
class Topic:
    """A written answer that may be the right one. ``confidence`` runs from 0 to 1."""

    answer: Answer
    confidence: float


def topics(tracker: Tracker) -> list[Topic]:
    """The written answers that the message may be about, best first."""
    written, found = library.look(), []
    for topic in tracker.latest_message.get("topics") or []:
        intent, _, answer_id = str(topic["name"]).partition("/")
        answer = written.get(answer_id) if intent == "answer" else None
        if answer:
            found.append(Topic(answer, round(float(topic["confidence"]), 4)))
    return found


def about(found: list[Topic]) -> dict[str, Any]:
    """What a reply tells of the understanding: the best area, the three best, the confidence."""
    areas = list(dict.fromkeys(topic.answer.area for topic in found))[:3]
    return {
        "area": areas[0] if areas else None,
        "areas": areas,
        "confidence": found[0].confidence if found else 0.0,
    }
