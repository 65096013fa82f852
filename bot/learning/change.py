"""A change of a written answer: which files it makes out of which, and what is wrong with it.

A draft's content is a dictionary, since it is stored as JSON::

    fields  what the form has (``answer_file.FIELDS``); None when the change takes a whole text or deletes the file
    text    the file's whole text, for an undo; None deletes it
    base    the file's text when the draft was begun; None when there was none
    add     example questions to add, each {"text", "miss"}: the words, and the id of the question that they come from
    remove  example questions to take out
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.knowledge.examples import FEWEST
from bot.learning import answer_file, example_file
from bot.policy.model import Library

Content = Mapping[str, Any]


@dataclass(frozen=True)
class FileChange:
    """What becomes of one file. ``path`` is relative to the project's folder; None means that there is no file."""

    path: str
    before: str | None
    after: str | None


class Conflict(RuntimeError):
    """A file is not as the change expects it. The message says which, and what to do."""


def answer_path(answer_id: str) -> str:
    """Where the answer of that id stands."""
    return f"data/answers/{answer_id}.md"


def bears_policy(answer_id: str, service: int | None, policies: Library) -> bool:
    """Whether rules hang on the answer: a policy has its name, or is about the same service."""
    if answer_id in policies.policies:
        return True
    versions = [version for policy in policies.policies.values() for version in policy.versions]
    return service is not None and any(service in version.service for version in versions)


def files(root: Path, answer_id: str, content: Content) -> list[FileChange]:
    """What the change makes of the files as they are now.

    Raises:
        Conflict: the answer's file is not as it was when the change was begun.
    """
    path = answer_path(answer_id)
    now = read_text(root / path)
    after = answer_file.compose(answer_id, content["fields"]) if content["fields"] else content["text"]
    if now != content["base"] and now != after:
        raise Conflict(
            f"{path} was changed meanwhile by somebody else. Put this draft away and begin with the new text."
        )
    changes = [FileChange(path, now, after)] if now != after else []
    intent, area = f"answer/{answer_id}", _area(content, after, now)
    home = example_file.home(root, intent, area)
    listed = read_text(root / home)
    add, remove = [one["text"] for one in content["add"]], content["remove"]
    changed = example_file.change(listed, intent, add, remove)
    if changed != listed:
        changes.append(FileChange(home.as_posix(), listed, changed))
    return changes


def write(root: Path, changes: list[FileChange]) -> None:
    """Bring every file from ``before`` to ``after``, each at once. What is there already stays.

    Raises:
        Conflict: one is neither. All the others are as before.
    """
    try:
        for change in changes:
            now = read_text(root / change.path)
            if now not in (change.before, change.after):
                raise Conflict(f"{change.path} was changed meanwhile by somebody else.")
            _put(root / change.path, change.after)
    except (Conflict, OSError):
        for change in changes:  # also what an earlier run wrote before it was killed
            if read_text(root / change.path) == change.after:
                _put(root / change.path, change.before)
        raise


def problems(root: Path, answer_id: str, content: Content, *, is_new: bool) -> dict[str, list[str]]:
    """What is wrong with the change, by field of the form; 'examples' and 'all' are fields too."""
    if not content["fields"]:
        return {}
    _answer, wrong = answer_file.read(answer_id, content["fields"])
    if is_new and answer_id and read_text(root / answer_path(answer_id)) is not None:
        wrong.setdefault("title", []).append(
            f"There is an answer '{answer_id}' already. Correct that one, or change the title."
        )
    wrong |= {"examples": found} if (found := _example_problems(root, answer_id, content)) else {}
    return wrong


def _example_problems(root: Path, answer_id: str, content: Content) -> list[str]:
    known, intent = example_file.everything(root), f"answer/{answer_id}"
    found = []
    added = [one["text"] for one in content["add"]]
    for wording in added:
        if not wording:
            found.append("An example is empty. Type it, or take the tick away.")
        elif known.get(wording.casefold(), intent) != intent:
            found.append(f"'{wording}' is an example of {known[wording.casefold()]} already. Take it away here.")
    count = len({one.casefold() for one in added} | {text for text, name in known.items() if name == intent})
    if count < FEWEST:
        found.append(f"There are {count} examples; {FEWEST} are the fewest. Type {FEWEST - count} more.")
    return found


def as_json(changes: list[FileChange]) -> list[dict[str, Any]]:
    """For a plan that is stored."""
    return [asdict(change) for change in changes]


def from_json(plan: list[dict[str, Any]]) -> list[FileChange]:
    """The changes of a stored plan."""
    return [FileChange(**each) for each in plan]


def read_text(path: Path) -> str | None:
    """The file's text; None when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _area(content: Content, *texts: str | None) -> str:
    if content["fields"]:
        return str(content["fields"]["area"])
    lines = [line for text in texts if text for line in text.splitlines() if line.startswith("area:")]
    return lines[0].partition(":")[2].strip() if lines else "your-council"


def _put(path: Path, text: str | None) -> None:
    """Write the file whole or not at all, so that nobody reads half of it."""
    if text is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.new")  # always the same name: what a crash leaves is written over
    try:
        with made.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
