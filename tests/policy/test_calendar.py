"""Deadlines and working days: month ends, leap years, bank holidays, clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.calendar import Calendar, DeadlineRule, Period, add_months

PLAIN = Calendar()
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("rule", "start", "last"),
    [
        (DeadlineRule("P28D"), date(2026, 11, 23), date(2026, 12, 21)),
        (DeadlineRule("P28D", first_day="same"), date(2026, 11, 23), date(2026, 12, 20)),
        (DeadlineRule("P2M", first_day="same"), date(2026, 12, 31), date(2027, 2, 27)),
        (DeadlineRule("P2M"), date(2026, 12, 31), date(2027, 2, 28)),
        (DeadlineRule("P2M"), date(2027, 12, 31), date(2028, 2, 29)),
        (DeadlineRule("P1M"), date(2027, 1, 31), date(2027, 2, 28)),
        (DeadlineRule("P1M"), date(2028, 1, 31), date(2028, 2, 29)),
        (DeadlineRule("P1M"), date(2028, 2, 29), date(2028, 3, 29)),
        (DeadlineRule("P12M"), date(2028, 2, 29), date(2029, 2, 28)),
        (DeadlineRule("P1Y"), date(2026, 11, 23), date(2027, 11, 23)),
        (DeadlineRule("P20D", "working"), date(2026, 12, 10), date(2027, 1, 12)),
        (DeadlineRule("P1D", "working"), date(2026, 12, 24), date(2026, 12, 29)),  # 26 December 2026 is a Saturday
        (DeadlineRule("P1D", "working"), date(2026, 4, 2), date(2026, 4, 7)),  # Easter
        (DeadlineRule("P1D", "working", "same"), date(2026, 11, 23), date(2026, 11, 23)),
        (DeadlineRule("P1D", "working", "same"), date(2026, 11, 21), date(2026, 11, 23)),
        (DeadlineRule("P2D", roll=True), date(2026, 12, 23), date(2026, 12, 29)),
    ],
)
def test_known_deadlines(rule: DeadlineRule, start: date, last: date) -> None:
    assert rule.last_day(start, PLAIN) == last


def test_closure_days_are_not_working_days() -> None:
    closed = Calendar(closures={date(2026, 12, 29): "closed"})
    assert DeadlineRule("P1D", "working").last_day(date(2026, 12, 24), closed) == date(2026, 12, 30)
    assert closed.version != PLAIN.version


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 28, 23, 59, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 22, 59, tzinfo=UTC)),  # clocks went forward that morning
        (date(2026, 10, 24), datetime(2026, 10, 24, 22, 59, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 23, 59, tzinfo=UTC)),  # and back
    ],
)
def test_the_end_of_a_day_across_clock_changes(day: date, instant: datetime) -> None:
    assert PLAIN.instant(day, time(23, 59)) == instant
    assert PLAIN.today(instant) == day
    assert PLAIN.today(instant + timedelta(minutes=1)) == day + timedelta(days=1)
    rule = DeadlineRule("P28D", until=time(23, 59))
    assert rule.end(day - timedelta(days=28), PLAIN) == instant


@given(DAYS, st.integers(1, 60))
def test_working_days_count_back_and_forth(start: date, count: int) -> None:
    end = PLAIN.add_working_days(start, count)
    assert PLAIN.is_working_day(end)
    assert PLAIN.working_days_between(start, end) == count
    assert PLAIN.working_days_between(end, start) == -count
    assert PLAIN.working_days_between(start, end - timedelta(days=1)) == count - 1


@given(DAYS, st.integers(0, 60))
def test_months_keep_the_day_or_end_the_month(start: date, count: int) -> None:
    end = add_months(start, count)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == count
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


@given(DAYS, st.integers(1, 400), st.booleans())
def test_the_first_day_rule_moves_a_deadline_by_one_day(start: date, days: int, months: bool) -> None:
    period = f"P{days % 24 + 1}M" if months else f"P{days}D"
    later = DeadlineRule(period).last_day(start, PLAIN)
    assert DeadlineRule(period, first_day="same").last_day(start, PLAIN) == later - timedelta(days=1)


@pytest.mark.parametrize("text", ["", "P", "28D", "P1.5D", "PT5H", "P-1D", "P0D", "P28", "p28d", "P28D "])
def test_other_periods_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        Period.parse(text)


def test_working_days_are_counted_in_days() -> None:
    with pytest.raises(ValueError, match="written in days"):
        DeadlineRule("P1M", "working").last_day(date(2026, 1, 1), PLAIN)
