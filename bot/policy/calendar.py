"""Working days and deadlines: ISO periods, first-day rules, bank holidays and closure days, local time of day."""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_PERIOD = re.compile(r"P(?:([0-9]{1,3})Y)?(?:([0-9]{1,3})M)?(?:([0-9]{1,3})W)?(?:([0-9]{1,4})D)?")


@lru_cache(maxsize=256)
def _bank_holidays(country: str, part: str, year: int) -> frozenset[date]:
    import holidays  # here, because it takes half a second and most processes never count a working day

    return frozenset(holidays.country_holidays(country, subdiv=part, years=year))


@lru_cache(maxsize=1)
def _holidays_version() -> str:
    import importlib.metadata

    return importlib.metadata.version("holidays")


@dataclass(frozen=True)
class Calendar:
    """One council's calendar: country and part for bank holidays, own closure days, time zone."""

    id: str = "england"
    country: str = "GB"
    part: str = "ENG"
    zone: str = "Europe/London"
    closures: Mapping[date, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """What a replay needs to know: the source of bank holidays and the closure days."""
        closed = ",".join(day.isoformat() for day in sorted(self.closures))
        return f"holidays {_holidays_version()} {self.country}-{self.part} closed {closed or 'never'}"

    def is_working_day(self, day: date) -> bool:
        """Whether the council works that day: Monday to Friday, no bank holiday, no closure day."""
        if day.weekday() >= 5 or day in self.closures:
            return False
        return day not in _bank_holidays(self.country, self.part, day.year)

    def add_working_days(self, start: date, count: int) -> date:
        """The ``count``-th working day after ``start`` (before it when negative); ``start`` itself when zero."""
        step = timedelta(days=1 if count > 0 else -1)
        day, left = start, abs(count)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after ``start`` up to and including ``end``; negative when ``end`` is earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))

    def today(self, now: datetime) -> date:
        """The council's date at the instant ``now`` (which must know its time zone)."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def instant(self, day: date, at: time) -> datetime:
        """The instant, in UTC, of a local time of day; right on both sides of a clock change."""
        return datetime.combine(day, at, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True)
class Period:
    """An ISO 8601 period in whole years, months, weeks and days, e.g. P28D or P2M."""

    months: int
    days: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Raises ValueError when ``text`` is not such a period or is empty."""
        found = _PERIOD.fullmatch(text)
        parts = [int(part or 0) for part in found.groups()] if found else [0]
        if not any(parts):
            raise ValueError(f"'{text}' is not a period. Write it like P28D, P4W or P2M.")
        return cls(parts[0] * 12 + parts[1], parts[2] * 7 + parts[3])


def add_months(day: date, count: int) -> date:
    """The same day of the month ``count`` months on, or the last day of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class DeadlineRule:
    """How long someone has. ``first_day`` next: day 1 is the day after; same: the period begins with that day.

    ``counting`` calendar or working (then the period is in days). ``roll`` moves a deadline that falls on a day when
    the council is closed to the next working day. ``until`` is the local time of day at which the last day ends.
    """

    period: str
    counting: str = "calendar"
    first_day: str = "next"
    roll: bool = False
    until: time = time(23, 59)

    def last_day(self, start: date, calendar: Calendar) -> date:
        """The last day on which an act is still in time, for a period that ``start`` sets going."""
        period = Period.parse(self.period)
        if self.counting == "working":
            if period.months:
                raise ValueError("A period in working days is written in days, like P20D.")
            before = start - timedelta(days=1) if self.first_day == "same" else start
            return calendar.add_working_days(before, period.days)
        day = add_months(start, period.months) + timedelta(days=period.days)
        if self.first_day == "same":
            day -= timedelta(days=1)
        while self.roll and not calendar.is_working_day(day):
            day += timedelta(days=1)
        return day

    def end(self, start: date, calendar: Calendar) -> datetime:
        """The instant in UTC at which the time runs out."""
        return calendar.instant(self.last_day(start, calendar), self.until)
