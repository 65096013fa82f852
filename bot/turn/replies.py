"""Reading Rasa's replies: what to say, and what it means for the conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.store.messages import Draft
from bot.text.blocks import plain
from bot.turn.brain import BrainFailure

#: What a reply can be. ``python -m bot ask`` prints it, and reports count it.
KINDS = frozenset({"answer", "policy", "service", "clarify", "non_answer", "handoff", "small_talk"})


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


def read(raw: Iterable[dict[str, Any]]) -> list[Reply]:
    """The replies of one turn.

    Raises:
        BrainFailure: one has neither text nor layout, or an unknown kind: a broken reply must not pass for an answer.
    """
    return [_read(reply) for reply in raw]


def _read(reply: dict[str, Any]) -> Reply:
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
