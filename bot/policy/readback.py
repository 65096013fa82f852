"""Reading facts back before deciding: one line a fact, and a mark that stands for exactly these facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.policy.blocks import Block, bullets, paragraph, upper_first
from bot.policy.decide import Decision, decide
from bot.policy.format import fill, to_json, value_text
from bot.policy.model import Policy, Version, Words

#: The question that stands at the end: are these facts right?
CONFIRM = "@confirm"
CHECK = "Please check what I understood:"
IS_IT_RIGHT = "Is that right?"
RIGHT = {"title": "That is right", "payload": "/confirm_facts"}
CHANGE = {"title": "Change something", "payload": "/correct_fact"}
CANCEL = {"title": "Cancel", "payload": "/cancel"}
BUTTONS = [RIGHT, CHANGE, CANCEL]


def version_for(policy: Policy, facts: Mapping[str, Any], today: date, applied: date) -> Version:
    """The version that would decide; the latest while that is open. Raises as ``decide`` does."""
    found = decide(policy, facts, today, applied)
    return found.version if isinstance(found, Decision) else policy.latest


def parameters(version: Version, words: Words) -> dict[str, str]:
    """The fixed values of a version in words, by name."""
    found = version.parameters.values()
    return {one.id: value_text(to_json(one.value), "fixed", one.unit, words.frame, None) for one in found}


def line(version: Version, words: Words, name: str, value: Any) -> str:
    """One fact as a sentence. ``value`` is as JSON has it."""
    fact, own = version.facts[name], words.text["facts"][name]
    if fact.type == "bool":
        return fill(own["if_true" if value else "if_false"], parameters(version, words))
    shown = value_text(value, fact.type, fact.unit, words.frame, own.get("options"))
    return f"{upper_first(own['label'])}: {shown}"


def lines(version: Version, words: Words, facts: Mapping[str, Any]) -> list[str]:
    """Every fact that was given, in the order of the policy."""
    return [line(version, words, name, facts[name]) for name in version.asked if name in facts]


def mark(policy: str, facts: Mapping[str, Any]) -> str:
    """The same for the same facts of the same policy alone."""
    return hashlib.sha256(json.dumps([policy, facts], sort_keys=True).encode()).hexdigest()


def shown(lines: list[str], opening: str = "") -> tuple[str, list[Block]]:
    """Facts in front of the citizen with the question whether they are right: as plain text and as blocks."""
    text = "\n".join([*([f"{opening}\n"] if opening else []), CHECK, *(f"- {line}" for line in lines), IS_IT_RIGHT])
    first = [paragraph(opening)] if opening else []
    return text, [*first, paragraph(CHECK), bullets([[{"t": line}] for line in lines]), paragraph(IS_IT_RIGHT)]
