"""Apply one version of a policy to facts. Total by construction: every set of facts has exactly one outcome.

A requirement is met, failed, excepted, n/a (it does not apply) or unknown (a fact that decides it is not known).
A known failure of a refusing requirement refuses, whatever else is unknown. Else any unknown asks. Else any failure of
a referring requirement goes to a person. Else it is granted, with conditions where a conditional requirement failed.
All failures are reported together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from bot.policy.derive import REGISTRY
from bot.policy.expression import Facts, Truth, Value
from bot.policy.model import Fact, Policy, Requirement, Review, Version
from bot.policy.select import Selected, select

RANK = {"refuse": 0, "need_info": 1, "refer": 2, "grant_with_conditions": 3, "grant": 4}


class BadFact(ValueError):
    """A fact has a value that it cannot have, or is not a fact of the policy. ``fact`` names it."""

    def __init__(self, fact: str, message: str) -> None:
        self.fact = fact
        super().__init__(message)


class TooMany(BadFact):
    """A fact is above another one that it cannot be above. ``limit`` names that one."""

    def __init__(self, fact: str, limit: str) -> None:
        self.limit = limit
        super().__init__(fact, f"'{fact}' cannot be above '{limit}'.")


@dataclass(frozen=True)
class Result:
    """What became of one requirement: its status, the truth of its parts, and what a failure leads to here."""

    requirement: Requirement
    status: str
    when: Truth
    must: Truth
    unless: Truth
    on_fail: str


@dataclass(frozen=True)
class Decision:
    """The outcome of one version for one set of facts, with every requirement and every value that was read."""

    version: Version
    basis: str
    selected_on: date
    today: date
    applied: date
    facts: Mapping[str, Value | None]
    values: Facts
    results: tuple[Result, ...]
    outcome: str

    def with_status(self, status: str, *on_fail: str) -> tuple[Result, ...]:
        """The results of that status, in file order; only those with the given consequences when some are given."""
        return tuple(one for one in self.results if one.status == status and (not on_fail or one.on_fail in on_fail))

    @cached_property
    def failed(self) -> tuple[Result, ...]:
        """Every failed requirement, in file order."""
        return self.with_status("failed")

    @property
    def against(self) -> bool:
        """Whether the answer is no: a refusal, or in advise mode the expectation of one."""
        return bool(self.with_status("failed", "refuse"))


@dataclass(frozen=True)
class Undated:
    """Which version decides depends on a date that is not known yet; ``fact`` is to be asked first."""

    fact: str
    versions: tuple[Version, ...]


def decide(policy: Policy, facts: Mapping[str, Any], today: date, applied: date | None = None) -> Decision | Undated:
    """Select the version and apply it. ``facts`` by name in their types or as JSON has them; a missing one is unknown.

    Raises BadFact for a name that the policy does not have or a value out of its type or range, and NoVersion when no
    version was in force. Nothing is ever decided on a default. Raises TooMany, a BadFact, for facts that cannot go
    together.
    """
    given, wrong = _taken(policy, facts, today)
    if wrong:
        raise wrong[0]
    selected = select(policy.versions, given, today, applied or today)
    if isinstance(selected, str):
        return Undated(selected, policy.versions)
    if pair := too_many(selected.version, given):
        raise TooMany(*pair)
    return apply(selected, given, today, applied or today)


def faults(policy: Policy, facts: Mapping[str, Any], today: date, applied: date | None = None) -> list[BadFact]:
    """Every one of the facts that ``decide`` would not take, in their order; then those that cannot go together.

    Raises NoVersion when no version was in force.
    """
    given, wrong = _taken(policy, facts, today)
    selected = select(policy.versions, given, today, applied or today)
    if not isinstance(selected, str):
        wrong += (TooMany(*pair) for pair in _above(selected.version, given))
    return wrong


def _taken(policy: Policy, facts: Mapping[str, Any], today: date) -> tuple[dict[str, Value | None], list[BadFact]]:
    """The facts that can be given, in their types, and what is wrong with the others."""
    given: dict[str, Value | None] = {}
    wrong: list[BadFact] = []
    declared = {name: fact for version in policy.versions for name, fact in version.facts.items() if not fact.function}
    for name, value in facts.items():
        try:
            if name not in declared:
                near = get_close_matches(name, declared, 1)
                know = f"Perhaps '{near[0]}' is meant." if near else f"The facts are: {', '.join(declared)}."
                raise BadFact(name, f"'{name}' is not a fact that can be given to {policy.id}. {know}")
            given[name] = typed(declared[name], value, today)
        except BadFact as error:
            wrong.append(error)
    return given, wrong


def compared(version: Version) -> tuple[str, ...]:
    """The facts that are held against another one, or another one against them."""
    pairs = ((name, fact.not_above) for name, fact in version.facts.items() if fact.not_above is not None)
    return tuple(dict.fromkeys(name for pair in pairs for name in pair))


def too_many(version: Version, known: Facts) -> tuple[str, str] | None:
    """The first fact that is above one that it cannot be above, and that one."""
    return next(_above(version, known), None)


def _above(version: Version, known: Facts) -> Iterator[tuple[str, str]]:
    for name in version.asked:
        limit = version.facts[name].not_above
        if limit is not None:
            low, high = known.get(name), known.get(limit)
            if low is not None and high is not None and low > high:  # type: ignore[operator]
                yield name, limit


def possible(policy: Policy, facts: Mapping[str, Any], today: date) -> tuple[dict[str, Any], list[str]]:
    """Those of the facts that can still be given today, and the names of the rest.

    A day that had to lie ahead may have passed since it was given; a new version may have narrowed a range. Of two that
    cannot go together the one that is too high is not among them.
    """
    declared = {name: fact for version in policy.versions for name, fact in version.facts.items() if not fact.function}
    kept: dict[str, Any] = {}
    for name, value in facts.items():
        try:
            if name in declared:
                typed(declared[name], value, today)
                kept[name] = value
        except BadFact:
            continue
    for version in policy.versions:
        numbers = {name: typed(version.facts[name], kept[name], today) for name in compared(version) if name in kept}
        while pair := too_many(version, numbers):
            numbers.pop(pair[0])
            kept.pop(pair[0])
    return kept, [name for name in facts if name not in kept]


def apply(selected: Selected, given: Mapping[str, Value | None], today: date, applied: date) -> Decision:
    """Apply the selected version to facts that have their types already. Facts of other versions are left out."""
    version = selected.version
    known = {name: given.get(name) for name in version.asked}
    values = with_derived(version, known, today, applied)
    results = tuple(judge(one, values, version) for one in version.requirements)
    outcome = conclude([(one.status, one.on_fail) for one in results], version)
    return Decision(version, selected.basis, selected.on, today, applied, known, values, results, outcome)


def with_derived(version: Version, known: Facts, today: date, applied: date) -> dict[str, Value | None]:
    """The known facts, the built-in dates, and every derived fact whose parts are known (else None)."""
    values: dict[str, Value | None] = {**known, "today": today, "application_date": applied}
    for fact in version.derived:
        parts = [values[name] for name in fact.of]
        values[fact.id] = None if None in parts else compute(fact, parts, version)
    return values


def compute(fact: Fact, parts: Sequence[Any], version: Version) -> Value:
    """A derived fact's value, held inside its declared range."""
    assert fact.function is not None
    value: Any = REGISTRY[fact.function].compute(parts, version.calendar)
    if fact.min is not None and value < fact.min:
        return fact.min
    if fact.max is not None and value > fact.max:
        return fact.max
    result: Value = value
    return result


