"""Read the policies folder into a ``Library``. The only module here that opens files (with ``lock``)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bot.policy import languages
from bot.policy.build import build_version
from bot.policy.calendar import Calendar
from bot.policy.model import Library, Policy, Source, Version, Words
from bot.policy.problem import PolicyError, Problem
from bot.policy.record import digest
from bot.policy.schema import validate
from bot.policy.yamlfile import Document, parse

ROOT = Path(__file__).resolve().parent.parent.parent / "policies"


def load(root: Path = ROOT) -> Library:
    """Read every policy under ``root``. Never raises on bad content: ``problems`` says what is wrong, and a version
    with an error is left out. Use ``load_or_fail`` where policies decide."""
    documents: dict[str, Document] = {}
    calendar = _calendar(_document(root / "calendars.yaml", root, documents, "calendars"))
    sources = _sources(_document(root / "sources.yaml", root, documents, "sources"))
    frames = _frames(root, documents)
    policies = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))):
        policy = _policy(folder, root, documents, calendar, frames)
        if policy.versions:
            policies[policy.id] = policy
    problems = tuple(sorted(problem for document in documents.values() for problem in document.problems))
    return Library(str(root), policies, sources, calendar, documents, problems)


def load_or_fail(root: Path = ROOT) -> Library:
    """As ``load``; raises PolicyError when any file has an error, so that nothing is decided on half the rules."""
    library = load(root)
    if any(problem.level == "error" for problem in library.problems):
        raise PolicyError(list(library.problems))
    return library


def _frames(root: Path, documents: dict[str, Document]) -> dict[str, Any]:
    """The words that all policies share, by language."""
    found = {path.name.split(".")[1]: _document(path, root, documents, None) for path in root.glob("words.*.yaml")}
    for language, document in found.items():
        if language != languages.BASIS and languages.BASIS in found:
            languages.compare(found[languages.BASIS], document)
    return {language: document.data for language, document in found.items()}


def _document(path: Path, root: Path, documents: dict[str, Document], part: str | None) -> Document:
    name = path.relative_to(root.parent).as_posix()
    try:
        document = parse(path.read_text(encoding="utf-8"), name)
    except FileNotFoundError:
        document = Document(name, problems=[Problem(name, 1, "error", "file", "This file is missing.", "Add it.")])
    except UnicodeDecodeError:
        document = Document(
            name, problems=[Problem(name, 1, "error", "file", "This is not UTF-8.", "Save it as UTF-8.")]
        )
    documents[name] = document
    broken = any(problem.level == "error" for problem in document.problems)
    if part and not (document.data is None and broken) and not validate(document, part):
        document.data = None
    return document


def _policy(
    folder: Path, root: Path, documents: dict[str, Document], calendar: Calendar, frames: Mapping[str, Any]
) -> Policy:
    versions: list[Version] = []
    words: dict[str, Words] = {}
    texts: dict[str, Document] = {}
    golden: tuple[Mapping[str, Any], ...] = ()
    for path in sorted(folder.glob("*.yaml")):
        if path.name == "golden.yaml":
            golden = tuple(_document(path, root, documents, "golden").data or ())
        elif path.name.startswith("text."):
            data = _document(path, root, documents, "text").data
            language = path.name.split(".")[1]
            texts[language] = documents[path.relative_to(root.parent).as_posix()]
            frame = frames.get(language)
            if language not in frames and language != languages.BASIS:
                message = f"There is no words.{language}.yaml with the words that all policies share."
                texts[language].error((), "language-missing", message, f"Write it beside words.{languages.BASIS}.yaml.")
            if data is not None and frame is not None:
                words[language] = Words(language, digest([data, frame]), data, frame)
        else:
            document = _document(path, root, documents, "version")
            if document.data is not None:
                _own_name(document, folder.name, path.name)
                sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
                version = build_version(document, sha256, calendar)
                if version is not None and languages.BASIS in frames:
                    _units(document, version, frames[languages.BASIS])
                versions += [version] if version else []
    for language, text in texts.items():
        if language != languages.BASIS and languages.BASIS in texts:
            languages.compare(texts[languages.BASIS], text)
    versions.sort(key=lambda one: one.effective_from)
    return Policy(folder.name, folder.name, tuple(versions), words, golden)


def _own_name(document: Document, folder: str, file: str) -> None:
    if document.data["policy"] != folder:
        document.error(("policy",), "name", f"The folder is called '{folder}'.", f"Write policy: {folder}.")
    if f"{document.data['version']}.yaml" != file:
        document.error(("version",), "name", f"The file is called '{file}'.", f'Write version: "{file[:-5]}".')


def _units(document: Document, version: Version, frame: Any) -> None:
    """Every unit must have words: without them no value in it can be shown to anybody."""
    known = (frame or {}).get("units", {})
    for part in ("facts", "parameters", "tables"):
        for one in getattr(version, part).values():
            if one.unit not in (None, "pound", "number") and one.unit not in known:
                message = f"'{one.unit}' is not a unit of words.{languages.BASIS}.yaml."
                document.error((part, one.id, "unit"), "unit", message,
                               f"Use one that is there, or add it under units: {one.unit}: [one, many].")  # fmt: skip


def _sources(document: Document) -> dict[str, Source]:
    found = {}
    for name, one in (document.data or {}).items():
        try:
            checked = date.fromisoformat(one["checked"])
        except ValueError:
            document.error((name, "checked"), "date", f"'{one['checked']}' is not a day.", "Write it like 2026-09-14.")
            continue
        found[name] = Source(name, one["title"], one.get("section"), one["url"], checked)
    return found


def _calendar(document: Document) -> Calendar:
    data = document.data
    if data is None:
        return Calendar()
    closures = {date.fromisoformat(day): why for day, why in data.get("closures", {}).items()}
    return Calendar(data["id"], data["country"], data["part"], data["zone"], closures)
