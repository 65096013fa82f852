"""Whoever seems to be in danger gets the intent ``crisis``; whoever only answers a question does not."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.brain.crisis import CrisisDetector


def heard(
    text: str, crisis: float, intent: str = "nlu_fallback", ranking: tuple[str, ...] = (), *, suspected: bool = False
) -> dict[str, Any]:
    ranked = [{"name": name, "confidence": 0.3} for name in (intent, *ranking)]
    told = {"danger": "danger"} if suspected else {}
    message = Message(
        {
            "text": text,
            "metadata": told,
            "shares": {"crisis": crisis, "answer": 1 - crisis},
            "intent": ranked[0],
            "intent_ranking": ranked,
        }
    )
    return CrisisDetector(threshold=0.25, suspected=0.01, perhaps=0.5).process([message])[0].data


def test_topics_of_danger_together_come_before_everything_else() -> None:
    data = heard("I can hear her through the wall", 0.26)
    assert data["intent"] == {"name": "crisis", "confidence": 0.26}
    assert [entry["name"] for entry in data["intent_ranking"]] == ["crisis", "nlu_fallback"]


def test_a_little_danger_is_not_enough() -> None:
    assert heard("the bins again and again", 0.2)["intent"]["name"] == "nlu_fallback"


def test_a_trace_is_enough_where_the_words_speak_of_it() -> None:
    assert heard("she fell off the wall", 0.02, suspected=True)["intent"]["name"] == "crisis"
    assert heard("this queue is killing me", 0.001, suspected=True)["intent"]["name"] == "nlu_fallback"


def test_an_unsure_crisis_gives_way_to_the_next_intent() -> None:
    assert heard("it is smoky", 0.2, "crisis", ("answer",))["intent"]["name"] == "answer"


@pytest.mark.parametrize(
    ("crisis", "suspected", "marked"),
    [(0.13, False, True), (0.12, False, False), (0.26, False, False), (0.006, True, True), (0.004, True, False)],
)
def test_what_is_nearly_a_crisis_is_marked_and_keeps_its_intent(crisis: float, suspected: bool, marked: bool) -> None:
    data = heard("he has been funny with me", crisis, suspected=suspected)
    assert data.get("perhaps_danger", False) is marked
    assert not marked or data["intent"]["name"] == "nlu_fallback"


def test_a_message_without_a_classification_is_left_alone() -> None:
    assert "intent" not in CrisisDetector(0.25, 0.01, 0.5).process([Message({"text": ""})])[0].data


@pytest.mark.parametrize("fact", ["no", "3", "my mother", "12 March", "yes please"])
def test_a_plain_fact_is_never_a_crisis(fact: str) -> None:
    data = heard(fact, 0.9)
    assert data["intent"]["name"] == "nlu_fallback"
    assert "perhaps_danger" not in data
