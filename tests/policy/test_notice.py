"""Every reachable refusal of every policy: the 14 points, readability, tone, length; and that breaking one is seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from bot.policy.blocks import body, plain
from bot.policy.coverage import reachable
from bot.policy.decide import Decision, apply, decide
from bot.policy.model import Library, Policy
from bot.policy.notice import Notice, render
from bot.policy.record import Origin, build
from bot.policy.select import Selected
from bot.text.plain import LEAST_EASE, MOST_GRADE, MOST_WORDS, lint, read, tone
from tests.policies import LIBRARY
from tests.policy.conftest import TODAY
from tests.policy.points import POINTS, Case

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def make(library: Library, policy: Policy, decision: Decision, **more: Any) -> Case:
    options = {"decision_id": "5f0c27aa91", "request_id": "r1", "at": NOON, "receipt": "7KHT-M2XD", **more}
    record = build(library, policy, decision, **options)
    words = policy.words["en"]
    return Case(decision, record, words, render(record, words))


@cache
def refusals() -> tuple[Case, ...]:
    """Every reachable set of failures that is a no, with all facts known, and with only the facts that decide it.

    They are worked out once for all tests that look at every one; nobody changes them.
    """
    return tuple(_refusals(LIBRARY))


def _refusals(library: Library) -> Iterator[Case]:
    for policy in library.policies.values():
        for version in policy.versions:
            today = max(TODAY, version.effective_from)
            seen = set()
            for case in reachable(version, today):
                decision = apply(Selected(version, version.selects_on, today), case, today, today)
                if not decision.against:
                    continue
                yield make(library, policy, decision)
                needed = {root for one in decision.with_status("failed", "refuse") for name in one.requirement.reads
                          for root in version.roots[name]}  # fmt: skip
                fewer = {name: value for name, value in case.items() if name in needed}
                short = apply(Selected(version, version.selects_on, today), fewer, today, today)
                key = tuple(one.requirement.id for one in short.failed)
                if short.against and key not in seen and short.facts != decision.facts:
                    seen.add(key)
                    yield make(library, policy, short)


def test_the_14_points_hold_for_every_reachable_refusal(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    counted: Counter[str] = Counter()
    faults = []
    seen: set[str] = set()
    for case in refusals():
        counted[case.record["policy"]] += 1
        name = f"{case.record['policy']} {case.record['version']} {case.record['failed']}"
        for number, check in POINTS.items():
            if fault := check(case):
                faults.append(f"{name}, point {number}: {fault}")
        everything = body((*case.notice.first, *case.notice.more))
        reading = read(everything)
        if reading.longest_words > MOST_WORDS or reading.ease < LEAST_EASE or reading.grade > MOST_GRADE:
            faults.append(f"{name}: hard to read: {reading}")
        fresh = set(everything.split("\n")) - seen
        faults += [f"{name}, tone: {fault}" for line in fresh for fault in tone(line)]
        seen |= fresh
        if (words := read(body(case.notice.first)).words) > 180:
            faults.append(f"{name}: {words} words in front")
        if re.search(r"\{\w+\}|not known", case.text):
            faults.append(f"{name}: a placeholder is left")
    with capsys.disabled():
        print(f"\n{sum(counted.values())} refusals of {len(counted)} policies, {len(POINTS)} points each")
    assert faults[:5] == []
    by_person = {one.id for one in library.policies.values() if one.latest.decided_by == "person"}
    assert set(counted) == set(library.policies) - by_person


BREAKS = {
    1: ("We cannot give you a resident parking permit", "Thank you for asking about a permit"),
    2: ("Your home was built as car-free. ", ""),
    3: ("Your household has 2 permits.", "Your household has enough."),
    4: ("https://www.northmere.example/rules/resident-parking#4.1", "https://www.northmere.example/"),
    5: ("the number of permits your household has: 2 permits", "some permits"),
    6: ("What would change this:", "More:"),
    7: ("Give up a permit", "The permit"),
    8: ("Buy visitor vouchers for single days", "Wait"),
    9: ("Monday 21 December 2026", "in four weeks"),
    10: ("say 'a person' here", "think again"),
    11: ("You can still park in pay and display bays", "You can park"),
    12: ("N-5F0C-27AA", "one"),
    13: ("Northmere Council made this decision", "It was decided"),
    14: ("large print", "this form"),
}


def third_car(library: Library, **facts: Any) -> Case:
    policy = library.policy("resident-permit")
    given = {"in_zone": True, "car_free_home": False, "kept_here": True, "permits_held": 2, "vehicle_height": "1.5",
             "vehicle_length": "4.4", "proof_date": "2026-10-01", **facts}  # fmt: skip
    decision = decide(policy, given, TODAY)
    assert isinstance(decision, Decision)
    return make(library, policy, decision)


@pytest.mark.parametrize("number", sorted(POINTS))
def test_each_point_sees_when_it_is_broken(library: Library, number: int) -> None:
    case = third_car(library, **({"car_free_home": True} if number == 2 else {}))
    assert POINTS[number](case) is None
    old, new = BREAKS[number]
    assert old in case.text

    def broken(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: broken(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return type(data)(broken(one) for one in data)
        return data.replace(old, new) if isinstance(data, str) else data

    notice = case.notice
    parts = {name: broken(blocks) for name, blocks in notice.parts.items()}
    changed = Notice(broken(notice.first), broken(notice.more), broken(notice.text), parts)
    record = {**case.record, "text": broken(case.text)}
    assert POINTS[number](Case(case.decision, record, case.words, changed)) is not None


def test_a_hypothetical_says_so_and_has_no_reference(library: Library) -> None:
    case = third_car(library)
    policy = library.policy("resident-permit")
    supposed = make(library, policy, case.decision, hypothetical=True)
    assert supposed.text.startswith("This is a 'what if'. Nothing has been decided or kept.")
    assert "Your reference is" not in supposed.text


def test_who_told_us_and_when_stands_beside_each_fact(library: Library) -> None:
    case = third_car(library)
    origins = {
        "permits_held": Origin("record", "2026-11-22T09:00:00+00:00", "permits"),
        "in_zone": Origin("citizen", "2026-11-22T23:30:00+00:00", "message 4"),
        "kept_here": Origin("staff", None, "agent 7"),
    }
    text = make(library, library.policy("resident-permit"), case.decision, origins=origins).text
    assert "Our record says the number of permits your household has: 2 permits." in text
    assert "You told us on 22 November 2026 that your home is in a resident parking zone." in text
    assert "A member of staff noted that the vehicle is registered at your address." in text


def test_a_grant_is_a_receipt(library: Library) -> None:
    case = third_car(library, permits_held=1)
    assert case.record["outcome"] == "grant"
    first = plain(case.notice.first)
    assert first.startswith("You can have a resident parking permit for this vehicle. It costs £180 a year.")
    assert "What happens next:" in first
    assert case.record["reference"] in first


def test_a_referral_says_that_nothing_is_decided(library: Library) -> None:
    policy = library.policy("dropped-kerb")
    decision = decide(policy, {"home_kind": "flat", "space_depth": 5, "space_width": 3, "junction": 50,
                               "tree_close": False, "main_road": False, "owner": "own"}, TODAY)  # fmt: skip
    assert isinstance(decision, Decision)
    first = plain(make(library, policy, decision).notice.first)
    assert "We have not decided yet." in first
    assert "A person looks at this because:" in first
    assert "We cannot" not in first


def test_the_park_request_explains_money_approval_and_taking_part(library: Library) -> None:
    policy = library.policy("park-request")
    for signatures in (10, 100):
        decision = decide(policy, {"in_northmere": True, "wanted": "play_area", "nearest": 900, "asked_before": False,
                                   "signatures": signatures, "land": "council"}, TODAY)  # fmt: skip
        assert isinstance(decision, Decision)
        text = make(library, policy, decision).text
        for heading in ("Who pays", "Who decides", "How you and your neighbours take part"):
            assert heading in text
        assert "1,500 signatures" in text


def test_refer_and_grant_notices_are_plain_too(library: Library) -> None:
    count = 0
    for policy in library.policies.values():
        for version in policy.versions:
            today = max(TODAY, version.effective_from)
            for facts in reachable(version, today):
                decision = apply(Selected(version, version.selects_on, today), facts, today, today)
                if not decision.against:
                    case = make(library, policy, decision)
                    everything = body((*case.notice.first, *case.notice.more))
                    assert lint(everything) == [], case.record["failed"]
                    assert "not known" not in case.text
                    count += 1
    assert count > len(library.policies)


def test_a_private_firms_ticket_is_open_to_no_route_of_the_councils_own(library: Library) -> None:
    policy = library.policy("parking-fine")
    texts = {}
    for from_us in (False, True):
        facts = {"from_us": from_us, "stage": "notice_to_owner", "notice_date": "2026-11-02"}
        decision = decide(policy, facts, TODAY)
        assert isinstance(decision, Decision)
        texts[from_us] = make(library, policy, decision).text
    ours = ("Notice to Owner. Ask the parking appeals team", "the parking appeals team", "Traffic Penalty Tribunal",
            "The fine does not go up.")  # fmt: skip
    assert not [one for one in ours if one in texts[False]]
    assert "If you disagree, ask our parking team by 11:59pm on Monday 21 December 2026." in texts[False]
    assert "The time limit of a private firm goes on" in texts[False]
    assert not [one for one in ours[1:] if one not in texts[True]]
    assert "our parking team" not in texts[True]


def test_a_way_to_correct_facts_is_headed_once_and_names_what_the_reasons_read(library: Library) -> None:
    found = 0
    for case in refusals():
        items = [*case.items(case.notice.first), *case.items(case.notice.more)]
        assert items.count("If a fact we used is wrong:") <= 1
        found += "More facts that could be wrong:" in items
        version = case.decision.version
        read = {root for one in case.refusing() for name in one.requirement.reads for root in version.roots[name]}
        assert set(case.record["corrections"]) <= read
    assert found


def young_group(library: Library) -> Case:
    policy = library.policy("fee-waiver")
    facts = {"group_kind": "community_group", "based_here": True, "founded": "2025-11-24", "event_date": "2027-05-08",
             "fee_kind": "hire", "free_entry": True, "fee": 240}  # fmt: skip
    decision = decide(policy, facts, TODAY)
    assert isinstance(decision, Decision)
    return make(library, policy, decision)


def test_a_reason_that_was_worked_out_has_in_front_what_was_given(library: Library) -> None:
    young = young_group(library)
    assert "The group is 11 months old." in young.first
    assert "We worked this out from the day the group was founded: Monday 24 November 2025." in young.first
    assert "We worked this out" not in third_car(library).first, "what was given stands in the reason"
    until = {"t": "by 11:59pm on Monday 21 December 2026", "strong": True}
    assert until in [one for inline in young.inlines(young.notice.first) for one in inline]


def test_words_from_before_say_it_as_they_did(library: Library) -> None:
    case = young_group(library)
    say = {name: text for name, text in case.words.frame["notice"].items() if not name.startswith(("given", "when"))}
    say["review"] = "You can ask us to look again by {time} on {date}. Ask {body}."
    old = render(case.record, replace(case.words, frame={**case.words.frame, "notice": say}))
    asks = "You can ask us to look again by 11:59pm on Monday 21 December 2026. Ask our review team."
    assert {"p": [{"t": asks}]} in old.first
    assert "We worked this out" not in plain(old.first)


def test_a_step_is_not_offered_again_as_something_else(library: Library) -> None:
    policy = library.policy("dropped-kerb")
    facts = {"home_kind": "house", "space_depth": "5", "space_width": "3", "junction": "5", "owner": "own"}
    decision = decide(policy, facts, TODAY)
    assert isinstance(decision, Decision)
    case = make(library, policy, decision)
    assert sum("white line" in item for item in case.items(case.notice.more)) == 1
    assert any("resident parking permit" in item for item in case.items(case.notice.parts["alternatives"]))
