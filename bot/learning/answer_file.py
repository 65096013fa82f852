"""A written answer as a form: its fields, the file that they make, and what is wrong, field by field."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from bot.knowledge import answers, directory
from bot.knowledge.markdown import MarkdownError, blocks
from bot.text import plain, simple
from bot.text.blocks import plain as as_text

#: The fields of the form, in the order of the file's lines.
FRONT = ("service", "area", "title", "owner", "source_title", "source_url", "reviewed", "review_by")
FIELDS = (*FRONT, "body")
LONGEST_ID = 60
#: Line of the file, from 1, to the field of the form.
_LINES = {
    2: "title",
    3: "service",
    4: "area",
    5: "title",
    6: "owner",
    7: "source_url",
    8: "reviewed",
    9: "review_by",
}
_LONGEST = {"body": 6000}
_PLAIN = re.compile(r"[A-Za-z][\w &'’/.()–-]*")
_NOT_TEXT = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_FILL_IN = "Fill this in."
#: What the text of a new answer begins as: its sections, for the editor to fill.
SKELETON = "".join(f"\n\n## {heading}" for heading in simple.HEADINGS.values())


def slug(title: str) -> str:
    """The id that a title makes: small letters, digits and hyphens."""
    return (
        re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "").replace("’", "")).strip("-")[:LONGEST_ID].strip("-")
    )


def compose(answer_id: str, fields: Mapping[str, str]) -> str:
    """The file's text. A service that the directory does not have gets no name."""
    number = service_number(fields["service"])
    service = directory.load().get(number) if number is not None else None
    named = f"{{id: {number}, name: {_scalar(service.name if service else '')}}}"
    source = f"{{title: {_scalar(fields['source_title'])}, url: {json.dumps(fields['source_url'])}}}"
    return "\n".join(
        [
            "---",
            f"id: {answer_id}",
            f"service: {named}",
            f"area: {fields['area']}",
            f"title: {_scalar(fields['title'])}",
            f"owner: {_scalar(fields['owner'])}",
            f"source: {source}",
            f"reviewed: {_day(fields['reviewed'])}",
            f"review_by: {_day(fields['review_by'])}",
            "---",
            _newlines(fields["body"]),
            "",
        ]
    )


def fields_of(path: Path) -> dict[str, str]:
    """What the form shows of a file.

    Raises:
        ValueError: the file has a fault; the message names the first.
        OSError: there is no such file.
    """
    answer, wrong = answers.read(path)
    if answer is None:
        raise ValueError(str(wrong[0]))
    return {
        "service": f"{answer.service_id} {answer.service_name}",
        "area": answer.area,
        "title": answer.title,
        "owner": answer.owner,
        "source_title": answer.source_title,
        "source_url": answer.source_url,
        "reviewed": answer.reviewed.isoformat(),
        "review_by": answer.review_by.isoformat(),
        "body": path.read_text(encoding="utf-8-sig").split("\n---\n", 1)[1].strip("\n"),
    }


def read(answer_id: str, fields: Mapping[str, str]) -> tuple[answers.Answer | None, dict[str, list[str]]]:
    """The answer that the fields make, or None, and what is wrong by field."""
    wrong: dict[str, list[str]] = {name: [_FILL_IN] for name in FIELDS if not fields[name].strip()}
    number = service_number(fields["service"])
    if "service" not in wrong and (number is None or number not in directory.load()):
        wrong["service"] = ["Begin with the number of a service of the directory, such as 524."]
    for name in FIELDS:
        if len(fields[name]) > _LONGEST.get(name, 200):
            wrong.setdefault(name, []).append(f"This is too long: {_LONGEST.get(name, 200)} characters are the most.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{answer_id or 'new'}.md"
        path.write_text(compose(answer_id or "new", fields), encoding="utf-8")
        answer, problems = answers.read(path)
    for problem in problems:
        name = _LINES.get(problem.line, "body")
        if name == "source_url" and "title" in problem.message:
            name = "source_title"
        if _FILL_IN not in wrong.get(name, []) and not (name == "service" and name in wrong):
            wrong.setdefault(name, []).append(_sentence(problem.message))
    with suppress(MarkdownError):  # that has been said
        if faults := hard_words(fields["body"]):
            wrong.setdefault("body", []).extend(faults)
    return (None if wrong else answer), wrong


def hard_words(body: str) -> list[str]:
    """What in the answer's words is not plain. The same as the tests hold against every answer.

    Raises:
        MarkdownError: it has what an answer cannot have.
    """
    found = blocks(_newlines(body))
    text = as_text(json.loads(re.sub(r', "href": "[^"]*"', "", json.dumps(found))))
    reading = plain.read(text)
    faults = [_sentence(fault) for fault in plain.tone(text)]
    if reading.longest_words > plain.MOST_WORDS:
        faults.append(
            f"A sentence has {reading.longest_words} words; {plain.MOST_WORDS} are the most: '{reading.longest}'"
        )
    return faults


def service_number(given: str) -> int | None:
    """The number with which the field begins."""
    found = re.match(r"\s*(\d{1,5})\b", given)
    return int(found[1]) if found else None


def _scalar(text: str) -> str:
    text = " ".join(text.split())
    safe = _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT
    return text if safe else json.dumps(text, ensure_ascii=False)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return json.dumps(text.strip(), ensure_ascii=False)


def _newlines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".") + "."
    return text[0].upper() + text[1:]
