"""The fixed registry of functions that a derived fact may use. Pure, total over their types, each with its inverse.

The inverse answers 'which value of this argument gives that result?'; what-would-change and the load checks need it.
It may be off by a rounding step: whoever uses it decides again with the value it gave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from bot.policy.calendar import Calendar, add_months
from bot.policy.expression import Value

Args = Sequence[Any]


@dataclass(frozen=True)
class Function:
    """One registered function: argument types, result type and unit, the function, and its inverse by argument."""

    takes: tuple[str, ...]
    gives: str
    unit: str | None
    meaning: str
    compute: Callable[[Args, Calendar], Value]
    inverse: Callable[[int, Any, Args, Calendar], Value | None]


def _days_between(args: Args, _: Calendar) -> int:
    return int((args[1] - args[0]).days)


def _days_between_inverse(index: int, target: Any, args: Args, _: Calendar) -> Value:
    days = timedelta(days=int(target))
    moved: date = args[1] - days if index == 0 else args[0] + days
    return moved


def _working_days(args: Args, calendar: Calendar) -> int:
    return calendar.working_days_between(args[0], args[1])


def _working_days_inverse(index: int, target: Any, args: Args, calendar: Calendar) -> Value:
    if index == 0:
        # The latest start that still leaves ``target`` working days is the day before the last of them.
        return calendar.add_working_days(args[1] + timedelta(days=1), -int(target)) - timedelta(days=1)
    return calendar.add_working_days(args[0], int(target))


def _whole_months(start: date, end: date) -> int:
    if end < start:
        return -_whole_months(end, start)
    count = (end.year - start.year) * 12 + end.month - start.month
    return count if add_months(start, count) <= end else count - 1


def _months_between(args: Args, _: Calendar) -> int:
    return _whole_months(args[0], args[1])


def _months_between_inverse(index: int, target: Any, args: Args, _: Calendar) -> Value:
    return add_months(args[1], -int(target)) if index == 0 else add_months(args[0], int(target))


def _months_begun(args: Args, _: Calendar) -> int:
    whole = _whole_months(args[0], args[1])
    return whole if add_months(args[0], whole) >= args[1] else whole + 1


def _age(args: Args, _: Calendar) -> int:
    return _whole_months(args[0], args[1]) // 12


def _age_inverse(index: int, target: Any, args: Args, _: Calendar) -> Value:
    months = int(target) * 12
    return add_months(args[1], -months) if index == 0 else add_months(args[0], months)


def _share(args: Args, rounding: str) -> Decimal:
    part, whole = Decimal(args[0]), Decimal(args[1])
    return (part * 100 / whole).quantize(Decimal("0.1"), rounding) if whole else Decimal(0)


def _percent(args: Args, _: Calendar) -> Decimal:
    # Rounded down, so that 74.96 per cent is never shown as the 75 that was asked for.
    return _share(args, ROUND_FLOOR)


def _percent_up(args: Args, _: Calendar) -> Decimal:
    # Rounded up, so that 50.04 per cent is never taken for the 50 that must not be passed.
    return _share(args, ROUND_CEILING)


def _percent_inverse(index: int, target: Any, args: Args, _: Calendar) -> Value | None:
    if index == 0:
        return math.ceil(Decimal(target) * Decimal(args[1]) / 100)
    return math.floor(Decimal(args[0]) * 100 / Decimal(target)) if target else None


def _percent_up_inverse(index: int, target: Any, args: Args, _: Calendar) -> Value | None:
    if index == 0:
        return math.floor(Decimal(target) * Decimal(args[1]) / 100)
    return math.ceil(Decimal(args[0]) * 100 / Decimal(target)) if target else None


def _difference(args: Args, _: Calendar) -> Decimal:
    return Decimal(args[0]) - Decimal(args[1])


def _difference_inverse(index: int, target: Any, args: Args, _: Calendar) -> Value:
    return Decimal(target) + Decimal(args[1]) if index == 0 else Decimal(args[0]) - Decimal(target)


REGISTRY: dict[str, Function] = {
    "days_between": Function(("date", "date"), "int", "day", "days from the first date to the second",
                             _days_between, _days_between_inverse),
    "working_days_between": Function(("date", "date"), "int", "working_day",
                                     "working days after the first date up to the second",
                                     _working_days, _working_days_inverse),
    "months_between": Function(("date", "date"), "int", "month", "whole months from the first date to the second",
                               _months_between, _months_between_inverse),
    "months_begun": Function(("date", "date"), "int", "month",
                             "months from the first date to the second, one that has begun counted as whole",
                             _months_begun, _months_between_inverse),
    "age_on": Function(("date", "date"), "int", "year", "age in whole years on the second date",
                       _age, _age_inverse),
    "percent": Function(("number", "number"), "decimal", "percent", "the first as a share of the second, in per cent",
                        _percent, _percent_inverse),
    "percent_up": Function(("number", "number"), "decimal", "percent",
                           "the first as a share of the second, in per cent, rounded up: for a most",
                           _percent_up, _percent_up_inverse),
    "difference": Function(("number", "number"), "decimal", None, "the first less the second",
                           _difference, _difference_inverse),
}  # fmt: skip
