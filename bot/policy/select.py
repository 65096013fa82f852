"""Which version of a policy decides: by the date that the policy names, with transitional rules. Fails closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.policy.expression import Value
from bot.policy.model import Version


class NoVersion(LookupError):
    """No version was in force on the date. Nothing may be decided; a person has to look."""


@dataclass(frozen=True)
class Selected:
    """The version that decides, the date that picked it and what kind of date that was."""

    version: Version
    basis: str
    on: date


def last_day(versions: Sequence[Version], index: int) -> date | None:
    """The last day of a version: its own, or the day before the one that supersedes it; None while open."""
    version = versions[index]
    if version.effective_until is not None:
        return version.effective_until
    for later in versions[index + 1 :]:
        if later.supersedes == version.version:
            return later.effective_from - timedelta(days=1)
    return None


def in_force(versions: Sequence[Version], day: date) -> Version | None:
    """The version in force on ``day``, or None."""
    for index, version in enumerate(versions):
        end = last_day(versions, index)
        if version.effective_from <= day and (end is None or day <= end):
            return version
    return None


def select(
    versions: Sequence[Version], facts: Mapping[str, Value | None], today: date, applied: date
) -> Selected | str:
    """The version that decides. When a date fact has to be known first, the name of that fact instead.

    Raises NoVersion when none was in force on the date.
    """
    current = in_force(versions, today) or versions[-1]
    basis = current.selects_on
    chosen = _basis_date(basis, facts, today, applied)
    if chosen is None:
        return basis
    version = in_force(versions, chosen)
    if version is None:
        raise NoVersion(f"No version of {current.policy} was in force on {chosen.isoformat()}.")
    for name, before, use in version.transitional:
        day = _basis_date(name, facts, today, applied)
        if day is None:
            return name
        if day < before:
            version = next(one for one in versions if one.version == use)
            return Selected(version, name, day)
    return Selected(version, basis, chosen)


def _basis_date(name: str, facts: Mapping[str, Value | None], today: date, applied: date) -> date | None:
    if name == "decision_date":
        return today
    if name == "application_date":
        return applied
    value = facts.get(name)
    return value if isinstance(value, date) else None
