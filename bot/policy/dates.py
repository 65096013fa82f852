"""Dates as people type them: 5 October, 5/10/26, last Tuesday, three weeks ago. The whole text must be read."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.policy.calendar import add_months
from bot.policy.numbers import number

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = (
    r"(mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_BEFORE = rf"(?:{_WEEKDAY},?\s+)?(?:the\s+)?"
_DAY_MONTH = re.compile(rf"{_BEFORE}(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:of\s+)?{_MONTH}\.?,?\s*(\d{{4}}|\d{{2}})?")
_MONTH_DAY = re.compile(rf"{_BEFORE}{_MONTH}\.?\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?")
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_AGO = re.compile(
    r"(?:(in)\s+)?(.+?)\s+(day|week|fortnight|month|year)(?:'s|s?'?)(?:\s+(ago|back|before|from now|from today|time))?"
)
#: 'Friday week' is a week after the next Friday; so is 'a week on Friday'. 'A week last Friday' is one before the last.
_DAY_WEEK = re.compile(rf"(?P<day>{_WEEKDAY}|today|tomorrow) (?P<unit>week|fortnight)")
_WEEKS_FROM = re.compile(
    rf"(?:(?P<count>.+?) )?(?P<unit>week|fortnight)s? (?:(?:(?:on|from) (?P<day>{_WEEKDAY})|(?:from )?(?P<near>today|"
    rf"tomorrow))|(?:ago )?(?P<past>last {_WEEKDAY}|yesterday))"
)
_BEFORE_LAST = re.compile(rf"(?:the )?({_WEEKDAY}) before last")
_OF_MONTH = re.compile(r"(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)")
_MOST = {"day": 5000, "week": 5000, "fortnight": 5000, "month": 1000, "year": 1000}  # from now
_NAMED = {"christmas day": (12, 25), "christmas": (12, 25), "christmas eve": (12, 24), "boxing day": (12, 26),
          "new year's day": (1, 1), "new years day": (1, 1), "new year's eve": (12, 31),
          "new years eve": (12, 31)}  # fmt: skip
_NEAR = {"today": 0, "now": 0, "this morning": 0, "tonight": 0, "yesterday": -1, "last night": -1, "tomorrow": 1,
         "the day before yesterday": -2, "day before yesterday": -2, "the day after tomorrow": 2,
         "day after tomorrow": 2}  # fmt: skip


def day(text: str, today: date, tense: str | None) -> date | None:
    """The day that ``text`` names, or None. A missing year or week is guessed by ``tense`` (past, future or None)."""
    text = re.sub(
        rf"^(yesterday|tomorrow|(?:last )?{_WEEKDAY}) (?:morning|afternoon|evening|night)$", r"\1", _bare(text)
    )
    if text in _NEAR:
        return today + timedelta(days=_NEAR[text])
    if text in _NAMED:
        return _yearless(*_NAMED[text], today, tense)
    return (
        _absolute(text, today, tense)
        or _weekday(text, today, tense)
        or _weeks(text, today)
        or _distance(text, today)
        or _of_month(text, today, tense)
    )


def day_alone(text: str, today: date, tense: str | None) -> date | None:
    """As ``day``, for a text that is all that was typed: 'fortnight ago' and 'year and a half ago' are read as well."""
    return day(text, today, tense) or day(
        re.sub(r"^(?=(?:day|week|fortnight|month|year|couple)\b)", "a ", text), today, tense
    )


def is_no_day(text: str) -> bool:
    """Whether ``text`` is written as a date that no calendar has: 31 February, 30/02/2026, 2026-13-01."""
    text = _bare(text)
    if found := _ISO.fullmatch(text):
        return _real(int(found[1]), int(found[2]), int(found[3])) is None
    if (found := _NUMBERS.fullmatch(text)) and (found[3] or "/" in text):  # '2.30' is no date
        month, number_, year = int(found[2]), int(found[1]), found[3]
    elif found := _DAY_MONTH.fullmatch(text):
        month, number_, year = _MONTHS.index(found[3][:3]) + 1, int(found[2]), found[4]
    elif found := _MONTH_DAY.fullmatch(text):
        month, number_, year = _MONTHS.index(found[2][:3]) + 1, int(found[3]), found[4]
    else:
        return False
    leap = 2000  # 29 February without a year is a day
    full = int(year) if year and len(year) == 4 else 2000 + int(year) if year else leap
    return _real(full, month, number_) is None


def _bare(text: str) -> str:
    """Without 'on', and with blanks for the hyphens around a month's name: 12-nov-2026."""
    return re.sub(r"(?<=[a-z0-9])-(?=[a-z])|(?<=[a-z])-(?=\d)", " ", re.sub(r"^on\s+", "", text))


