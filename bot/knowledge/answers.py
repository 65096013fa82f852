"""Written answers: one Markdown file each under ``data/answers``, read and checked. Each has four sections.

``docs/write-an-answer.md`` tells editors what stands in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot import yaml12
from bot.knowledge.areas import AREAS
from bot.knowledge.markdown import MarkdownError, blocks
from bot.settings import ROOT
from bot.text import simple
from bot.text.blocks import Block, plain
from bot.yaml12 import MarkedYAMLError, YAMLError

FOLDER = ROOT / "data" / "answers"

_FIELDS: dict[str, type] = {
    "id": str,
    "service": dict,
    "area": str,
    "title": str,
    "owner": str,
    "source": dict,
    "reviewed": date,
    "review_by": date,
}
_PARTS: dict[str, dict[str, type]] = {"service": {"id": int, "name": str}, "source": {"title": str, "url": str}}
_KINDS = {str: "a text", int: "a whole number", date: "a date such as 2026-09-14", dict: "a pair of fields"}
_MAX_SUMMARY_WORDS = 80


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file, and on which line (from 1)."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        path = self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path
        return f"{path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Answer:
    """One written answer. ``summary`` is shown at once, ``more`` on request."""

    id: str
    service_id: int
    service_name: str
    area: str
    title: str
    owner: str
    source_title: str
    source_url: str
    reviewed: date
    review_by: date
    summary: list[Block]
    more: list[Block]

    def source(self, today: date) -> dict[str, Any]:
        """The source as it is shown beside the answer; ``overdue`` when it should have been reviewed by now."""
        return {
            "title": self.source_title,
            "url": self.source_url,
            "checked": self.reviewed.isoformat(),
            "overdue": today > self.review_by,
        }


def read(path: Path) -> tuple[Answer | None, list[Problem]]:
    """Read one file: the answer, or None and everything that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return None, [Problem(path, line, "the file must be saved as UTF-8")]
    parts = re.match(r"---\n(.*?\n)---\n(.*)", text, re.DOTALL)
    if not parts:
        return None, [Problem(path, 1, "the file must begin with front matter between two lines of three dashes")]
    front, body = parts.groups()
    try:
        fields = yaml12.load(front)
    except MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        return None, [Problem(path, line, f"the front matter is not YAML: {error.problem}")]
    except YAMLError as error:
        return None, [Problem(path, 2, f"the front matter is not YAML: {error}")]
    except ValueError as error:  # a date that no calendar has; the reader says it without a line
        line = next((n for n, shown in enumerate(front.splitlines(), start=2) if _has_bad_date(shown)), 2)
        return None, [Problem(path, line, f"not a date: {error}")]
    if not isinstance(fields, dict):
        return None, [Problem(path, 2, "the front matter must be fields with values")]
    problems = [Problem(path, line, message) for line, message in _field_problems(path, fields, _lines(front))]
    first_line = front.count("\n") + 3
    found: list[Block] = []
    try:
        found = blocks(body)
        problems += [Problem(path, first_line, message) for message in _body_problems(found)]
    except MarkdownError as error:
        problems.append(Problem(path, first_line + error.line - 1, str(error)))
    if problems:
        return None, sorted(problems, key=lambda problem: problem.line)
    cut = next((n for n, block in enumerate(found) if "heading" in block), len(found))
    return Answer(
        id=str(fields["id"]),
        service_id=int(fields["service"]["id"]),
        service_name=str(fields["service"]["name"]),
        area=str(fields["area"]),
        title=str(fields["title"]),
        owner=str(fields["owner"]),
        source_title=str(fields["source"]["title"]),
        source_url=str(fields["source"]["url"]),
        reviewed=fields["reviewed"],
        review_by=fields["review_by"],
        summary=found[:cut],
        more=found[cut:],
    ), []


def read_all(folder: Path = FOLDER) -> tuple[dict[str, Answer], list[Problem]]:
    """All answers by id, and all that is wrong. A file with a problem has no answer in the first."""
    answers, problems = {}, []
    for path in sorted(folder.glob("*.md")):
        answer, wrong = read(path)
        problems += wrong
        if answer:
            answers[answer.id] = answer
    return answers, problems


