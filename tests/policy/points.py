"""The 14 points that every refusal must meet, each checked against the record and the rules, not the renderer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from bot.policy.decide import Decision
from bot.policy.format import value_text
from bot.policy.model import Words
from bot.policy.notice import Notice

Check = Callable[["Case"], str | None]
_STOP = {"your", "that", "with", "from", "this", "have", "cannot", "whether", "needs"}
_DATED = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d")
_VAGUE = re.compile(r"does not meet (?:our|the)|our policy|internal (?:rules|standards)|not eligible", re.IGNORECASE)


class Case:
    """One refusal: how it was decided, its record, its words and its notice."""

    def __init__(self, decision: Decision, record: dict[str, Any], words: Words, notice: Notice) -> None:
        self.decision, self.record, self.words, self.notice = decision, record, words, notice
        self.text: str = record["text"]
        self.first = "\n".join(self.items(notice.first))
        self.advice = record["mode"] == "advise"
        self.all_inlines = list(self.inlines((*notice.first, *notice.more)))
        self.everything = ["".join(one["t"] for one in inline) for inline in self.all_inlines]
        self.reasons: dict[str, str] = {}

    def items(self, blocks: Any) -> list[str]:
        """Each paragraph, list item and heading as one string."""
        return ["".join(one["t"] for one in inline) for inline in self.inlines(blocks)]

    def inlines(self, blocks: Any) -> Iterator[list[dict[str, Any]]]:
        for block in blocks:
            if "heading" in block:
                yield [{"t": block["heading"]}]
            else:
                yield from [block["p"]] if "p" in block else block["list"]

    def value(self, name: str) -> str:
        """A fact or parameter of the rules as a person reads it."""
        version, words = self.decision.version, self.words
        if name in version.parameters:
            parameter = version.parameters[name]
            return value_text(_json(parameter.value), "fixed", parameter.unit, words.frame, None)
        fact = version.facts[name]
        options = words.text["facts"].get(name, {}).get("options")
        return value_text(_json(self.decision.values[name]), fact.type, fact.unit, words.frame, options)

    def refusing(self) -> list[Any]:
        return list(self.decision.with_status("failed", "refuse"))


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def _stems(text: str) -> set[str]:
    return {word[:4] for word in re.findall(r"[a-z]{3,}", text.lower())} - {word[:4] for word in _STOP}


def states_the_decision(case: Case) -> str | None:
    sentence = re.split(r"(?<=[.!?])\s", case.items(case.notice.first)[0])[0]
    if not sentence.startswith("We expect " if case.advice else "We cannot "):
        return f"does not state the decision: {sentence}"
    if not _stems(sentence) & _stems(case.words.text["request"] + " " + case.words.text["title"]):
        return f"does not say what was asked for: {sentence}"
    return None


def names_every_reason_once(case: Case) -> str | None:
    if _VAGUE.search(case.text):
        return "is vague about the reason"
    for place, result in enumerate(case.refusing()):
        one = result.requirement
        start = re.split(r"\{", case.words.text["requirements"][one.id]["reason"])[0].strip()
        shown = [item for item in case.everything if _reason(case, one.id) in item]
        if len(shown) != 1:
            return f"names {one.id} {len(shown)} times ({start})"
        in_front = _reason(case, one.id) in case.first
        if in_front != (place < 4):
            return f"{one.id} stands in the wrong part"
    return None


def _reason(case: Case, name: str) -> str:
    if name not in case.reasons:
        template: str = case.words.text["requirements"][name]["reason"]
        version, values = case.decision.version, case.decision.values
        known = {key: case.value(key) for key in re.findall(r"\{(\w+)\}", template)
                 if key in version.parameters or values.get(key) is not None}  # fmt: skip
        case.reasons[name] = re.sub(r"\{(\w+)\}", lambda found: known.get(found.group(1), ""), template)
    return case.reasons[name]


def shows_fact_and_limit(case: Case) -> str | None:
    for result in case.refusing():
        one = result.requirement
        items = case.everything
        reason = next((item for item in items if _reason(case, one.id) in item), "")
        names = [name for name in one.must.facts if case.decision.version.facts[name].type not in ("bool",)]
        for name in [*names, *one.must.parameters]:
            known = name in case.decision.version.parameters or case.decision.values[name] is not None
            choice = name in case.decision.version.facts and case.decision.version.facts[name].type == "choice"
            if known and not choice and case.value(name) not in reason:
                return f"{one.id} does not show {name} ({case.value(name)}): {reason}"
    return None


def cites_each_reason(case: Case) -> str | None:
    links = [(inline["href"], inline["t"]) for items in case.all_inlines
             for inline in items if "href" in inline]  # fmt: skip
    for result in case.refusing():
        for name in result.requirement.cite:
            source = case.record["citations"][name]
            if not any(href == source["url"] and source["title"] in title for href, title in links):
                return f"{result.requirement.id} is not cited with {name}"
            if source["url"] not in case.text:
                return f"the plain text does not give the address of {name}"
    return None


def lists_the_facts(case: Case) -> str | None:
    for fact in case.record["facts"]:
        words = case.words.text["facts"][fact["id"]]
        if fact["type"] == "bool":
            wanted = words["if_true" if fact["value"] else "if_false"].rstrip(".")[1:]
        else:
            wanted = f"{words['label']}: {case.value(fact['id'])}"
        if not any(item.startswith("You told us") and wanted in item for item in case.items(case.notice.more)):
            return f"does not list {fact['id']}"
    for name in case.record["not_known"]:
        if case.words.text["facts"][name]["label"] not in case.text:
            return f"does not say that {name} was not checked"
    if "tell us here or call" not in case.text:
        return "does not say how to correct a fact"
    return None


def says_what_would_change(case: Case) -> str | None:
    ways = case.record["what_would_change"]
    if not ways and not case.record["next_version"]:
        return None if "Nothing you can change would alter this" in case.first else "does not say that nothing helps"
    if "What would change this:" not in case.first:
        return "does not say in front what would change it"
    for way in ways:
        for change in way["changes"]:
            words = case.words.text["facts"].get(change["fact"], {})
            if change["how"] in ("true", "false", "choice"):
                to = change["value"] if change["how"] == "choice" else change["how"]
                wanted = (words.get("to", {}).get(to) or words[f"if_{to}"].rstrip("."))[1:]
            else:
                wanted = value_text(
                    change["value"], change["type"], change["unit"], case.words.frame, words.get("options")
                )
            if wanted not in case.text:
                return f"does not name the change of {change['fact']} to {change['value']}"
    return None


def gives_a_next_step(case: Case) -> str | None:
    of_reasons = {step for one in case.refusing() for step in one.requirement.steps}
    if beside := set(case.record["steps"]) - of_reasons:
        return f"gives a step that belongs to no reason: {sorted(beside)}"
    return _doable(case, "steps", "What you can do next", least=1)


def _doable(case: Case, part: str, heading: str, least: int) -> str | None:
    items = [inline for block in case.notice.parts[part] if "list" in block for inline in block["list"]]
    if len(items) < least:
        return f"'{heading}' is empty"
    for item in items:
        text = "".join(one["t"] for one in item)
        verb = text.split()[0]
        if not verb[0].isupper() or verb.lower() in ("you", "the", "a", "we", "it"):
            return f"does not begin with a verb: {text}"
        if not any(one.get("href", "").startswith(("https:", "tel:")) for one in item):
            return f"has no link or phone: {text}"
        if len(re.findall(r"[.](?:\s|$)", text)) < 2:
            return f"does not say how long it takes: {text}"
    return None


def offers_only_open_alternatives(case: Case) -> str | None:
    steps = {case.words.text["steps"][name].get("link") for name in case.record["steps"]} - {None}
    for one in case.decision.version.alternatives:
        shut = one.when is not None and one.when.test(case.decision.values) is False
        shut = shut or case.words.text["alternatives"][one.id].get("link") in steps
        shown = any(
            case.words.text["alternatives"][one.id]["do"] in item
            for item in case.items(case.notice.parts["alternatives"])
        )
        if shown == shut:
            return f"alternative {one.id} is {'shown' if shown else 'hidden'}"
    return _doable(case, "alternatives", "Other things", least=0)


def tells_how_to_ask_again(case: Case) -> str | None:
    values = case.decision.values
    shut = {
        one.id for one in case.decision.version.reviews if one.offered_when and one.offered_when.test(values) is False
    }
    routes = [one for one in case.decision.version.reviews if not {one.id, one.after} & shut]
    if [one["id"] for one in case.record["reviews"]] != [one.id for one in routes]:
        return "names a review route that is not open to this case, or leaves one out"
    if not routes:
        return "has no review route"
    for route in routes:
        words = case.words.text.get("review", {}).get(route.id) or case.words.frame["reviews"][route.id]
        begins = case.decision.today if route.start is None else case.decision.values[route.start]
        if route.start_when is not None and route.start_when.test(case.decision.values) is not True:
            begins = None
        lines = [item for item in case.everything if words["how"] in item]
        if route.after is not None:
            before = case.words.text.get("review", {}).get(route.after) or case.words.frame["reviews"][route.after]
            until = f"of the answer of {before['body']}."
        elif isinstance(begins, date):
            until = _day(route.deadline.last_day(begins, case.decision.version.calendar).isoformat())
        else:
            until = f" of {words['start']}."
        if (route.after is not None or begins is None) and any(_DATED.search(line) for line in lines):
            return f"{route.id} gives a date that nobody can know"
        for wanted in (words["how"], words["cost"], words["late"], words["takes"], until):
            if wanted not in case.text:
                return f"{route.id} does not say: {wanted}"
        if words["body"][1:] not in case.text:
            return f"does not name {words['body']}"
        if route.after is None and (until not in case.first or words["body"] not in case.first):
            return f"{route.id} and its date do not stand in front"
    return None


def offers_a_person(case: Case) -> str | None:
    if "say 'a person'" not in case.first or "01632 960000" not in case.first:
        return "does not offer a person in front"
    for result in case.decision.with_status("failed", "refer"):
        if any(_reason(case, result.requirement.id) in item for item in case.everything):
            return f"gives {result.requirement.id} as if a person looked at it"
    return None if "computer" in case.first and "automatically" in case.text else "does not say that it was automatic"


def says_what_holds_meanwhile(case: Case) -> str | None:
    first = next(one["id"] for one in case.record["reviews"] if one["after"] is None)
    own = case.words.text.get("review", {}).get(first, {}).get("while_waiting")
    other = own is not None and case.words.text["while_waiting"] in case.text
    held = (own or case.words.text["while_waiting"]) in case.text and not other
    return None if held else "does not say what holds meanwhile"


def carries_reference_date_version(case: Case) -> str | None:
    if case.record["reference"] not in case.first:
        return "has no reference in front"
    wanted = (f"version {case.record['version']}", _day(case.record["today"]))
    return None if all(one in case.text for one in wanted) else "has no version or date"


def is_honest_about_its_status(case: Case) -> str | None:
    if case.advice:
        return (
            None if "It is not a decision, and it is not a formal notice." in case.first else "hides that it is advice"
        )
    return None if "Northmere Council made this decision" in case.text else "does not say whose decision it is"


def is_complete_everywhere(case: Case) -> str | None:
    for item in case.all_inlines:
        for inline in item:
            if inline["t"] not in case.text:
                return f"the plain text lacks: {inline['t']}"
    for wanted in ("large print", "another language"):
        if wanted not in case.text:
            return f"does not offer {wanted}"
    return None


POINTS: dict[int, Check] = {
    1: states_the_decision, 2: names_every_reason_once, 3: shows_fact_and_limit, 4: cites_each_reason,
    5: lists_the_facts, 6: says_what_would_change, 7: gives_a_next_step, 8: offers_only_open_alternatives,
    9: tells_how_to_ask_again, 10: offers_a_person, 11: says_what_holds_meanwhile,
    12: carries_reference_date_version, 13: is_honest_about_its_status, 14: is_complete_everywhere,
}  # fmt: skip