def _absolute(text: str, today: date, tense: str | None) -> date | None:
    if found := _ISO.fullmatch(text):
        return _real(int(found[1]), int(found[2]), int(found[3]))
    if found := _NUMBERS.fullmatch(text):
        weekday, month, number_, year = None, int(found[2]), int(found[1]), found[3]
    elif found := _DAY_MONTH.fullmatch(text):
        weekday, month, number_, year = found[1], _MONTHS.index(found[3][:3]) + 1, int(found[2]), found[4]
    elif found := _MONTH_DAY.fullmatch(text):
        weekday, month, number_, year = found[1], _MONTHS.index(found[2][:3]) + 1, int(found[3]), found[4]
    else:
        return None
    if year is None:
        result = _yearless(month, number_, today, tense)
    else:
        full = int(year) if len(year) == 4 else 2000 + int(year)
        if len(year) == 2 and tense == "past" and full > today.year:
            full -= 100
        result = _real(full, month, number_)
    if result and weekday and _WEEKDAYS.index(weekday[:3]) != result.weekday():
        return None  # the weekday and the date disagree: better asked again
    return result


def _real(year: int, month: int, number_: int) -> date | None:
    try:
        return date(year, month, number_)
    except ValueError:
        return None


def _yearless(month: int, number_: int, today: date, tense: str | None) -> date | None:
    near = [_real(today.year + shift, month, number_) for shift in (-4, -3, -2, -1, 0, 1, 2, 3, 4)]
    days = [one for one in near if one is not None]
    if tense == "past":
        return max((one for one in days if one <= today), default=None)
    if tense == "future":
        return min((one for one in days if one >= today), default=None)
    return min(days, key=lambda one: abs((one - today).days), default=None)


def _of_month(text: str, today: date, tense: str | None) -> date | None:
    """'The 12th': the nearest one on the side of today that the fact has; None where it has none."""
    found = _OF_MONTH.fullmatch(text)
    if not found or tense is None:
        return None
    firsts = [add_months(today.replace(day=1), -shift if tense == "past" else shift) for shift in range(3)]
    days = [one for first in firsts if (one := _real(first.year, first.month, int(found[1]))) is not None]
    return next((one for one in days if (one <= today if tense == "past" else one >= today)), None)


def _weekday(text: str, today: date, tense: str | None) -> date | None:
    found = re.fullmatch(rf"(?:(last|next|this|this coming|this past)\s+)?{_WEEKDAY}(?:\s+(?:just gone|gone))?", text)
    if not found:
        return None
    wanted = _WEEKDAYS.index(found[2][:3])
    back = (today.weekday() - wanted) % 7
    if found[1] in ("last", "this past") or "gone" in text:
        return today - timedelta(days=back or 7)
    if found[1] in ("next", "this coming"):
        return today + timedelta(days=(7 - back) % 7 or 7)
    if tense == "past":
        return today - timedelta(days=back)
    return today + timedelta(days=(7 - back) % 7)


def _weeks(text: str, today: date) -> date | None:
    """'Friday week', 'a fortnight on Friday', 'a week last Friday'; None on a Friday for what is after the next one."""
    if found := _BEFORE_LAST.fullmatch(text):
        return _weeks(f"a week last {found[1]}", today)
    found = _DAY_WEEK.fullmatch(text) or _WEEKS_FROM.fullmatch(text)
    if not found:
        return None
    said = found.groupdict()
    count = number(said.get("count") or "one")
    named = said.get("past") or said.get("near") or said["day"]
    base = today + timedelta(days=_NEAR[named]) if named in _NEAR else _weekday(named, today, "future")
    if count is None or count != count.to_integral_value() or count > _MOST[said["unit"]] or base is None:
        return None
    if base == today and named not in _NEAR:
        return None
    return base + timedelta(
        weeks=int(count) * (2 if said["unit"] == "fortnight" else 1) * (-1 if said.get("past") else 1)
    )


def _distance(text: str, today: date) -> date | None:
    text = re.sub(r"^(in )?(.+?) year and a half\b", r"\1\2 and a half years", text)
    text = re.sub(r"^(in )?half a year\b", r"\1six months", text)
    found = _AGO.fullmatch(re.sub(r"(?<=\bago) today$", "", text))
    if not found:
        return None
    past, ahead = found[4] in ("ago", "back", "before"), found[1] == "in" or found[4] in ("from now", "from today")
    if past == ahead or (found[4] == "time" and not found[1]):
        return None
    size, unit = {"fortnight": (2, "week"), "year": (12, "month")}.get(found[3], (1, found[3]))
    count = number(found[2])
    if count is None or count > _MOST[found[3]] or (count * size) != (count * size).to_integral_value():
        return None
    steps = int(count * size) * (-1 if past else 1)
    if unit == "month":
        return add_months(today, steps)
    return today + timedelta(days=steps * (7 if unit == "week" else 1))
