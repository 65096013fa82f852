"""Values as a person reads them: 2.4 m, £1,200, 3 permits, Monday 5 October 2026."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.policy.expression import Value

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PART = re.compile(r"([0-9]+)([YMWD])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def to_json(value: Value | None) -> Any:
    """A value as a record holds it: numbers with a point and dates as text, so that it reads back exactly."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value


def placeholders(template: str) -> tuple[str, ...]:
    """The names in braces, in order."""
    return tuple(_PLACE.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in for {names}. Raises KeyError for a name without a value."""
    return _PLACE.sub(lambda found: values[found.group(1)], template)


def day_text(value: date | str, frame: Mapping[str, Any], weekday: bool = True) -> str:
    """A day with its weekday, month in words and year."""
    day = value if isinstance(value, date) else date.fromisoformat(value)
    text = f"{day.day} {frame['months'][day.month - 1]} {day.year}"
    return f"{frame['weekdays'][day.weekday()]} {text}" if weekday else text


def time_text(clock: str) -> str:
    """A local time of day as people say it: 5pm, 11:59pm."""
    hour, minute = (int(part) for part in clock.split(":")[:2])
    suffix = "am" if hour < 12 else "pm"
    twelve = hour % 12 or 12
    return f"{twelve}:{minute:02d}{suffix}" if minute else f"{twelve}{suffix}"


def period_text(period: str, counting: str, frame: Mapping[str, Any]) -> str:
    """An ISO 8601 period as people say it: 28 days, 20 working days, 2 months."""
    day = "working_day" if counting == "working" else "day"
    kinds = {"Y": "year", "M": "month", "W": "week", "D": day}
    parts = [value_text(int(count), "int", kinds[kind], frame, None) for count, kind in _PART.findall(period)]
    return ", ".join(parts)


def moment_day(at: str, zone: str) -> str:
    """The local date (ISO) of an instant in ISO form."""
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(at).astimezone(ZoneInfo(zone)).date().isoformat()


def value_text(
    value: Any, kind: str, unit: str | None, frame: Mapping[str, Any], options: Mapping[str, str] | None
) -> str:
    """A recorded value in words. ``options`` are the words of a choice."""
    if isinstance(value, bool):
        return str(frame["yes" if value else "no"])
    if kind == "choice":
        return (options or {}).get(value, str(value))
    if kind == "date" or (isinstance(value, str) and _DATE.fullmatch(value)):
        return day_text(value, frame)
    number = Decimal(str(value))
    if kind == "money" or unit == "pound":
        return f"£{number:,.0f}" if number == number.to_integral_value() else f"£{number:,.2f}"
    text = f"{number:,f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:,f}"
    if unit is None or unit == "number":
        return text
    one, many = frame["units"][unit]
    joined = one if number == 1 else many
    return f"{text}{joined}" if joined in ("%", ":00") else f"{text} {joined}"
