"""The intent classifier: ranks the topics of ``data/nlu`` and says how sure it is."""

from __future__ import annotations

import inspect
from hashlib import sha256
from typing import Any, Dict, List, Optional, Set, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain import regression, topic_model
from bot.brain.importer import AREA, topic_of
from bot.brain.sentence_encoder import SentenceEncoder, sentence_vector
from bot.brain.spelling import readable
from bot.brain.topic_model import COUNCIL, TopicModel

TOPICS = "topics"
IN_SCOPE = "in_scope"
SHARES = "shares"  # of each intent: the chances of all its topics together; for later components only
KEPT = 10  # topics and intents that a ranking names at least
AREAS = 3  # areas of what the council does that the topics name at least, where there are so many
TALK_FROM = 0.2  # confidence; talk that is less sure than this is not understood


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(IntentClassifier, GraphComponent):
    """Sets ``topics`` (full names such as ``answer/missed-bin``), ``intent`` and ``intent_ranking`` (``answer``).

    An intent is as sure as its surest topic. Sets ``in_scope`` too, the chance that the council does such things at
    all; below ``in_scope_from`` the intent is ``nlu_fallback``, and the citizen is asked what is meant. A message
    without a text gets no intent and no topics.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """The sentence vector must be there."""
        return [SentenceEncoder]

    @staticmethod
    def required_packages() -> List[str]:
        """What must be importable."""
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Part of Rasa's training cache key: the code of the model, which Rasa does not look at."""
        sources = inspect.getsource(topic_model) + inspect.getsource(regression)
        return sha256(sources.encode()).hexdigest()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        """An untrained classifier."""
        return cls(model_storage, resource, TopicModel(), config["in_scope_from"])

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """The trained one. Raises ValueError when the model holds none."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, TopicModel.load(folder), config["in_scope_from"])

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``in_scope_from``: a chance from 0 to 1."""
        return {"in_scope_from": 0.24}

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, model: TopicModel, in_scope_from: float
    ) -> None:
        """See ``create`` and ``load``."""
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._in_scope_from = in_scope_from

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the topics from the examples and store the model."""
        examples = list(training_data.intent_examples)
        # Sorted, so that the order of the files does not matter.
        examples.sort(key=lambda example: (topic_of(example), readable(example)))
        self._model.fit(
            [readable(example) for example in examples],
            np.vstack([sentence_vector(example) for example in examples]),
            [topic_of(example) for example in examples],
            {topic_of(example): example.get(AREA) for example in examples if example.get(AREA)},
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Rank the topics of each message."""
        for message in messages:
            if not message.get(TEXT):
                continue
            rows, scopes = self._model.judge([readable(message)], sentence_vector(message))
            confidences, in_scope = rows[0], float(scopes[0])
            order = np.argsort(-confidences, kind="stable")
            ranking: Dict[str, Dict[str, Any]] = {}
            for index in order:
                name = self._model.intents[index]
                if name not in ranking:
                    ranking[name] = _entry(name, confidences[index])
                    if len(ranking) == KEPT:
                        break
            intents = list(ranking.values())
            first = intents[0]
            enough = in_scope >= self._in_scope_from if first["name"] in COUNCIL else first["confidence"] >= TALK_FROM
            if not enough:
                intents = [{**first, "name": DEFAULT_NLU_FALLBACK_INTENT_NAME}, *intents]
            message.set(INTENT, dict(intents[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, intents, add_to_output=True)
            topics = [_entry(self._model.topics[index], confidences[index]) for index in self._kept(order)]
            message.set(TOPICS, topics, add_to_output=True)
            message.set(SHARES, self._model.shares(confidences))
            message.set(IN_SCOPE, round(in_scope, 4), add_to_output=True)
        return messages

    def _kept(self, order: np.ndarray) -> List[int]:
        """Which topics of the ranking are told: the first ``KEPT``, and what it takes to name ``AREAS`` areas."""
        kept: List[int] = []
        areas: Set[str] = set()
        for place, index in enumerate(order):
            area = self._model.area(index)
            if place < KEPT or (area and area not in areas and len(areas) < AREAS):
                kept.append(int(index))
            if area:
                areas.add(area)
            if place >= KEPT and len(areas) >= AREAS:
                break
        return kept


def _entry(name: str, confidence: float) -> Dict[str, Any]:
    return {"name": name, "confidence": round(float(confidence), 4)}
