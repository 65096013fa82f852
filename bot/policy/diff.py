"""What two versions of a policy change, and for whom: rules in words, and a smallest case of each changed answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any

from bot.policy.blocks import upper_first
from bot.policy.coverage import grid, reachable
from bot.policy.decide import Decision, apply
from bot.policy.expression import Value
from bot.policy.format import day_text, to_json, value_text
from bot.policy.model import Library, Policy, Version, Words, cell_fits
from bot.policy.reading import Reader
from bot.policy.select import Selected
from bot.policy.show import sections

_SAME = "Nothing."


def diff(library: Library, policy: Policy, old: Version, new: Version, words: Words, today: date) -> str:
    """What ``new`` changes: rule by rule in words, and then for whom, with an example of every changed answer."""
    names = f"version {old.version}", f"version {new.version}"
    lines = [f"{upper_first(words.text['title'])}: from {names[0]} to {names[1]}", "", "WHAT CHANGES IN THE RULES"]
    lines += _rules(sections(library, policy, old, words), sections(library, policy, new, words)) or [f"  {_SAME}"]
    lines += ["", "WHAT CHANGES FOR WHOM"]
    ordinary = _ordinary(old, new, today)
    cases = list(changed_answers(old, new, today))
    if not cases:
        return "\n".join([*lines, "  Nothing, for every case that was tried."])
    lines.append(f"  Each example is somebody like this, asking on {day_text(today, words.frame, False)}:")
    lines += _facts((new, old), words, ordinary, list(ordinary))
    stays = [one for one in cases if one[1].against and one[2].against]
    for case in (one for one in cases if one not in stays):
        lines += ["", *_example(case, ordinary, (new, old), words)]
    if stays:
        lines += ["", "  The answer stays no, and the reasons change:"]
    for case in stays:
        lines += ["", *_example(case, ordinary, (new, old), words)]
    return "\n".join(lines)


def _example(
    example: tuple[Mapping[str, Value], Decision, Decision],
    ordinary: Mapping[str, Value],
    versions: Sequence[Version],
    words: Words,
) -> list[str]:
    case, before, after = example
    changed = [name for name, value in case.items() if value != ordinary[name]]
    lines = ["  But:" if changed else "  Exactly so:", *_facts(versions, words, case, changed)]
    return [*lines, f"    Before: {said(before, words)}", f"    After:  {said(after, words)}"]


def _facts(versions: Sequence[Version], words: Words, facts: Mapping[str, Value], names: Sequence[str]) -> list[str]:
    """Some facts of a case, each as a sentence, by the first version that has it."""
    found = []
    for name in names:
        version = next(one for one in versions if name in one.facts)
        statement = Reader(version, words).statement(version.facts[name], facts[name])
        found.append(f"      {upper_first(statement)}.")
    return found


def _rules(before: Mapping[str, Mapping[str, list[str]]], after: Mapping[str, Mapping[str, list[str]]]) -> list[str]:
    lines = []
    for title in dict.fromkeys([*before, *after]):
        old, new = before.get(title, {}), after.get(title, {})
        for item in dict.fromkeys([*old, *new]):
            if item not in new:
                lines += [f"  {title}: no longer", f"      {item}"]
            elif item not in old:
                lines += [f"  {title}: new", *(f"      {line}" for line in (item, *new[item]))]
            elif old[item] != new[item]:
                lines.append(f"  {title}: {item}")
                lines += [f"      Before: {line}" for line in old[item] if line not in new[item]]
                lines += [f"      After:  {line}" for line in new[item] if line not in old[item]]
    return lines


def said(decision: Decision, words: Words) -> str:
    """An answer in words: yes, no or a person, by which rules, and the values that go with it."""
    rules = words.text["requirements"]
    failed = decision.failed if not decision.against else decision.with_status("failed", "refuse")
    why = "; ".join(str(rules[one.requirement.id]["name"]) for one in failed)
    if decision.against:
        return f"No. ({why})"
    if decision.outcome == "refer":
        return f"A person decides.{f' ({why})' if why else ''}"
    read = Reader(decision.version, words)
    values = [
        f"{read.label(one.id)}: "
        + value_text(
            to_json(found), one.type, one.unit, words.frame, words.text["facts"].get(one.id, {}).get("options")
        )
        for one in decision.version.tables.values()
        if (found := one.look_up(decision.values)) is not None
    ]
    condition = f" With a condition. ({why})" if why else ""
    return " ".join(["Yes.", *(f"{upper_first(one)}." for one in values)]) + condition


def _ordinary(old: Version, new: Version, today: date) -> dict[str, Value]:
    start = next((case for case in reachable(new, today) if not _apply(new, case, today).failed), None)
    return {**next(reachable(old, today)), **(start or {})}


def changed_answers(old: Version, new: Version, today: date) -> Iterator[tuple[dict[str, Value], Decision, Decision]]:
    """One case, as near to an ordinary yes as possible, for every pair of answers that differ between the versions."""
    ordinary = _ordinary(old, new, today)
    values = {name: set() for name in ordinary} | {}  # type: dict[str, set[Any]]
    for version in (old, new):
        for name, found in grid(version, today).items():
            values[name] |= set(found)
        for table in version.tables.values():
            for place, name in enumerate(table.by):
                if name in values:
                    values[name] |= {edge for cells, _ in table.rows for edge in _edges(cells[place])}
    seen = set()
    for count in (0, 1, 2):
        for names in combinations(sorted(values), count):
            for case in _variants(ordinary, names, values):
                before, after = _apply(old, case, today), _apply(new, case, today)
                key = (_answer(before), _answer(after))
                if key[0] != key[1] and key not in seen and not (count == 2 and before.outcome == after.outcome):
                    seen.add(key)
                    yield case, before, after


def _answer(decision: Decision) -> tuple[Any, ...]:
    tables = tuple(table.look_up(decision.values) for table in decision.version.tables.values())
    failed = tuple(one.requirement.id for one in decision.failed)
    return decision.outcome, failed, () if failed else tables


def _edges(cell: Any) -> list[Any]:
    ends = cell if isinstance(cell, tuple) else (cell,)
    return [end for end in ends if end is not None and end != "*" and cell_fits(cell, end)]


def _variants(
    ordinary: Mapping[str, Value], names: tuple[str, ...], values: Mapping[str, set[Any]]
) -> Iterator[dict[str, Value]]:
    if not names:
        yield dict(ordinary)
        return
    for value in sorted(values[names[0]], key=str):
        for rest in _variants(ordinary, names[1:], values):
            yield {**rest, names[0]: value}


def _apply(version: Version, case: Mapping[str, Value], today: date) -> Decision:
    return apply(Selected(version, version.selects_on, today), case, today, today)
