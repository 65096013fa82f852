from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import council
from bot.desk import hours

LONDON = ZoneInfo("Europe/London")
NORTHMERE = council.load()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-11-23 09:00", True),
        ("2026-11-23 08:59", False),
        ("2026-11-23 17:00", False),
        ("2026-11-22 12:00", False),  # Sunday
        ("2026-12-25 12:00", False),  # Christmas
        ("2026-12-28 12:00", False),  # Boxing Day falls on a Saturday: the Monday instead
        ("2026-12-29 12:00", True),
        ("2026-07-01 09:30", True),  # summer time
    ],
)
def test_when_staff_are_there(when: str, is_open: bool) -> None:
    assert hours.is_open(NORTHMERE, moment(when).astimezone(UTC), LONDON) is is_open


@pytest.mark.parametrize(
    ("opened", "answered_by"),
    [
        ("2026-11-27 20:00", "2026-11-30 17:00"),  # Friday evening: Monday
        ("2026-11-23 07:00", "2026-11-23 17:00"),  # before opening: the same day
        ("2026-11-23 18:00", "2026-11-24 17:00"),
        ("2026-12-24 18:00", "2026-12-29 17:00"),  # over Christmas
    ],
)
def test_by_when_somebody_answers(opened: str, answered_by: str) -> None:
    assert hours.answer_by(NORTHMERE, moment(opened).astimezone(UTC), LONDON) == moment(answered_by)


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 12, 31), timezones=st.just(UTC)))
def test_the_day_is_always_ahead_and_within_a_week(when: datetime) -> None:
    by = hours.answer_by(NORTHMERE, when, LONDON)
    assert timedelta(0) < by - when < timedelta(days=7)
    assert hours.is_open(NORTHMERE, by - timedelta(minutes=1), LONDON)


def test_the_hours_in_words() -> None:
    assert NORTHMERE.hours_in_words == "Monday to Friday, 9am to 5pm"
