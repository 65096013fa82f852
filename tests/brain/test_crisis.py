"""Whoever seems to be in danger gets the intent ``crisis``; whoever only answers a question does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain.crisis import CrisisDetector
from bot.brain.danger import DangerModel
from bot.brain.encoder import shared_encoder
from bot.brain.sentence_encoder import SentenceEncoder

CONFIG = {"threshold": 0.25, "suspected": 0.01, "perhaps": 0.5}
DANGEROUS = (
    "my husband hits me",
    "he locked me in the flat",
    "she took all the tablets",
    "the kitchen is burning",
    "my son is not breathing",
    "I cannot go on living",
    "there is a man with a knife at the door",
    "the baby is alone next door and screaming",
)
HARMLESS = (
    "when is my bin emptied",
    "how do I pay council tax",
    "this queue is killing me",
    "my phone died",
    "I want to report a pothole",
    "what does a burial cost",
    "is the library open on Sunday",
    "how do I kill weeds",
    "apply for a blue badge",
    "where can I park",
)


class Certain(DangerModel):
    """Says the same of every text."""

    def __init__(self, says: float) -> None:
        self._says = says

    def judge(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        return np.full(len(texts), self._says)


def detector(folder: Path, model: DangerModel | None = None) -> CrisisDetector:
    return CrisisDetector(CONFIG, LocalModelStorage(folder), Resource("crisis"), model)


def spoken(text: str, **fields: Any) -> Message:
    """A message as it comes from the encoder."""
    message = Message({"text": text, **fields})
    return encoder().process([message])[0]


def encoder() -> SentenceEncoder:
    return SentenceEncoder("encoder", {**SentenceEncoder.get_default_config(), "alias": "encoder"})


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
    return detector(Path()).process([message])[0].data


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
    assert "intent" not in detector(Path()).process([Message({"text": ""})])[0].data


@pytest.mark.parametrize("fact", ["no", "3", "my mother", "12 March", "yes please"])
def test_a_plain_fact_is_never_a_crisis(fact: str) -> None:
    data = heard(fact, 0.9)
    assert data["intent"]["name"] == "nlu_fallback"
    assert "perhaps_danger" not in data


@pytest.mark.parametrize(
    ("alone", "share", "intent"),
    [
        (0.6, 0.01, "crisis"),
        (0.4, 0.01, "nlu_fallback"),
        (0.0, 0.4, "nlu_fallback"),
        (0.0, 0.6, "crisis"),
        (0.9, 0.0, "nlu_fallback"),  # without a trace among the topics
    ],
)
def test_topics_and_the_regression_are_heard_alike(tmp_path: Path, alone: float, share: float, intent: str) -> None:
    ranked = [{"name": "nlu_fallback", "confidence": 0.3}]
    message = spoken("he is in here again", shares={"crisis": share}, intent=ranked[0], intent_ranking=ranked)
    assert detector(tmp_path, Certain(alone)).process([message])[0].get("intent")["name"] == intent


def test_what_was_learnt_is_stored_and_read_again(tmp_path: Path) -> None:
    examples = [spoken(text, intent="crisis") for text in DANGEROUS]
    examples += [spoken(text, intent="answer") for text in HARMLESS]
    detector(tmp_path).train(TrainingData(examples))
    place = (CONFIG, LocalModelStorage(tmp_path), Resource("crisis"), ExecutionContext(GraphSchema({}), "test"))
    chances = {}
    for text in ("my wife hits me every night", "when is the green bin emptied"):
        message = spoken(text, shares={"crisis": 0.5}, intent={"name": "answer"}, intent_ranking=[{"name": "answer"}])
        CrisisDetector.load(*place).process([message])
        chances[text] = message.get("intent").get("confidence", 0.0)
    assert chances["my wife hits me every night"] > chances["when is the green bin emptied"]


def test_without_an_example_of_danger_the_topics_speak_alone(tmp_path: Path) -> None:
    detector(tmp_path).train(TrainingData([spoken(text, intent="answer") for text in HARMLESS]))
    place = (CONFIG, LocalModelStorage(tmp_path), Resource("crisis"), ExecutionContext(GraphSchema({}), "test"))
    message = spoken("he is in here again", shares={"crisis": 0.3}, intent={"name": "answer"}, intent_ranking=[])
    assert CrisisDetector.load(*place).process([message])[0].get("intent")["name"] == "crisis"


def learnt() -> DangerModel:
    texts = [*DANGEROUS, *HARMLESS]
    return DangerModel.fit(texts, shared_encoder().encode(texts), np.arange(len(texts)) < len(DANGEROUS))


def test_the_same_examples_give_the_same_model() -> None:
    vectors = shared_encoder().encode(HARMLESS)
    np.testing.assert_array_equal(learnt().judge(HARMLESS, vectors), learnt().judge(HARMLESS, vectors))


def test_a_harmless_sentence_beside_it_does_not_hide_danger() -> None:
    model = learnt()
    alone = model.judge(HARMLESS, shared_encoder().encode(HARMLESS)).max()
    for dangerous in DANGEROUS:
        beside = [f"{dangerous}. {harmless}" for harmless in HARMLESS]
        assert model.judge(beside, shared_encoder().encode(beside)).min() > alone, dangerous


def test_each_text_is_judged_by_itself() -> None:
    vectors = shared_encoder().encode(DANGEROUS)
    together, model = learnt().judge(DANGEROUS, vectors), learnt()
    for text, vector, says in zip(DANGEROUS, vectors, together, strict=True):
        assert model.judge([text], vector[np.newaxis])[0] == pytest.approx(says, abs=1e-4)
