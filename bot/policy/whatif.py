"""What would change the outcome: minimal sets of one to three changeable facts, computed and decided again.

The search repairs one failed requirement at a time, trying every cut value of each of its changeable facts. A set that
changes the outcome must change a fact of every requirement that fails on the way, so no minimal set is missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bot.policy.cuts import in_range
from bot.policy.decide import RANK, Decision, apply, compute, conclude, judge, too_many
from bot.policy.derive import REGISTRY
from bot.policy.expression import Value
from bot.policy.model import Fact, Policy, Requirement
from bot.policy.select import NoVersion, Selected, select

MOST_CHANGES = 3
MOST_SHOWN = 3
CHANGEABLE = ("applicant", "household", "third_party")
_LONGEST_WAIT = timedelta(days=5 * 366)
Changes = dict[str, Value]


@dataclass(frozen=True)
class Change:
    """One fact to be otherwise. ``how``: true, false, choice, at_most, at_least, between, exactly, or wait (a date).

    ``value`` is the nearest value that does it, ``other`` the far end of a between. ``who`` can change it.
    """

    fact: str
    now: Value
    value: Value
    how: str
    who: str
    other: Value | None = None


@dataclass(frozen=True)
class Way:
    """A minimal set of changes and the outcome that the real decision then gives."""

    changes: tuple[Change, ...]
    outcome: str
    version: str


@dataclass(frozen=True)
class WhatIf:
    """All that would change an outcome: the best ways, the next adopted version, and records that could be wrong."""

    ways: tuple[Way, ...]
    next_version: Way | None
    next_from: date | None
    corrections: tuple[str, ...]


def rank(decision: Decision) -> int:
    """How good an outcome is for the citizen: 0 for a no, up to 4 for a plain yes."""
    return 0 if decision.against else RANK[decision.outcome]


def what_would_change(policy: Policy, decision: Decision) -> WhatIf:
    """Every minimal way out of a refusal or referral, best first, at most three. Each was run through ``apply``."""
    ways = _Search(policy, decision).ways()
    next_way, starts = _next_version(policy, decision)
    unchangeable = dict.fromkeys(
        root
        for result in (decision.with_status("failed", "refuse") if decision.against else decision.failed)
        for name in result.requirement.reads
        for root in sorted(decision.version.roots[name])
        if root in decision.version.facts and decision.version.facts[root].change not in CHANGEABLE
    )
    return WhatIf(ways, next_way, starts, tuple(unchangeable))


def can_change(policy: Policy, decision: Decision) -> bool:
    """Whether any way out exists; used to stop asking early when none does."""
    return bool(_Search(policy, decision).ways())


def redecide(policy: Policy, decision: Decision, changes: Mapping[str, Value]) -> Decision | None:
    """The real decision with some facts otherwise; ``today`` among them means waiting. None where none can be made."""
    facts = {**decision.facts, **{name: value for name, value in changes.items() if name != "today"}}
    if "today" not in changes:
        return apply(
            Selected(decision.version, decision.basis, decision.selected_on), facts, decision.today, decision.applied
        )
    today = changes["today"]
    assert isinstance(today, date)
    applied = today if decision.applied == decision.today else decision.applied
    try:
        selected = select(policy.versions, facts, today, applied)
    except NoVersion:
        return None
    return None if isinstance(selected, str) else apply(selected, facts, today, applied)


@dataclass(frozen=True)
class _State:
    """A point of the search: what was changed, all values, and (status, consequence) by requirement."""

    changes: Changes
    values: dict[str, Value | None]
    statuses: tuple[tuple[str, str], ...]
    rank: int


class _Search:
    def __init__(self, policy: Policy, decision: Decision) -> None:
        self.policy, self.decision, self.version = policy, decision, decision.version
        self.base = rank(decision)
        self.top = RANK["refer"] if self.version.decided_by == "person" else RANK["grant_with_conditions"]
        self.found: dict[tuple[frozenset[str], int], tuple[float, Changes]] = {}
        statuses = tuple((one.status, one.on_fail) for one in decision.results)
        self._start = _State({}, dict(decision.values), statuses, self.base)
        self.seen: set[frozenset[tuple[str, Value]]] = set()

    def ways(self) -> tuple[Way, ...]:
        if self.base in (RANK["need_info"], RANK["grant"], RANK["grant_with_conditions"]) or self.base >= self.top:
            return ()
        self._visit(self._start)
        kept = [
            (level, changes, distance)
            for (names, level), (distance, changes) in self.found.items()
            if not any(other < names and better >= level for other, better in self.found)
        ]
        kept.sort(key=lambda one: (-one[0], len(one[1]), one[2], sorted(one[1])))
        ways = (self._way(changes) for _, changes, _ in kept[:MOST_SHOWN])
        return tuple(way for way in ways if way is not None)

    def _visit(self, state: _State) -> None:
        if state.changes and state.rank > self.base:
            self._note(state)
            if state.rank >= self.top:
                return
        left = MOST_CHANGES - len(state.changes)
        broken = self._broken(state)
        if not broken or left == 0 or self._needs_more_than(left, broken, state):
            return
        for name, value in self._candidates(broken[0], state):
            changes = {**state.changes, name: value}
            key = frozenset(changes.items())
            if key not in self.seen:
                self.seen.add(key)
                if name == "today":
                    self._wait(changes)
                else:
                    changed = self._changed(state, name, value, changes)
                    if too_many(self.version, changed.values) is None:
                        self._visit(changed)

    def _note(self, state: _State) -> None:
        key = (frozenset(state.changes), state.rank)
        distance = sum(self._distance(name, value) for name, value in state.changes.items())
        if key not in self.found or distance < self.found[key][0]:
            self.found[key] = (distance, state.changes)

    def _broken(self, state: _State) -> list[Requirement]:
        """The requirements to repair next: the refusing ones that fail, else the referring ones."""
        for wanted in ("refuse", "refer"):
            found = [
                requirement
                for requirement, (status, on_fail) in zip(self.version.requirements, state.statuses, strict=True)
                if status == "failed" and on_fail == wanted
            ]
            if found:
                return found
        return []

    def _needs_more_than(self, left: int, broken: list[Requirement], state: _State) -> bool:
        taken: set[str] = set()
        count = 0
        for requirement in broken:
            roots = {root for name in requirement.reads for root in self._movable(name)} - set(state.changes)
            if not roots:
                return True
            if taken.isdisjoint(roots):
                taken |= roots
                count += 1
        return count > left

    def _movable(self, name: str) -> frozenset[str]:
        """The supplied facts behind ``name`` that someone can change, and today where waiting moves it."""
        fact = self.version.facts.get(name)
        if fact is None:
            return frozenset()
        if fact.function is None:
            return frozenset([name]) if fact.change in CHANGEABLE else frozenset()
        inner = frozenset().union(*(self._movable(part) for part in fact.of))
        return inner | {"today"} if fact.change == "by_waiting" else inner

    def _candidates(self, requirement: Requirement, state: _State) -> Iterator[tuple[str, Value]]:
        for name in requirement.reads:
            for root in sorted(self._movable(name) - set(state.changes)):
                current = state.values[root]
                if current is not None and not (root == "today" and state.changes):
                    for value in self._targets(name, root, state.values):
                        if value != current:
                            yield root, value

    def _nearest(self, name: str, current: Any) -> list[Any]:
        """Of the values that no comparison tells apart only the one nearest to the current value."""
        if current is None:
            return list(self.version.cuts[name])
        return [min(group, key=lambda value: abs(value - current)) for group in self.version.cells[name]]

    def _targets(self, name: str, root: str, values: Mapping[str, Any], everything: bool = False) -> list[Any]:
        """Values of ``root`` at which ``name`` takes one of its cut values."""
        fact = self.version.facts[name]
        wanted: list[Any] = list(self.version.cuts.get(name, ()))
        if name in self.version.cells and not everything:
            wanted = self._nearest(name, values[name])
        if fact.type == "choice":
            return [value for value in wanted if value in fact.change_to]
        if fact.function is None:
            return [value for value in wanted if _possible(fact, value, self.decision.today)]
        return list(dict.fromkeys(self._inverted(fact, wanted, root, values)))

    def _inverted(self, fact: Fact, wanted: list[Any], root: str, values: Mapping[str, Any]) -> Iterator[Any]:
        assert fact.function is not None
        function, parts = REGISTRY[fact.function], [values[part] for part in fact.of]
        if None in parts:
            return
        for place, part in enumerate(fact.of):
            moved = [function.inverse(place, one, parts, self.version.calendar) for one in wanted]
            source = self.version.facts.get(part)
            if part == root or (root == "today" and part == "application_date" and source is None):
                yield from (one for one in (self._fit(root, one) for one in moved) if one is not None)
            elif source is not None and source.function is not None and root in self.version.roots[part]:
                yield from self._inverted(source, [one for one in moved if one is not None], root, values)

    def _fit(self, root: str, value: Any) -> Any | None:
        today = self.decision.today
        if root == "today":
            return value if isinstance(value, date) and today < value <= today + _LONGEST_WAIT else None
        fact = self.version.facts[root]
        if fact.type == "int" and isinstance(value, Decimal):
            value = math.ceil(value)
        return value if value is not None and _possible(fact, value, today) else None

    def _changed(self, state: _State, name: str, value: Value, changes: Changes) -> _State:
        values = {**state.values, name: value}
        for fact in self.version.derived:
            if name in self.version.roots[fact.id]:
                parts = [values[part] for part in fact.of]
                values[fact.id] = None if None in parts else compute(fact, parts, self.version)
        statuses = list(state.statuses)
        for index in self.version.readers.get(name, ()):
            result = judge(self.version.requirements[index], values, self.version)
            statuses[index] = (result.status, result.on_fail)
        outcome = conclude(statuses, self.version)
        level = 0 if ("failed", "refuse") in statuses else RANK[outcome]
        return _State(changes, values, tuple(statuses), level)

    def _wait(self, changes: Changes) -> None:
        """Waiting moves every date at once and may bring another version: decided as a whole, and the end of a path."""
        later = redecide(self.policy, self.decision, changes)
        if later is not None and rank(later) > self.base:
            self._note(_State(changes, {}, (), rank(later)))

    def _distance(self, name: str, value: Value) -> float:
        now: Any = self.decision.values[name]
        fact = self.version.facts.get(name)
        if isinstance(value, date):
            return float(abs((value - now).days)) / 365
        if fact is None or fact.type in ("bool", "choice"):
            return 1.0
        span = float((fact.max or 1) - (fact.min or 0)) or 1.0
        return abs(float(value) - float(now)) / span

    def _way(self, changes: Changes) -> Way | None:
        decided = redecide(self.policy, self.decision, changes)
        if decided is None or rank(decided) <= self.base:
            return None
        described = tuple(self._describe(name, changes, rank(decided)) for name in changes)
        return Way(described, decided.outcome, decided.version.version)

    def _describe(self, name: str, changes: Changes, level: int) -> Change:
        now, value = self.decision.values[name], changes[name]
        assert now is not None
        if name == "today":
            return Change(name, now, value, "wait", "by_waiting")
        fact = self.version.facts[name]
        if fact.type == "bool":
            return Change(name, now, value, "true" if value else "false", fact.change)
        if fact.type == "choice":
            return Change(name, now, value, "choice", fact.change)
        low, high, open_low, open_high = self._span(fact, changes, level)
        if value < now:  # type: ignore[operator]
            how, other = ("at_most", None) if open_low else ("between", low)
        else:
            how, other = ("at_least", None) if open_high else ("between", high)
        if other == value:
            how, other = "exactly", None
        return Change(name, now, value, how, fact.change, other)

    def _span(self, fact: Fact, changes: Changes, level: int) -> tuple[Any, Any, bool, bool]:
        """How far around the value the outcome stays as good: lowest, highest, and whether nothing ends it there."""
        around = self._start
        for name, value in changes.items():
            if name != fact.id:
                around = self._changed(around, name, value, {})
        values = {**around.values, fact.id: changes[fact.id]}
        grid = {one for name in self.version.cuts for one in self._reached(name, fact.id, values)} | {changes[fact.id]}
        ends = [end for end in (fact.min, fact.max) if end is not None and fact.type != "date"]
        points = sorted(grid | set(ends))
        place = points.index(changes[fact.id])
        low = high = place
        while low > 0 and self._changed(around, fact.id, points[low - 1], {}).rank >= level:
            low -= 1
        while high < len(points) - 1 and self._changed(around, fact.id, points[high + 1], {}).rank >= level:
            high += 1
        return points[low], points[high], low == 0, high == len(points) - 1

    def _reached(self, name: str, root: str, values: Mapping[str, Any]) -> list[Any]:
        return self._targets(name, root, values, True) if root in self.version.roots.get(name, ()) else []


def _possible(fact: Fact, value: Any, today: date) -> bool:
    if fact.type == "date":
        return not ((fact.tense == "past" and value > today) or (fact.tense == "future" and value < today))
    return in_range(fact, value)


def _next_version(policy: Policy, decision: Decision) -> tuple[Way | None, date | None]:
    """The first adopted later version that would help by itself, on its first day."""
    for version in policy.versions:
        if version.effective_from > decision.today:
            later = redecide(policy, decision, {"today": version.effective_from})
            if later is not None and later.version is version and rank(later) > rank(decision):
                change = Change("today", decision.today, version.effective_from, "wait", "by_waiting")
                return Way((change,), later.outcome, version.version), version.effective_from
    return None, None
