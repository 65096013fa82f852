"""Departures over every policy: what can be left out, and a notice that is plain whatever was left out."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.policy import depart
from bot.policy.blocks import body
from bot.policy.coverage import reachable
from bot.policy.decide import Decision, decide
from bot.policy.depart import Grounds, NotAllowed
from bot.policy.model import Library
from bot.policy.notice import render
from bot.policy.record import build
from bot.policy.replay import replay
from bot.text import plain
from tests.policy.conftest import TODAY

REASON = "Your letter shows that this rule would be hard on you. So we left it out this time."
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_reachable_departure_of_every_policy(library: Library) -> None:
    """Either it is refused in words, or a yes comes out whose notice is plain, complete and replays."""
    made: dict[str, int] = {}
    refused: dict[str, str] = {}
    for policy in library.policies.values():
        words = policy.words["en"]
        for version in policy.versions:
            allowed = version.discretion
            assert allowed, policy.id
            today = max(TODAY, version.effective_from)
            seen: set[tuple[str, ...]] = set()
            for case in reachable(version, today):
                decision = decide(policy, case, today)
                assert isinstance(decision, Decision)
                names = depart.waived(decision)
                if names in seen:
                    continue
                seen.add(names)
                try:
                    post = depart.may_depart(decision, allowed.who, words)
                except NotAllowed as error:
                    refused[error.code] = str(error)
                    continue
                given = Grounds(allowed.grounds[0], REASON, allowed.evidence[:1], "File 7")
                depart.check_grounds(decision, given, "en")
                original = build(library, policy, decision, decision_id="5f0c27aa91", request_id="r", at=NOON)
                entry = depart.entry(decision, original, given, post, {"id": "s", "name": "Ana Reid"})
                after = depart.without(decision, names)
                record = build(
                    library, policy, after, decision_id="aaaa27aa91", request_id="r", at=NOON, departure=entry
                )
                assert record["outcome"] in ("grant", "grant_with_conditions")
                assert not record["against"]
                notice = render(record, words)
                assert plain.lint(body((*notice.first, *notice.more))) == [], (policy.id, names)
                assert plain.read(body(notice.first)).words <= 220, (policy.id, names)
                for name in names:
                    assert record["citations"][version.requirement(name).cite[0]]["url"] in record["text"]
                assert words.frame["not_known"] not in record["text"]
                assert replay(library, record).same
                made[policy.id] = made.get(policy.id, 0) + 1
    print(f"\n{sum(made.values())} departures of {len(made)} policies; refused for: {sorted(refused)}")
    assert len(made) >= 12
    assert refused.keys() == {"nothing", "rule"}
    assert [plain.tone(text) for text in refused.values()] == [[], []]
