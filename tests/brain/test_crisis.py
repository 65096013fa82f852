"""Whoever seems to be in danger gets the intent ``crisis``; whoever only answers a question does not."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.brain.crisis import CrisisDetector


def heard(text: str, topics: dict[str, float], intent: str = "nlu_fallback") -> dict[str, Any]:
    ranked: list[dict[str, Any]] = [{"name": name, "confidence": sure} for name, sure in topics.items()]
    first = {"name": intent, "confidence": 0.3}
    message = Message({"text": text, "topics": ranked, "intent": first, "intent_ranking": [first]})
    return CrisisDetector(0.25).process([message])[0].data


def test_topics_of_danger_are_added_up() -> None:
    topics = {"crisis/abuse": 0.14, "answer/noise-nuisance": 0.13, "crisis/attack": 0.12}
    data = heard("I can hear her through the wall", topics)
    assert data["intent"] == {"name": "crisis", "confidence": 0.26}
    assert [entry["name"] for entry in data["intent_ranking"]] == ["crisis", "nlu_fallback"]


def test_a_little_danger_is_not_enough() -> None:
    assert heard("the bins again and again", {"answer/missed-bin": 0.8, "crisis/fire": 0.2})["intent"]["name"] == (
        "nlu_fallback"
    )


def test_an_unsure_crisis_gives_way_to_the_next_intent() -> None:
    data = (
        CrisisDetector(0.25)
        .process(
            [
                Message(
                    {
                        "text": "it is smoky",
                        "topics": [{"name": "crisis/fire", "confidence": 0.2}],
                        "intent": {"name": "crisis", "confidence": 0.2},
                        "intent_ranking": [
                            {"name": "crisis", "confidence": 0.2},
                            {"name": "answer", "confidence": 0.19},
                        ],
                    }
                )
            ]
        )[0]
        .data
    )
    assert data["intent"]["name"] == "answer"


@pytest.mark.parametrize("fact", ["no", "3", "my mother", "12 March", "yes please"])
def test_a_plain_fact_is_never_a_crisis(fact: str) -> None:
    assert heard(fact, {"crisis/child": 0.9})["intent"]["name"] == "nlu_fallback"
