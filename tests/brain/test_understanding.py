"""The pipeline as Rasa runs it: what a message is taken for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.shared.core.domain import InvalidDomain

from bot.brain.importer import TOPIC, TopicImporter


async def parse(agent: Agent, text: str) -> dict[str, Any]:
    return await agent.parse_message(text)


async def test_a_question_gets_its_intent_and_its_topics(agent: Agent) -> None:
    parsed = await parse(agent, "the recycling was not emptied")
    assert parsed["text"] == "the recycling was not emptied"
    assert parsed["intent"]["name"] == "answer"
    assert parsed["topics"][0] == {"name": "answer/missed-bin", "confidence": parsed["intent"]["confidence"]}
    assert len(parsed["topics"]) == 10


async def test_an_intent_stands_once_in_the_ranking_with_its_best_topic(agent: Agent) -> None:
    parsed = await parse(agent, "how do I register a birth")
    names = [entry["name"] for entry in parsed["intent_ranking"]]
    assert len(names) == len(set(names))
    assert parsed["intent_ranking"][0] == {"name": "answer", "confidence": parsed["topics"][0]["confidence"]}
    assert [entry["confidence"] for entry in parsed["topics"]] == sorted(
        (entry["confidence"] for entry in parsed["topics"]), reverse=True
    )


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hello", "greet"),
        ("thank you so much", "thanks"),
        ("could I speak with an actual human please", "person"),
        ("tlak to a persno", "person"),
        ("are you a robot", "who_are_you"),
        ("yes please", "affirm"),
        ("tea towel museum", "nlu_fallback"),
    ],
)
async def test_what_is_said_to_the_assistant_itself(agent: Agent, text: str, intent: str) -> None:
    assert (await parse(agent, text))["intent"]["name"] == intent


async def test_what_was_not_understood_still_has_its_topics(agent: Agent) -> None:
    parsed = await parse(agent, "tea towel museum")
    assert parsed["intent"]["name"] == "nlu_fallback"
    assert len(parsed["topics"]) == 10


def test_rasa_sees_plain_intents_and_the_classifier_topics() -> None:
    data = TopicImporter("config.yml", "domain.yml", ["tests/brain/answers.yml"]).get_nlu_data()
    assert data.intents == {"answer"}
    assert not data.retrieval_intents
    assert {example.get(TOPIC) for example in data.intent_examples} == {
        "answer/missed-bin",
        "answer/library-card",
        "answer/parking-fine",
        "answer/register-birth",
    }


def test_a_faulty_domain_stops_the_training(tmp_path: Path) -> None:
    faulty = tmp_path / "domain.yml"
    faulty.write_text('version: "3.1"\nactions: [action_one, action_one]\n', encoding="utf-8")
    with pytest.raises(InvalidDomain):
        TopicImporter("config.yml", str(faulty), []).get_domain()
