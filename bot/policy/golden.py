"""Run a policy's golden tests: known cases and what must come out."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date
from typing import Any

from bot.policy.ask import next_question
from bot.policy.coverage import grid, sample
from bot.policy.decide import BadFact, Decision, Undated, decide, offered, start, with_derived
from bot.policy.expression import Value
from bot.policy.format import to_json
from bot.policy.model import Library, Policy, Version
from bot.policy.problem import Problem
from bot.policy.select import NoVersion
from bot.policy.whatif import what_would_change


def run(library: Library, policy: Policy) -> list[Problem]:
    """An error for each golden test that does not come out, and in each version for each requirement that none shows
    failing and each threshold that none goes just under, to and just over."""
    document = library.document(policy.folder, "golden.yaml")
    problems: list[Problem] = []
    failing: dict[str, set[str]] = {version.version: set() for version in policy.versions}
    tried: dict[str, set[tuple[str, Value]]] = {version.version: set() for version in policy.versions}
    for index, test in enumerate(policy.golden):
        line = document.line(index)
        decision = _decide(policy, test)
        if isinstance(decision, str):
            differences = [decision]
        else:
            if isinstance(decision, Decision):
                failing[decision.version.version] |= {one.requirement.id for one in decision.failed}
                tried[decision.version.version] |= set(_known(decision))
            differences = _differences(policy, decision, test["expect"])
        problems += [
            Problem(
                document.file, line, "error", "golden", f"'{test['name']}': {one}", "Correct the test or the policy."
            )
            for one in differences
        ]
    for version in policy.versions:
        problems += _thresholds(library, version, tried[version.version])
        for place, requirement in enumerate(version.requirements):
            if requirement.id not in failing[version.version]:
                line = library.documents[version.path].line("requirements", place)
                message = f"No golden test of version {version.version} shows {requirement.id} failing."
                problems.append(
                    Problem(version.path, line, "error", "golden-cover", message, "Add one to golden.yaml.")
                )
    return problems


def _thresholds(library: Library, version: Version, tried: Set[tuple[str, Value]]) -> list[Problem]:
    document = library.documents[version.path]
    return [
        Problem(
            document.file, document.line("facts", fact), "error", "golden-threshold",
            f"No golden test of version {version.version} has '{fact}' at {to_json(value)}, at or beside a threshold.",
            f"Add one: python -m bot policy tests {version.policy} --version {version.version} prints it.",
        )
        for fact, value in thresholds(version)
        if (fact, value) not in tried
    ]  # fmt: skip


def thresholds(version: Version) -> list[tuple[str, Value]]:
    """Every number and date just under, at and just over a threshold of the version, as far as any case reaches it."""
    today = version.effective_from
    values = grid(version, today)
    ordinary = {name: sample(version.facts[name], today) for name in version.asked}
    reached: dict[tuple[str, Value], None] = {}
    for name in version.asked:
        for value in values[name]:
            known = with_derived(version, {**ordinary, name: value}, today, today)
            reached.update(dict.fromkeys((fact, one) for fact, one in known.items() if one is not None))
    return [
        (fact, value)
        for fact, cuts in version.cuts.items()
        if version.facts[fact].type not in ("bool", "choice")
        for value in cuts
        if (fact, value) in reached
    ]


def _known(decision: Decision) -> list[tuple[str, Value]]:
    return [(name, value) for name, value in decision.values.items() if value is not None]


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
    if routes := offered(decision):
        day = start(routes[0], decision)
        found["deadline"] = to_json(day and routes[0].deadline.last_day(day, version.calendar))
    return found


def _text(value: Any) -> str:
    return str(to_json(value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return to_json(value)
