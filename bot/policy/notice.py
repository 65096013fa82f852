"""The notice: what the citizen reads. Rendered from the decision record and the words alone, never from rules or facts
directly, so that the same record always gives the same text.

The first part is short and carries the decision, the reasons, the way out, the review date, the person and the
reference. ``more`` holds the rest, one tap away; ``text`` is the whole of both as plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.blocks import Block, Inline, bullets, inlines, paragraph, phone_link, plain, upper_first, with_phone
from bot.policy.format import day_text, fill, moment_day, period_text, time_text
from bot.policy.model import Words
from bot.policy.page import Page, departed
from bot.policy.ways import change, more_ways, wrong

MOST_REASONS = 4


@dataclass(frozen=True)
class Notice:
    """A rendered notice. ``parts`` holds the same blocks by name, to answer 'why?' or 'what can I do?' from."""

    first: tuple[Block, ...]
    more: tuple[Block, ...]
    text: str
    parts: Mapping[str, tuple[Block, ...]]


def render(record: Mapping[str, Any], words: Words) -> Notice:
    """The notice of a record. Raises KeyError only for words that the load checks would have found missing."""
    page = Page(record, words)
    negative = record["against"]
    order_first: list[str]
    if negative:
        order_first = [
            "hypothetical",
            "wanted",
            "decision",
            "advice",
            "reasons",
            "given",
            "change",
            "review",
            "person",
            "reference",
        ]
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
        order_first = ["hypothetical", "wanted", "decision", "advice", "reasons", "conditions", "next", "reference"]
        order_more = ["steps", "used", "look_again", "how", "about"]
    parts = {name: tuple(_PARTS[name](page)) for name in (*order_first, *order_more)}
    first = tuple(block for name in order_first for block in parts[name])
    more = tuple(block for name in order_more for block in parts[name])
    return Notice(first, more, plain((*first, *more)), parts)


def _hypothetical(page: Page) -> list[Block]:
    return [paragraph(page.say["hypothetical"])] if page.record["hypothetical"] else []


def _wanted(page: Page) -> list[Block]:
    """There are no words in the language that the citizen asked for: say so, in English and with its name."""
    wanted = page.record.get("wanted")
    if wanted is None:
        return []
    names: Mapping[str, str] = page.frame.get("languages", {})
    before, _, after = page.say["other_language"].partition("{phone}")
    values = {"language": names.get(wanted, wanted)}
    return [{"p": [{"t": fill(before, values)}, phone_link(page.phone), {"t": fill(after, values)}]}]


def _decision(page: Page) -> list[Block]:
    outcome = page.record["outcome"]
    key = "refuse" if page.record["against"] else "refer" if outcome == "refer" else "grant"
    return [{"p": [{"t": page.fill(page.text[key]), "strong": True}]}]


def _advice(page: Page) -> list[Block]:
    if page.record["mode"] == "advise":
        return [paragraph(page.say["advice"])]
    return [paragraph(page.say["not_decided"])] if page.record["outcome"] == "refer" else []


def _reasons(page: Page) -> list[Block]:
    if page.record.get("departure"):
        return departed(page)
    found = page.reasons()
    if not found:
        return []
    shown = [page.reason(one) for one in found[:MOST_REASONS]]
    if not page.record["against"]:
        return [paragraph(page.say["because"]), bullets(shown)]
    if len(found) == 1:
        return [{"p": shown[0]}]
    blocks = [paragraph(page.say["several"].replace("{count}", str(len(found)))), bullets(shown)]
    return [*blocks, paragraph(page.say["rest"])] if len(found) > MOST_REASONS else blocks


def _given(page: Page) -> list[Block]:
    statements = [_statement(page, one) for one in page.given()]
    return [paragraph(fill(page.say["given"], {"statements": "; ".join(statements)}))] if statements else []


def _others(page: Page) -> list[Block]:
    # Not the rules that would have sent it to a person: after a refusal nobody looks at it until somebody asks.
    rest = [page.reason(one) for one in page.reasons()[MOST_REASONS:]]
    return [{"heading": page.say["others"]}, bullets(rest)] if rest else []


def _conditions(page: Page) -> list[Block]:
    found = [page.reason(one) for one in page.failed("condition")]
    return [paragraph(page.say["conditions"]), bullets(found)] if found else []


def _review(page: Page) -> list[Block]:
    blocks = []
    for one in page.record["reviews"]:
        if one["after"] is None:
            dated = "" if one["last_day"] else "_undated"
            known = _until(page, one)
            before, when, after = page.say[f"review{dated}"].partition("{when}")  # older words have all in one
            until = [{"t": fill(page.say[f"when{dated}"], known), "strong": True}] if when else []
            blocks.append({"p": [{"t": fill(before, known)}, *until, *([{"t": fill(after, known)}] if after else [])]})
    return blocks


def _until(page: Page, route: Mapping[str, Any]) -> dict[str, str]:
    """How long a route is open, in words: to a day where its start is known, else for how long from what."""
    words = page.review_words(route["id"])
    found = {"body": words["body"], "period": period_text(route["period"], route["counting"], page.frame)}
    if route["after"]:
        found["before"] = page.review_words(route["after"])["body"]
    elif route["last_day"]:
        found |= {"time": time_text(route["until"]), "date": day_text(route["last_day"], page.frame)}
    else:
        found["start"] = words["start"]
    return found


def _look_again(page: Page) -> list[Block]:
    blocks: list[Block] = []
    for one in page.record["reviews"]:
        words = page.review_words(one["id"])
        template = page.say["after" if one["after"] else "by" if one["last_day"] else "by_undated"]
        line: list[Inline] = [{"t": f"{upper_first(words['body'])}: ", "strong": True}, {"t": f"{words['how']} "}]
        if "link" in words:
            line += [{"t": words["link"].removeprefix("https://"), "href": words["link"]}]
        if "phone" in words:
            line += [{"t": ", "}] * ("link" in words) + [phone_link(words["phone"])]
        line += [{"t": ". "}] * ("link" in words or "phone" in words)
        line.append({"t": " ".join([fill(template, _until(page, one)), words["cost"], words["takes"], words["late"]])})
        if one["cite"]:
            before, _, after = page.say["rule"].partition("{citation}")
            line += [{"t": f" {before}"}, page.citation(one["cite"]), {"t": after}]
        blocks.append({"p": line})
    return [{"heading": page.say["look_again"]}, *blocks] if blocks else []


def _person(page: Page) -> list[Block]:
    return [{"p": with_phone(page.say["person"], page.phone)}]


def _reference(page: Page) -> list[Block]:
    if page.record["hypothetical"]:
        return []
    values = {"reference": page.record["reference"], "receipt": page.record.get("receipt", "")}
    return [paragraph(fill(page.say["receipt" if values["receipt"] else "reference"], values))]


def _doing(page: Page, group: str, names: list[str]) -> list[list[Inline]]:
    items = []
    for name in names:
        words = page.text[group][name]
        line: list[Inline] = [{"t": words["do"].rstrip(".")}]
        if "link" in words:
            line += [{"t": ": "}, {"t": words["link"].removeprefix("https://"), "href": words["link"]}]
        if "phone" in words:
            line += [{"t": ", or call " if "link" in words else ": call "}, phone_link(words["phone"])]
        items.append([*line, {"t": f". {page.fill(words['takes'])}"}])
    return items


def _steps(page: Page) -> list[Block]:
    items = _doing(page, "steps", page.record["steps"])
    return [{"heading": page.say["steps"]}, bullets(items)] if items else []


def _alternatives(page: Page) -> list[Block]:
    links = {page.text["steps"][name].get("link") for name in page.record["steps"]} - {None}
    others = [one for one in page.record["alternatives"] if page.text["alternatives"][one].get("link") not in links]
    items = _doing(page, "alternatives", others)
    return [{"heading": page.say["alternatives"]}, bullets(items)] if items else []


def _used(page: Page) -> list[Block]:
    items = [inlines(_fact_line(page, one)) for one in page.record["facts"]]
    for one in page.record["derived"]:
        if "label" in page.fact_words(one["id"]):
            items.append(inlines(fill(page.say["fact_worked_out"], {"statement": _statement(page, one)})))
    blocks: list[Block] = [{"heading": page.say["used"]}, bullets(items)] if items else [{"heading": page.say["used"]}]
    if page.record["not_known"]:
        labels = [inlines(f"{page.fact_words(name)['label']}.") for name in page.record["not_known"]]
        blocks += [paragraph(page.say["not_checked"]), bullets(labels)]
    return [*blocks, {"p": with_phone(page.say["correct"], page.phone)}]


def _statement(page: Page, fact: Mapping[str, Any]) -> str:
    words = page.fact_words(fact["id"])
    if fact["type"] == "bool":
        sentence = page.clause(words["if_true" if fact["value"] else "if_false"])
        return fill(page.say["statement_bool"], {"sentence": sentence})
    value = page.value(fact["value"], fact["type"], fact["unit"], fact["id"])
    return fill(page.say["statement"], {"label": words["label"], "value": value})


def _fact_line(page: Page, fact: Mapping[str, Any]) -> str:
    statement = _statement(page, fact)
    if fact["source"] == "citizen" and fact["at"]:
        day = day_text(moment_day(fact["at"], page.record["zone"]), page.frame, weekday=False)
        return fill(page.say["on_day"], {"date": day, "statement": statement})
    key = {"citizen": "fact_told", "record": "fact_record"}.get(fact["source"], "fact_staff")
    return fill(page.say[key], {"statement": statement})


def _next(page: Page) -> list[Block]:
    referred = page.record["outcome"] == "refer"
    lines = page.text.get("refer_next", []) if referred else page.text["next"]
    return [paragraph(page.say["next"]), bullets([inlines(page.fill(line)) for line in lines])] if lines else []


def _waiting(page: Page) -> list[Block]:
    first = [page.review_words(one["id"]) for one in page.record["reviews"] if one["after"] is None]
    general = page.text.get("while_waiting")
    texts = dict.fromkeys(text for one in first if (text := one.get("while_waiting", general)))
    return [{"heading": page.say["waiting"]}, *(paragraph(page.fill(text)) for text in texts)] if texts else []


def _how(page: Page) -> list[Block]:
    blocks: list[Block] = []
    for part in page.text.get("about", []):
        blocks += [{"heading": part["heading"]}, *(paragraph(page.fill(line)) for line in part["text"])]
    return blocks


def _about(page: Page) -> list[Block]:
    record = page.record
    advice, referred = record["mode"] == "advise", record["outcome"] == "refer"
    heading = "about_advice" if advice else "about_referral" if referred else "about"
    made = "advised" if advice else "referred" if referred else "decision"
    day = day_text(record["today"], page.frame)
    if record.get("departure"):
        made, day = "by_staff", day_text(moment_day(record["at"], record["zone"]), page.frame)
    title = page.text["title"]
    version = {"reference": record["reference"], "title": title, "version": record["version"],
               "from": day_text(record["effective_from"], page.frame, weekday=False)}  # fmt: skip
    before, _, after = page.say["authority"].partition("{citation}")
    return [
        {"heading": page.say[heading]},
        paragraph(fill(page.say[made], {"council": page.frame["council"], "date": day})),
        {"p": [{"t": before}, page.citation(record["authority"]["cite"]), {"t": after}]},
        paragraph(fill(page.say["version_trial" if record["hypothetical"] else "version"], version)),
        {"p": with_phone(page.say["formats"], page.phone)},
    ]


_PARTS: Mapping[str, Callable[[Page], list[Block]]] = {
    "hypothetical": _hypothetical, "wanted": _wanted, "decision": _decision, "advice": _advice, "reasons": _reasons,
    "given": _given, "others": _others, "conditions": _conditions, "change": change, "more_ways": more_ways,
    "wrong": wrong, "review": _review, "person": _person, "reference": _reference, "steps": _steps,
    "alternatives": _alternatives,
    "used": _used, "look_again": _look_again, "waiting": _waiting, "next": _next, "how": _how, "about": _about,
}  # fmt: skip