class Library:
    """The answers as the files are now: a change on disk is seen at the next look, without a restart.

    Reading all of them takes about a second, so ``look`` once before the first citizen asks.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[int, Answer | None]] = {}

    def look(self) -> dict[str, Answer]:
        """All answers by id. A file with a problem has none."""
        now = {}
        for path in self._folder.glob("*.md"):
            with suppress(FileNotFoundError):  # an editor puts a new file in its place just now
                now[path] = path.stat().st_mtime_ns
        for path in self._read.keys() - now.keys():
            del self._read[path]
        for path, changed in now.items():
            if self._read.get(path, (0, None))[0] != changed:
                with suppress(FileNotFoundError):
                    self._read[path] = (changed, read(path)[0])
        return {answer.id: answer for _, answer in self._read.values() if answer}


def _field_problems(path: Path, fields: dict[str, Any], lines: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    for name, kind in _FIELDS.items():
        if name not in fields:
            yield 2, f"the field '{name}' is missing"
        elif message := _wrong_kind(name, fields[name], kind):
            yield lines[name], message
        elif parts := _PARTS.get(name):
            for part, part_kind in parts.items():
                if part not in fields[name]:
                    yield lines[name], f"'{name}' must have '{part}'"
                elif message := _wrong_kind(f"{name}.{part}", fields[name][part], part_kind):
                    yield lines[name], message
    for name in fields.keys() - _FIELDS.keys():
        yield lines[name], f"there is no field '{name}'; the fields are {', '.join(_FIELDS)}"
    if isinstance(fields.get("id"), str) and fields["id"] != path.stem:
        yield lines["id"], f"the id '{fields['id']}' must be the file's name, '{path.stem}'"
    if isinstance(fields.get("area"), str) and fields["area"] not in AREAS:
        yield lines["area"], f"there is no area '{fields['area']}'; the areas are {', '.join(AREAS)}"
    reviewed, review_by = fields.get("reviewed"), fields.get("review_by")
    if type(reviewed) is date and type(review_by) is date and review_by <= reviewed:
        yield lines["review_by"], "'review_by' must be later than 'reviewed'"
    source = fields.get("source")
    if isinstance(source, dict) and not str(source.get("url", "https://")).startswith("https://"):
        yield lines["source"], "'source.url' must begin with https://"


def _wrong_kind(name: str, value: object, kind: type) -> str | None:
    right = type(value) is date if kind is date else isinstance(value, kind) and not isinstance(value, bool)
    if not right or value == "":
        return f"'{name}' must be {_KINDS[kind]}, not {value!r}"
    return None


def _has_bad_date(line: str) -> bool:
    try:
        return not all(date.fromisoformat(found) for found in re.findall(r"\d{4}-\d{2}-\d{2}", line))
    except ValueError:
        return True


def _body_problems(found: list[Block]) -> Iterator[str]:
    if not found or "heading" in found[0]:
        yield "the text must begin with the answer itself, before any heading"
        return
    summary = found[: next((n for n, block in enumerate(found) if "heading" in block), len(found))]
    words = sum(len(part["t"].split()) for block in summary for part in _parts(block))
    yield from _section_problems(found)
    if words > _MAX_SUMMARY_WORDS:
        yield f"before the first heading stand {words} words; {_MAX_SUMMARY_WORDS} are the most"


def _section_problems(found: list[Block]) -> Iterator[str]:
    headings = [block["heading"].casefold() for block in found if "heading" in block]
    for name in simple.HEADINGS.values():
        times = headings.count(name.casefold())
        if not times:
            yield f"the section '## {name}' is missing; every answer has it"
        elif times > 1:
            yield f"the section '## {name}' stands here {times} times"
        elif not plain(simple.section(found, name)).strip():
            yield f"the section '## {name}' is empty"


def _parts(block: Block) -> Iterator[dict[str, Any]]:
    for inlines in block["list"] if "list" in block else [block["p"]]:
        yield from inlines


def _lines(front: str) -> dict[str, int]:
    """In which line of the file each field stands."""
    root = yaml12.compose(front)
    return {str(key.value): int(key.start_mark.line) + 2 for key, _ in root.value} if root else {}
