"""Example questions in ``data/nlu``, changed as a person with an editor would: line by line, the rest as it was."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

LONGEST = 300
_FOLDER = Path("data") / "nlu"
_INTENT = re.compile(r"^- intent: *(\S+) *$")
_EXAMPLE = re.compile(r"^ +- (.*)$")
_NEW_FILE = 'version: "3.1"\n\nnlu:\n'


def tidy(wording: str) -> str:
    """A wording as it can stand in the file: one line, without marks that Rasa reads as more than words."""
    words = re.sub(r"[\[\]{}|]", "", wording)
    return " ".join(words.split()).lstrip("-/ ").strip()[:LONGEST].strip()


def scan(text: str) -> Iterator[tuple[str, str]]:
    """Each example of a file's text with its intent."""
    intent = ""
    for line in text.splitlines():
        if found := _INTENT.match(line):
            intent = found[1]
        elif intent and (example := _EXAMPLE.match(line)):
            yield intent, example[1].strip()


def everything(root: Path) -> dict[str, str]:
    """The intent of every example, by its words without regard to capitals."""
    found: dict[str, str] = {}
    for path in sorted((root / _FOLDER).rglob("*.yml")):
        for intent, example in scan(path.read_text(encoding="utf-8")):
            found.setdefault(example.casefold(), intent)
    return found


def home(root: Path, intent: str, area: str) -> Path:
    """The file, relative to ``root``, in which the examples of an intent stand or are to stand."""
    usual = _FOLDER / "answers" / f"{area}.yml"
    others = sorted((root / _FOLDER).rglob("*.yml"))
    for path in (root / usual, *others):
        if path.exists() and any(name == intent for name, _ in scan(path.read_text(encoding="utf-8"))):
            return path.relative_to(root)
    return usual


def change(text: str | None, intent: str, add: Sequence[str], remove: Collection[str]) -> str | None:
    """The file's text with examples of one intent added and removed; None when nothing is left in it.

    Adding what is there, and removing what is not, changes nothing. Adding and then removing gives the former text.
    """
    lines = (text if text is not None else _NEW_FILE).splitlines()
    spaced = any(not before.strip() for before, line in pairwise(lines) if _INTENT.match(line))
    start = next((n for n, line in enumerate(lines) if (found := _INTENT.match(line)) and found[1] == intent), None)
    if start is None:
        if not add:
            return text
        opened = ["", f"- intent: {intent}"] if spaced and text is not None else [f"- intent: {intent}"]
        lines += [*opened, "  examples: |", *(f"    - {wording}" for wording in dict.fromkeys(add))]
        return "\n".join(lines) + "\n"
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("- ")), len(lines))
    gone = {wording.casefold() for wording in remove}
    block = [line for line in lines[start:end] if _words(line).casefold() not in gone or not _EXAMPLE.match(line)]
    present = {_words(line).casefold() for line in block}
    last = max((n for n, line in enumerate(block) if _EXAMPLE.match(line)), default=1)
    block[last + 1 : last + 1] = [f"    - {word}" for word in dict.fromkeys(add) if word.casefold() not in present]
    if not any(_EXAMPLE.match(line) for line in block):
        block = []
        while start and not lines[start - 1].strip() and end == len(lines) and spaced:
            start -= 1
    rest = [*lines[:start], *block, *lines[end:]]
    return "\n".join(rest) + "\n" if any(_INTENT.match(line) for line in rest) else None


def _words(line: str) -> str:
    found = _EXAMPLE.match(line)
    return found[1].strip() if found else ""
