"""A policy as a citizen or a councillor would read it: all that is in the version, in words, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.policy.blocks import upper_first
from bot.policy.format import day_text, fill, period_text, placeholders, time_text, to_json, value_text
from bot.policy.model import Alternative, Fact, Library, Policy, Requirement, Review, Table, Version, Words
from bot.policy.reading import Reader
from bot.policy.select import last_day

Part = dict[str, list[str]]
"""What a section says: a heading by item, and the lines under it."""

_OTHERWISE = {
    "refuse": "Otherwise the answer is no.",
    "refer": "Otherwise a person decides.",
    "condition": "Otherwise the answer is yes, with a condition.",
}
_CHANGE = {
    "applicant": "Whoever asks can change this.",
    "household": "The household can change this.",
    "third_party": "Someone else can change this.",
    "by_waiting": "This changes with time.",
    "never": "This says what the case is. Nobody is asked to change it.",
}
_SENSITIVE = {
    "personal": "It is personal, and is masked when decisions are exported.",
    "special_category": "It is about health, belief or the like: it can bring in a person, but never leads to a no.",
}
_TYPES = {"bool": "Yes or no", "date": "A date", "money": "An amount of money", "int": "A whole number"}
_HOW = {"form": "a form", "phone": "by phone", "post": "by post", "in_person": "in person", "chat": "in this chat"}


def show(library: Library, policy: Policy, version: Version, words: Words) -> str:
    """The whole version in words: what is asked, what must hold, what follows, who may depart, how to ask again."""
    lines = [upper_first(words.text["title"]), f"Policy {policy.id}, version {version.version}"]
    for title, part in sections(library, policy, version, words).items():
        lines += ["", title.upper()]
        for name, said in part.items():
            lines += [f"  {name}", *(f"      {line}" for line in said)]
    return "\n".join(lines)


def sections(library: Library, policy: Policy, version: Version, words: Words) -> dict[str, Part]:
    """Everything that the version says, by section and item. Sections with nothing in them are left out."""
    made = _Show(library, policy, version, words)
    text, label = words.text, made.read.label
    found: dict[str, Part] = {
        "About": made.about(),
        "What we ask": {made.question(version.facts[name]): made.asked(version.facts[name]) for name in version.asked},
        "What we work out": {upper_first(label(fact.id)): made.derived(fact) for fact in version.derived},
        "What must hold": {f"{one.id} {text['requirements'][one.id]['name']}": made.rule(one)
                           for one in version.requirements},
        "Values that we look up": {upper_first(label(one.id)): made.table(one) for one in version.tables.values()},
        "What happens next": made.next(),
        "What else may help": {text["alternatives"][one.id]["do"]: made.offered(one) for one in version.alternatives},
        "When staff may depart from the rules": made.discretion(),
        "How to have it looked at again": {upper_first(made.route_words(one)["body"]): made.route(one)
                                           for one in version.reviews},
        "What people also read": {one["heading"]: [made.filled(line) for line in one["text"]]
                                  for one in text.get("about", [])},
    }  # fmt: skip
    return {title: part for title, part in found.items() if part}


class _Show:
    def __init__(self, library: Library, policy: Policy, version: Version, words: Words) -> None:
        self.library, self.policy, self.version, self.words = library, policy, version, words
        self.text, self.frame, self.read = words.text, words.frame, Reader(version, words)
        self.limits = {
            one.id: value_text(to_json(one.value), "fixed", one.unit, words.frame, None)
            for one in version.parameters.values()
        }

    def filled(self, text: str) -> str:
        """With the limits put in, and dots for what differs from person to person."""
        return fill(text, dict.fromkeys(placeholders(text), "[...]") | self.limits)

    def day(self, value: Any) -> str:
        return day_text(value, self.frame, weekday=False)

    def cited(self, *names: str) -> str:
        sources = [self.library.sources[name] for name in names]
        shown = (one.title if one.section is None else f"{one.title}, {one.section}" for one in sources)
        return "; ".join(dict.fromkeys(shown))

    def about(self) -> Part:
        version, end = self.version, last_day(self.policy.versions, self.policy.versions.index(self.version))
        by = {"decision_date": "on the day of the decision", "application_date": "on the day on which somebody asks"}
        on = by.get(version.selects_on) or f"on this day: {self.read.label(version.selects_on)}"
        made = version.authority
        decides = "The computer decides by the rules below. Anyone can ask for a person."
        if version.mode == "advise":
            decides = "The computer only gives advice: we say what we expect, and refuse nothing."
        elif version.decided_by == "person":
            decides = "A person decides. The computer says neither yes nor no."
        earlier = [
            f"Version {use} still decides where {self.read.label(name)} is before {self.day(before)}."
            for name, before, use in version.transitional
        ]
        return {
            "In force": [f"From {self.day(version.effective_from)}{f' to {self.day(end)}' if end else ''}.",
                         f"A case is decided by the version that is in force {on}.", *earlier],
            "Made by": [f"{made['delegated_to']}, approved on {self.day(made['approved'])}.",
                        f"Rule: {self.cited(made['cite'])}."],
            "Who decides": [decides],
        }  # fmt: skip

    def question(self, fact: Fact) -> str:
        return self.filled(self.text["facts"][fact.id]["question"])

    def asked(self, fact: Fact) -> list[str]:
        text = self.text["facts"][fact.id]
        lines = [self.filled(text["why"]), self._answers(fact), _CHANGE[fact.change]]
        if fact.change_to:
            lines[-1] += f" It can become {' or '.join(self.read.value(fact, one) for one in fact.change_to)}."
        if "wrong" in text:
            lines.append(f"Where it is wrong: {text['wrong']}")
        if fact.source == "record":
            lines.append("A record of the council answers this.")
        return lines + ([_SENSITIVE[fact.sensitive]] if fact.sensitive in _SENSITIVE else [])

    def _answers(self, fact: Fact) -> str:
        if fact.type == "choice":
            return f"Answers: {', '.join(self.read.value(fact, one) for one in fact.choices)}."
        text = _TYPES.get(fact.type, "A number")
        if fact.min is not None and fact.max is not None:
            text += f", from {self.read.value(fact, fact.min)} to {self.read.value(fact, fact.max)}"
        return text + {"past": " up to today", "future": " from today on"}.get(fact.tense or "", "") + "."

    def derived(self, fact: Fact) -> list[str]:
        lines = [f"From {' and '.join(self.read.label(one) for one in fact.of)}."]
        return lines + ([_CHANGE["by_waiting"]] if fact.change == "by_waiting" else [])

    def next(self) -> Part:
        after = {
            "After a yes": self.text["next"],
            "When a person decides": self.text.get("refer_next", []),
            "While a review is open": [self.text["while_waiting"]] if "while_waiting" in self.text else [],
        }
        return {title: [self.filled(line) for line in lines] for title, lines in after.items() if lines}  # fmt: skip

    def offered(self, one: Alternative) -> list[str]:
        if one.when is None:
            return ["Always offered."]
        return [f"Offered where {self.read.condition(one.when)}, and where that is not known."]

    def rule(self, one: Requirement) -> list[str]:
        lines = [f"Only where {self.read.condition(one.when)}:"] if one.when else []
        lines.append(f"It must be that {self.read.condition(one.must)}.")
        lines += [f"That does not count where {self.read.condition(one.unless)}."] if one.unless else []
        advice = self.version.mode == "advise" and one.on_fail == "refuse"
        lines.append("Otherwise we expect a no." if advice else _OTHERWISE[one.on_fail])
        lines.append(f'Then we say: "{self.filled(self.text["requirements"][one.id]["reason"])}"')
        lines += [f"Then one can: {self.text['steps'][step]['do']}." for step in one.steps]
        if one.on_fail != "condition":
            lines.append("Staff may leave this rule out." if one.waivable else "Staff may not leave this rule out.")
        if one.waivable_note:
            lines[-1] += f" Who can change it instead stands in: {self.cited(one.waivable_note)}."
        return [*lines, f"Rule: {self.cited(*one.cite)}."]

    def table(self, table: Table) -> list[str]:
        options = self.text["facts"].get(table.id, {}).get("options")
        lines = []
        for cells, value in table.rows:
            shown = value_text(to_json(value), table.type, table.unit, self.frame, options)
            where = [text for name, cell in zip(table.by, cells, strict=True) if (text := self._cell(name, cell))]
            lines.append(f"{shown} where {', and '.join(where)}." if where else f"{shown} in every case.")
        return [*lines, f"Rule: {self.cited(*table.cite)}."]

    def _cell(self, name: str, cell: Any) -> str:
        fact = self.version.facts[name]
        if cell == "*":
            return ""
        if not isinstance(cell, tuple):
            return self.read.statement(fact, cell)
        low, high = (None if end is None else self.read.value(fact, end) for end in cell)
        if low is None or high is None:
            return f"{self.read.label(name)} is " + (f"{high} or less" if low is None else f"{low} or more")
        return f"{self.read.label(name)} is from {low} to {high}"

    def discretion(self) -> Part:
        one = self.version.discretion
        if one is None:
            return {}
        evidence = {"On this evidence": [_listed(one.evidence)]} if one.evidence else {}
        return {
            "Who": [_listed(one.who)],
            "On these grounds": [f"{self._ground(name)}." for name in one.grounds],
            **evidence,
            "By this power": [f"Rule: {self.cited(one.power)}."],
        }

    def _ground(self, name: str) -> str:
        ground: str = self.text.get("grounds", {}).get(name) or name.replace("_", " ")
        return ground

    def route_words(self, route: Review) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.text.get("review", {}).get(route.id) or self.frame["reviews"][route.id]
        return found

    def route(self, route: Review) -> list[str]:
        words, rule = self.route_words(route), route.deadline
        start = "the day of the decision"
        if route.after:
            after = next(one for one in self.version.reviews if one.id == route.after)
            start = f"the answer of {self.route_words(after)['body']}"
        elif route.start:
            start = words["start"]
        counted = "that day is the first" if rule.first_day == "same" else "the day after is the first"
        moved = ". A last day on which we are closed moves to the next working day" if rule.roll else ""
        lines = [f"Within {period_text(rule.period, rule.counting, self.frame)} of {start} ({counted}), until "
                 f"{time_text(rule.until.isoformat('minutes'))} on the last day{moved}."]  # fmt: skip
        if route.start_when:
            lines.append(f"A day is printed only where {self.read.condition(route.start_when)}.")
        lines += [f"How: {words['how']} ({', '.join(_HOW[one] for one in route.how)})", words["cost"], words["takes"]]
        lines.append(words["late"] if route.late_allowed or route.after else f"Late requests: {words['late']}")
        cites = [name for name in (route.cite, route.late_cite) if name]
        return [*lines, *([f"Rule: {self.cited(*cites)}."] if cites else [])]


def _listed(names: Sequence[str]) -> str:
    """Ids that the policy's file has no words for, as words."""
    return upper_first(", ".join(name.replace("_", " ") for name in names)) + "."
