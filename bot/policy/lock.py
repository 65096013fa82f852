"""LOCK: the checksum of every version that has ever been in force. Such a file is never changed; a new one follows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.policy.model import Library, Version
from bot.policy.problem import Problem


def entries(root: Path) -> dict[str, str]:
    """Path (from the policies folder) to checksum, as the LOCK file says; empty when there is no file."""
    path = root / "LOCK"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {name: sha for sha, name in (line.split("  ", 1) for line in lines if line and not line.startswith("#"))}


def _name(version: Version) -> str:
    return f"{version.policy}/{version.version}.yaml"


def check(library: Library, today: date) -> list[Problem]:
    """An error for every version that was in force and changed, vanished or is not in LOCK."""
    root = Path(library.root)
    locked, found = entries(root), set()
    problems = []
    for policy in library.policies.values():
        for version in policy.versions:
            name = _name(version)
            found.add(name)
            if name in locked and locked[name] != version.sha256:
                problems.append(
                    Problem(version.path, 1, "error", "lock", "This version has been in force and was changed.",
                            "Put it back as it was, and write the change as a new version.")
                )  # fmt: skip
            elif name not in locked and version.effective_from <= today:
                problems.append(
                    Problem(version.path, 1, "error", "lock", "This version is in force but not in LOCK.",
                            "Run: python -m bot policy lock.")
                )  # fmt: skip
    for name in locked:
        if name not in found and not (root / name).exists():
            file = f"{root.name}/{name}"
            problems.append(Problem(file, 1, "error", "lock", "This version was in force and is gone.", "Put it back."))
    return problems


def updated(library: Library, today: date) -> str:
    """The text of LOCK with the versions added that have come into force. Entries that are there never change."""
    locked = entries(Path(library.root))
    for policy in library.policies.values():
        for version in policy.versions:
            if version.effective_from <= today:
                locked.setdefault(_name(version), version.sha256)
    lines = [f"{sha}  {name}" for name, sha in sorted(locked.items(), key=lambda item: item[0])]
    return (
        "# Checksums of every version that has been in force. Never edit: python -m bot policy lock adds to it.\n"
        + ("\n".join(lines) + "\n")
    )
