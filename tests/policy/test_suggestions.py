"""What would change it never invites a person to misstate what their case is, and reads as good English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest

from bot.policy.coverage import reachable
from bot.policy.decide import Decision, apply
from bot.policy.model import Library, Policy, Version
from bot.policy.page import Page
from bot.policy.record import build
from bot.policy.select import Selected
from bot.policy.ways import change_text
from bot.policy.whatif import CHANGEABLE, what_would_change
from tests.policies import LIBRARY
from tests.policy.conftest import TODAY

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
IS_THE_CASE = {
    "bulky-waste": {"from_home", "kind", "tax_reduction", "had_before", "last_free"},
    "council-tax-appeal": {"about", "letter_date", "replied", "reply_date", "beyond_control"},
    "dropped-kerb": {"home_kind", "space_depth", "junction", "tree_close", "main_road"},
    "fee-waiver": {"group_kind", "based_here", "founded", "fee_kind", "fee"},
    "garden-waste-refund": {"paid_us", "bought", "missed", "reported", "bereavement"},
    "house-extension": {"home_kind", "listed", "protected_area", "garden"},
    "missed-bin": {"collection_date", "out_by_six", "tagged", "street_blocked"},
    "park-request": {"in_northmere", "wanted", "nearest", "asked_before", "asked_on", "land"},
    "parking-fine": {"from_us", "stage", "notice_date", "ground", "minutes_over"},
    "pothole": {"whose", "place", "depth", "width", "danger"},
    "resident-permit": {"in_zone", "car_free_home"},
    "school-transport": {"lives_here", "birth_date", "distance", "nearest_school", "low_income", "unsafe_route",
                         "extra_needs"},
    "street-party": {"road_kind", "homes", "broke_terms"},
}  # fmt: skip
"""By policy that can refuse: the facts that say what the case is. A suggestion about them would be an invitation."""


def decisions(version: Version, today: date) -> Iterator[Decision]:
    """Every reachable set of failures, with all facts known, and with only those that refuse."""
    seen = set()
    for case in reachable(version, today):
        full = apply(Selected(version, version.selects_on, today), case, today, today)
        yield full
        needed = {root for one in full.with_status("failed", "refuse") for name in one.requirement.reads
                  for root in version.roots[name]}  # fmt: skip
        fewer = {name: value for name, value in case.items() if name in needed}
        if fewer and str(fewer) not in seen:
            seen.add(str(fewer))
            yield apply(Selected(version, version.selects_on, today), fewer, today, today)


@cache
def every() -> tuple[tuple[Policy, Decision], ...]:
    """All that refuse or refer, of every policy; worked out once for all tests here."""
    return tuple(
        (policy, one)
        for policy in LIBRARY.policies.values()
        for version in policy.versions
        for one in decisions(version, max(TODAY, version.effective_from))
        if one.against or one.outcome == "refer"
    )


def test_no_suggestion_says_that_the_case_is_another(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(IS_THE_CASE) == {one.id for one in library.policies.values() if one.latest.decided_by == "rules"}
    wrong, suggestions, refusals = [], 0, 0
    for policy, decision in every():
        refusals += decision.against
        found = what_would_change(policy, decision)
        for way in (*found.ways, *([found.next_version] if found.next_version else [])):
            for change in way.changes:
                suggestions += 1
                if change.fact == "today":
                    continue
                fact = decision.version.facts[change.fact]
                bad = fact.change not in CHANGEABLE or fact.id in IS_THE_CASE[policy.id] or (
                    fact.type == "choice" and change.value not in fact.change_to)  # fmt: skip
                wrong += [f"{policy.id}: {fact.id} becomes {change.value}"] * bad
    with capsys.disabled():
        print(f"\n{suggestions} suggestions in {refusals} refusals")
    assert suggestions > 100
    assert wrong[:5] == []


def test_the_list_above_knows_every_fact_and_nothing_else(library: Library) -> None:
    for name, facts in IS_THE_CASE.items():
        for version in library.policy(name).versions:
            fixed = {one for one in version.asked if version.facts[one].change not in CHANGEABLE}
            assert fixed == facts, name


_STUMBLES = re.compile(
    r"\b(?:is|are): |:00 or (?:less|more)|\d{4} or (?:less|more)|or (?:less|more)\b"
    r"|number of .* (?:item|home|permit|signature|collection)s?\b"
    r"|\b1 (?:items|permits|homes|signatures)\b",
)


def test_every_suggestion_is_good_english(library: Library) -> None:
    texts: dict[tuple[str, str], str] = {}
    for policy, decision in every():
        words = policy.words["en"]
        record = build(library, policy, decision, decision_id="0" * 8, request_id="r", at=NOON, words=words)
        page = Page(record, words)
        for way in record["what_would_change"]:
            for change in way["changes"]:
                texts[policy.id, change_text(page, change)] = change["fact"]
    assert len(texts) > 25
    assert [one for one in texts if _STUMBLES.search(one[1])] == []
    assert [one for one in texts if not one[1][0].islower() or one[1].endswith(".")] == []


@pytest.mark.parametrize(
    ("kind", "unit", "how", "value", "says"),
    [("int", "hour_of_day", "at_most", 22, "it is 22:00 or earlier"),
     ("int", "hour_of_day", "at_least", 9, "it is 9:00 or later"),
     ("date", None, "at_least", "2027-01-04", "it is Monday 4 January 2027 or later"),
     ("money", "pound", "at_most", 600, "it is no more than £600"),
     ("int", "item", "at_least", 2, "it is at least 2 items"),
     ("decimal", "m", "exactly", "2.5", "it is 2.5 m")],
)  # fmt: skip
def test_the_usual_phrases(library: Library, kind: str, unit: str, how: str, value: Any, says: str) -> None:
    policy = library.policy("resident-permit")
    words = policy.words["en"]
    decision = next(one for _, one in every() if one.version.policy == policy.id)
    page = Page(build(library, policy, decision, decision_id="0" * 8, request_id="r", at=NOON), words)
    page.text = {"facts": {"x": {"label": "it"}}}
    change = {"fact": "x", "how": how, "type": kind, "unit": unit, "value": value, "low": value, "high": value}
    assert change_text(page, change) == says
