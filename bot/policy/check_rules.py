"""Load checks on the rules themselves: names, citations, ranges, versions, tables, routes, and what can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from bot.knowledge import directory
from bot.policy.coverage import Group, groups
from bot.policy.model import BUILT_IN, Fact, Library, Policy, Table, Version, cell_fits
from bot.policy.select import last_day
from bot.policy.yamlfile import Document, Path

_OLD = timedelta(days=365)


def check_version(library: Library, policy: Policy, version: Version, today: date) -> None:
    """Add every problem of one version to its document."""
    document = library.documents[version.path]
    _citations(library, version, document)
    _names(policy, version, document)
    _ranges(version, document)
    _special(version, document)
    _service(version, document)
    _routes(version, document)
    for table in version.tables.values():
        _table(table, version, document)
    if not any(one.level == "error" for one in document.problems):
        check_coverage(version, document, max(today, version.effective_from))


def check_sources(library: Library, today: date) -> None:
    """Warn of every source that nobody has looked at for a year."""
    document = library.document("sources.yaml")
    for source in library.sources.values():
        if source.checked < today - _OLD:
            message = f"The source was last checked on {source.checked.isoformat()}."
            fix = "Look at it again and set checked."
            document.error((source.id, "checked"), "old-source", message, fix, "warning")


def check_dates(library: Library, policy: Policy) -> None:
    """Every day from the first version on must have exactly one version in force."""
    versions = policy.versions
    names = {one.version for one in versions}
    for index, version in enumerate(versions):
        document = library.documents[version.path]
        for place, (_, _, use) in enumerate(version.transitional):
            if use not in names:
                document.error(("transitional", place, "use"), "name", f"There is no version '{use}'.", "Name one.")
        end = version.effective_until
        if end is not None and end < version.effective_from:
            document.error(
                ("effective_until",), "version-dates", "The version ends before it starts.", "Correct a date."
            )
        if index == 0:
            continue
        before = last_day(versions, index - 1)
        previous = versions[index - 1].version
        if before is None or before >= version.effective_from:
            document.error(("effective_from",), "version-overlap", f"Version {previous} is still in force on this day.",
                           f"Write supersedes: \"{previous}\", or a later day.")  # fmt: skip
        elif before + timedelta(days=1) < version.effective_from:
            document.error(("effective_from",), "version-gap", f"Version {previous} ends on {before.isoformat()}; "
                           "none is in force after it.", "Let this one start the day after.")  # fmt: skip


def _citations(library: Library, version: Version, document: Document) -> None:
    used: list[tuple[Path, str | None]] = [(("authority", "cite"), version.authority["cite"])]
    for index, one in enumerate(version.requirements):
        used += [(("requirements", index, "cite"), name) for name in one.cite]
        used.append((("requirements", index, "waivable_note"), one.waivable_note))
    used += [(("parameters", one.id, "cite"), name) for one in version.parameters.values() for name in one.cite]
    used += [(("tables", one.id, "cite"), name) for one in version.tables.values() for name in one.cite]
    for index, route in enumerate(version.reviews):
        used += [(("review", index, "cite"), route.cite), (("review", index, "late", "cite"), route.late_cite)]
    if version.discretion:
        used.append((("discretion", "power"), version.discretion.power))
    for path, name in used:
        if name is not None and name not in library.sources:
            document.error(path, "citation", f"'{name}' is not in sources.yaml.", "Add it there, or correct the id.")


def _names(policy: Policy, version: Version, document: Document) -> None:
    read = {name for one in version.requirements for name in one.reads}
    read |= {name for table in version.tables.values() for name in table.by}
    read |= {name for one in version.alternatives if one.when for name in one.when.facts}
    for fact in reversed(version.derived):
        read |= set(fact.of) if fact.id in read else set()
    read |= {route.start for route in version.reviews if route.start}
    conditions = [part for route in version.reviews for part in (route.start_when, route.offered_when)]
    read |= {name for part in conditions if part is not None for name in part.facts}
    read |= {version.selects_on, *(name for name, _, _ in version.transitional)}
    for name in version.facts:
        if name not in read:
            document.error(
                ("facts", name), "unused", f"The fact '{name}' is used by nothing.", "Use it or take it out."
            )
    used = {name for one in version.requirements for part in one.parts for name in part.parameters}
    spoken = str([words.text for words in policy.words.values()])
    for name in version.parameters:
        if name not in used and f"{{{name}}}" not in spoken:
            document.error(("parameters", name), "unused", f"The parameter '{name}' is used by nothing.",
                           "Use it or take it out.")  # fmt: skip
    _twice(document, ("requirements",), [one.id for one in version.requirements])
    _twice(document, ("review",), [one.id for one in version.reviews])


def _twice(document: Document, path: Path, names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            document.error((*path, index), "name-twice", f"'{name}' stands here twice.", "Give it an id of its own.")


def _ranges(version: Version, document: Document) -> None:
    for index, one in enumerate(version.requirements):
        for key, part in (("when", one.when), ("must", one.must), ("unless", one.unless)):
            for atom in part.atoms if part else ():
                fact = version.facts.get(atom.fact)
                for value in atom.value if isinstance(atom.value, tuple) else (atom.value,):
                    if fact and isinstance(value, (int, Decimal)) and not _within(fact, value):
                        document.error(
                            ("requirements", index, key), "range",
                            f"{value} lies outside the range of '{fact.id}' ({fact.min} to {fact.max}).",
                            "Correct the parameter or the range of the fact.",
                        )  # fmt: skip
                if any(isinstance(one, (int, Decimal)) for one in atom.constants):
                    document.error(("requirements", index, key), "inline-number", "A number is written in the rule.",
                                   "Make it a parameter with its unit and citation.", "warning")  # fmt: skip
    for fact in version.facts.values():
        waits = bool(version.roots[fact.id] & set(BUILT_IN))
        if fact.change == "by_waiting" and not (fact.function and waits):
            document.error(("facts", fact.id, "change"), "waiting", f"'{fact.id}' does not change with the date.",
                           "Only a fact derived from today changes by waiting.")  # fmt: skip


def _within(fact: Fact, value: Any) -> bool:
    return fact.type == "bool" or ((fact.min is None or value >= fact.min) and (fact.max is None or value <= fact.max))


def _special(version: Version, document: Document) -> None:
    for index, one in enumerate(version.requirements):
        named = sorted(version.touched[one.id])
        if one.on_fail == "refuse" and named:
            document.error(("requirements", index, "on_fail"), "special-category",
                           f"'{named[0]}' is special-category data and may never refuse by itself.",
                           "Write on_fail: refer.")  # fmt: skip


def _service(version: Version, document: Document) -> None:
    id_, name = version.service
    try:
        found = directory.load().get(id_)
    except directory.DirectoryError:  # told with its file and line by the check of the directory
        return
    if "FILL IN" in name or (found is not None and found.name == name):
        return
    named = [one for one in directory.load().values() if _words_of(one.name) == _words_of(name)]
    what = f"Service {id_} is called '{found.name}'." if found else f"No service has the id {id_}."
    if found in named:
        fix = "Write the name just so."
    elif named:
        fix = f"Write id: {named[0].id}, or the name of the one you mean."
    else:
        fix = "Take both from data/services."
    document.error(("service",), "service", what, fix)


def _words_of(name: str) -> list[str]:
    """Without the dashes and capitals in which two lists of services differ."""
    return re.findall(r"\w+", name.casefold())


def _routes(version: Version, document: Document) -> None:
    refusing = [index for index, one in enumerate(version.requirements) if one.on_fail == "refuse"]
    if refusing and not any(one.after is None for one in version.reviews):
        document.error(("review",), "review-missing", "This policy can refuse; no way to have it looked at.",
                       "Add a review route with a deadline.")  # fmt: skip
    names = [one.id for one in version.reviews]
    for index, route in enumerate(version.reviews):
        if route.after is not None and route.after not in names[:index]:
            document.error(("review", index, "after"), "name", f"'{route.after}' is not a route above this one.",
                           "Name the route that comes first.")  # fmt: skip
    for index in refusing:
        if not version.requirements[index].steps:
            document.error(("requirements", index), "step-missing", "A refusal for this names nothing to do next.",
                           "Add steps.")  # fmt: skip


def _table(table: Table, version: Version, document: Document) -> None:
    if any(name not in version.facts for name in table.by):
        return
    columns = [
        _column(version.facts[name], [row[0][place] for row in table.rows]) for place, name in enumerate(table.by)
    ]
    for case in product(*columns):
        fits = [index for index, (cells, _) in enumerate(table.rows) if all(map(cell_fits, cells, case))]
        if len(fits) != 1:
            shown = ", ".join(f"{name} {value}" for name, value in zip(table.by, case, strict=True))
            path: Path = ("tables", table.id, "rows", fits[1]) if fits else ("tables", table.id)
            code, what = ("table-overlap", "Two rows fit") if fits else ("table-gap", "No row fits")
            document.error(path, code, f"{what} when {shown}.", "Each case needs exactly one row.")
            return


def _column(fact: Fact, cells: Iterable[Any]) -> list[Any]:
    if fact.type == "bool":
        return [False, True]
    if fact.type == "choice":
        return list(fact.choices)
    edges = {edge for cell in cells for edge in (cell if isinstance(cell, tuple) else (cell,))}
    numbers: set[Any] = {edge for edge in edges if edge is not None and edge != "*"} | {fact.min, fact.max}
    near = {value + shift * fact.step for value in numbers for shift in (-1, 0, 1)}
    return sorted(value for value in near if _within(fact, value))


def check_coverage(version: Version, document: Document, today: date) -> None:
    """What can be reached: every requirement can fail, a yes is possible, nothing is only ever said beside another."""
    found = groups(version, today)
    index = {one.id: place for place, one in enumerate(version.requirements)}
    for group in found:
        for place, one in enumerate(group.requirements):
            path: Path = ("requirements", index[one.id])
            failing = [pattern for pattern in group.patterns if pattern[place][0] == "failed"]
            if not failing:
                document.error(path, "never-fails", f"{one.id} can never fail, so it does nothing.",
                               "Correct its limit or the fact's range, or take it out.")  # fmt: skip
            elif one.on_fail != "condition" and group.exact and not any(_sole(place, pattern) for pattern in failing):
                others = sorted(
                    {group.requirements[n].id for pattern in failing for n in _blocking(pattern)} - {one.id}
                )
                message = f"{one.id} never is the only reason: {', '.join(others)} fails with it."
                document.error(path, "subsumed", message, "Take it out, or say why it stays.", "warning")  # fmt: skip
            if one.unless is not None and not any(pattern[place][0] == "excepted" for pattern in group.patterns):
                document.error((*path, "unless"), "exception-unused", f"The exception of {one.id} is never used.",
                               "Correct it or take it out.", "warning")  # fmt: skip
        _passing(group, version, document, index)
    _overruled(found, version, document, index)


def _overruled(found: Sequence[Group], version: Version, document: Document, index: dict[str, int]) -> None:
    """A person was promised because of special-category data: no refusal may come first."""
    if version.mode == "advise":
        return
    refusing = [
        place for place, group in enumerate(found) if any(("failed", "refuse") in one for one in group.patterns)
    ]
    for place, group in enumerate(found):
        for n, one in enumerate(group.requirements):
            if one.on_fail == "condition" or not version.touched[one.id]:
                continue
            failing = [pattern for pattern in group.patterns if pattern[n][0] == "failed"]
            beside = any(("failed", "refuse") in pattern for pattern in failing)
            if failing and (beside or any(other != place for other in refusing)):
                document.error(
                    ("requirements", index[one.id]), "special-overruled",
                    f"{one.id} sends '{version.touched[one.id][0]}' to a person, but a refusal can come first.",
                    "Spare them in the when of each rule that refuses, or let this rule apply only where none does.",
                )  # fmt: skip


def _blocking(pattern: Sequence[tuple[str, str]]) -> list[int]:
    return [n for n, (status, on_fail) in enumerate(pattern) if status == "failed" and on_fail != "condition"]


def _sole(place: int, pattern: Sequence[tuple[str, str]]) -> bool:
    return _blocking(pattern) == [place]


def _passing(group: Group, version: Version, document: Document, index: dict[str, int]) -> None:
    wanted = ("refuse",) if version.decided_by == "person" else ("refuse", "refer")
    passing = [
        pattern for pattern in group.patterns
        if not any(status == "failed" and on_fail in wanted for status, on_fail in pattern)
    ]  # fmt: skip
    names = ", ".join(one.id for one in group.requirements)
    path: Path = ("requirements", index[group.requirements[0].id])
    if not passing:
        document.error(path, "grant-unreachable", f"Nobody can ever get a yes: {names} cannot all hold.",
                       "Correct a limit.")  # fmt: skip
    elif all(any(status == "excepted" for status, _ in pattern) for pattern in passing):
        document.error(path, "grant-by-exception", f"A yes is only possible by an exception of {names}.",
                       "Look whether that is meant.", "warning")  # fmt: skip
