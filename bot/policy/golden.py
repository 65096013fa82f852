"""Run a policy's golden tests: known cases and what must come out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.policy.ask import next_question
from bot.policy.decide import BadFact, Decision, Undated, decide
from bot.policy.format import to_json
from bot.policy.model import Library, Policy
from bot.policy.problem import Problem
from bot.policy.select import NoVersion
from bot.policy.whatif import what_would_change


def run(library: Library, policy: Policy) -> list[Problem]:
    """An error for each golden test that does not come out, and for each requirement that none shows failing."""
    document = library.document(policy.folder, "golden.yaml")
    problems: list[Problem] = []
    failing: dict[str, set[str]] = {version.version: set() for version in policy.versions}
    for index, test in enumerate(policy.golden):
        line = document.line(index)
        decision = _decide(policy, test)
        if isinstance(decision, str):
            differences = [decision]
        else:
            if isinstance(decision, Decision):
                failing[decision.version.version] |= {one.requirement.id for one in decision.failed}
            differences = _differences(policy, decision, test["expect"])
        problems += [
            Problem(
                document.file, line, "error", "golden", f"'{test['name']}': {one}", "Correct the test or the policy."
            )
            for one in differences
        ]
    everywhere = set().union(*failing.values()) if failing else set()
    for version in policy.versions:
        for place, requirement in enumerate(version.requirements):
            if requirement.id not in everywhere:
                line = library.documents[version.path].line("requirements", place)
                message = f"No golden test shows {requirement.id} failing."
                problems.append(
                    Problem(version.path, line, "error", "golden-cover", message, "Add one to golden.yaml.")
                )
    return problems


def _decide(policy: Policy, test: Mapping[str, Any]) -> Decision | Undated | str:
    try:
        applied = date.fromisoformat(test["applied"]) if "applied" in test else None
        return decide(policy, test["facts"], date.fromisoformat(test["on"]), applied)
    except (BadFact, NoVersion, ValueError) as error:
        return str(error)


def _differences(policy: Policy, decision: Decision | Undated, expect: Mapping[str, Any]) -> list[str]:
    found: dict[str, Any] = {}
    if isinstance(decision, Undated):
        found = {"outcome": "need_info", "ask": decision.fact}
    else:
        found = _found(policy, decision, expect)
    differences = []
    for name, wanted in expect.items():
        if name == "counterfactual" and wanted and name in found:
            missing = [one for one in wanted if {fact: _text(value) for fact, value in one.items()} not in found[name]]
            differences += [f"no way out {one}; there are {found[name]}." for one in missing]
        elif _plain(wanted) != found.get(name):
            differences.append(f"{name} should be {wanted}, but is {found.get(name)}.")
    return differences


def _found(policy: Policy, decision: Decision, expect: Mapping[str, Any]) -> dict[str, Any]:
    version = decision.version
    found: dict[str, Any] = {
        "outcome": decision.outcome,
        "version": version.version,
        "failed": [one.requirement.id for one in decision.failed],
        "ask": next_question(policy, decision),
        "values": {name: _plain(version.tables[name].look_up(decision.values)) for name in expect.get("values", {})
                   if name in version.tables},
    }  # fmt: skip
    if "counterfactual" in expect:
        ways = what_would_change(policy, decision).ways
        found["counterfactual"] = [{one.fact: _text(one.value) for one in way.changes} for way in ways]
    if version.reviews:
        found["deadline"] = version.reviews[0].deadline.last_day(decision.today, version.calendar).isoformat()
    return found


def _text(value: Any) -> str:
    return str(to_json(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return to_json(value)
