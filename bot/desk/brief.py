"""The brief of a case that came from a decision, a review or a half-filled request: what staff read first.

Drawn from the decision record and the words that were stored with it, never from today's rules. Special-category facts,
and the rules that read them, are masked until the member of staff who has the case opens them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.policy import ask
from bot.policy.blocks import Block, Inline, paragraph, upper_first
from bot.policy.depart import in_words
from bot.policy.format import day_text, fill, value_text
from bot.policy.model import Library, Words
from bot.policy.notice import render
from bot.policy.page import Page
from bot.policy.readback import parameters

MASKED = "Masked"
SPECIAL = "special_category"

_STATUS = {
    "met": "Met",
    "failed": "Not met",
    "excepted": "Not met, but an exception holds",
    "n/a": "Does not apply",
    "unknown": "Not checked",
    "waived": "Not met, and left out by staff",
}
_SOURCE = {"citizen": "the citizen", "record": "our record", "staff": "a member of staff"}
_OUTCOMES = {
    "refuse": "No",
    "refer": "A person decides",
    "grant": "Yes",
    "grant_with_conditions": "Yes, with conditions",
}


@dataclass(frozen=True)
class FactLine:
    """A fact as staff read it. ``seq`` is the message of the case's chat that supplied it, None when none there did."""

    id: str
    label: str
    value: str
    source: str
    seq: int | None
    at: datetime | None
    special: bool
    masked: bool


@dataclass(frozen=True)
class RuleLine:
    """A requirement: what it says of this case, its rule as written, and where that stands."""

    id: str
    name: str
    status: str
    reason: list[Inline]
    cites: list[Inline]
    expression: str
    failed: bool
    masked: bool


@dataclass(frozen=True)
class Departed:
    """A departure: its reference, who made it by which post, and why."""

    reference: str
    who: str
    ground: str
    reason: str
    evidence: str


@dataclass(frozen=True)
class Brief:
    """All that is known of the matter. For a request that is not decided yet the rules and what follows are empty."""

    title: str
    reference: str | None
    outcome: str
    sentence: str
    day: str
    version: str
    facts: list[FactLine]
    rules: list[RuleLine]
    change: list[Block]
    routes: list[Block]
    departed: Departed | None = None
    departure_of: str | None = None
    question: str | None = None

    @property
    def failed(self) -> list[RuleLine]:
        """The rules that decided it."""
        return [rule for rule in self.rules if rule.failed]

    @property
    def special(self) -> list[str]:
        """The names of the special-category facts in it."""
        return [fact.id for fact in self.facts if fact.special]

    @property
    def masked(self) -> bool:
        """Whether something is masked."""
        return any(fact.masked for fact in self.facts)


def special_of(record: Mapping[str, Any]) -> frozenset[str]:
    """The facts of a record that are special-category data or were worked out from it."""
    found = {fact["id"] for fact in record["facts"] if fact["sensitive"] == SPECIAL}
    for fact in record["derived"]:
        if found & set(fact["of"]):
            found.add(fact["id"])
    return frozenset(found)


def of_record(record: Mapping[str, Any], words: Words, *, opened: bool, here: bool) -> Brief:
    """The brief of a decision. ``words`` are those stored with it; ``here`` says that the case's chat made it."""
    page, hidden = Page(record, words), frozenset[str]() if opened else special_of(record)
    notice, departure = render(record, words), record.get("departure")
    rules = [_rule(page, one, hidden) for one in record["trace"]]
    changed = {change["fact"] for way in record["what_would_change"] for change in way["changes"]}
    change = [*notice.parts.get("change", ()), *notice.parts.get("more_ways", ())]
    if change[:1] == [paragraph(page.say["change"])]:  # the brief has a heading that says so
        change = change[1:]
    sentences = notice.parts["decision"][0]["p"]
    outcome = "No" if record["against"] and record["mode"] != "advise" else _OUTCOMES[record["outcome"]]
    return Brief(
        title=upper_first(str(words.text["title"])),
        reference=record["reference"],
        outcome="We would expect a no" if record["against"] and record["mode"] == "advise" else outcome,
        sentence="".join(part["t"] for part in sentences),
        day=day_text(record["today"], words.frame, weekday=False),
        version=record["version"],
        facts=[_fact(page, one, special_of(record), hidden, here) for one in record["facts"]],
        rules=rules,
        change=[paragraph(MASKED)] if change and changed & hidden else change,
        routes=[*notice.parts.get("look_again", ())][1:],
        departed=departed(departure, record["reference"], words) if departure else None,
        departure_of=departure["from"] if departure else None,
    )


