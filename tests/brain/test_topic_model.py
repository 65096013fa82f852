"""The model of the topics, without Rasa."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.brain.encoder import shared_encoder
from bot.brain.topic_model import TopicModel

EXAMPLES = {
    "answer/missed-bin": ["my bin was not collected", "you missed our bin", "rubbish still here", "lorry drove past"],
    "answer/library-card": ["join the library", "borrow books", "library membership", "a card for the library"],
    "greet": ["hello", "hi there", "good morning", "hey"],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
TOPICS = [topic for topic, texts in EXAMPLES.items() for _ in texts]
ASKED = ["they did not take my rubbish", "how can I borrow a book", "hello there", "who won the football"]


def trained(texts: list = TEXTS, topics: list = TOPICS) -> TopicModel:
    model = TopicModel()
    model.fit(
        texts, shared_encoder().encode(texts), topics, {"answer/missed-bin": "bins", "answer/library-card": "libraries"}
    )
    return model


def confidences(model: TopicModel) -> np.ndarray:
    return model.judge(ASKED, shared_encoder().encode(ASKED))[0]


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return trained()


def test_the_right_topic_comes_first(model: TopicModel) -> None:
    best = [model.topics[index] for index in confidences(model).argmax(axis=1)]
    assert best[:3] == ["answer/missed-bin", "answer/library-card", "greet"]


def test_a_question_about_something_else_gets_less_confidence(model: TopicModel) -> None:
    highest = confidences(model).max(axis=1)
    assert highest[3] < 0.8 * highest[:3].min()


def test_confidences_lie_between_none_and_all(model: TopicModel) -> None:
    rows = confidences(model)
    assert rows.min() >= 0
    assert rows.sum(axis=1).max() <= 1.0001


def test_saved_and_loaded_it_says_the_same(model: TopicModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["topics.json", "topics.npz"]
    loaded = TopicModel.load(tmp_path)
    assert loaded.topics == model.topics
    np.testing.assert_array_equal(confidences(loaded), confidences(model))


def test_the_same_examples_give_the_same_model(model: TopicModel) -> None:
    np.testing.assert_array_equal(confidences(trained()), confidences(model))


def test_two_topics_are_enough() -> None:
    model = trained(TEXTS[:8], TOPICS[:8])
    best = [model.topics[index] for index in confidences(model).argmax(axis=1)]
    assert best[:2] == ["answer/missed-bin", "answer/library-card"]
    assert 0.2 < confidences(model)[0].max() <= 1.0


@pytest.mark.parametrize("text", [*ASKED, "bin bin the bin", "", "qqq zzz"])
def test_likeness_in_words_is_what_scikit_learn_gives(model: TopicModel, text: str) -> None:
    expected = (model._spelling([text]) @ model._words).toarray()[0]
    np.testing.assert_allclose(model._likeness(text), expected, atol=1e-5)
