"""Every shipped policy passes its own golden tests, and a wrong expectation is caught."""

from __future__ import annotations

from dataclasses import replace

from bot.policy.golden import run
from bot.policy.model import Library


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
