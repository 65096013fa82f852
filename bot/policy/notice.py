"""The notice: what the citizen reads. Rendered from the decision record and the words alone, never from rules or facts
directly, so that the same record always gives the same text.

The first part is short and carries the decision, the reasons, the way out, the review date, the person and the
reference. ``more`` holds the rest, one tap away; ``text`` is the whole of both as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.format import day_text, fill, moment_day, time_text, value_text
from bot.policy.model import Words

Block = dict[str, Any]
Inline = dict[str, Any]
MOST_REASONS = 4
_LINK = re.compile(r"\[([^\]]+)\]\((https:[^)]+|tel:[^)]+)\)")


@dataclass(frozen=True)
class Notice:
    """A rendered notice. ``parts`` holds the same blocks by name, to answer 'why?' or 'what can I do?' from."""

    first: tuple[Block, ...]
    more: tuple[Block, ...]
    text: str
    parts: Mapping[str, tuple[Block, ...]]


def render(record: Mapping[str, Any], words: Words) -> Notice:
    """The notice of a record. Raises KeyError only for words that the load checks would have found missing."""
    page = _Page(record, words)
    negative = record["against"]
    order_first: list[str]
    if negative:
        order_first = ["hypothetical", "decision", "advice", "reasons", "change", "review", "person", "reference"]
        order_more = [
            "others",
            "more_ways",
            "steps",
            "alternatives",
            "wrong",
            "used",
            "look_again",
            "waiting",
            "how",
            "about",
        ]
    else:
        order_first = ["hypothetical", "decision", "advice", "reasons", "conditions", "next", "reference"]
        order_more = ["steps", "used", "look_again", "how", "about"]
    parts = {name: tuple(_PARTS[name](page)) for name in (*order_first, *order_more)}
    first = tuple(block for name in order_first for block in parts[name])
    more = tuple(block for name in order_more for block in parts[name])
    return Notice(first, more, plain((*first, *more)), parts)


class _Page:
    """A record and its words, with the small questions that the parts ask of them."""

    def __init__(self, record: Mapping[str, Any], words: Words) -> None:
        self.record, self.words = record, words
        self.text, self.frame = words.text, words.frame
        self.say: Mapping[str, str] = words.frame["notice"]
        self.phone: str = words.frame["person"]["phone"]
        self.known = {one["id"]: one for part in ("facts", "derived", "values") for one in record[part]}
        self.shown = _Shown(self)

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


class _Shown(dict[str, str]):
    """Placeholders of a record in words; one that is not known says so."""

    def __init__(self, page: _Page) -> None:
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


def inlines(text: str) -> list[Inline]:
    """Plain text with [links](https://...) as inlines."""
    found: list[Inline] = []
    end = 0
    for match in _LINK.finditer(text):
        if match.start() > end:
            found.append({"t": text[end : match.start()]})
        found.append({"t": match.group(1), "href": match.group(2)})
        end = match.end()
    if end < len(text):
        found.append({"t": text[end:]})
    return found


def _p(text: str) -> Block:
    return {"p": inlines(text)}


def _list(items: list[list[Inline]]) -> Block:
    return {"list": items, "ordered": False}


def _tel(phone: str) -> Inline:
    return {"t": phone, "href": "tel:+44" + phone.replace(" ", "").removeprefix("0")}


def _with_phone(template: str, phone: str) -> list[Inline]:
    before, _, after = template.partition("{phone}")
    return [{"t": before}, _tel(phone), {"t": after}] if after or "{phone}" in template else [{"t": template}]


def _hypothetical(page: _Page) -> list[Block]:
    return [_p(page.say["hypothetical"])] if page.record["hypothetical"] else []


def _decision(page: _Page) -> list[Block]:
    outcome = page.record["outcome"]
    key = "refuse" if page.record["against"] else "refer" if outcome == "refer" else "grant"
    return [{"p": [{"t": page.fill(page.text[key]), "strong": True}]}]


def _advice(page: _Page) -> list[Block]:
    if page.record["mode"] == "advise":
        return [_p(page.say["advice"])]
    return [_p(page.say["not_decided"])] if page.record["outcome"] == "refer" else []


def _reasons(page: _Page) -> list[Block]:
    found = page.reasons()
    if not found:
        return []
    shown = [page.reason(one) for one in found[:MOST_REASONS]]
    if not page.record["against"]:
        return [_p(page.say["because"]), _list(shown)]
    if len(found) == 1:
        return [{"p": shown[0]}]
    blocks = [_p(page.say["several"].replace("{count}", str(len(found)))), _list(shown)]
    return [*blocks, _p(page.say["rest"])] if len(found) > MOST_REASONS else blocks


def _others(page: _Page) -> list[Block]:
    rest = [page.reason(one) for one in page.reasons()[MOST_REASONS:]] + [
        page.reason(one) for one in page.failed("refer")
    ]
    return [{"heading": page.say["others"]}, _list(rest)] if rest else []


def _conditions(page: _Page) -> list[Block]:
    found = [page.reason(one) for one in page.failed("condition")]
    return [_p(page.say["conditions"]), _list(found)] if found else []


def _ways(page: _Page) -> list[list[Inline]]:
    outcomes = page.frame["advice_outcomes" if page.record["mode"] == "advise" else "outcomes"]
    items = []
    for way in page.record["what_would_change"]:
        changes = [_change_text(page, one) for one in way["changes"]]
        joined = changes[0] if len(changes) == 1 else " ".join(f"{upper_first(one)}." for one in changes)
        template = page.say["way" if len(changes) == 1 else "ways"]
        text = fill(template, {"changes": joined, "outcome": outcomes[way["outcome"]]})
        others = any(one["who"] == "third_party" for one in way["changes"])
        items.append(inlines(text + (page.say["third_party"] if others else "")))
    later = page.record["next_version"]
    if later:
        day = day_text(later["from"], page.frame)
        items.append(inlines(fill(page.say["next_version"], {"date": day, "outcome": outcomes[later["outcome"]]})))
    return items


def _in_front(page: _Page) -> int:
    """How many ways out stand in the first part: the more reasons, the fewer, so that it stays short."""
    return max(1, 4 - len(page.reasons()))


def _change(page: _Page) -> list[Block]:
    items = _ways(page)[: _in_front(page)]
    if items:
        return [_p(page.say["change"]), _list(items)]
    return [_p(page.say["nothing"]), *_wrong_text(page, _wrong_items(page)[: _wrong_in_front(page)])]


def _more_ways(page: _Page) -> list[Block]:
    items = _ways(page)[_in_front(page) :]
    return [{"heading": page.say["more_ways"]}, _list(items)] if items else []


def _change_text(page: _Page, change: Mapping[str, Any]) -> str:
    if change["how"] == "wait":
        return fill(page.frame["changes"]["wait"], {"value": day_text(change["value"], page.frame)})
    words = page.fact_words(change["fact"])
    if change["how"] in ("true", "false"):
        return page.clause(words[f"if_{change['how']}"])
    suffix = "_date" if change["type"] == "date" and change["how"] != "choice" else ""
    template = words.get(change["how"]) or page.frame["changes"][change["how"] + suffix]
    ends = [change["low"], change["high"]] if change["how"] == "between" else [change["value"], change["value"]]
    shown = [page.value(end, change["type"], change["unit"], change["fact"]) for end in ends]
    return fill(template, {"label": words.get("label", ""), "value": shown[0], "other": shown[1]})


def upper_first(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _wrong_items(page: _Page) -> list[list[Inline]]:
    texts = [words["wrong"] for name in page.record["corrections"] if "wrong" in (words := page.fact_words(name))]
    return [inlines(upper_first(text)) for text in dict.fromkeys(texts)]


def _wrong_in_front(page: _Page) -> int:
    """How many ways to correct a record stand in the first part: none while there is another way out."""
    return 0 if _ways(page) else _in_front(page)


def _wrong_text(page: _Page, items: list[list[Inline]]) -> list[Block]:
    return [_p(page.say["wrong"]), _list(items)] if items else []


def _wrong(page: _Page) -> list[Block]:
    return _wrong_text(page, _wrong_items(page)[_wrong_in_front(page) :])


def _review(page: _Page) -> list[Block]:
    blocks = []
    for one in page.record["reviews"]:
        if one["after"] is None:
            words = page.review_words(one["id"])
            values = {
                "time": time_text(one["until"]),
                "date": day_text(one["last_day"], page.frame),
                "body": words["body"],
            }
            blocks.append(_p(fill(page.say["review"], values)))
    return blocks


def _look_again(page: _Page) -> list[Block]:
    blocks: list[Block] = []
    for one in page.record["reviews"]:
        words = page.review_words(one["id"])
        when = {"time": time_text(one["until"]), "date": day_text(one["last_day"], page.frame),
                "period": page.say["periods"].get(one["period"], one["period"])}  # type: ignore[attr-defined]  # fmt: skip
        template = page.say["after"] if one["after"] else page.say["by"]
        line: list[Inline] = [{"t": f"{upper_first(words['body'])}: ", "strong": True}, {"t": f"{words['how']} "}]
        if "link" in words:
            line += [{"t": words["link"].removeprefix("https://"), "href": words["link"]}]
        if "phone" in words:
            line += [{"t": ", "}] * ("link" in words) + [_tel(words["phone"])]
        line += [{"t": ". "}] * ("link" in words or "phone" in words)
        line.append({"t": " ".join([fill(template, when), words["cost"], words["takes"], words["late"]])})
        if one["cite"]:
            before, _, after = page.say["rule"].partition("{citation}")
            line += [{"t": f" {before}"}, page.citation(one["cite"]), {"t": after}]
        blocks.append({"p": line})
    return [{"heading": page.say["look_again"]}, *blocks] if blocks else []


def _person(page: _Page) -> list[Block]:
    return [{"p": _with_phone(page.say["person"], page.phone)}]


def _reference(page: _Page) -> list[Block]:
    if page.record["hypothetical"]:
        return []
    return [_p(fill(page.say["reference"], {"reference": page.record["reference"]}))]


def _doing(page: _Page, group: str, names: list[str]) -> list[list[Inline]]:
    items = []
    for name in names:
        words = page.text[group][name]
        line: list[Inline] = [{"t": words["do"].rstrip(".")}]
        if "link" in words:
            line += [{"t": ": "}, {"t": words["link"].removeprefix("https://"), "href": words["link"]}]
        if "phone" in words:
            line += [{"t": ", or call " if "link" in words else ": call "}, _tel(words["phone"])]
        items.append([*line, {"t": f". {page.fill(words['takes'])}"}])
    return items


def _steps(page: _Page) -> list[Block]:
    items = _doing(page, "steps", page.record["steps"])
    return [{"heading": page.say["steps"]}, _list(items)] if items else []


def _alternatives(page: _Page) -> list[Block]:
    items = _doing(page, "alternatives", page.record["alternatives"])
    return [{"heading": page.say["alternatives"]}, _list(items)] if items else []


def _used(page: _Page) -> list[Block]:
    items = [inlines(_fact_line(page, one)) for one in page.record["facts"]]
    for one in page.record["derived"]:
        if "label" in page.fact_words(one["id"]):
            items.append(inlines(fill(page.say["fact_worked_out"], {"statement": _statement(page, one)})))
    blocks: list[Block] = [{"heading": page.say["used"]}, _list(items)] if items else [{"heading": page.say["used"]}]
    if page.record["not_known"]:
        labels = "; ".join(page.fact_words(name)["label"] for name in page.record["not_known"])
        blocks.append(_p(fill(page.say["not_checked"], {"labels": labels})))
    return [*blocks, {"p": _with_phone(page.say["correct"], page.phone)}]


def _statement(page: _Page, fact: Mapping[str, Any]) -> str:
    words = page.fact_words(fact["id"])
    if fact["type"] == "bool":
        sentence = page.clause(words["if_true" if fact["value"] else "if_false"])
        return fill(page.say["statement_bool"], {"sentence": sentence})
    value = page.value(fact["value"], fact["type"], fact["unit"], fact["id"])
    return fill(page.say["statement"], {"label": words["label"], "value": value})


def _fact_line(page: _Page, fact: Mapping[str, Any]) -> str:
    statement = _statement(page, fact)
    if fact["source"] == "citizen" and fact["at"]:
        day = day_text(moment_day(fact["at"], page.record["zone"]), page.frame, weekday=False)
        return fill(page.say["on_day"], {"date": day, "statement": statement})
    key = {"citizen": "fact_told", "record": "fact_record"}.get(fact["source"], "fact_staff")
    return fill(page.say[key], {"statement": statement})


def _next(page: _Page) -> list[Block]:
    referred = page.record["outcome"] == "refer"
    lines = page.text.get("refer_next", []) if referred else page.text["next"]
    return [_p(page.say["next"]), _list([inlines(page.fill(line)) for line in lines])] if lines else []


def _waiting(page: _Page) -> list[Block]:
    text = page.text.get("while_waiting")
    return [{"heading": page.say["waiting"]}, _p(page.fill(text))] if text else []


def _how(page: _Page) -> list[Block]:
    blocks: list[Block] = []
    for part in page.text.get("about", []):
        blocks += [{"heading": part["heading"]}, *(_p(page.fill(line)) for line in part["text"])]
    return blocks


def _about(page: _Page) -> list[Block]:
    record = page.record
    advice, referred = record["mode"] == "advise", record["outcome"] == "refer"
    heading = "about_advice" if advice else "about_referral" if referred else "about"
    made = "advised" if advice else "referred" if referred else "decision"
    day = day_text(record["today"], page.frame)
    title = page.text["title"]
    version = {"reference": record["reference"], "title": title, "version": record["version"],
               "from": day_text(record["effective_from"], page.frame, weekday=False)}  # fmt: skip
    before, _, after = page.say["authority"].partition("{citation}")
    return [
        {"heading": page.say[heading]},
        _p(fill(page.say[made], {"council": page.frame["council"], "date": day})),
        {"p": [{"t": before}, page.citation(record["authority"]["cite"]), {"t": after}]},
        _p(fill(page.say["version"], version)),
        {"p": _with_phone(page.say["formats"], page.phone)},
    ]


_PARTS: Mapping[str, Callable[[_Page], list[Block]]] = {
    "hypothetical": _hypothetical, "decision": _decision, "advice": _advice, "reasons": _reasons, "others": _others,
    "conditions": _conditions, "change": _change, "more_ways": _more_ways,
    "wrong": _wrong, "review": _review, "person": _person,
    "reference": _reference, "steps": _steps, "alternatives": _alternatives, "used": _used,
    "look_again": _look_again, "waiting": _waiting, "next": _next, "how": _how, "about": _about,
}  # fmt: skip


def plain(blocks: tuple[Block, ...]) -> str:
    """Blocks as plain text: links written out, lists with dashes, nothing left away."""
    lines = []
    for block in blocks:
        if "heading" in block:
            lines.append(block["heading"])
        elif "p" in block:
            lines.append(_flat(block["p"]))
        else:
            lines.append("\n".join(f"- {_flat(item)}" for item in block["list"]))
    return "\n\n".join(lines)


def _flat(items: list[Inline]) -> str:
    return "".join(_flat_one(one) for one in items)


def _flat_one(one: Inline) -> str:
    href, text = one.get("href", ""), str(one["t"])
    return f"{text} ({href})" if href.startswith("https:") and href.removeprefix("https://") != text else text


def body(blocks: tuple[Block, ...]) -> str:
    """The running text without links, for the readability lint: citations and addresses are not ours to simplify."""
    lines = []
    for block in blocks:
        for items in [block["p"]] if "p" in block else block.get("list", []):
            lines.append("".join(" it" if "href" in one else one["t"] for one in items))
    return "\n".join(lines)
