"""How long a decision takes, with trace, what-would-change and notice: every version of every shipped policy, and a
generated policy of 40 facts and 40 requirements.

    python -m bench.policy

Prints medians and worst cases in milliseconds of processor time, so that other programs do not lengthen them. Ends with
status 1 when a limit is passed: 5 ms for a shipped policy, 50 ms for 40 by 40, for a decision with its trace and what
would change it. Part of 'make bench', which goes on and then ends with that status.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from bot.policy.coverage import reachable
from bot.policy.decide import Decision, decide
from bot.policy.expression import Kind, compile_expression
from bot.policy.model import Fact, Library, Policy, Requirement, Version
from bot.policy.read import load_or_fail
from bot.policy.record import build
from bot.policy.whatif import what_would_change

TODAY = date(2026, 11, 23)
MOST, MOST_LARGE = 5, 50
"""Milliseconds that a decision may take: by a shipped policy, and by the generated one."""
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def timed(policy: Policy, facts: dict[str, Any], today: date) -> float:
    """Milliseconds for a decision with its trace and what would change it."""
    started = time.process_time()
    decision = decide(policy, facts, today)
    assert isinstance(decision, Decision)
    what_would_change(policy, decision)
    return (time.process_time() - started) * 1000


def large(sample: Policy, size: int = 40) -> Policy:
    """A policy of ``size`` facts and ``size`` requirements, each of which reads up to three facts."""
    facts = {f"f{n}": Fact(f"f{n}", "int", "item", 0, 100, 1, change="applicant") for n in range(size)}
    kinds = {name: Kind("int", unit="item") for name in facts}
    requirements = []
    for n in range(size):
        others = f"f{(n + 7) % size} > 20", f"f{(n + 13) % size} < 80"
        must = compile_expression(f"f{n} >= 50 and ({others[0]} or {others[1]})", kinds)
        requirements.append(Requirement(f"B-{n + 1}", must, None, None, "refuse", (), True, None, ()))
    version = replace(sample.latest, facts=facts, parameters={}, requirements=tuple(requirements), tables={},
                      alternatives=(), transitional=(), selects_on="decision_date", supersedes=None,
                      effective_from=date(2026, 1, 1))  # fmt: skip
    return replace(sample, versions=(version,))


def version_times(library: Library, policy: Policy, version: Version) -> tuple[list[float], list[float]]:
    """For every reachable set of failures of a version: milliseconds to decide, and to make the record and notice."""
    today = max(TODAY, version.effective_from)
    cases = list(reachable(version, today))
    timed(policy, dict(cases[0]), today)
    times, notices = [], []
    for case in cases:
        times.append(min(timed(policy, dict(case), today) for _ in range(3)))
        decision = decide(policy, dict(case), today)
        assert isinstance(decision, Decision)
        assert decision.version is version
        started = time.process_time()
        build(library, policy, decision, decision_id="0" * 8, request_id="bench", at=NOW)
        notices.append((time.process_time() - started) * 1000)
    return times, notices


def large_times(library: Library) -> list[float]:
    """Milliseconds to decide by the generated policy, with none to all of its requirements failed."""
    chance = random.Random(1)
    big = large(library.policy("resident-permit"))
    cases: list[dict[str, Any]] = [
        {name: 50 + chance.randrange(50) for name in big.latest.facts} | {f"f{n}": 49 - n for n in range(broken)}
        for broken in (0, 1, 1, 2, 2, 3, 3, 4, 10, 40)
    ]
    timed(big, cases[0], TODAY)
    return [min(timed(big, case, TODAY) for _ in range(3)) for case in cases]


def main() -> int:
    """Measure and print; see the module."""
    library = load_or_fail()
    every: list[float] = []
    print(f"{'policy':28}{'cases':>6}{'median ms':>11}{'worst ms':>10}{'record and notice, median ms':>30}")
    for policy in library.policies.values():
        for version in policy.versions:
            times, notices = version_times(library, policy, version)
            every += times
            name = f"{policy.id} {version.version}"
            shown = f"{statistics.median(times):11.2f}{max(times):10.2f}{statistics.median(notices):30.2f}"
            print(f"{name:28}{len(times):6}{shown}")
    big = large_times(library)
    print(f"{'all of them':28}{len(every):6}{statistics.median(every):11.2f}{max(every):10.2f}")
    print(f"{'40 facts, 40 requirements':28}{len(big):6}{statistics.median(big):11.2f}{max(big):10.2f}")
    passed = max(every) <= MOST and max(big) <= MOST_LARGE
    print(f"{'within' if passed else 'over'} the limits of {MOST} ms and {MOST_LARGE} ms")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
