"""What is said before an answer: sorry for our own fault, and the effect that the person named; each once in a chat."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.application import text
from actions.last_said import noted
from bot.text.crisis import crisis
from bot.text.named_effects import named
from bot.text.own_fault import apology

#: Under which name a reply notes what it has acknowledged.
NOTED = "acknowledged"
_WAITING = "time"


def opening(tracker: Tracker, words: str | None = None) -> tuple[str, list[str]]:
    """At most two short sentences, and what they are to be noted as. Nothing in a crisis, and nothing twice.

    ``words`` stands for the message where another one is meant.
    """
    said = text(tracker) if words is None else words
    if not said or crisis(said):
        return "", []
    before = noted(tracker, NOTED)
    sorry = apology(said)
    sentences, kinds = [], []
    if sorry and sorry not in before:
        sentences.append(sorry)
        kinds.append(sorry)
    for effect in named(said):
        told_by_sorry = sorry and effect.kind == _WAITING
        if effect.kind not in before and not told_by_sorry:
            sentences.append(effect.sentence)
            kinds.append(effect.kind)
            break
    return " ".join(sentences), kinds
