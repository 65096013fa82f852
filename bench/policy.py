"""How long a decision takes, with trace, what-would-change and notice: every shipped policy, and one of 40 by 40.

Run: python bench/policy.py. Prints medians and worst cases in milliseconds; ends with status 1 when a limit is passed
(5 ms for a shipped policy, 50 ms for 40 facts and 40 requirements; decision, trace and what-would-change).
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.policy.coverage import reachable
from bot.policy.decide import Decision, decide
from bot.policy.expression import Kind, compile_expression
from bot.policy.model import Fact, Policy, Requirement
from bot.policy.read import load_or_fail
from bot.policy.record import build
from bot.policy.whatif import what_would_change

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def timed(policy: Policy, facts: dict[str, Any], today: date) -> float:
    """Milliseconds for a decision with its trace and what would change it."""
    started = time.perf_counter()
    decision = decide(policy, facts, today)
    assert isinstance(decision, Decision)
    what_would_change(policy, decision)
    return (time.perf_counter() - started) * 1000


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


def main() -> int:
    """Measure and print; see the module."""
    library = load_or_fail()
    worst = 0.0
    print(f"{'policy':28}{'cases':>6}{'median ms':>11}{'worst ms':>10}{'with notice':>13}")
    for policy in library.policies.values():
        version = policy.versions[0]
        today = max(TODAY, version.effective_from)
        cases = list(reachable(version, today))
        timed(policy, dict(cases[0]), today)
        times = [min(timed(policy, dict(case), today) for _ in range(3)) for case in cases]
        decision = decide(policy, dict(cases[-1]), today)
        assert isinstance(decision, Decision)
        started = time.perf_counter()
        build(library, policy, decision, decision_id="0" * 8, request_id="bench", at=NOW)
        notice = (time.perf_counter() - started) * 1000
        worst = max(worst, *times)
        print(f"{policy.id:28}{len(cases):6}{statistics.median(times):11.2f}{max(times):10.2f}{notice:13.2f}")
    chance = random.Random(1)
    big = large(library.policy("resident-permit"))
    big_cases: list[dict[str, Any]] = [
        {name: 50 + chance.randrange(50) for name in big.latest.facts} | {f"f{n}": 49 - n for n in range(broken)}
        for broken in (0, 1, 1, 2, 2, 3, 3, 4, 10, 40)
    ]
    timed(big, big_cases[0], TODAY)
    times = [min(timed(big, case, TODAY) for _ in range(3)) for case in big_cases]
    print(f"{'40 facts, 40 requirements':28}{len(big_cases):6}{statistics.median(times):11.2f}{max(times):10.2f}")
    passed = worst <= 5 and max(times) <= 50
    print("within the limits" if passed else "over the limits", Decimal(worst).quantize(Decimal("0.01")))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
