"""Naming the language of a message, and keyboard noise."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.core.agent import Agent
from ruamel.yaml import YAML

from bot.brain.language import UnreadableDetector
from bot.brain.spelling import Speller

ROOT = Path(__file__).parents[2]


def rows(path: str) -> list[dict]:
    return YAML(typ="safe").load((ROOT / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller({})


@pytest.fixture(scope="module")
def detector() -> UnreadableDetector:
    return UnreadableDetector(0.4, YAML(typ="safe").load((ROOT / "data/languages.yml").read_text(encoding="utf-8")))


def test_languages_are_named(detector: UnreadableDetector, speller: Speller) -> None:
    """Measured when this was written: 163 of 175 right."""
    foreign = [row for row in rows("tests/questions/languages.yaml") if row["language"] != "en"]
    wrong = [
        row["question"]
        for row in foreign
        if detector.language(row["question"], speller.known(row["question"]))[0] != row["language"]
    ]
    assert len(wrong) <= 0.1 * len(foreign), wrong


@pytest.mark.parametrize("text", ["gfhjkl rtyu", "asdkjh qwlek", "sdkfjhsdkfjh", "mnbvcxz lkjh", "jjjjjj"])
def test_noise_is_unlike_words(speller: Speller, text: str) -> None:
    assert speller.known(text) == 0
    assert speller.wordlike(text) < 0.3


@pytest.mark.parametrize("text", ["wibble", "coucnil tacks", "Pwllheli", "Kowalczyk", "gdzie jest szkola"])
def test_names_and_slips_are_like_words(speller: Speller, text: str) -> None:
    assert speller.wordlike(text) > 0.4


def test_no_message_in_a_language_is_unlike_words(speller: Speller) -> None:
    asked = [row["question"] for name in ("languages", "across") for row in rows(f"tests/questions/{name}.yaml")]
    assert [text for text in asked if text.isascii() and speller.wordlike(text) < 0.4] == []


def test_english_is_taken_for_english(detector: UnreadableDetector, speller: Speller) -> None:
    """However short or badly typed; measured when this was written: none of 1,494 wrong."""
    asked = [row["question"] for name in ("held_out", "services") for row in rows(f"tests/questions/{name}.yaml")]
    wrong = [text for text in asked if detector.language(text, speller.known(text))[0] != "en"]
    assert len(wrong) <= 0.002 * len(asked), wrong


@pytest.mark.parametrize(
    ("text", "intent", "language"),
    [
        ("Kiedy odbierają śmieci z mojej ulicy?", "other_language", "pl"),
        ("متى يتم جمع القمامة", "other_language", "ar"),
        ("什么时候收垃圾", "other_language", "zh"),
        ("wqeqwe rtrtrt", "gibberish", "en"),
        ("gfhjkl rtyu", "gibberish", "en"),
        ("asdkjh qwlek", "gibberish", "en"),
        ("????", "gibberish", "en"),
        ("hola can I speak with an actual human please", "person", "en"),
    ],
)
async def test_the_intent_says_it(agent: Agent, text: str, intent: str, language: str) -> None:
    parsed = await agent.parse_message(text)
    assert (parsed["intent"]["name"], parsed["language"]) == (intent, language)