def judge(requirement: Requirement, values: Facts, version: Version) -> Result:
    """The status of one requirement. One that a special-category fact could make fail refers to a person."""
    when = True if requirement.when is None else requirement.when.test(values)
    must = requirement.must.test(values)
    unless = False if requirement.unless is None else requirement.unless.test(values)
    if when is False:
        status = "n/a"
    elif must is True:
        status = "met"
    elif unless is True:
        status = "excepted"
    elif when is None or must is None or unless is None:
        status = "unknown"
    else:
        status = "failed"
    on_fail = requirement.on_fail
    if on_fail == "refuse" and version.touched[requirement.id]:
        on_fail = "refer"
    return Result(requirement, status, when, must, unless, on_fail)


def conclude(statuses: Sequence[tuple[str, str]], version: Version) -> str:
    """The outcome for (status, consequence) pairs. Refuse is advice, and so goes to a person, in advise mode."""
    failures = {on_fail for status, on_fail in statuses if status == "failed"}
    if "refuse" in failures:
        return "refer" if version.mode == "advise" else "refuse"
    if any(status == "unknown" for status, _ in statuses):
        return "need_info"
    if "refer" in failures or version.decided_by == "person":
        return "refer"
    return "grant_with_conditions" if "condition" in failures else "grant"


def offered(decision: Decision) -> list[Review]:
    """The routes by which the decision can be looked at again, in file order: none that is known not to be open to this
    case, and none after such a one."""
    found: list[Review] = []
    for route in decision.version.reviews:
        shut = route.offered_when is not None and route.offered_when.test(decision.values) is False
        if not shut and (route.after is None or route.after in {one.id for one in found}):
            found.append(route)
    return found


