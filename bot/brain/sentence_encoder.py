"""The sentence encoder as a part of Rasa's pipeline."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain.encoder import fingerprint, kept_vectors, shared_encoder
from bot.brain.spelling import readable


def sentence_vector(message: Message) -> np.ndarray:
    """The one row that ``SentenceEncoder`` gave the message. Rasa's own way to it copies every vector."""
    features = (each for each in message.features if each.attribute == TEXT and each.type == FEATURE_TYPE_SENTENCE)
    row: np.ndarray = next(features).features
    return row


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds the sentence vector of a message's text as a dense sentence feature."""

    @staticmethod
    def required_packages() -> List[str]:
        """What must be importable."""
        return ["onnxruntime", "tokenizers"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Part of Rasa's training cache key, so that another network is never used with features of this one."""
        return fingerprint()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Made with the shared encoder, so that a missing file stops training and start rather than a turn."""
        return cls(execution_context.node_name, config)

    def __init__(self, name: str, config: Dict[str, Any]) -> None:
        """See ``create``."""
        super().__init__(name, config)
        self._encoder = shared_encoder()

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """There is nothing to configure."""

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the feature to every message that has a text."""
        spoken = [message for message in messages if message.get(TEXT)]
        rows = self._encoder.encode([readable(message) for message in spoken])
        for message, row in zip(spoken, rows, strict=True):
            self.add_features_to_message(None, row[np.newaxis, :], TEXT, message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """As ``process``, for all examples at once; those of earlier trainings are not encoded again."""
        spoken = [example for example in training_data.training_examples if example.get(TEXT)]
        rows = kept_vectors([readable(example) for example in spoken])
        for example, row in zip(spoken, rows, strict=True):
            self.add_features_to_message(None, row[np.newaxis, :], TEXT, example)
        return training_data
