"""What is measured with: the examples, and the questions in ``tests/questions`` that were written apart from them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ruamel.yaml import YAML

from bot.brain import directory
from bot.brain import examples as learnt

QUESTIONS = Path("tests/questions")

_SERVICE = re.compile(r"^service: *\{ *id: *(\d+)", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z]{4,}")


@dataclass(frozen=True)
class Question:
    """A question, the topics that are right for it, and its area. Of an out-of-scope one ``area`` is its kind."""

    text: str
    right: Tuple[str, ...]
    area: str


def examples() -> List[Tuple[str, str]]:
    """Each training example with its topic."""
    return learnt.examples(Path("data"))


def areas() -> Dict[str, str]:
    """The area of each answer, policy and service, by its topic."""
    found = directory.areas(["data"])
    for path in Path("data/services").glob("*.yml"):
        for service in _yaml(path):
            found[f"service/{service['id']}"] = path.stem
    for path in Path("policies").glob("*/*.yaml"):
        service = _SERVICE.search(path.read_text(encoding="utf-8"))
        if service:
            found[f"policy/{path.parent.name}"] = found[f"service/{service[1]}"]
    return found


def held_out() -> List[Question]:
    """Questions about what an answer is written for."""
    return [
        Question(one["question"], (f"answer/{one['id']}",), one["area"]) for one in _yaml(QUESTIONS / "held_out.yaml")
    ]


@lru_cache(maxsize=1)
def answers_of_services() -> Dict[str, List[str]]:
    """The topics of the answers that are written about a service, by the service's topic."""
    written: Dict[str, List[str]] = {}
    for path in sorted(Path("data/answers").glob("*.md")):
        service = _SERVICE.search(path.read_text(encoding="utf-8"))
        if service:
            written.setdefault(f"service/{service[1]}", []).append(f"answer/{path.stem}")
    return written


def services() -> List[Question]:
    """A paraphrase of every service of the directory; the answers about the service are right as well."""
    written, where, found = answers_of_services(), areas(), []
    for one in _yaml(QUESTIONS / "services.yaml"):
        topic = f"service/{one['id']}"
        found.append(Question(one["question"], (topic, *written.get(topic, ())), where[topic]))
    return found


def out_of_scope() -> List[Question]:
    """Messages that get no answer from a council, each with its kind."""
    return [Question(one["question"], (), one["kind"]) for one in _yaml(QUESTIONS / "out_of_scope.yaml")]


def with_typing_errors(questions: List[Question], seed: int = 3) -> List[Question]:
    """The same questions, one or two of their longer words damaged as fingers do."""
    chance = random.Random(seed)
    return [Question(_damaged(one.text, chance), one.right, one.area) for one in questions]


def _damaged(text: str, chance: random.Random) -> str:
    words = list(_WORD.finditer(text))
    chosen = chance.sample(words, min(len(words), chance.choice((1, 2))))
    for match in sorted(chosen, key=lambda found: -found.start()):
        word, at = match[0], chance.randrange(1, len(match[0]) - 1)
        damaged = chance.choice(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :],
            )
        )
        text = text[: match.start()] + damaged + text[match.end() :]
    return text


def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
