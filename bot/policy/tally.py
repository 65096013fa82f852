"""How often each rule refuses, and what reviews made of it: a rule that many ask about and nobody ever departs from, or
that is departed from again and again, is one to look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.policy.export import SENSITIVE, sensitive_in
from bot.policy.model import Library
from bot.policy.record import Record

COLUMNS = ("policy", "version", "rule", "name", "refusals", "reviews_asked", "reviews_changed", "departures")
FEW = 5
"""Counts below this are not told of a rule that reads a sensitive fact: they could tell the fact of one person."""


@dataclass(frozen=True)
class Decided:
    """A stored decision that is no departure: its record, the record of a departure from it, whether a review was
    asked for."""

    record: Record
    departure: Record | None = None
    reviewed: bool = False


@dataclass
class _Count:
    refusals: int = 0
    reviews_asked: int = 0
    reviews_changed: int = 0
    departures: int = 0
    sensitive: bool = False
    name: str = ""

    def add(self, one: Decided) -> None:
        changed = one.departure is not None and not one.departure["against"]
        self.refusals += 1
        self.reviews_asked += one.reviewed
        self.reviews_changed += one.reviewed and changed
        self.departures += changed

    def cells(self) -> list[str]:
        counts = (self.refusals, self.reviews_asked, self.reviews_changed, self.departures)
        return [f"<{FEW}" if self.sensitive and count < FEW else str(count) for count in counts]


@dataclass
class Tally:
    """Counts by policy, version and rule. Every rule of ``library`` that can refuse has a row, if it never did too."""

    library: Library
    _counts: dict[tuple[str, str, str], _Count] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for policy in self.library.policies.values():
            for version in policy.versions:
                sensitive = {one.id for one in version.facts.values() if one.sensitive in SENSITIVE}
                for rule in (one for one in version.requirements if one.on_fail == "refuse"):
                    reads = {root for name in rule.reads for root in version.roots[name]}
                    name = policy.words["en"].text["requirements"][rule.id]["name"]
                    key = policy.id, version.version, rule.id
                    self._counts[key] = _Count(sensitive=bool(reads & sensitive), name=name)

    def add(self, found: Iterable[Decided]) -> None:
        """Count decisions. Advice against counts as a refusal; every rule that refused counts."""
        for one in found:
            record = one.record
            if not record["against"]:
                continue
            sensitive = sensitive_in(record)
            for trace in record["trace"]:
                if (trace["status"], trace["on_fail"]) == ("failed", "refuse"):
                    key = record["policy"], record["version"], trace["requirement"]
                    count = self._counts.setdefault(key, _Count())
                    count.sensitive |= bool(sensitive & trace["reads"].keys())
                    count.add(one)

    def rows(self) -> list[list[str]]:
        """The table by policy, version and rule in file order, without its heading."""
        return [[*key, count.name, *count.cells()] for key, count in self._counts.items()]
