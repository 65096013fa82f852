"""A decision record with its words: the small questions that every part of a notice asks of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.blocks import Block, Inline, bullets, paragraph
from bot.policy.format import day_text, fill, value_text
from bot.policy.model import Words

_FEW_REASONS = 2


class Page:
    """A record and its words, with the small questions that the parts ask of them."""

    def __init__(self, record: Mapping[str, Any], words: Words) -> None:
        self.record, self.words = record, words
        self.text, self.frame = words.text, words.frame
        self.say: Mapping[str, str] = words.frame["notice"]
        self.phone: str = words.frame["person"]["phone"]
        self.known = {one["id"]: one for part in ("facts", "derived", "values") for one in record[part]}
        self.shown = Shown(self)

    def fill(self, template: str) -> str:
        return fill(template, self.shown)

    def fact_words(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.text["facts"].get(name, {})
        return found

    def value(self, value: Any, kind: str, unit: str | None, fact: str) -> str:
        return value_text(value, kind, unit, self.frame, self.fact_words(fact).get("options"))

    def citation(self, name: str) -> Inline:
        source = self.record["citations"][name]
        title = source["title"]
        if source["section"]:
            title = fill(self.say["citation"], {"title": title, "section": source["section"]})
        return {"t": title, "href": source["url"]}

    def clause(self, sentence: str) -> str:
        """A sentence to follow 'if' or 'that': no stop, its first letter small unless it begins with a name."""
        text = self.fill(sentence).rstrip(".")
        return text if text.startswith(tuple(self.frame["proper_names"])) else text[0].lower() + text[1:]

    def review_words(self, name: str) -> Mapping[str, Any]:
        """The policy's own words for a route, else the shared ones."""
        found: Mapping[str, Any] = self.text.get("review", {}).get(name) or self.frame["reviews"][name]
        return found

    def failed(self, *on_fail: str) -> list[Mapping[str, Any]]:
        return [one for one in self.record["trace"] if one["status"] == "failed" and one["on_fail"] in on_fail]

    def reason(self, trace: Mapping[str, Any]) -> list[Inline]:
        text = self.fill(self.text["requirements"][trace["requirement"]]["reason"])
        before, _, after = self.say["rule"].partition("{citation}")
        links = [self.citation(name) for name in trace["cite"]]
        joined: list[Inline] = []
        for link in links:
            joined += [{"t": "; "}] * bool(joined) + [link]
        return [{"t": f"{text} {before}"}, *joined, {"t": after}]

    def reasons(self) -> list[Mapping[str, Any]]:
        return self.failed("refuse") if self.record["against"] else self.failed("refer")

    def given(self) -> list[Mapping[str, Any]]:
        """The facts behind one reason or two that these do not show: the day that was given, where a reason says an
        age. None behind more, so that it stays short, nor in words that cannot say so: older ones."""
        shown = self.reasons()
        if "given" not in self.say or not self.record["against"] or len(shown) > _FEW_REASONS:
            return []
        said = "".join(str(part["t"]) for one in shown for part in self.reason(one))
        read = {name for one in shown for name in one["reads"]}
        roots = {root for one in self.record["derived"] if one["id"] in read for root in one["of"]}
        return [
            one
            for one in self.record["facts"]
            if one["id"] in roots
            and one["type"] != "bool"
            and self.value(one["value"], one["type"], one["unit"], one["id"]) not in said
        ]


class Shown(dict[str, str]):
    """Placeholders of a record in words; one that is not known says so."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        frame = page.frame
        for one in page.known.values():
            self[one["id"]] = page.value(one["value"], one["type"], one["unit"], one["id"])
        for one in page.record["parameters"]:
            self[one["id"]] = value_text(one["value"], "fixed", one["unit"], frame, None)
        self["today"] = day_text(page.record["today"], frame)
        self["application_date"] = day_text(page.record["applied"], frame)
        self._missing: str = frame["not_known"]

    def __missing__(self, name: str) -> str:
        return self._missing


def departed(page: Page) -> list[Block]:
    """Why staff departed from a decision: which one, on which ground, which rules were left out, by which power."""
    one = page.record["departure"]
    values = {
        "reference": one["from"],
        "date": day_text(one["from_day"], page.frame, weekday=False),
        "ground": str(page.text["grounds"][one["ground"]]),
        "reason": one["reason"],
    }
    left_out = [page.reason(trace) for trace in page.record["trace"] if trace["status"] == "waived"]
    before, _, after = page.say["power"].partition("{citation}")
    return [
        paragraph(fill(page.say["departed"], values)),
        {"p": [{"t": fill(page.say["ground"], values)}]},
        paragraph(page.say["left_out"]),
        bullets(left_out),
        {"p": [{"t": before}, page.citation(one["power"]), {"t": after}]},
    ]
