"""Which combinations of requirement statuses can occur at all: exhaustively over the cut-points of every fact.

Requirements that share no fact cannot influence each other, so each group that does is enumerated by itself; that is
exact. A group of more than 200,000 combinations is taken apart requirement by requirement, which is less: then only
what holds for one requirement alone is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from bot.policy.cuts import in_range
from bot.policy.decide import compute, judge, too_many
from bot.policy.derive import REGISTRY
from bot.policy.expression import Value
from bot.policy.model import BUILT_IN, Fact, Requirement, Version

MOST_COMBINATIONS = 200_000
Case = Mapping[str, Value]


@dataclass(frozen=True)
class Group:
    """Requirements that share facts. ``patterns``: every reachable tuple of (status, consequence), with one case each.

    ``exact`` is False when the group was too large and only its requirements alone were looked at.
    """

    requirements: tuple[Requirement, ...]
    patterns: Mapping[tuple[tuple[str, str], ...], Case]
    combinations: int
    exact: bool


def groups(version: Version, today: date) -> list[Group]:
    """Every group of the version, enumerated as if decided on ``today``."""
    values = grid(version, today)
    found: list[Group] = []
    for members, roots in _groups(version):
        names = sorted(roots - set(BUILT_IN))
        combinations = math.prod(len(values[name]) for name in names)
        if combinations <= MOST_COMBINATIONS:
            found.append(Group(members, _patterns(version, members, names, values, today), combinations, True))
            continue
        for one in members:
            own = sorted({root for name in one.reads for root in version.roots[name]} - set(BUILT_IN))
            patterns = _patterns(version, (one,), own, values, today)
            found.append(Group((one,), patterns, combinations, False))
    return found


def _groups(version: Version) -> list[tuple[tuple[Requirement, ...], frozenset[str]]]:
    found: list[tuple[list[Requirement], set[str]]] = []
    for requirement in version.requirements:
        roots = {root for name in requirement.reads for root in version.roots[name]}
        shared = [one for one in found if not roots.isdisjoint(one[1] - set(BUILT_IN))]
        members = [member for one in shared for member in one[0]] + [requirement]
        merged = (members, roots.union(*(one[1] for one in shared)))
        found = [one for one in found if one not in shared] + [merged]
    order = {one.id: place for place, one in enumerate(version.requirements)}
    return [(tuple(sorted(members, key=lambda one: order[one.id])), frozenset(roots)) for members, roots in found]


def _patterns(
    version: Version, members: tuple[Requirement, ...], names: list[str], values: Mapping[str, list[Value]], today: date
) -> dict[tuple[tuple[str, str], ...], Case]:
    derived = [fact for fact in version.derived if version.roots[fact.id] <= {*names, *BUILT_IN}]
    known: dict[str, Any] = {**dict.fromkeys(version.facts), "today": today, "application_date": today}
    found: dict[tuple[tuple[str, str], ...], Case] = {}
    for combination in product(*(values[name] for name in names)):
        known.update(zip(names, combination, strict=True))
        if too_many(version, known) is not None:
            continue
        for fact in derived:
            known[fact.id] = compute(fact, [known[part] for part in fact.of], version)
        results = [judge(one, known, version) for one in members]
        pattern = tuple((one.status, one.on_fail) for one in results)
        if pattern not in found:
            found[pattern] = dict(zip(names, combination, strict=True))
    return found


def grid(version: Version, today: date) -> dict[str, list[Value]]:
    """For every supplied fact its own cut-points, and the values that bring a derived fact to its cut-points."""
    values: dict[str, set[Any]] = {name: set(version.cuts.get(name, ())) for name in version.asked}
    for name, found in values.items():
        if not found and not any(name in _drivers(version, fact) for fact in version.derived):
            found.add(sample(version.facts[name], today))
    for fact in version.derived:
        wanted = list(version.cuts.get(fact.id, ()))
        if wanted:
            _reach(version, fact, wanted, values, today)
    for name, found in values.items():
        if not found:
            found.add(sample(version.facts[name], today))
    return {name: sorted(found, key=str) for name, found in values.items()}


def _drivers(version: Version, fact: Fact) -> set[str]:
    """The supplied fact through which a derived fact is brought to its cut values: the first that it comes from."""
    for part in fact.of:
        if part in version.facts:
            inner = version.facts[part]
            return {part} if inner.function is None else _drivers(version, inner)
    return set()


def _reach(version: Version, fact: Fact, wanted: list[Any], values: dict[str, set[Any]], today: date) -> None:
    assert fact.function is not None
    place = next((index for index, part in enumerate(fact.of) if part in version.facts), None)
    if place is None:
        return
    others = [sorted(_known(version, part, values, today), key=str) for part in fact.of]
    others[place] = [None]
    source = version.facts[fact.of[place]]
    targets = set()
    for parts in product(*others):
        for one in wanted:
            targets.add(REGISTRY[fact.function].inverse(place, one, parts, version.calendar))
    if source.function is not None:
        _reach(version, source, [one for one in targets if one is not None], values, today)
        return
    near = {value + shift * source.grid for value in targets if value is not None for shift in (-1, 0, 1)}
    values[source.id] |= {one for one in (_whole(source, value) for value in near) if _possible(source, one, today)}


def _whole(fact: Fact, value: Any) -> Any:
    return math.ceil(value) if fact.type == "int" and isinstance(value, Decimal) else value


def _known(version: Version, name: str, values: Mapping[str, set[Any]], today: date) -> set[Any]:
    if name in BUILT_IN:
        return {today}
    if version.facts[name].function is not None:
        return set(version.cuts.get(name, ())) or {sample(version.facts[name], today)}
    return values[name] or {sample(version.facts[name], today)}


def sample(fact: Fact, today: date) -> Any:
    """An ordinary value of a fact."""
    if fact.type == "bool":
        return True
    if fact.type == "choice":
        return fact.choices[0]
    if fact.type == "date":
        return today + timedelta(days={"past": -10, "future": 60}.get(fact.tense or "", 0))
    low, high = Decimal(fact.min or 0), Decimal(fact.max or 0)
    middle = low + ((high - low) / 2 / Decimal(fact.step)).to_integral_value() * Decimal(fact.step)
    return int(middle) if fact.type == "int" else middle


def _possible(fact: Fact, value: Any, today: date) -> bool:
    if fact.type == "date":
        return not ((fact.tense == "past" and value > today) or (fact.tense == "future" and value < today))
    return in_range(fact, value)


def reachable(version: Version, today: date) -> Iterator[dict[str, Value]]:
    """One complete case for every reachable set of failed requirements of the version."""
    choices: list[list[Case]] = []
    for group in groups(version, today):
        by_failure: dict[tuple[str, ...], Case] = {}
        for pattern, case in group.patterns.items():
            failed = tuple(
                one.id for one, (status, _) in zip(group.requirements, pattern, strict=True) if status == "failed"
            )
            by_failure.setdefault(failed, case)
        choices.append(list(by_failure.values()))
    spare = {name: sample(version.facts[name], today) for name in version.asked}
    for parts in product(*choices):
        case = dict(spare)
        for part in parts:
            case.update(part)
        yield case
