"""Answers of more than one meaning, amounts of another period, and what says yes to a read-back."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.agreeing import agrees
from bot.policy.model import Fact
from bot.policy.parse import BadFact, Unclear, other_period, parse
from tests.policies import LIBRARY

TODAY = date(2026, 11, 23)
#: Every fact that is a number of things, with its policy.
COUNTS = [
    (policy, fact)
    for policy in LIBRARY.policies.values()
    for fact in policy.latest.facts.values()
    if fact.type == "int" and fact.function is None
    and fact.unit not in ("m", "mm", "m2", "minute", "hour_of_day", "mile", "percent")
]  # fmt: skip
GO_ON = ["ok", "OK.", "fine", "Go ahead", "yes please", "that's right", "ok, go ahead", "okay yes",
         "sounds good thanks", "ok then", "yes, go on", "that's fine", "all right"]  # fmt: skip


def read(policy: str, fact: str, text: str) -> Any:
    found = LIBRARY.policy(policy)
    return parse(found.latest.facts[fact], text, found.words["en"], TODAY)


def readings(policy: str, fact: str, text: str) -> tuple[Any, ...]:
    with pytest.raises(Unclear) as unclear:
        read(policy, fact, text)
    return unclear.value.readings


@given(st.integers(0, 23), st.integers(1, 59), st.sampled_from(["", " pm", "pm", " am", " in the evening"]))
def test_an_hour_with_minutes_is_never_taken_for_a_whole_one(hour: int, minutes: int, half: str) -> None:
    found = heard("street-party", "end_hour", f"{hour}:{minutes:02d}{half}")
    assert set(found) <= {hour % 12, hour % 12 + 1, hour % 12 + 12, hour % 12 + 13, hour, hour + 1}
    assert all(12 <= one <= 24 for one in found)


def heard(policy: str, fact: str, text: str) -> tuple[Any, ...]:
    """What an answer is asked about; nothing when it is no answer. Not a value that is taken."""
    try:
        assert read(policy, fact, text) is None
    except BadFact as error:
        return getattr(error, "readings", ())
    return ()


def test_it_is_asked_which_hour_is_meant() -> None:
    assert readings("street-party", "end_hour", "9:30 pm") == (21, 22)
    assert readings("street-party", "end_hour", "about 21.15") == (21, 22)
    assert readings("street-party", "end_hour", "11:59am") == (12,)
    assert read("street-party", "end_hour", "9:00 pm") == 21


@given(st.integers(0, 9), st.integers(0, 99), st.booleans(), st.sampled_from(["", " m", " metres", "m"]))
def test_a_comma_that_cannot_part_thousands_is_a_point(whole: int, part: int, two: bool, unit: str) -> None:
    digits = f"{part:02d}" if two else str(part % 10)
    comma, point = (answer(f"{whole}{sign}{digits}{unit}") for sign in ",.")
    assert comma == point
    assert comma == "no" or isinstance(comma, Decimal | int)


def answer(text: str) -> Any:
    try:
        return read("house-extension", "height", text)
    except BadFact:
        return "no"


def test_a_comma_of_two_meanings_is_asked_about() -> None:
    assert read("pothole", "width", "1,200") == 1200  # whole millimetres only: 1.2 cannot be
    assert readings("resident-permit", "vehicle_height", "2,125 m") == (Decimal("2.125"),)
    assert read("park-request", "nearest", "1,200 metres") == 1200
    assert read("council-tax-hardship", "income", "£1,200") == 1200
    assert readings("dropped-kerb", "junction", "1,125 cm") == (Decimal("0"), Decimal("11.3"))


@given(st.integers(0, 2000), st.sampled_from([("a week", 52), ("per fortnight", 26), ("every four weeks", 13),
                                               ("a month", 12), ("a year", 1)]))  # fmt: skip
def test_an_amount_of_another_period_is_converted_by_the_year(amount: int, period: tuple[str, int]) -> None:
    text, times = period
    expected = (Decimal(amount) * times / 12).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert read("council-tax-hardship", "income", f"£{amount} {text}") == expected


def test_it_is_known_that_it_was() -> None:
    fact = LIBRARY.policy("council-tax-hardship").latest.facts["income"]
    assert other_period(fact, "about £300 per fortnight I think")
    assert other_period(fact, "14400 a year")
    assert not other_period(fact, "£300 a month")
    assert not other_period(fact, "£300")


@pytest.mark.parametrize(("policy", "fact"), [pytest.param(p, f, id=f"{p.id}-{f.id}") for p, f in COUNTS])
def test_there_is_none_in_words(policy: Any, fact: Fact) -> None:
    label = policy.words["en"].text["facts"][fact.id]["label"]
    nouns = [form for form in policy.words["en"].frame["units"].get(fact.unit, ()) if form]
    assert nouns, label
    for text in ("none at all", "no", *(f"no {noun}" for noun in nouns), *(f"we have no {noun} yet" for noun in nouns)):
        try:
            assert parse(fact, text, policy.words["en"], TODAY) == 0, text
        except BadFact:
            assert fact.min != 0


def test_of_every_count() -> None:
    assert len(COUNTS) > 6


@pytest.mark.parametrize("text", GO_ON)
def test_what_agrees(text: str) -> None:
    assert agrees(text) is True


@given(st.sampled_from(GO_ON), st.sampled_from([" but", ", but", ", except", " wait", ", no", " although"]),
       st.sampled_from([" the height is wrong", " not the date", " it is 2.1", ""]))  # fmt: skip
def test_what_agrees_with_a_but_does_not(text: str, but: str, rest: str) -> None:
    assert agrees(text.rstrip(".") + but + rest) is not True


@pytest.mark.parametrize("text", ["ok?", "ok whatever", "fine for now", "is it ok", "I think so", "go", "thanks", ""])
def test_what_leaves_it_open(text: str) -> None:
    assert agrees(text) is None


@given(st.text(max_size=40))
def test_only_known_words_agree(text: str) -> None:
    if agrees(text) is True:
        assert set(text) & set("yYoOfFgGcCaApPsStTiIdDcCrRkKhHnN")
