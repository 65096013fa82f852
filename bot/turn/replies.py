"""Reading Rasa's replies: what to say, and what it means for the conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from bot.store.messages import Draft
from bot.text.blocks import plain
from bot.turn.brain import BrainFailure

#: What a reply can be. ``python -m bot ask`` prints it, and reports count it.
KINDS = frozenset({"answer", "policy", "service", "clarify", "non_answer", "handoff", "small_talk"})


_TEXT = {"type": "string"}
_LIST = {"type": "array"}
_LANG = {"type": "string", "pattern": "^[a-z]{2,3}$"}
_INLINES = _LIST | {
    "items": {
        "type": "object",
        "properties": {"t": _TEXT, "href": {"type": "string", "pattern": "^(https|tel|mailto):"}, "strong": {}},
        "required": ["t"],
        "additionalProperties": False,
    }
}
_BLOCKS = _LIST | {
    "items": {
        "type": "object",
        "properties": {
            "p": _INLINES,
            "list": _LIST | {"items": _INLINES},
            "ordered": {},
            "heading": _TEXT,
            "lang": _LANG,
        },
        "oneOf": [{"required": [name]} for name in ("p", "list", "heading")],
        "additionalProperties": False,
    }
}
_SOURCE = {
    "type": ["object", "null"],
    "properties": {"title": _TEXT, "url": {"type": "string", "pattern": "^https:"}, "checked": _TEXT, "overdue": {}},
    "required": ["title", "url"],
}
_BUTTONS = _LIST | {
    "items": {
        "type": "object",
        "properties": {"title": _TEXT, "payload": {"type": "string", "pattern": "^[/@][a-z]"}},
        "required": ["title", "payload"],
    }
}
_ABOUT = {
    "type": "object",
    "properties": {"blocks": _BLOCKS, "more": _BLOCKS, "source": _SOURCE, "buttons": _BUTTONS, "effect": {}},
}
#: What is shown to people or acted upon has to have its shape; the rest only describes.
_SHAPE = Draft202012Validator(
    {
        "type": "object",
        "properties": {"text": _TEXT, "buttons": _BUTTONS, "custom": _ABOUT, "metadata": {"type": "object"}},
    }
)


@dataclass(frozen=True)
class Reply:
    """One reply of the dialogue. ``effect`` is what it asks for besides being said; a reply may be nothing else."""

    kind: str
    id: str
    area: str | None
    areas: list[str]
    confidence: float | None
    draft: Draft
    effect: dict[str, Any]


def of_crisis(said: Iterable[Reply]) -> bool:
    """Whether one of them answers a person in danger."""
    return any(reply.id == "crisis" for reply in said)


def read(raw: Iterable[dict[str, Any]]) -> list[Reply]:
    """The replies of one turn.

    Raises:
        BrainFailure: one has neither text nor layout, an unknown kind, or not the shape agreed: a broken reply must
            not pass for an answer.
    """
    return [_read(reply) for reply in raw]


def _read(reply: dict[str, Any]) -> Reply:
    if not _SHAPE.is_valid(reply):
        raise BrainFailure("malformed")
    about = {**(reply.get("metadata") or {}), **(reply.get("custom") or {})}
    kind = about.get("kind", "small_talk")
    effect = about.get("effect") or {}
    text = reply.get("text") or plain([*about.get("blocks", []), *about.get("more", [])])
    if kind not in KINDS or not (text or effect):
        raise BrainFailure("malformed")
    body = {key: about[key] for key in ("blocks", "more", "source", "buttons") if about.get(key)}
    if reply.get("buttons") and "buttons" not in body:
        body["buttons"] = [{"title": shown["title"], "payload": shown["payload"]} for shown in reply["buttons"]]
    body["about"] = {"kind": kind, "id": about.get("id", "")}
    return Reply(
        kind=kind,
        id=str(about.get("id", "")),
        area=about.get("area"),
        areas=list(about.get("areas", [])),
        confidence=about.get("confidence"),
        draft=Draft(text, body),
        effect=effect,
    )
