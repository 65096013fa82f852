"""When staff are there, and by which day a case is answered that comes while they are not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from bot.council import Council


@cache
def _bank_holidays(country: str, subdivision: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=subdivision)


def is_working_day(council: Council, day: date) -> bool:
    """Whether staff work on that day at all."""
    return day.weekday() in council.hours and day not in _bank_holidays(
        council.bank_holidays["country"], council.bank_holidays["subdivision"]
    )


def is_open(council: Council, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether staff answer chats at that moment."""
    local = moment.astimezone(zone)
    if not is_working_day(council, local.date()):
        return False
    opens, closes = council.hours[local.weekday()]
    return opens <= local.time() < closes


def answer_by(council: Council, moment: datetime, zone: ZoneInfo) -> datetime:
    """The closing time of the working day by which a case opened at ``moment`` is answered.

    The first working day counted is the next one on which staff are there from opening time on.
    """
    local = moment.astimezone(zone)
    day = local.date()
    if not is_working_day(council, day) or local.time() >= council.hours[day.weekday()][0]:
        day += timedelta(days=1)
    left = council.answer_within_working_days
    for _ in range(400):
        if is_working_day(council, day):
            left -= 1
            if left <= 0:
                return datetime.combine(day, council.hours[day.weekday()][1], zone)
        day += timedelta(days=1)
    raise ValueError("the council has no working day within a year")
