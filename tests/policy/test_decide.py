"""The evaluator: outcomes, versions, and properties that hold for every set of facts of every policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.policy.ask import next_question, open_facts
from bot.policy.decide import BadFact, Decision, compared, decide
from bot.policy.model import Fact, Library, Policy
from bot.policy.select import NoVersion
from bot.policy.whatif import CHANGEABLE, MOST_CHANGES, rank, redecide, what_would_change
from tests.policies import LIBRARY
from tests.policy.conftest import TODAY

FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GOOD = {"in_zone": True, "car_free_home": False, "kept_here": True, "permits_held": 0, "vehicle_height": Decimal("1.5"),
        "vehicle_length": 4, "proof_date": date(2026, 10, 1)}  # fmt: skip


def values_of(fact: Fact, policy: Policy) -> st.SearchStrategy[Any]:
    """Values near the thresholds, and any other that is in range."""
    cuts = [value for version in policy.versions for value in version.cuts.get(fact.id, ())]
    near = [st.sampled_from(cuts)] if cuts else []
    match fact.type:
        case "bool":
            return st.booleans()
        case "choice":
            return st.sampled_from(fact.choices)
        case "date":
            low = date(2026, 11, 1) if fact.tense != "future" else TODAY
            return st.dates(low if fact.tense == "future" else date(2024, 1, 1),
                            TODAY if fact.tense == "past" else date(2028, 1, 1))  # fmt: skip
        case "int":
            return st.one_of(*near, st.integers(int(fact.min or 0), int(fact.max or 0)))
        case _:
            return st.one_of(*near, st.decimals(fact.min, fact.max, places=2, allow_nan=False))


@st.composite
def cases(draw: st.DrawFn, complete: bool = False) -> tuple[Policy, dict[str, Any]]:
    policy = draw(st.sampled_from(sorted(LIBRARY.policies.values(), key=lambda one: one.id)))
    facts: dict[str, Any] = {}
    for version in policy.versions:
        for name in version.asked:
            if name not in facts and (complete or draw(st.integers(0, 3))):
                facts[name] = draw(values_of(version.facts[name], policy))
        for name in compared(version):
            limit = version.facts[name].not_above
            if limit in facts and name in facts:
                facts[name] = min(facts[name], facts[limit])
    return policy, facts


def decided(policy: Policy, facts: dict[str, Any], on: date = TODAY) -> Decision:
    decision = decide(policy, facts, on)
    assert isinstance(decision, Decision)
    return decision


@given(cases())
@FAST
def test_total_and_deterministic(case: tuple[Policy, dict[str, Any]]) -> None:
    policy, facts = case
    first, second = decided(policy, facts), decided(policy, dict(reversed(facts.items())))
    assert first.outcome in ("refuse", "need_info", "refer", "grant", "grant_with_conditions")
    assert first.outcome == second.outcome
    assert first.results == second.results
    assert {one.status for one in first.results} <= {"met", "failed", "excepted", "n/a", "unknown"}


@given(cases(complete=True))
@FAST
def test_with_every_fact_known_nothing_is_open(case: tuple[Policy, dict[str, Any]]) -> None:
    decision = decided(*case)
    assert decision.outcome != "need_info"
    assert open_facts(decision) == ()
    assert next_question(case[0], decision) is None


@given(cases(complete=True), st.data())
@FAST
def test_learning_a_fact_never_turns_a_refusal_or_a_grant(
    case: tuple[Policy, dict[str, Any]], data: st.DataObject
) -> None:
    policy, facts = case
    order = data.draw(st.permutations(sorted(facts)))
    known: dict[str, Any] = {}
    settled: str | None = None
    for name in order:
        outcome = decided(policy, known).outcome
        if settled is not None:
            assert outcome == settled
        if outcome in ("refuse", "grant"):
            settled = outcome
        known[name] = facts[name]
    assert settled is None or decided(policy, known).outcome == settled


@given(cases())
@FAST
def test_answering_the_questions_ends_in_a_decision(case: tuple[Policy, dict[str, Any]]) -> None:
    policy, answers = case
    full = {**answers}
    facts: dict[str, Any] = {}
    for _ in range(60):
        decision = decided(policy, facts)
        name = next_question(policy, decision)
        if name is None:
            assert decision.outcome != "need_info"
            return
        assert name not in facts
        facts[name] = full.get(name, _some_value(policy, name))
    pytest.fail("The questions never ended.")


def _some_value(policy: Policy, name: str) -> Any:
    fact = next(version.facts[name] for version in policy.versions if name in version.facts)
    limits = {one.not_above for version in policy.versions for one in version.facts.values()}
    number = fact.max if name in limits else fact.min  # what another fact cannot be above must leave it room
    simple = {"bool": True, "choice": fact.choices[:1], "date": TODAY}
    return fact.choices[0] if fact.type == "choice" else simple.get(fact.type, number)


@given(cases(complete=True))
@settings(FAST, max_examples=300)
def test_every_way_out_is_real_and_minimal(case: tuple[Policy, dict[str, Any]]) -> None:
    policy, facts = case
    decision = decided(policy, facts)
    found = what_would_change(policy, decision)
    if decision.outcome in ("grant", "grant_with_conditions"):
        assert found.ways == ()
    for way in found.ways:
        changes = {one.fact: one.value for one in way.changes}
        assert 1 <= len(changes) <= MOST_CHANGES
        after = redecide(policy, decision, changes)
        assert after is not None
        assert after.outcome == way.outcome
        assert rank(after) > rank(decision)
        for name in changes:
            fewer = {other: value for other, value in changes.items() if other != name}
            without = redecide(policy, decision, fewer)
            assert without is None or rank(without) < rank(after)
        for change in way.changes:
            if change.fact == "today":
                assert isinstance(change.value, date)
                assert change.value > TODAY
                continue
            fact = decision.version.facts[change.fact]
            assert fact.change in CHANGEABLE
            decide(policy, {**facts, change.fact: change.value}, TODAY)  # raises when out of range


def brute_force(policy: Policy, decision: Decision) -> bool:
    """Whether any single change to a cut value helps, tried one by one without the search."""
    for name in decision.version.asked:
        fact = decision.version.facts[name]
        if fact.change in CHANGEABLE and decision.facts[name] is not None:
            for value in decision.version.cuts.get(name, ()):
                after = redecide(policy, decision, {name: value})
                if after is not None and rank(after) > rank(decision):
                    return True
    return False


@given(cases(complete=True))
@FAST
def test_no_single_way_out_is_missed(case: tuple[Policy, dict[str, Any]]) -> None:
    policy, facts = case
    decision = decided(policy, facts)
    if rank(decision) < 3 and brute_force(policy, decision):
        assert what_would_change(policy, decision).ways or decision.version.decided_by == "person"


def test_all_failures_are_reported_together(library: Library) -> None:
    facts = {**GOOD, "permits_held": 2, "vehicle_height": "2.26", "car_free_home": True}
    decision = decided(library.policy("resident-permit"), facts)
    assert decision.outcome == "refuse"
    assert [one.requirement.id for one in decision.failed] == ["RP-2", "RP-3", "RP-5"]


def test_a_known_failure_refuses_and_a_missing_fact_asks(library: Library) -> None:
    policy = library.policy("resident-permit")
    assert decided(policy, {"in_zone": False}).outcome == "refuse"
    for name in GOOD:
        partial = {other: value for other, value in GOOD.items() if other != name}
        assert decided(policy, partial).outcome == "need_info", name
        assert next_question(policy, decided(policy, partial)) == name
    assert decided(policy, GOOD).outcome == "grant"


def test_questions_stop_when_nothing_can_help_and_go_on_when_it_can(library: Library) -> None:
    policy = library.policy("resident-permit")
    assert next_question(policy, decided(policy, {"in_zone": False})) is None
    assert next_question(policy, decided(policy, {"in_zone": True, "permits_held": 2})) is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("permits_held", -1), ("permits_held", 11), ("permits_held", "two"), ("permits_held", True),
        ("permits_held", 1.5), ("vehicle_height", "NaN"), ("vehicle_height", "Infinity"), ("vehicle_height", []),
        ("in_zone", "yes"), ("in_zone", 1), ("proof_date", "soon"), ("proof_date", "2026-11-24"), ("proof_date", 5),
        ("proof_age", 3), ("unheard_of", 1), ("today", "2026-01-01"),
    ],
)  # fmt: skip
def test_a_value_that_a_fact_cannot_have_is_refused(library: Library, name: str, value: Any) -> None:
    with pytest.raises(BadFact) as caught:
        decide(library.policy("resident-permit"), {**GOOD, name: value}, TODAY)
    assert caught.value.fact == name


def test_versions_change_on_the_day_and_never_fall_back(library: Library) -> None:
    policy = library.policy("resident-permit")
    third = {**GOOD, "permits_held": 2}
    assert decided(policy, third, date(2026, 12, 31)).outcome == "refuse"
    assert decided(policy, {**third, "proof_date": "2026-12-01"}, date(2027, 1, 1)).outcome == "grant"
    with pytest.raises(NoVersion):
        decide(policy, {**GOOD, "proof_date": "2026-03-01"}, date(2026, 3, 31))
    early = decide(policy, {**third, "proof_date": "2026-12-01"}, date(2027, 1, 4), date(2026, 12, 31))
    assert isinstance(early, Decision)
    assert (early.outcome, early.version.version, early.basis) == ("refuse", "2026.1", "application_date")


def test_the_next_version_is_named_where_it_helps(library: Library) -> None:
    policy = library.policy("resident-permit")
    facts = {**GOOD, "permits_held": 2}
    assert what_would_change(policy, decided(policy, facts)).next_from == date(2027, 1, 1)
    assert what_would_change(policy, decided(policy, {**facts, "permits_held": 5})).next_from is None


def test_a_special_category_fact_never_refuses_by_itself(library: Library) -> None:
    policy = library.policy("resident-permit")
    version = policy.versions[0]
    marked = {**version.facts, "permits_held": replace(version.facts["permits_held"], sensitive="special_category")}
    special = replace(policy, versions=(replace(version, facts=marked),))
    assert decided(special, {**GOOD, "permits_held": 2}).outcome == "refer"
    assert decided(special, {**GOOD, "permits_held": 2, "in_zone": False}).outcome == "refuse"


def test_advise_mode_never_refuses(library: Library) -> None:
    policy = library.policy("resident-permit")
    advised = replace(policy, versions=tuple(replace(one, mode="advise") for one in policy.versions))
    decision = decided(advised, {**GOOD, "permits_held": 2})
    assert decision.outcome == "refer"
    assert decision.against
    assert what_would_change(advised, decision).ways
