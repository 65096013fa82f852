"""The parts of a notice that say what would change the outcome, and how to correct a record that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.blocks import Block, Inline, bullets, inlines, paragraph, upper_first
from bot.policy.format import day_text, fill
from bot.policy.page import Page

HOUR = "hour_of_day"


def _ways(page: Page) -> list[list[Inline]]:
    outcomes = page.frame["advice_outcomes" if page.record["mode"] == "advise" else "outcomes"]
    items = []
    for way in page.record["what_would_change"]:
        changes = [change_text(page, one) for one in way["changes"]]
        joined = changes[0] if len(changes) == 1 else " ".join(f"{upper_first(one)}." for one in changes)
        template = page.say["way" if len(changes) == 1 else "ways"]
        text = fill(template, {"changes": joined, "outcome": outcomes[way["outcome"]]})
        others = [one["who"] == "third_party" for one in way["changes"]]
        by_others = "third_party" if all(others) else "third_party_part"
        items.append(inlines(text + (page.say[by_others] if any(others) else "")))
    later = page.record["next_version"]
    if later:
        day = day_text(later["from"], page.frame)
        items.append(inlines(fill(page.say["next_version"], {"date": day, "outcome": outcomes[later["outcome"]]})))
    return items


def _in_front(page: Page) -> int:
    """How many ways out stand in the first part: the more it says of reasons, the fewer, so that it stays short."""
    return max(1, 4 - len(page.reasons()) - bool(page.given()))


def change(page: Page) -> list[Block]:
    items = _ways(page)[: _in_front(page)]
    if items:
        return [paragraph(page.say["change"]), bullets(items)]
    return [paragraph(page.say["nothing"]), *_wrong_text(page, _wrong_items(page)[: _wrong_in_front(page)])]


def more_ways(page: Page) -> list[Block]:
    items = _ways(page)[_in_front(page) :]
    return [{"heading": page.say["more_ways"]}, bullets(items)] if items else []


def change_text(page: Page, change: Mapping[str, Any]) -> str:
    """One change of a recorded way, as a clause to follow 'if'."""
    if change["how"] == "wait":
        return fill(page.frame["changes"]["wait"], {"value": day_text(change["value"], page.frame)})
    words = page.fact_words(change["fact"])
    if change["how"] in ("true", "false", "choice"):
        wanted = change["value"] if change["how"] == "choice" else change["how"]
        return page.clause(words.get("to", {}).get(wanted) or words[f"if_{wanted}"])
    suffix = {"date": "_date", HOUR: "_time"}.get(change["unit"] or change["type"], "")
    templates = page.frame["changes"]
    template = words.get(change["how"]) or templates.get(change["how"] + suffix) or templates[change["how"]]
    ends = [change["low"], change["high"]] if change["how"] == "between" else [change["value"], change["value"]]
    shown = [page.value(end, change["type"], change["unit"], change["fact"]) for end in ends]
    return fill(template, {"label": words.get("label", ""), "value": shown[0], "other": shown[1]})


def _wrong_items(page: Page) -> list[list[Inline]]:
    texts = [words["wrong"] for name in page.record["corrections"] if "wrong" in (words := page.fact_words(name))]
    return [inlines(upper_first(text)) for text in dict.fromkeys(texts)]


def _wrong_in_front(page: Page) -> int:
    """How many ways to correct a record stand in the first part: none while there is another way out."""
    return 0 if _ways(page) else _in_front(page)


def _wrong_text(page: Page, items: list[list[Inline]], key: str = "wrong") -> list[Block]:
    return [paragraph(page.say[key]), bullets(items)] if items else []


def wrong(page: Page) -> list[Block]:
    front = _wrong_in_front(page)
    return _wrong_text(
        page, _wrong_items(page)[front:], "more_wrong" if front and "more_wrong" in page.say else "wrong"
    )  # older words lack it
