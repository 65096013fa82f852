"""The words that people read, wherever they stand: plain, active, and without what a council should not say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from actions import answering, asking, closing, following, guarded
from actions import answers as spoken
from bot.knowledge import answers
from bot.settings import ROOT
from bot.text import blocks, linking, phrases, plain, telegram
from bot.text.blocks import Block


def _said() -> dict[str, str]:
    said = {
        f"phrases.{name}": value for name, value in vars(phrases).items() if name.isupper() and isinstance(value, str)
    }
    said |= {f"phrases.crisis.{kind}": text for kind, text in phrases._CRISIS.items()}
    for module in (spoken, guarded, answering, asking, closing, following):
        said |= {f"{module.__name__}.{n}": v for n, v in vars(module).items() if n.isupper() and isinstance(v, str)}
    said |= {f"linking.{name}": value for name, value in vars(linking).items() if name.isupper()}
    said |= {f"telegram.{name}": value for name, value in telegram.SAYINGS.items()}
    domain = YAML(typ="safe").load(Path(ROOT / "domain.yml").read_text(encoding="utf-8"))
    for name, variants in domain["responses"].items():
        said |= {f"domain.{name}.{n}": variant["text"] for n, variant in enumerate(variants)}
    written, _problems = answers.read_all()
    for answer in written.values():
        said[f"{answer.id}.md"] = "\n".join(_without_links(block) for block in [*answer.summary, *answer.more])
    return said


def _without_links(block: Block) -> str:
    return blocks.plain([json.loads(re.sub(r', "href": "[^"]*"', "", json.dumps(block)))])


SAID = _said()


def test_there_is_something_to_read() -> None:
    assert len(SAID) > 60


@pytest.mark.parametrize("name", sorted(SAID))
def test_words_are_plain(name: str) -> None:
    assert plain.tone(SAID[name]) == []
    assert plain.read(SAID[name]).longest_words <= plain.MOST_WORDS
