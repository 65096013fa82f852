"""Answers as people type them; and texts that hold a number or a yes but are not an answer."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.decide import BadFact
from bot.policy.model import Fact, Words
from bot.policy.parse import (
    asks,
    first_clause,
    parse,
    says_unknown,
    wordy_choice,
    wordy_yes_or_no,
    yes_or_no,
)
from tests.policies import LIBRARY

TODAY = date(2026, 11, 23)  # a Monday


def read(policy: str, fact: str, text: str) -> Any:
    found = LIBRARY.policy(policy)
    return parse(found.versions[0].facts[fact], text, found.words["en"], TODAY)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.5", "2.5"), ("2.5m", "2.5"), ("2.5 metres", "2.5"), ("about 2 and a half metres", "2.5"),
        ("two and a half", "2.5"), ("2½ m", "2.5"), ("2 1/2 metres", "2.5"), ("250cm", "2.5"), ("250 cm high", "2.5"),
        ("2 m 40", "2.4"), ("2m 40cm", "2.4"), ("8ft 2in", "2.49"), ("8 foot 2", "2.49"), ("6 feet", "1.83"),
        ("It's about 1.9 m", "1.9"), ("roughly two metres", "2"), ("one and three quarters", "1.75"),
        ("2 metres and a half", "2.5"), ("1.5m I think", "1.5"), ("  2,25 m ", "2.25"), ("2,1", "2.1"),
        ("2,1 metres", "2.1"),         ("2,1, I think", "2.1"), ("2,1,3", None), ("2,1.5", None), ("1500mm", "1.5"),
        ("two point five", None), ("between 2 and 3 metres", None), ("over 2 metres", None), ("2 kg", None),
        ("it is taller than me", None), ("2 or 3", None), ("2.5.1", None), ("my house is number 2", None),
        ("3 miles and 2 cars", None), ("", None), ("   ", None), ("2" * 300, None), ("1e3", None), ("-2", None),
    ],
)  # fmt: skip
def test_metres(text: str, value: str | None) -> None:
    found = read("resident-permit", "vehicle_height", text)
    assert found == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), ("three", 3), ("none", 0), ("None.", 0), ("zero", 0), ("no", 0), ("nothing", 0), ("we have two", 2),
        ("a couple", 2), ("just the one", 1), ("2 permits", 2), ("two of them", 2), ("I've got 2", 2), ("only one", 1),
        ("one I think", 1), ("none at all", 0), ("none yet", 0),
        ("no permits", 0), ("No permits yet.", 0), ("we have no permits", 0), ("we don't have any permits", 0),
        ("there aren't any", 0), ("none of them", 0), ("it should be 2", 2), ("no idea", None), ("no problem", None),
        ("no vans", None), ("no, I meant 3", None), ("i meant 3", 3), ("3 cars and a bike", None),
        ("3 more or less", None),
        ("2 vans", None), ("my number is 3", None), ("flat 3", None), ("3?", None), ("not 3", None),
        ("three hundred", "bad"),
        ("11", "bad"), ("1.5", "bad"), ("two and a half", "bad"),
    ],
)  # fmt: skip
def test_counts(text: str, value: int | str | None) -> None:
    if value == "bad":
        with pytest.raises(BadFact):
            read("resident-permit", "permits_held", text)
    else:
        found = read("resident-permit", "permits_held", text)
        assert found == value
        assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("£1,200 a month", "1200"), ("1200", "1200"), ("£1200.50", "1200.50"), ("1,200 pounds", "1200"),
        ("about £1.2k", "1200"), ("300 a week", "1300"), ("£300 pw", "1300"), ("£300 per fortnight", "650"),
        ("£300 fortnightly", "650"), ("£300 p/w", "1300"), ("£300 p w", "1300"), ("£400 p.c.m.", "400"),
        ("400 per calendar month", "400"), ("£12,000 per annum", "1000"), ("gbp 500", "500"), ("1.2k", "1200"),
        ("300 every two weeks I think", "650"), ("£300 every 4 weeks", "325"), ("£300 four-weekly", "325"),
        ("14400 a year", "1200"), ("no income at all", "0"), ("£300 every 3 weeks", None), ("none", "0"),
        ("one thousand two hundred", "1200"), ("twelve hundred quid", "1200"), ("£1,200 per month", "1200"),
        ("1200 monthly", "1200"), ("50p", "0.50"), ("nothing", "0"), ("a thousand", "1000"), ("£ 950", "950"),
        ("two thousand one hundred and five", "2105"), ("1,20", None), ("£1,200 a day", None), ("my rent is due", None),
        ("£1200 and £300", None), ("1200 euros", None), ("£", None), ("a tenner", "10"), ("a fiver", "5"),
        ("two tenners", "20"), ("a couple of fivers", "10"), ("a fiver a week", "21.67"), ("twenty quid", "20"),
        ("£1.2k a month", "1200"), ("a grand", "1000"), ("two and a half grand", "2500"),
        ("a grand and a half", "1500"), ("two grand and a half", "2500"), ("half a grand", "500"), ("k", None),
        ("£k", None), ("a fiver and a tenner", None), ("£tenner", None), ("a ten pound note", None),
    ],
)  # fmt: skip
def test_money_by_the_month(text: str, value: str | None) -> None:
    found = read("council-tax-hardship", "income", text)
    assert found == (None if value is None else Decimal(value))


def test_a_period_is_not_ignored_where_none_is_asked_for() -> None:
    assert read("fee-waiver", "fee", "£40") == 40
    assert read("fee-waiver", "fee", "£40 a month") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yesterday", "2026-11-22"), ("today", "2026-11-23"), ("last Tuesday", "2026-11-17"), ("Tuesday", "2026-11-17"),
        ("on Monday", "2026-11-23"), ("last monday", "2026-11-16"), ("3 days ago", "2026-11-20"),
        ("a week ago", "2026-11-16"), ("two weeks ago", "2026-11-09"), ("a fortnight ago", "2026-11-09"),
        ("two weeks ago today", "2026-11-09"), ("10 days back", "2026-11-13"), ("yesterday morning", "2026-11-22"),
        ("last monday evening", "2026-11-16"), ("12-nov-2026", "2026-11-12"), ("on the 12th", "2026-11-12"),
        ("the 31st", "2026-10-31"), ("5th", "2026-11-05"),
        ("about a month ago", "2026-10-23"), ("5 October", "2026-10-05"), ("5th of October 2026", "2026-10-05"),
        ("Oct 5th", "2026-10-05"), ("October 5, 2026", "2026-10-05"), ("5/10/26", "2026-10-05"), ("05.10.2026",
        "2026-10-05"),
        ("2026-10-05", "2026-10-05"), ("5 December", "2025-12-05"), ("monday 5 october", "2026-10-05"),
        ("it was last friday", "2026-11-20"), ("the day before yesterday", "2026-11-21"), ("29 February", "2024-02-29"),
        ("tuesday 5 october", None), ("October 2026", None), ("last week", None), ("a while ago", None), ("5", None),
        ("31 november", "bad"), ("13/13/2026", "bad"), ("in 3 days", "bad"), ("tomorrow", "bad"), ("1 January 2027",
        "bad"),
        ("3 days", None), ("next to the tuesday market", None), ("31-feb-2026", "bad"), ("30 feb 2026", "bad"),
        ("half a year ago", "2026-05-23"), ("a year and a half ago", "2025-05-23"),
        ("two and a half years ago", "2024-05-23"), ("half a month ago", None), ("day before yesterday", "2026-11-21"),
        ("a week last Tuesday", "2026-11-10"), ("a week ago last Tuesday", "2026-11-10"),
        ("a fortnight last Friday", "2026-11-06"), ("a week yesterday", "2026-11-15"),
        ("a week ago yesterday", "2026-11-15"), ("the Friday before last", "2026-11-13"),
        ("Friday week", "bad"), ("half a week ago", None), ("a week Tuesday", None),
        ("two and half a year ago", None), ("3000 years ago", None),
        ("fortnight ago", "2026-11-09"), ("it was week ago", "2026-11-16"), ("year and a half ago", "2025-05-23"),
        ("couple of weeks ago", "2026-11-09"), ("couple days ago", "2026-11-21"), ("month ago today", "2026-10-23"),
        ("weeks ago", None), ("few weeks ago", None), ("week", None), ("month", None), ("week day", None),
    ],
)  # fmt: skip
def test_past_dates(text: str, value: str | None) -> None:
    if value == "bad":
        with pytest.raises(BadFact):
            read("missed-bin", "collection_date", text)
    else:
        found = read("missed-bin", "collection_date", text)
        assert found == (None if value is None else date.fromisoformat(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [("5 June", "2027-06-05"), ("next Friday", "2026-11-27"), ("in 6 weeks", "2027-01-04"), ("Saturday", "2026-11-28"),
     ("tomorrow", "2026-11-24"), ("in a month's time", "2026-12-23"), ("new year's day", "2027-01-01"),
     ("in two weeks time", "2026-12-07"), ("three weeks from now", "2026-12-14"), ("Friday week", "2026-12-04"),
     ("on Friday week", "2026-12-04"), ("a week on Friday", "2026-12-04"), ("week on Friday", "2026-12-04"),
     ("a fortnight on Friday", "2026-12-11"), ("Friday fortnight", "2026-12-11"), ("2 weeks on Friday", "2026-12-11"),
     ("a week from Friday", "2026-12-04"), ("tomorrow week", "2026-12-01"), ("a week tomorrow", "2026-12-01"),
     ("a week today", "2026-11-30"), ("two weeks today", "2026-12-07"), ("the day after tomorrow", "2026-11-25"),
     ("in half a year", "2027-05-23"), ("Monday week", None), ("a week on Monday", None), ("Friday month", None),
     ("in a week's time", "2026-11-30"), ("it's in a fortnight's time", "2026-12-07"), ("a week's time", None),
     ("in weeks' time", None), ("next week", None), ("a day on Friday", None)],
)  # fmt: skip
def test_future_dates(text: str, value: str | None) -> None:
    assert read("street-party", "event_date", text) == (value and date.fromisoformat(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("Yes please", True), ("yep", True), ("yeah it is", True), ("it is", True), ("I do", True),
        ("yes, it is!", True), ("of course", True), ("Your home is in a resident parking zone.", True),
        ("no", False), ("nope", False), ("No, it isn't", False), ("not yet", False), ("no thanks", False),
        ("it's not", False), ("we don't", False), ("I think so, but why do you ask", None), ("yes and no", None),
        ("maybe", None), ("yesterday", None), ("no idea", None), ("nowhere", None), ("I know someone who does", None),
        ("what is a zone?", None), ("yes but only on Sundays", None),
    ],
)  # fmt: skip
def test_yes_or_no(text: str, value: bool | None) -> None:
    assert read("resident-permit", "in_zone", text) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [("Terraced house", "terraced"), ("terraced", "terraced"), ("a detached house", "detached"), ("it's a flat",
     "flat"),
     ("a flat", "flat"), ("semi", "semi"), ("house", None), ("a castle", None), ("flat or house", None),
     ("maisonette", "flat"),
     ("it is a semi-detached house", "semi")],
)  # fmt: skip
def test_choices(text: str, value: str | None) -> None:
    assert read("house-extension", "home_kind", text) == value


@pytest.mark.parametrize(
    ("policy", "fact", "text", "value"),
    [
        ("pothole", "depth", "5cm", 50), ("pothole", "depth", "about 2 inches", 51), ("pothole", "depth", "40", 40),
        ("school-transport", "distance", "2 miles", 2), ("school-transport", "distance", "3km", Decimal("1.86")),
        ("school-transport", "distance", "a mile and a half", Decimal("1.5")),
        ("street-party", "end_hour", "10pm", 22), ("street-party", "end_hour", "22:00", 22),
        ("street-party", "end_hour", "midnight", 24), ("street-party", "end_hour", "21.00", 21),
        ("parking-fine", "minutes_over", "half an hour", 30), ("parking-fine", "minutes_over", "ten minutes", 10),
        ("park-request", "nearest", "about 400 metres away", 400), ("park-request", "nearest", "half a mile", 805),
        ("house-extension", "garden", "120 square metres", 120), ("missed-bin", "tagged", "no tag", "none"),
        ("missed-bin", "tagged", "no", "none"),
    ],
)  # fmt: skip
def test_other_units(policy: str, fact: str, text: str, value: object) -> None:
    assert read(policy, fact, text) == value


@pytest.mark.parametrize(
    "text", ["I don't know", "not sure", "no idea", "dunno", "I'm not sure", "?", "can't remember"]
)
def test_not_knowing_is_heard(text: str) -> None:
    assert says_unknown(text)
    assert read("resident-permit", "in_zone", text) is None


@pytest.mark.parametrize("text", ["yes", "no", "3", "I know", "sure"])
def test_knowing_is_not(text: str) -> None:
    assert not says_unknown(text)


FACTS = [(fact, policy.words["en"]) for policy in LIBRARY.policies.values()
         for fact in policy.versions[0].facts.values()
         if fact.function is None]  # fmt: skip


def test_a_half_is_no_day() -> None:
    policy = LIBRARY.policy("resident-permit")
    facts, words = policy.latest.facts, policy.words["en"]
    assert parse(facts["proof_date"], "½", words, TODAY) is None
    assert str(parse(facts["vehicle_height"], "½", words, TODAY)) == "0.5"


@given(st.sampled_from(FACTS), st.text(max_size=60))
def test_any_text_is_an_answer_or_is_not(pair: tuple[Fact, Words], text: str) -> None:
    with contextlib.suppress(BadFact):
        parse(pair[0], text, pair[1], TODAY)


def test_every_button_is_understood() -> None:
    counted = 0
    for fact, words in FACTS:
        for choice, title in words.text["facts"][fact.id].get("options", {}).items():
            assert parse(fact, title, words, TODAY) == choice
            counted += 1
    assert counted > 40


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("yes correct", True), ("Yes, thats right.", True), ("that's right", True), ("all good", True),
        ("looks good thanks", True), ("no", False), ("no i don't think so", False), ("I think so", None),
        ("probably", None), ("maybe yes", None), ("ok", None), ("right turn", None), ("yes?", None),
        ("yes, but the height is wrong", None), ("yes it's fine for now", None), ("", None),
    ],
)  # fmt: skip
def test_only_a_plain_yes_confirms(text: str, value: bool | None) -> None:
    assert yes_or_no(text) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes, a letter from my doctor", True), ("yeah it's registered here", True), ("she's 84 so yes", True),
        ("yes and it's not a car-free home", True), ("yes told you every time", True), ("no she lives alone", False),
        ("no there's a locked gate", False), ("not yet, I will", False), ("no, locked gate", False),
        ("no tag", None), ("no locked gate", None), ("yes it's not car-free", None), ("no idea", None),
        ("yes but only sometimes", None), ("no I want to talk to a person", None), ("no, when is my bin day", None),
        ("yes what is that", None), ("no way", None), ("no or yes", None), ("the car is red", None),
    ],
)  # fmt: skip
def test_a_yes_or_no_with_more_around_it(text: str, value: bool | None) -> None:
    assert wordy_yes_or_no(text) is value


@pytest.mark.parametrize(
    ("policy", "fact", "text", "value"),
    [
        ("park-request", "land", "council land I think", "council"),
        ("pothole", "whose", "just a normal council road", "council"),
        ("pothole", "place", "in the pavement by the road", None),
        ("park-request", "land", "it is not the council", None),
        ("dropped-kerb", "home_kind", "a house or a flat", None),
        ("missed-bin", "tagged", "there was no tag on it", "none"),
    ],
)
def test_a_choice_with_more_around_it(policy: str, fact: str, text: str, value: str | None) -> None:
    found = LIBRARY.policies[policy]
    assert wordy_choice(found.latest.facts[fact], text, found.words["en"]) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("the first one", "council"), ("option 2", "motorway"), ("last", "private"), ("the ninth one", None),
     ("number 4", None), ("first thing", None)],
)  # fmt: skip
def test_a_choice_by_its_place(text: str, value: str | None) -> None:
    found = LIBRARY.policies["pothole"]
    assert parse(found.latest.facts["whose"], text, found.words["en"], TODAY) == value


def test_a_clause_more_is_told_from_a_number_with_and() -> None:
    assert first_clause("just the one, and the van is 2.1m high") == ("just the one", "the van is 2.1m high")
    assert first_clause("two and a half metres") == ("two and a half metres", "")
    assert first_clause("Sunday, 5 October") == ("sunday, 5 october", "")


@pytest.mark.parametrize(
    ("text", "value"),
    [("when is my bin day", True), ("and how much is it?", True), ("I want a refund", True), ("last Tuesday", False),
     ("a flat", False), ("my bin was missed", False), ("house?", True)],
)  # fmt: skip
def test_a_question_is_told_from_an_answer(text: str, value: bool) -> None:
    assert asks(text) is value
