"""Every shipped policy passes its own golden tests, and a wrong expectation is caught."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.policy.coverage import reachable
from bot.policy.decide import Decision, apply, decide
from bot.policy.golden import run
from bot.policy.model import Library
from bot.policy.select import Selected
from tests.policy.conftest import TODAY


def test_golden_tests_of_every_policy(library: Library) -> None:
    counted = 0
    for policy in library.policies.values():
        assert run(library, policy) == []
        counted += len(policy.golden)
    print(f"\n{counted} golden tests over {len(library.policies)} policies")
    assert counted >= 4 * len(library.policies) > 0


def test_a_wrong_expectation_is_found(library: Library) -> None:
    policy = library.policy("resident-permit")
    for wrong in (
        {"outcome": "grant"},
        {"outcome": "refuse", "failed": ["RP-4"]},
        {"outcome": "refuse", "counterfactual": [{"permits_held": 0}]},
        {"outcome": "refuse", "counterfactual": []},
        {"outcome": "refuse", "deadline": "2026-12-20"},
        {"outcome": "refuse", "version": "2027.1"},
        {"outcome": "refuse", "values": {"fee": 181}},
        {"outcome": "refuse", "ask": "in_zone"},
    ):
        third = next(test for test in policy.golden if test["name"] == "third car")
        problems = run(library, replace(policy, golden=({**third, "expect": wrong},)))
        assert any(problem.code == "golden" for problem in problems), wrong


def test_no_refusal_comes_before_a_person_who_was_promised(library: Library) -> None:
    """Where special-category data sends a case to a person, no rule refuses it first, in any case that can occur."""
    policy = library.policy("school-transport")
    for version in policy.versions:
        for case in reachable(version, TODAY):
            decision = apply(Selected(version, version.selects_on, TODAY), {**case, "extra_needs": True}, TODAY, TODAY)
            assert decision.outcome == "refer", case


def test_what_goes_to_a_person_by_its_nature_is_never_refused_by_the_machine(library: Library) -> None:
    for name in ("assisted-bins", "blue-badge-review", "council-tax-hardship"):
        for version in library.policy(name).versions:
            outcomes = {apply(Selected(version, "", TODAY), case, TODAY, TODAY).outcome
                        for case in reachable(version, TODAY)}  # fmt: skip
            assert outcomes == {"refer"}


@pytest.mark.parametrize("reply", [date(2026, 9, 23), date(2026, 12, 31), date(2026, 6, 30)])
def test_two_months_to_appeal_end_on_the_same_day_in_the_rule_and_in_the_route(library: Library, reply: date) -> None:
    policy = library.policy("council-tax-appeal")
    [route] = [one for one in policy.latest.reviews if one.id == "tribunal"]
    last = route.deadline.last_day(reply, policy.latest.calendar)
    facts = {"about": "discount", "wrote_first": True, "replied": True, "reply_date": reply, "beyond_control": False}
    found = [decide(policy, facts, last + timedelta(days=more)) for more in (0, 1)]
    assert [one.outcome for one in found if isinstance(one, Decision)] == ["grant", "refuse"]


@pytest.mark.parametrize(("birth", "steps"), [(date(2022, 1, 1), {"ask_from_five"}), (date(2009, 1, 1), {"bus_pass"})])
def test_too_young_and_too_old_for_free_transport_have_steps_of_their_own(
    library: Library, birth: date, steps: set[str]
) -> None:
    decision = decide(library.policy("school-transport"), {"birth_date": birth, "extra_needs": False}, TODAY)
    assert isinstance(decision, Decision)
    assert {step for one in decision.failed for step in one.requirement.steps} == steps
