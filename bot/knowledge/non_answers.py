"""What is said when there is no answer to give: not ours, not allowed, another language. Words and next steps.

``data/non_answers.yml`` holds them by topic, ``data/languages.yml`` by language.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot import yaml12
from bot.knowledge import examples
from bot.knowledge.answers import Problem
from bot.knowledge.markdown import MarkdownError, blocks
from bot.settings import ROOT
from bot.text.blocks import Block
from bot.text.plain import lint

WORDS = ROOT / "data" / "non_answers.yml"
LANGUAGES = ROOT / "data" / "languages.yml"

#: Intents whose topics must have words.
INTENTS = frozenset({"elsewhere", "not_allowed", "off_topic"})


@cache
def load() -> dict[str, list[Block]]:
    """What is said about each topic: what it is first, then the next step.

    Raises:
        KeyError, MarkdownError: an entry has a fault; ``problems`` names it.
    """
    return {topic: blocks(f"{entry['says']}\n\n{entry['next']}") for topic, entry in _entries(WORDS).items()}


@cache
def languages() -> dict[str, str]:
    """What is said to somebody who writes in another language, by its two-letter code. Holds '{phone}'."""
    return {code: entry["says"] for code, entry in _entries(LANGUAGES).items()}


@cache
def offers() -> dict[str, str]:
    """What stands above answers that are offered to somebody who writes in another language, by its two-letter code.

    Only of the languages in which answers are found.
    """
    return {code: entry["offers"] for code, entry in _entries(LANGUAGES).items() if "offers" in entry}


def problems(path: Path = WORDS, folder: Path = examples.FOLDER) -> Iterator[Problem]:
    """Topics without words, words without examples, and words that are not plain."""
    entries = _entries(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    asked = {
        intent
        for file in sorted(folder.glob("*.yml"))
        for intent, _, _ in examples.read(file)
        if intent.partition("/")[0] in INTENTS
    }
    for topic in sorted(asked - entries.keys()):
        yield Problem(path, 1, f"'{topic}' has examples but no words here")
    for topic, entry in entries.items():
        line = next(n for n, shown in enumerate(lines, start=1) if shown.startswith(f"{topic}:"))
        if set(entry) != {"says", "next"}:
            yield Problem(path, line, f"'{topic}' must have 'says' and 'next'")
            continue
        if topic not in asked:
            yield Problem(path, line, f"'{topic}' has no examples in data/nlu")
        try:
            blocks(f"{entry['says']}\n\n{entry['next']}")
        except MarkdownError as error:
            yield Problem(path, line, str(error))
        for fault in lint(f"{entry['says']} {entry['next']}"):
            yield Problem(path, line, fault)
    shown = LANGUAGES.read_text(encoding="utf-8").splitlines()
    for code, words in languages().items():
        for fault in lint(words, code):
            yield Problem(LANGUAGES, shown.index(f"{code}:") + 1, fault)


def _entries(path: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml12.load(path.read_text(encoding="utf-8"))
    return found
