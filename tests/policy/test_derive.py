"""The registry of derived facts: right values, and inverses that bring the result to the target."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.calendar import Calendar
from bot.policy.derive import REGISTRY

CALENDAR = Calendar()
DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("function", "args", "value"),
    [
        ("days_between", (date(2026, 11, 23), date(2026, 12, 1)), 8),
        ("days_between", (date(2026, 12, 1), date(2026, 11, 23)), -8),
        ("days_between", (date(2026, 3, 28), date(2026, 3, 30)), 2),  # the clocks changed in between
        ("working_days_between", (date(2026, 12, 24), date(2026, 12, 29)), 1),
        ("months_between", (date(2026, 1, 31), date(2026, 2, 28)), 1),
        ("months_between", (date(2026, 1, 30), date(2026, 2, 27)), 0),
        ("months_between", (date(2026, 7, 23), date(2026, 11, 23)), 4),
        ("months_begun", (date(2026, 7, 1), date(2026, 9, 1)), 2),
        ("months_begun", (date(2026, 7, 1), date(2026, 9, 2)), 3),
        ("months_begun", (date(2026, 12, 31), date(2027, 2, 28)), 2),
        ("months_begun", (date(2026, 12, 31), date(2027, 3, 1)), 3),
        ("age_on", (date(2008, 2, 29), date(2026, 2, 28)), 18),
        ("age_on", (date(2008, 2, 29), date(2026, 2, 27)), 17),
        ("age_on", (date(2018, 11, 24), date(2026, 11, 23)), 7),
        ("percent", (30, 40), Decimal("75.0")),
        ("percent", (2249, 3000), Decimal("74.9")),  # never rounded up to the limit
        ("percent", (1, 0), Decimal(0)),
        ("percent_up", (5000, 10000), Decimal("50.0")),
        ("percent_up", (5001, 10000), Decimal("50.1")),  # never rounded down to the limit
        ("difference", (Decimal("1200"), Decimal("1150.50")), Decimal("49.50")),
    ],
)
def test_known_values(function: str, args: tuple[Any, ...], value: Any) -> None:
    assert REGISTRY[function].compute(args, CALENDAR) == value


@given(DAYS, DAYS, st.integers(-400, 400))
def test_inverses_of_days(first: date, second: date, target: int) -> None:
    days = REGISTRY["days_between"]
    moved = days.inverse(0, target, (first, second), CALENDAR)
    assert days.compute((moved, second), CALENDAR) == target
    assert days.compute((first, days.inverse(1, target, (first, second), CALENDAR)), CALENDAR) == target


@given(st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.integers(1, 50))
def test_inverses_of_working_days(day: date, target: int) -> None:
    working = REGISTRY["working_days_between"]
    assert working.compute((day, working.inverse(1, target, (day, day), CALENDAR)), CALENDAR) == target
    assert working.compute((working.inverse(0, target, (day, day), CALENDAR), day), CALENDAR) == target


@given(DAYS, st.integers(0, 300), st.sampled_from(["months_between", "age_on"]))
def test_inverses_of_months_and_ages(day: date, target: int, name: str) -> None:
    function = REGISTRY[name]
    target = target % 90 if name == "age_on" else target
    later = function.inverse(1, target, (day, day), CALENDAR)
    assert function.compute((day, later), CALENDAR) == target


@given(st.integers(1, 500), st.integers(1, 100))
def test_the_least_part_for_a_share(whole: int, target: int) -> None:
    percent = REGISTRY["percent"]
    least: Any = percent.inverse(0, target, (0, whole), CALENDAR)
    assert percent.compute((least, whole), CALENDAR) >= target  # type: ignore[operator]
    assert least == 0 or percent.compute((least - 1, whole), CALENDAR) < target  # type: ignore[operator]


@given(st.integers(1, 500), st.integers(1, 100))
def test_the_most_part_for_a_share(whole: int, target: int) -> None:
    percent = REGISTRY["percent_up"]
    most: Any = percent.inverse(0, target, (0, whole), CALENDAR)
    assert percent.compute((most, whole), CALENDAR) <= target  # type: ignore[operator]
    assert percent.compute((most + 1, whole), CALENDAR) > target  # type: ignore[operator]


def test_every_function_is_used_or_named() -> None:
    for name, function in REGISTRY.items():
        assert function.meaning, name
        assert function.takes, name
