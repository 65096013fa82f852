"""Which combinations are enumerated: exactly by groups that share facts, factored when a group is too large."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from bot.policy.coverage import MOST_COMBINATIONS, grid, groups, reachable
from bot.policy.cuts import around
from bot.policy.decide import Decision, decide
from bot.policy.expression import Kind, compile_expression
from bot.policy.model import Fact, Library, Requirement, Version
from tests.policy.conftest import TODAY


def made(library: Library, musts: list[str], count: int) -> Version:
    facts = {f"f{n}": Fact(f"f{n}", "int", "item", 0, 100, change="applicant") for n in range(count)}
    kinds = {name: Kind("int", unit="item") for name in facts}
    requirements = tuple(
        Requirement(f"M-{n}", compile_expression(must, kinds), None, None, "refuse", (), True, None, ())
        for n, must in enumerate(musts)
    )
    version = library.policy("resident-permit").versions[0]
    return replace(version, facts=facts, parameters={}, requirements=requirements, tables={}, alternatives=())


def test_requirements_that_share_nothing_are_looked_at_apart(library: Library) -> None:
    version = made(library, [f"f{n} > 50" for n in range(12)], 12)
    found = groups(version, TODAY)
    assert len(found) == 12
    assert all(group.exact and group.combinations == 3 and len(group.patterns) == 2 for group in found)


def test_a_group_that_is_too_large_is_factored(library: Library) -> None:
    count = 12
    version = made(library, [f"f{n} > 50 or f{(n + 1) % count} > 50" for n in range(count)], count)
    found = groups(version, TODAY)
    assert 3**count > MOST_COMBINATIONS
    assert len(found) == count
    assert not any(group.exact for group in found)
    assert all({pattern[0][0] for pattern in group.patterns} == {"met", "failed"} for group in found)


def test_a_group_within_the_limit_is_exhaustive(library: Library) -> None:
    version = made(library, ["f0 > 50 or f1 > 20", "f1 <= 20 or f2 > 3"], 3)
    (group,) = groups(version, TODAY)
    assert group.exact
    assert group.combinations == 27
    by_hand = set()
    for a, b, c in product(range(0, 101, 1), (19, 20, 21), (2, 3, 4)):
        by_hand.add((a > 50 or b > 20, b <= 20 or c > 3))
    assert {(p[0][0] == "met", p[1][0] == "met") for p in group.patterns} == by_hand


def test_every_reachable_case_is_a_real_one(library: Library) -> None:
    for policy in library.policies.values():
        version = policy.versions[0]
        failures = []
        for case in reachable(version, TODAY):
            decision = decide(policy, case, TODAY)  # raises on a value that is out of range
            assert isinstance(decision, Decision)
            failures.append(tuple(one.requirement.id for one in decision.failed))
        assert len(set(failures)) == len(failures) > 1
        assert {name for one in failures for name in one} == {one.id for one in version.requirements}


def test_cut_points_lie_below_at_and_above(library: Library) -> None:
    height = library.policy("resident-permit").versions[0].facts["vehicle_height"]
    values: list[Any] = sorted(around(height, [height.min]), key=str)
    assert len(values) == 2  # nothing below the least value there is
    found = grid(library.policy("street-party").versions[0], TODAY)
    assert len(found["event_date"]) >= 3
    assert len(found["homes_agree"]) >= 2
