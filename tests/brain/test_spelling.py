"""The correction of typing errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain import tune
from bot.brain.spelling import Speller, readable
from bot.brain.spelling_corrector import SpellingCorrector


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller({"northmere": 3, "council": 40, "bin": 30, "alotment": 1})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("my coucnil tax bill", "my council tax bill"),
        ("How do I renew my pasport?", "How do I renew my passport?"),
        ("libary", "library"),
        ("alotment", "allotment"),  # Stands once in the examples: a typing error put there on purpose.
    ],
)
def test_a_slip_is_put_right(speller: Speller, written: str, meant: str) -> None:
    assert speller.correct(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Northmere",  # A name from the examples.
        "hb form",  # Too short to tell.
        "my neighbour's colour television",
        "council's",
        "AB12 3CD",
        "xqzzyv",  # Nothing is near.
        "",
    ],
)
def test_what_is_right_or_unknowable_stays(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


def test_the_tuning_reads_the_examples_as_a_training_does(tmp_path: Path) -> None:
    said = ["my coucnil tax bill", "pay council tax", "council tax", "a libary book"]
    place = (LocalModelStorage(tmp_path), Resource("spelling"), ExecutionContext(GraphSchema({}), "test"))
    training = TrainingData([Message({"text": text, "intent": "answer"}) for text in said])
    SpellingCorrector.create({}, *place).train(training)
    SpellingCorrector.load({}, *place).process_training_data(training)
    read = [readable(example) for example in training.training_examples]
    assert [text for text, _ in tune.corrected([(text, "answer") for text in said])] == read
    assert read[0] == "my council tax bill"
