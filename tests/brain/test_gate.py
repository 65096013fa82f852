"""The gate before publishing, and the short way of training that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.core.agent import Agent

from bot.brain.evaluate import gate
from bot.brain.evaluate.data import Question
from bot.brain.evaluate.figures import Ranked, ranked
from bot.brain.evaluate.understand import Understanding

ASKED = [
    "the recycling was not emptied",
    "how do I register a birth",
    "hello",
    "tlak to a persno",
    "wqeqwe rtrtrt",
    "Kiedy odbierają śmieci z mojej ulicy?",
    "flurble the quantum wombat sideways",
]
BIN, CARD = Question("bin?", ("answer/missed-bin",), "bins-recycling"), Question("card?", ("answer/card",), "libraries")
JOKE = Question("a joke", (), "chatter")


def measured(bin_as: str, card_as: str, joke_as: str) -> dict:
    """What would be kept when the three questions are taken for these."""
    got = [Ranked((topic, "x", "y"), 0.5, topic != "greet", 0.5, topic.split("/")[0]) for topic in (bin_as, card_as)]
    joke = Ranked((joke_as, "x", "y"), 0.5, True, 0.5, joke_as.split("/")[0])
    return gate.state({"questions": ([BIN, CARD], got), "out_of_scope": ([JOKE], [joke])})


async def test_trained_the_short_way_a_message_is_taken_for_the_same(agent: Agent) -> None:
    short = Understanding(data=["data/nlu/talk.yml", "data/stories", "tests/brain/answers.yml"])
    for text, found in zip(ASKED, short.rank(ASKED), strict=True):
        whole = ranked(await agent.parse_message(text))
        assert (found.intent, found.topics[:3]) == (whole.intent, whole.topics[:3]), text
        assert found.confidence == pytest.approx(whole.confidence, abs=0.01)
    assert set(short.seconds) >= {"SpellingCorrector", "SentenceEncoder", "TopicClassifier", "UnreadableDetector"}


def test_what_became_wrong_is_named() -> None:
    before = measured("answer/missed-bin", "answer/missed-bin", "joke")
    after = measured("answer/card", "answer/card", "answer/missed-bin")
    result = gate.compare(before, after)
    assert result["became_wrong"] == [
        {"question": "bin?", "was": "answer/missed-bin", "now": "answer/card"},
        {"question": "a joke", "was": "joke", "now": "answer/missed-bin"},
    ]
    assert result["became_right"] == [{"question": "card?", "was": "answer/missed-bin", "now": "answer/card"}]
    assert result["before"]["questions"]["first"] == result["after"]["questions"]["first"] == 0.5
    assert result["after"]["out_of_scope"] == {"non_answer": 0.0, "count": 1}


def test_the_right_topic_that_is_not_said_is_wrong() -> None:
    silent = measured("answer/missed-bin", "answer/card", "joke")
    unsure = Ranked(("answer/missed-bin", "x", "y"), 0.1, False, 0.1, "nlu_fallback")
    after = gate.state({"questions": ([BIN], [unsure])})
    wrong = gate.compare(silent, after)["became_wrong"]
    assert wrong == [{"question": "bin?", "was": "answer/missed-bin", "now": "nlu_fallback"}]


def test_nothing_published_means_nothing_to_lose() -> None:
    result = gate.compare(None, measured("greet", "greet", "joke"))
    assert (result["before"], result["became_wrong"]) == (None, [])


def test_what_is_published_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "PUBLISHED", tmp_path / "published.json")
    assert gate.published() is None
    gate.publish(measured("answer/card", "answer/card", "joke"))
    assert gate.published() == measured("answer/card", "answer/card", "joke")
    assert [path.name for path in tmp_path.iterdir()] == ["published.json"]