def departed(departure: Mapping[str, Any], reference: str, words: Words) -> Departed:
    """What a record says of a departure, in words."""
    kinds = ", ".join(in_words(kind) for kind in departure["evidence"])
    return Departed(
        reference=reference,
        who=f"{departure['staff']['name']}, {in_words(departure['post']).lower()}",
        ground=str(words.text["grounds"][departure["ground"]]),
        reason=departure["reason"],
        evidence=f"{kinds} ({departure['kept_at']})" if kinds else departure["kept_at"],
    )


def of_application(told: Mapping[str, Any], library: Library, *, opened: bool) -> Brief | None:
    """The brief of a request that was handed over before it was decided; None when its policy is gone.

    ``told`` is what was stored with the case: the policy, the facts with the message that supplied each, the question.
    """
    policy = library.policies.get(told["policy"])
    if policy is None:
        return None
    words, declared = policy.words["en"], policy.latest.facts
    facts = []
    for name, one in told["facts"].items():
        fact, own = declared.get(name), words.text["facts"].get(name, {})
        if fact is None or "value" not in one:  # of one that was dropped only the messages are left
            continue
        special = fact.sensitive == SPECIAL
        value = value_text(one["value"], fact.type, fact.unit, words.frame, own.get("options"))
        at = datetime.fromisoformat(one["at"])
        label = upper_first(str(own.get("label", name)))
        masked = special and not opened
        facts.append(
            FactLine(name, label, MASKED if masked else value, _SOURCE["citizen"], one["seq"], at, special, masked)
        )
    question = told.get("question")
    asked = ask.question(words, question) if question and question in words.text["facts"] else None
    values = parameters(policy.latest, words)
    title = upper_first(str(words.text["title"]))
    return Brief(
        title, None, "Not decided yet", "", "", "", facts, [], [], [], question=fill(asked, values) if asked else None
    )


def _fact(page: Page, one: Mapping[str, Any], special: frozenset[str], hidden: frozenset[str], here: bool) -> FactLine:
    masked = one["id"] in hidden
    by = str(one["by"] or "")
    number = by.removeprefix("message ")
    value = page.value(one["value"], one["type"], one["unit"], one["id"])
    return FactLine(
        id=one["id"],
        label=upper_first(str(page.fact_words(one["id"]).get("label", one["id"]))),
        value=MASKED if masked else value,
        source=_SOURCE.get(one["source"], one["source"]),
        seq=int(number) if here and number.isdigit() else None,
        at=datetime.fromisoformat(one["at"]) if one["at"] else None,
        special=one["id"] in special,
        masked=masked,
    )


def _rule(page: Page, trace: Mapping[str, Any], hidden: frozenset[str]) -> RuleLine:
    masked = bool(hidden & set(trace["reads"]))
    failed = trace["status"] in ("failed", "waived")
    text = page.fill(page.text["requirements"][trace["requirement"]]["reason"]) if failed and not masked else ""
    rule = trace["rule"]
    parts = [f"{word} {rule[word]}" for word in ("when", "must", "unless") if word in rule]
    return RuleLine(
        id=trace["requirement"],
        name=page.text["requirements"][trace["requirement"]]["name"],
        status=MASKED if masked else _STATUS[trace["status"]],
        reason=[{"t": MASKED if masked else text}] if masked or text else [],
        cites=[page.citation(name) for name in trace["cite"]],
        expression=", ".join(parts),
        failed=failed,
        masked=masked,
    )


def with_departure(brief: Brief, made: Departed) -> Brief:
    """The brief of a decision that staff departed from."""
    return replace(brief, departed=made)
