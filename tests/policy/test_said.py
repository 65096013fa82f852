"""Facts in running text: taken only when number, unit or choice fit exactly one fact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.said import facts_in
from tests.policies import LIBRARY

TODAY = date(2026, 11, 24)  # a Tuesday

TAKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("resident-permit", "We have 2 permits already and the van is 2.1 m high and 4.8m long",
     {"permits_held": 2, "vehicle_height": Decimal("2.1"), "vehicle_length": Decimal("4.8")}),
    ("resident-permit", "height 2.1 m, length 4.8 m",
     {"vehicle_height": Decimal("2.1"), "vehicle_length": Decimal("4.8")}),
    ("resident-permit", "my home is in a resident parking zone, the vehicle is not registered at my address",
     {"in_zone": True, "kept_here": False}),
    ("missed-bin", "you missed my collection on monday, the bin was out by 6am and the tag said too heavy",
     {"collection_date": date(2026, 11, 23), "out_by_six": True, "tagged": "too_heavy"}),
    ("missed-bin", "my bin was not out by 6am", {"out_by_six": False}),
    ("dropped-kerb", "its a house, the space is 5m deep and 3 m wide, 12 m from the junction",
     {"home_kind": "house", "space_depth": 5, "space_width": 3, "junction": 12}),
    ("pothole", "the hole is 60mm deep and 30 cm wide", {"depth": 60, "width": 300}),
    ("bulky-waste", "I want 3 items collected, 1 fridge", {"items": 3, "fridges": 1}),
    ("street-party", "15 homes agree", {"homes_agree": 15}),
    ("council-tax-hardship", "our income is £1200 a month and we have savings of £500",
     {"income": Decimal(1200), "savings": Decimal(500)}),
    ("council-tax-hardship", "our income is £1.2k a month and we have savings of £2.5k",
     {"income": Decimal(1200), "savings": Decimal(2500)}),
    ("missed-bin", "you missed my collection the day before yesterday", {"collection_date": date(2026, 11, 22)}),
    ("missed-bin", "you missed my collection a week ago", {"collection_date": date(2026, 11, 17)}),
    ("missed-bin", "you missed my collection a week last friday", {"collection_date": date(2026, 11, 13)}),
    ("missed-bin", "you missed my collection the friday before last", {"collection_date": date(2026, 11, 13)}),
    ("missed-bin", "you missed my collection a week yesterday", {"collection_date": date(2026, 11, 16)}),
    ("street-party", "the day of the party is friday week", {"event_date": date(2026, 12, 4)}),
    ("street-party", "the day of the party is a week on friday", {"event_date": date(2026, 12, 4)}),
]  # fmt: skip
NOT_TAKEN = [
    ("resident-permit", "I have 2 cars and want a third permit, the van is 2.1 m"),  # high or long?
    ("resident-permit", "I want 2 permits"),  # wanted, not held
    ("resident-permit", "can I get a permit if I have 3 permits?"),
    ("resident-permit", "do we have 2 permits"),
    ("resident-permit", "the van is about 2.1 m high"),
    ("resident-permit", "the van is 2.1 m wide"),
    ("resident-permit", "we have 1 or 2 permits"),
    ("resident-permit", "we have 2 permits. no, we have 3 permits"),
    ("resident-permit", "we have 99 permits"),  # not possible
    ("resident-permit", "is my home in a resident parking zone?"),
    ("street-party", "20 homes"),  # in the road, or that agree?
    ("house-extension", "it is 4m high"),  # the extension or its eaves?
    ("council-tax-hardship", "I owe £300"),
    ("council-tax-hardship", "our income is £1200"),  # in a week or a month?
    ("council-tax-hardship", "we have savings of £1.2m"),  # not £1
    ("council-tax-hardship", "we have savings of minus £500"),
    ("missed-bin", "you missed my collection less than a week ago"),
    ("missed-bin", "you missed my collection nearly a month ago"),
    ("missed-bin", "you missed my collection approx a week ago"),
    ("missed-bin", "you missed my collection a bit month ago"),
    ("resident-permit", "the height of the van is bigger than 2.1 m"),
    ("missed-bin", "you miss my collection every friday"),
    ("missed-bin", "you missed my collection the day before friday"),
    ("missed-bin", "you missed my collection on friday the 13th"),
    ("street-party", "the day of the party is friday next week"),  # not the next Friday
    ("street-party", "the day of the party is next week on friday"),
    ("street-party", "the day of the party is tuesday week"),  # said on a Tuesday
    ("dropped-kerb", "in front of my house"),
    ("assisted-bins", "You cannot move the bins yourself."),  # health is asked for, never picked up
]


@pytest.mark.parametrize(("policy", "text", "facts"), TAKEN)
def test_what_is_said_is_taken(policy: str, text: str, facts: dict[str, Any]) -> None:
    found = LIBRARY.policies[policy]
    assert facts_in(text, found.latest, found.words["en"], TODAY) == facts


@pytest.mark.parametrize(("policy", "text"), NOT_TAKEN)
def test_what_is_in_doubt_is_asked(policy: str, text: str) -> None:
    found = LIBRARY.policies[policy]
    assert facts_in(text, found.latest, found.words["en"], TODAY) == {}


def test_what_is_known_is_left_alone() -> None:
    found = LIBRARY.policies["resident-permit"]
    assert facts_in("we have 2 permits", found.latest, found.words["en"], TODAY, {"permits_held"}) == {}


@given(
    number=st.integers(0, 10),
    before=st.sampled_from(["", "hello, ", "my brother lives next door and "]),
    after=st.sampled_from(["", ", is that all right?", " and we like our street"]),
)
def test_a_count_with_its_unit_is_taken_whatever_stands_around_it(number: int, before: str, after: str) -> None:
    found = LIBRARY.policies["resident-permit"]
    text = f"{before}we have {number} permits{after}"
    assert facts_in(text, found.latest, found.words["en"], TODAY) == {"permits_held": number}


@given(text=st.text(max_size=200), policy=st.sampled_from(sorted(LIBRARY.policies)))
def test_no_text_breaks_it_and_what_it_takes_is_possible(text: str, policy: str) -> None:
    found = LIBRARY.policies[policy]
    taken = facts_in(text, found.latest, found.words["en"], TODAY)
    assert taken.keys() <= set(found.latest.asked)
