"""What the model learns from: the files of the project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.brain import ahead
from bot.brain.importer import AREA, TopicImporter, topic_of


@pytest.fixture(scope="module")
def examples() -> list[Message]:
    found: list[Message] = TopicImporter("config.yml", "domain.yml", ["data"]).get_nlu_data().intent_examples
    return found


def test_every_answer_and_service_has_its_area(examples: list[Message]) -> None:
    areas = {topic_of(one): one.get(AREA) for one in examples if topic_of(one).startswith(("answer/", "service/"))}
    assert len(areas) > 1000
    assert {topic for topic, area in areas.items() if not area} == set()
    assert areas["answer/missed-bin"] == "bins-recycling"
    assert len(set(areas.values())) == 28


def test_examples_are_read_ahead_as_they_are_learnt_from(examples: list[Message]) -> None:
    assert Counter(ahead.examples(Path("data"))) == Counter((str(one.get(TEXT)), topic_of(one)) for one in examples)
