"""Which version decides, and files that try to harm the reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.policy.ask import next_question
from bot.policy.decide import Decision, Undated, decide
from bot.policy.model import Library
from bot.policy.select import NoVersion, in_force, last_day
from bot.policy.yamlfile import parse
from tests.policy.conftest import TODAY


def test_a_version_may_be_picked_by_a_fact_that_is_asked_first(library: Library) -> None:
    policy = library.policy("resident-permit")
    by_proof = replace(
        policy, versions=tuple(replace(one, selects_on="proof_date", transitional=()) for one in policy.versions)
    )
    open_case = decide(by_proof, {"in_zone": True}, date(2027, 2, 1))
    assert isinstance(open_case, Undated)
    assert next_question(by_proof, open_case) == "proof_date"
    for day, version in (("2026-12-31", "2026.1"), ("2027-01-01", "2027.1")):
        decision = decide(by_proof, {"in_zone": True, "proof_date": day}, date(2027, 2, 1))
        assert isinstance(decision, Decision)
        assert (decision.version.version, decision.basis) == (version, "proof_date")
    with pytest.raises(NoVersion, match="2026-03-31"):
        decide(by_proof, {"proof_date": "2026-03-31"}, date(2027, 2, 1))


def test_every_day_has_at_most_one_version(library: Library) -> None:
    versions = library.policy("resident-permit").versions
    assert in_force(versions, date(2026, 3, 31)) is None
    assert in_force(versions, date(2026, 4, 1)) is versions[0]
    assert in_force(versions, date(2026, 12, 31)) is versions[0]
    assert in_force(versions, date(2027, 1, 1)) is versions[1]
    assert last_day(versions, 0) == date(2026, 12, 31)
    assert last_day(versions, 1) is None


def test_every_policy_decides_today(library: Library) -> None:
    assert all(in_force(policy.versions, TODAY) for policy in library.policies.values())


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000, "a: " * 50 + "b", "!!python/object/apply:os.system ['true']", "!!python/name:os.system",
        "a: &x [*x]", "a: &a [1]\nb: [*a, *a]\n", "\x00", "a: 'open", "- a\nb: c", "? [a, b]\n: c", "%YAML 3.0\n---\na",
        "a: b: c", "\t- a", "--- a\n--- b",
    ],
    ids=range(14),
)  # fmt: skip
def test_a_hostile_file_gives_problems_and_runs_nothing(text: str) -> None:
    document = parse(text, "policies/bad.yaml")
    assert document.problems
    assert all(one.level == "error" and one.line >= 1 for one in document.problems)
