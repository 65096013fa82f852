"""The council that Saywhy speaks for: its name, contacts and hours, read from ``data/council.yml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from bot import yaml12
from bot.settings import ROOT

PATH = ROOT / "data" / "council.yml"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class CouncilError(ValueError):
    """``data/council.yml`` cannot be used. The message names the file and the field."""


@dataclass(frozen=True)
class Council:
    """One council. ``hours`` maps a weekday (0 is Monday) to opening and closing time."""

    name: str
    short_name: str
    assistant: str
    invented: bool
    phone: str
    email: str
    website: str
    privacy_url: str
    hours: Mapping[int, tuple[time, time]]
    bank_holidays: Mapping[str, str]
    answer_within_working_days: int
    minutes_per_chat: int
    reply_within_working_days: int = 10

    @property
    def hours_in_words(self) -> str:
        """The opening hours as people say them, such as 'Monday to Friday, 9am to 5pm'."""
        spans: list[tuple[int, int, tuple[time, time]]] = []
        for day, span in sorted(self.hours.items()):
            if spans and spans[-1][1] == day - 1 and spans[-1][2] == span:
                spans[-1] = (spans[-1][0], day, span)
            else:
                spans.append((day, day, span))
        return "; ".join(
            f"{_days(first, last)}, {_clock(opens)} to {_clock(closes)}" for first, last, (opens, closes) in spans
        )


@functools.cache
def load(path: Path = PATH) -> Council:
    """Read the council's file.

    Raises:
        CouncilError: the file is missing, is not YAML, or a field is missing or of the wrong form.
    """
    try:
        values: dict[str, Any] = yaml12.load(path.read_text(encoding="utf-8"))
        hours = {DAYS.index(day): _span(span) for day, span in values.pop("hours").items()}
        return Council(**values, hours=hours)
    except OSError as error:
        raise CouncilError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml12.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CouncilError(f"{path} is not as it should be: {error}") from error


def _span(span: list[str]) -> tuple[time, time]:
    opens, closes = (time.fromisoformat(moment) for moment in span)
    if opens >= closes:
        raise ValueError(f"hours: {span[0]} is not before {span[1]}")
    return opens, closes


def _days(first: int, last: int) -> str:
    return f"{_DAY_NAMES[first]} to {_DAY_NAMES[last]}" if last > first else _DAY_NAMES[first]


def _clock(moment: time) -> str:
    hour = moment.hour % 12 or 12
    return f"{hour}{f':{moment.minute:02}' if moment.minute else ''}{'am' if moment.hour < 12 else 'pm'}"
