"""A written answer said more simply, or in part: from its own sentences and sections, never in new words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from bot import yaml12
from bot.settings import ROOT
from bot.text.blocks import Block, Inline, plain

GLOSSARY = ROOT / "data" / "glossary.yml"

#: The headings that every answer has, by what is asked for. Each tells one thing.
HEADINGS: Mapping[str, str] = {
    "steps": "What to do",
    "cost": "Cost",
    "how_long": "How long it takes",
    "have_ready": "Have ready",
}
_MOST_TERMS = 3
_END = re.compile(r"(?<=[.?])(?<!\bp\.m\.)(?<!\ba\.m\.)(?<!\be\.g\.)(?<!\bSt\.)\s+(?=[A-Z0-9])")


def first_sentence(blocks: Sequence[Block]) -> list[Inline]:
    """The first sentence of the first paragraph, with its links."""
    found: list[Inline] = []
    for inline in next((block["p"] for block in blocks if "p" in block), []):
        parts = _END.split(inline["t"], maxsplit=1) if "href" not in inline else [inline["t"]]
        found.append({**inline, "t": parts[0]})
        if len(parts) > 1:
            break
        if "href" not in inline and re.search(r"[.?]\s+$", inline["t"]):
            break
    if found:
        found[-1] = {**found[-1], "t": found[-1]["t"].rstrip()}
    return found


def section(blocks: Sequence[Block], heading: str) -> list[Block]:
    """What stands under a heading; nothing when there is no such heading."""
    found: list[Block] = []
    inside = False
    for block in blocks:
        if "heading" in block:
            inside = block["heading"].casefold() == heading.casefold()
        elif inside:
            found.append(block)
    return found


def steps(blocks: Sequence[Block]) -> list[list[Inline]]:
    """The single steps of 'What to do'; its sentences where it is no list."""
    found = section(blocks, HEADINGS["steps"])
    return [item for block in found for item in (block["list"] if "list" in block else [block["p"]])]


@cache
def glossary() -> Mapping[str, str]:
    """Hard words that answers and notices cannot do without, and what they mean, in ``data/glossary.yml``."""
    found: dict[str, str] = yaml12.load(GLOSSARY.read_text(encoding="utf-8"))
    return found


def hard_words(blocks: Sequence[Block]) -> list[list[Inline]]:
    """At most three hard words of a text, each with its meaning, in the order in which they stand there."""
    text = plain(blocks)
    found = []
    for term in glossary():
        if match := re.search(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE):
            found.append((match.start(), term))
    return [
        [{"t": term[:1].upper() + term[1:], "strong": True}, {"t": f": {glossary()[term]}"}]
        for _, term in sorted(found)[:_MOST_TERMS]
    ]
