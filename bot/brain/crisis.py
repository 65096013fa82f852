"""Hears people in danger by what they mean: all topics of ``crisis`` together, and a regression for danger alone.

Somebody who writes of a fall, of blood and of a husband spreads over several topics, and none of them is sure. So the
probabilities are added up before anything is asked, and averaged with what ``danger`` says. Where the gateway suspects
danger for its words, a trace of it is enough; so words and meaning check each other (docs/decisions/0009). What is
nearly enough changes no answer, but the gateway is told, and names the emergency number above it.
"""

from __future__ import annotations

import inspect
from hashlib import sha256
from typing import Any, Dict, List, Optional, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain import danger
from bot.brain.classifier import SHARES
from bot.brain.danger import DangerModel
from bot.brain.language import OTHER_LANGUAGE
from bot.brain.sentence_encoder import SentenceEncoder, sentence_vector
from bot.brain.spelling import readable

CRISIS = "crisis"
DANGER = "danger"  # in the metadata of a message: the kind of danger that its words speak of
PERHAPS = "perhaps_danger"  # of a message that came near to a crisis: True

_SHORTEST = 3  # words; less is an answer to a question ('my mother', '3'), and the gateway reads it for its words
_TRACE = 0.001  # where the topics have less of danger, the regression alone says nothing: 'I don't get it'
_FILE, _NONE = "danger.npz", "no_danger"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CrisisDetector(GraphComponent):
    """Sets the intent ``crisis`` over whatever was classified, when danger is probable enough.

    Stands after everything else that sets an intent. The surest topic of ``crisis`` then comes first in ``topics``.
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
        return sha256(inspect.getsource(danger).encode()).hexdigest()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisDetector:
        """An untrained one with the thresholds of the configuration."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CrisisDetector:
        """The trained one. Raises ValueError when it was never trained."""
        with model_storage.read_from(resource) as folder:
            path = folder / _FILE
            return cls(config, model_storage, resource, DangerModel.load(path) if path.exists() else None)

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """From which probability on, from 0 to 1; ``suspected`` is for messages whose words the gateway found.

        From ``perhaps`` of either on, as a part of it, a message is marked as perhaps one of danger.
        """
        return {"threshold": 0.2, "suspected": 0.02, "perhaps": 0.5}

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Optional[DangerModel]
    ) -> None:
        """See ``create`` and ``load``. Without a model the topics alone are heard."""
        self._threshold = float(config["threshold"])
        self._suspected = float(config["suspected"])
        self._perhaps = float(config["perhaps"])
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    def train(self, training_data: TrainingData) -> Resource:
        """Learn danger from everything else and store the model; none where no example is of danger, or each is."""
        # Sorted, so that the order of the files does not matter.
        examples = sorted(training_data.intent_examples, key=lambda one: (str(one.get(INTENT)), readable(one)))
        dangerous = np.array([one.get(INTENT) == CRISIS for one in examples], dtype=bool)
        with self._model_storage.write_to(self._resource) as folder:
            if dangerous.any() and not dangerous.all():
                vectors = np.vstack([sentence_vector(one) for one in examples])
                DangerModel.fit([readable(one) for one in examples], vectors, dangerous).save(folder / _FILE)
            else:
                (folder / _NONE).touch()  # an empty folder might not be kept
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Look at each message that has been classified."""
        for message in messages:
            suspected = DANGER in (message.get("metadata") or {})
            probable = self._probable(message)
            intent = message.get(INTENT) or {}
            long_enough = suspected or len(str(message.get(TEXT) or "").split()) >= _SHORTEST
            enough = self._suspected if suspected else self._threshold
            if long_enough and probable >= enough:
                self._put_first(message, {"name": CRISIS, "confidence": round(float(probable), 4)})
                continue
            if intent.get("name") == CRISIS:
                self._withdraw(message)
            if intent.get("name") == OTHER_LANGUAGE:
                continue  # its reply names 999 in that language
            if long_enough and probable >= enough * self._perhaps:
                message.set(PERHAPS, True, add_to_output=True)
        return messages

    def _probable(self, message: Message) -> float:
        """The chance of danger from 0 to 1: what the topics say and what the regression says, averaged."""
        share = float((message.get(SHARES) or {}).get(CRISIS, 0.0))
        if self._model is None or not message.get(TEXT) or share < _TRACE:
            return share
        return (share + float(self._model.judge([readable(message)], sentence_vector(message))[0])) / 2

    @staticmethod
    def _put_first(message: Message, intent: Dict[str, Any]) -> None:
        ranking = [entry for entry in message.get(INTENT_RANKING_KEY) or [] if entry["name"] != CRISIS]
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, [intent, *ranking], add_to_output=True)

    @staticmethod
    def _withdraw(message: Message) -> None:
        """Too unsure to be said: the next intent of the ranking stands."""
        ranking = [entry for entry in message.get(INTENT_RANKING_KEY) or [] if entry["name"] != CRISIS]
        if ranking:
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
