"""A policy as a person would read it, and what two versions change for whom. Plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Any

from bot.policy.coverage import grid, reachable
from bot.policy.decide import Decision, apply
from bot.policy.expression import Value
from bot.policy.format import day_text, fill, to_json, value_text
from bot.policy.model import Library, Policy, Version, Words, cell_fits
from bot.policy.select import Selected, last_day

_CONSEQUENCE = {"refuse": "else no", "refer": "else a person decides", "condition": "else a condition"}


def show(library: Library, policy: Policy, version: Version, words: Words) -> str:
    """The version in words: what is asked, what must hold and why, fees, and how to have a decision looked at."""
    text = words.text
    limits = {one.id: _value(to_json(one.value), "fixed", one.unit, words) for one in version.parameters.values()}
    end = last_day(policy.versions, policy.versions.index(version))
    until = f" to {day_text(end, words.frame, False)}" if end else ""
    lines = [
        f"{text['title']} ({policy.id} {version.version})",
        f"In force from {day_text(version.effective_from, words.frame, False)}{until}, by {version.selects_on}.",
        f"Made by {version.authority['delegated_to']}, approved {version.authority['approved']}.",
        {"decide": "It decides.", "advise": "It only advises."}[version.mode]
        + (" A person decides every yes." if version.decided_by == "person" else ""),
        "",
        "We ask:",
    ]
    for name in version.asked:
        fact = version.facts[name]
        marks = [fact.change.replace("_", " ")] + (
            [fact.sensitive.replace("_", " ")] if fact.sensitive != "none" else []
        )
        lines.append(f"  {name}: {fill(text['facts'][name]['question'], limits)} ({', '.join(marks)})")
    lines += ["", "It must hold that:"]
    for one in version.requirements:
        when = f" when {one.when.source}," if one.when else ""
        unless = f", unless {one.unless.source}" if one.unless else ""
        cites = "; ".join(_title(library, cite) for cite in one.cite)
        name = text["requirements"][one.id]["name"]
        lines.append(f"  {one.id} {name}:{when} {one.must.source}{unless}; {_CONSEQUENCE[one.on_fail]}. [{cites}]")
    lines += ["", "With:"] * bool(version.parameters)
    lines += [f"  {name} = {shown}" for name, shown in limits.items()]
    for table in version.tables.values():
        lines += ["", f"{table.id} by {', '.join(table.by)}:"]
        lines += [f"  {', '.join(map(_cell, cells))}: {_value(to_json(value), table.type, table.unit, words)}"
                  for cells, value in table.rows]  # fmt: skip
    lines += ["", "To have it looked at again:"] * bool(version.reviews)
    for route in version.reviews:
        rule = route.deadline
        lines.append(f"  {route.id}: {rule.period}, {rule.counting} days, first day {rule.first_day}")
    return "\n".join(lines)


def _value(value: Any, kind: str, unit: str | None, words: Words) -> str:
    return value_text(value, kind, unit, words.frame, None)


def _cell(cell: Any) -> str:
    if isinstance(cell, tuple):
        return f"{'up' if cell[0] is None else cell[0]} to {'any' if cell[1] is None else cell[1]}"
    return str(cell)


def _title(library: Library, cite: str) -> str:
    source = library.sources[cite]
    return source.title if source.section is None else f"{source.title}, {source.section}"


def diff(policy: Policy, old: Version, new: Version, today: date) -> str:
    """What ``new`` changes: limits and rules, and then for whom, with one smallest case of every changed answer."""
    lines = [f"{policy.id}: {old.version} and {new.version}", "", "Rules:"]
    lines += _rules(old, new) or ["  the same"]
    lines += ["", "Answers:"]
    found = False
    for case, before, after in changed_answers(old, new, today):
        found = True
        lines.append(f"  {_said(before)} becomes {_said(after)}, for example with")
        lines += [f"    {name}: {to_json(value)}" for name, value in case.items()]
    return "\n".join(lines if found else [*lines, "  the same for every case that was tried"])


def _rules(old: Version, new: Version) -> list[str]:
    lines = []
    groups: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
        ("parameter", _parameters(old), _parameters(new)),
        ("requirement", _requirements(old), _requirements(new)),
        ("fact", dict.fromkeys(old.facts, ""), dict.fromkeys(new.facts, "")),
        ("table", {one.id: one.rows for one in old.tables.values()}, {one.id: one.rows for one in new.tables.values()}),
    ]
    for what, before, after in groups:
        lines += [f"  {what} {name} is gone" for name in before if name not in after]
        lines += [f"  {what} {name} is new {after[name]}".rstrip() for name in after if name not in before]
        lines += [
            f"  {what} {name} changes" + (f": {before[name]} becomes {after[name]}" if what != "table" else "")
            for name in before if name in after and before[name] != after[name]
        ]  # fmt: skip
    return lines


def _parameters(version: Version) -> dict[str, str]:
    return {one.id: f"{to_json(one.value)} {one.unit or ''}".strip() for one in version.parameters.values()}


def _requirements(version: Version) -> dict[str, str]:
    return {one.id: " / ".join([*(part.source for part in one.parts), one.on_fail]) for one in version.requirements}


def _said(decision: Decision) -> str:
    failed = ", ".join(one.requirement.id for one in decision.failed)
    fees = ", ".join(
        f"{table.id} {to_json(table.look_up(decision.values))}" for table in decision.version.tables.values()
    )
    return decision.outcome + (f" ({failed})" if failed else f" ({fees})" if fees else "")


def changed_answers(old: Version, new: Version, today: date) -> Iterator[tuple[dict[str, Value], Decision, Decision]]:
    """One case, as near to an ordinary yes as possible, for every pair of answers that differ between the versions."""
    start = next((case for case in reachable(new, today) if not _apply(new, case, today).failed), None)
    ordinary: dict[str, Value] = {**next(reachable(old, today)), **(start or {})}
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
                key = (_said(before), _said(after))
                if key[0] != key[1] and key not in seen and not (count == 2 and before.outcome == after.outcome):
                    seen.add(key)
                    yield case, before, after


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