def start(route: Review, decision: Decision) -> date | None:
    """The day that sets a review route's time going: that of the decision, or of the paper that the route names. None
    where it is not known: the answer of another route has not come, nor the paper, or nobody has said its date."""
    if route.after is not None:
        return None
    if route.start is None:
        return decision.today
    if route.start_when is not None and route.start_when.test(decision.values) is not True:
        return None
    day = decision.values[route.start]
    return day if isinstance(day, date) else None


def typed(fact: Fact, value: Any, today: date) -> Value | None:
    """``value`` in the fact's type. Raises BadFact when it does not fit the type, the choices or the range."""
    if value is None:
        return None
    match fact.type:
        case "bool":
            if isinstance(value, bool):
                return value
        case "choice":
            if value in fact.choices:
                return str(value)
        case "date":
            return _typed_date(fact, value, today)
        case _:
            return _typed_number(fact, value)
    can_be = ", ".join(fact.choices) if fact.type == "choice" else "true or false"
    raise BadFact(fact.id, f"'{fact.id}' cannot be {value!r}. It can be: {can_be}.")


def _typed_date(fact: Fact, value: Any, today: date) -> date:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadFact(fact.id, f"'{fact.id}' must be a date like 2026-04-01, not {value!r}.") from None
    if (fact.tense == "past" and day > today) or (fact.tense == "future" and day < today):
        raise BadFact(fact.id, f"'{fact.id}' must lie in the {fact.tense}, not on {day.isoformat()}.")
    return day


def _typed_number(fact: Fact, value: Any) -> int | Decimal:
    kind = "a whole number" if fact.type == "int" else "a number"
    between = f" between {fact.min} and {fact.max}" if fact.min is not None and fact.max is not None else ""
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
            raise InvalidOperation
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadFact(fact.id, f"'{fact.id}' must be {kind}{between}, not {value!r}.") from None
    if not number.is_finite() or (fact.type == "int" and number != number.to_integral_value()):
        raise BadFact(fact.id, f"'{fact.id}' must be {kind}{between}, not {value!r}.")
    if (fact.min is not None and number < fact.min) or (fact.max is not None and number > fact.max):
        raise BadFact(fact.id, f"'{fact.id}' must lie between {fact.min} and {fact.max}, not {value!r}.")
    return int(number) if fact.type == "int" else number
