"""A policy in memory: the words of the design as frozen data. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import PurePath
from typing import Any

from bot.policy.calendar import Calendar, DeadlineRule
from bot.policy.expression import Expression, Value
from bot.policy.problem import Problem
from bot.policy.yamlfile import Document

BUILT_IN = ("today", "application_date")


@dataclass(frozen=True)
class Fact:
    """One thing that the policy needs to know. ``function`` names a registered one, ``of`` what it is computed from.

    ``change`` says who can really change it, ``change_to`` to which of its choices, and
    ``not_above`` which other number is at least as large.
    """

    id: str
    type: str
    unit: str | None = None
    min: Decimal | int | None = None
    max: Decimal | int | None = None
    step: Decimal | int = 1
    choices: tuple[str, ...] = ()
    tense: str | None = None
    source: str = "citizen"
    change: str = "never"
    sensitive: str = "none"
    per: str | None = None
    function: str | None = None
    of: tuple[str, ...] = ()
    change_to: tuple[str, ...] = ()
    not_above: str | None = None

    @property
    def grid(self) -> Any:
        """The smallest step of a value: a number, or a day."""
        return timedelta(days=1) if self.type == "date" else self.step


@dataclass(frozen=True)
class Parameter:
    """A fixed value of the policy with its unit and the rule it comes from."""

    id: str
    value: Value
    unit: str | None
    cite: tuple[str, ...]


@dataclass(frozen=True)
class Requirement:
    """What must hold, when it applies, what excepts it, and what follows when it fails."""

    id: str
    must: Expression
    when: Expression | None
    unless: Expression | None
    on_fail: str
    cite: tuple[str, ...]
    waivable: bool
    waivable_note: str | None
    steps: tuple[str, ...]

    @cached_property
    def parts(self) -> tuple[Expression, ...]:
        """The expressions it has, in the order when, must, unless."""
        return tuple(part for part in (self.when, self.must, self.unless) if part is not None)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Every fact that its expressions name."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.facts))


@dataclass(frozen=True)
class Table:
    """A looked-up value such as a fee. A cell is a value, a (low, high) range (either end may be None) or '*'."""

    id: str
    by: tuple[str, ...]
    rows: tuple[tuple[tuple[Any, ...], Value], ...]
    type: str
    unit: str | None
    cite: tuple[str, ...]

    def look_up(self, facts: Mapping[str, Value | None]) -> Value | None:
        """The value of the row that fits, or None when a fact is unknown or no row fits."""
        values = [facts[name] for name in self.by]
        if None in values:
            return None
        for cells, value in self.rows:
            if all(cell_fits(cell, known) for cell, known in zip(cells, values, strict=True)):
                return value
        return None


def cell_fits(cell: Any, known: Any) -> bool:
    """Whether a table cell covers a value."""
    if isinstance(cell, tuple):
        low, high = cell
        return (low is None or known >= low) and (high is None or known <= high)
    return bool(cell == "*" or cell == known)


@dataclass(frozen=True)
class Review:
    """A way to have the decision looked at again. ``after`` names the route whose answer starts the time.

    It is not offered when ``offered_when`` is known to be false, nor is a route after it.
    ``start`` is the date fact that starts the time, where it is not the decision; only when ``start_when`` holds is
    that fact the date of the paper meant.
    """

    id: str
    deadline: DeadlineRule
    after: str | None
    late_allowed: bool
    late_cite: str | None
    how: tuple[str, ...]
    cite: str | None
    start: str | None = None
    start_when: Expression | None = None
    offered_when: Expression | None = None


@dataclass(frozen=True)
class Alternative:
    """Something else that may help; not offered when ``when`` is known to be false."""

    id: str
    when: Expression | None


@dataclass(frozen=True)
class Discretion:
    """What staff may do where the rules say no: by which power, who, on which grounds, with what evidence."""

    power: str
    who: tuple[str, ...]
    grounds: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Version:
    """One version of a policy, from one file. ``sha256`` is that of the file's bytes."""

    policy: str
    version: str
    path: str
    sha256: str
    effective_from: date
    effective_until: date | None
    supersedes: str | None
    selects_on: str
    transitional: tuple[tuple[str, date, str], ...]
    mode: str
    decided_by: str
    service: tuple[int, str]
    authority: Mapping[str, str]
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    requirements: tuple[Requirement, ...]
    tables: Mapping[str, Table]
    discretion: Discretion | None
    reviews: tuple[Review, ...]
    alternatives: tuple[Alternative, ...]
    calendar: Calendar

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The facts that someone supplies, in file order: all but the derived ones."""
        return tuple(fact.id for fact in self.facts.values() if fact.function is None)

    @cached_property
    def derived(self) -> tuple[Fact, ...]:
        """The derived facts, in file order (each uses only facts and earlier derived facts)."""
        return tuple(fact for fact in self.facts.values() if fact.function is not None)

    @cached_property
    def roots(self) -> Mapping[str, frozenset[str]]:
        """For every fact, the supplied facts (and built-in dates) that it comes from; itself when supplied."""
        found: dict[str, frozenset[str]] = {name: frozenset([name]) for name in (*BUILT_IN, *self.asked)}
        for fact in self.derived:
            found[fact.id] = frozenset().union(*(found[name] for name in fact.of))
        return found

    @cached_property
    def readers(self) -> Mapping[str, tuple[int, ...]]:
        """By supplied fact: the places of the requirements that it reaches."""
        found: dict[str, list[int]] = {}
        for place, requirement in enumerate(self.requirements):
            for root in {root for name in requirement.reads for root in self.roots[name]}:
                found.setdefault(root, []).append(place)
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def special(self) -> frozenset[str]:
        """Every fact that is, or comes from, a special-category fact."""
        marked = {fact.id for fact in self.facts.values() if fact.sensitive == "special_category"}
        return frozenset(name for name, roots in self.roots.items() if roots & marked) | frozenset(marked)

    @cached_property
    def touched(self) -> Mapping[str, tuple[str, ...]]:
        """By requirement: the special-category facts that could make it fail. One that can only spare somebody is not
        among them: a yes-or-no fact in ``when`` alone, where a yes means that the requirement never applies."""
        unknown: dict[str, Value | None] = dict.fromkeys((*BUILT_IN, *self.facts))
        found = {}
        for one in self.requirements:
            beside = {name for part in (one.must, one.unless) if part is not None for name in part.facts}
            spared = {
                name
                for name in self.special - beside
                if one.when is not None and name in one.when.facts and self.facts[name].type == "bool"
                and one.when.test({**unknown, name: True}) is False
            }  # fmt: skip
            found[one.id] = tuple(name for name in one.reads if name in self.special and name not in spared)
        return found

    @cached_property
    def cuts(self) -> Mapping[str, tuple[Value, ...]]:
        """For every fact in an expression, the values around each threshold: one of each side and the threshold."""
        from bot.policy.cuts import cut_values

        return cut_values(self)

    @cached_property
    def cells(self) -> Mapping[str, tuple[tuple[Value, ...], ...]]:
        """The cut values of a supplied number or date in groups that no comparison tells apart."""
        from bot.policy.cuts import cells

        return cells(self)

    def requirement(self, name: str) -> Requirement:
        """The requirement of that id. Raises KeyError when there is none."""
        for one in self.requirements:
            if one.id == name:
                return one
        raise KeyError(name)


@dataclass(frozen=True)
class Words:
    """Citizen-facing words of one language: the policy's own and the frame that all policies share."""

    language: str
    sha256: str
    text: Mapping[str, Any]
    frame: Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """All versions of one policy in order of date, its words by language, and its golden tests."""

    id: str
    folder: str
    versions: tuple[Version, ...]
    words: Mapping[str, Words]
    golden: tuple[Mapping[str, Any], ...] = ()

    @property
    def latest(self) -> Version:
        """The version that starts last."""
        return self.versions[-1]


@dataclass(frozen=True)
class Source:
    """A rule that can be cited: what a citizen needs to find it, and when someone last looked."""

    id: str
    title: str
    section: str | None
    url: str
    checked: date


@dataclass(frozen=True)
class Library:
    """Every policy, the citation registry and the calendar; the documents they came from and what loading found."""

    root: str
    policies: Mapping[str, Policy]
    sources: Mapping[str, Source]
    calendar: Calendar
    documents: Mapping[str, Document] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def document(self, *path: str) -> Document:
        """The document at a path below the policies folder; an empty one of that name when there is none."""
        name = "/".join((PurePath(self.root).name, *path))
        return self.documents.get(name, Document(name))

    def policy(self, name: str) -> Policy:
        """The policy of that id. Raises KeyError with the ids there are."""
        if name not in self.policies:
            raise KeyError(f"There is no policy '{name}'. There are: {', '.join(sorted(self.policies))}.")
        return self.policies[name]
