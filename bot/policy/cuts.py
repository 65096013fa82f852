"""Cut-points: the values of a fact at which anything can change, one step below, at, and one step above each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bot.policy.expression import TEST, Value

if TYPE_CHECKING:
    from bot.policy.model import Fact, Version


def cut_values(version: Version) -> Mapping[str, tuple[Value, ...]]:
    """By fact (supplied or derived) that an expression or table names: its cut values in ascending order."""
    found: dict[str, set[Value]] = {}
    for requirement in version.requirements:
        for part in requirement.parts:
            for atom in part.atoms:
                fact = version.facts.get(atom.fact)
                if fact is None:
                    continue
                values = atom.value if isinstance(atom.value, tuple) else (atom.value,)
                found.setdefault(fact.id, set()).update(around(fact, values))
    return {name: tuple(sorted(values, key=_order)) for name, values in found.items()}


def around(fact: Fact, values: Iterable[Any]) -> set[Value]:
    """The values one step below, at and above each of ``values``, in the fact's range; all values of a small type."""
    if fact.type == "bool":
        return {True, False}
    if fact.type == "choice":
        return set(fact.choices)
    near = {value + shift * fact.grid for value in values for shift in (-1, 0, 1)}
    return {value for value in near if in_range(fact, value)}


def cells(version: Version) -> Mapping[str, tuple[tuple[Value, ...], ...]]:
    """For every number or date that only expressions read: its cut values in groups that no comparison tells apart."""
    derived_from = {part for fact in version.derived for part in fact.of}
    found: dict[str, tuple[tuple[Value, ...], ...]] = {}
    for name, values in version.cuts.items():
        fact = version.facts[name]
        if fact.type in ("bool", "choice") or fact.function is not None or name in derived_from:
            continue
        atoms = [atom for one in version.requirements for part in one.parts for atom in part.atoms if atom.fact == name]
        groups: dict[tuple[bool, ...], list[Value]] = {}
        for value in values:
            groups.setdefault(tuple(TEST[atom.operator](value, atom.value) for atom in atoms), []).append(value)
        found[name] = tuple(tuple(group) for group in groups.values())
    return found


def in_range(fact: Fact, value: Any) -> bool:
    """Whether a number lies within the fact's bounds; true for other types."""
    if fact.type in ("bool", "choice", "date"):
        return True
    return (fact.min is None or value >= fact.min) and (fact.max is None or value <= fact.max)


def _order(value: Any) -> tuple[str, Any]:
    return (type(value).__name__ if isinstance(value, str) else "", value)
