"""LOCK: checksums of all that a version which has been in force rests on: its file, the words that it says, the rules
that it cites, and the council's calendar. None of it is changed afterwards; a new version, or a new source, follows.

One line for each: a checksum, two spaces, a name such as ``resident-permit/2026.1.yaml``,
``resident-permit/text.en.yaml@2026.1``, ``sources.yaml@northmere.permits#4.1``, ``calendars.yaml`` or
``calendars.yaml@2026-12-29``. The day on which somebody last looked at a source may move on, and closure days may be
added. Better words, with the same meaning, are accepted by ``policy lock --words``. A version may come under lock
before its first day: ``policy lock <id>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.policy.calendar import Calendar
from bot.policy.model import Library, Policy, Source, Version, Words
from bot.policy.problem import Problem
from bot.policy.record import digest

_CHANGED = "This version has been in force and was changed."
_BACK = "Put it back as it was, and write the change as a new version."


@dataclass(frozen=True)
class Part:
    """Something that a version in force rests on: its name in LOCK, its checksum, and where to look."""

    name: str
    sha256: str
    file: str
    line: int = 1
    changed: str = _CHANGED
    fix: str = _BACK
    may_be_new: bool = False
    """It need not be in LOCK: closure days are added as they are announced."""


def entries(root: Path) -> dict[str, str]:
    """Name to checksum, as the LOCK file says; empty when there is no file."""
    path = root / "LOCK"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {name: sha for sha, name in (line.split("  ", 1) for line in lines if line and not line.startswith("#"))}


def parts(library: Library, today: date, early: Set[str] = frozenset()) -> Iterator[Part]:
    """All that the versions rest on which are in force, or have been, on ``today``, or whose names are in ``early``."""
    sources: dict[str, Source] = {}
    for policy in library.policies.values():
        for version in policy.versions:
            if version.effective_from <= today or name_of(version) in early:
                changed = _CHANGED if version.effective_from <= today else "This version is under lock and was changed."
                yield Part(name_of(version), version.sha256, version.path, changed=changed)
                yield from _words(library, policy, version)
                sources |= {name: library.sources[name] for name in cited(version) if name in library.sources}
    document = library.document("sources.yaml")
    for name, source in sources.items():
        yield Part(
            f"sources.yaml@{name}", digest([source.title, source.section, source.url]), document.file,
            document.line(name), f"The source '{name}' is cited by a version in force and was changed.",
            "Put it back, and add the new one under a name of its own.",
        )  # fmt: skip
    yield from _calendar(library, library.calendar, today)


def check(library: Library, today: date) -> list[Problem]:
    """An error for all that a version in force rests on and that changed, vanished or is not in LOCK."""
    root = Path(library.root)
    locked, problems, found = entries(root), [], set()
    known = {name_of(version) for policy in library.policies.values() for version in policy.versions}
    for part in parts(library, today, locked.keys()):
        found.add(part.name)
        if part.name not in locked:
            if part.may_be_new:
                continue
            what = "This version is in force but not in LOCK." if part.name in known else (
                f"A version in force rests on this, but '{part.name}' is not in LOCK.")  # fmt: skip
            problems.append(Problem(part.file, part.line, "error", "lock", what, "Run: python -m bot policy lock."))
        elif locked[part.name] != part.sha256:
            problems.append(Problem(part.file, part.line, "error", "lock", part.changed, part.fix))
    for name in locked.keys() - found - known:
        if problem := _gone(root, name):
            problems.append(problem)
    return problems


def updated(library: Library, today: date, reworded: str | None = None, early: str | None = None) -> str:
    """The text of LOCK with what has come into force added, and every version of the policy ``early``. Entries that are
    there never change, but for the words of the policy ``reworded``, which somebody says mean the same as before."""
    locked = entries(Path(library.root))
    named = {name_of(version) for version in library.policies[early].versions} if early else set()
    for part in parts(library, today, locked.keys() | named):
        if reworded is not None and part.name.startswith(f"{reworded}/text."):
            locked[part.name] = part.sha256
        locked.setdefault(part.name, part.sha256)
    lines = [f"{sha}  {name}" for name, sha in sorted(locked.items(), key=lambda item: item[0])]
    return (
        "# Checksums of all that a version in force rests on. Never edit: python -m bot policy lock adds to it.\n"
        + ("\n".join(lines) + "\n")
    )


def cited(version: Version) -> list[str]:
    """Every source that the version cites, each once."""
    used: list[str | None] = [version.authority["cite"], version.discretion.power if version.discretion else None]
    used += [name for one in version.requirements for name in (*one.cite, one.waivable_note)]
    used += [name for part in (version.parameters, version.tables) for one in part.values() for name in one.cite]
    used += [name for one in version.reviews for name in (one.cite, one.late_cite)]
    return [name for name in dict.fromkeys(used) if name]


def said(version: Version, words: Words) -> dict[str, Any]:
    """The words that decisions of this version can say: what only another version says is not in it."""
    names: dict[str, set[str]] = {
        "facts": {*version.facts, *version.tables},
        "requirements": {one.id for one in version.requirements},
        "steps": {step for one in version.requirements for step in one.steps},
        "alternatives": {one.id for one in version.alternatives},
        "review": {one.id for one in version.reviews},
        "grounds": set(version.discretion.grounds) if version.discretion else set(),
    }
    return {
        key: {name: _shown(one) for name, one in value.items() if name in names[key]} if key in names else value
        for key, value in words.text.items()
    }


def _shown(own: Any) -> Any:
    """Without the words that are only understood: they are never said, and what was taken by them is read back."""
    return {key: one for key, one in own.items() if key != "also"} if isinstance(own, dict) else own


def name_of(version: Version) -> str:
    """What a version is called in LOCK."""
    return f"{version.policy}/{version.version}.yaml"


def _words(library: Library, policy: Policy, version: Version) -> Iterator[Part]:
    for language, words in policy.words.items():
        file = f"text.{language}.yaml"
        yield Part(
            f"{policy.id}/{file}@{version.version}", digest(said(version, words)),
            library.document(policy.folder, file).file, 1,
            f"The words of version {version.version}, which is in force, were changed.",
            f"Put them back; or, where they mean the same, run: python -m bot policy lock --words {policy.id}.",
        )  # fmt: skip


def _calendar(library: Library, calendar: Calendar, today: date) -> Iterator[Part]:
    document, changed = library.document("calendars.yaml"), "The calendar of versions in force was changed."
    fix = "Put it back: deadlines that people were told came from it. Closure days to come may be added."
    basis = [calendar.id, calendar.country, calendar.part, calendar.zone]
    yield Part("calendars.yaml", digest(basis), document.file, 1, changed, fix)
    for day in calendar.closures:
        if day > today:
            continue
        name, line = f"calendars.yaml@{day.isoformat()}", document.line("closures", day.isoformat())
        yield Part(name, digest(day.isoformat()), document.file, line, changed, fix, may_be_new=True)


def _gone(root: Path, name: str) -> Problem | None:
    """An entry that nothing stands for any more: its file is gone, or what it names in the file."""
    path, _, part = name.partition("@")
    file = f"{root.name}/{path}"
    if not (root / path).exists():
        return Problem(file, 1, "error", "lock", "This version was in force and is gone.", "Put it back.")
    if part:
        what = f"'{part}' was part of a version in force and is gone."
        return Problem(file, 1, "error", "lock", what, "Put it back.")
    return None
