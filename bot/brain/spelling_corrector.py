"""The correction of typing errors as a part of Rasa's pipeline."""

from __future__ import annotations

import json
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain.spelling import CORRECTED, KNOWN_WORDS, WORDLIKE, Speller, words_of


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SpellingCorrector(GraphComponent):
    """Sets ``corrected_text``, which the encoder and the classifier read instead of the text, and ``known_words``."""

    @staticmethod
    def required_packages() -> List[str]:
        """What must be importable."""
        return ["symspellpy"]

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpellingCorrector:
        """One that has read no examples yet."""
        return cls(model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpellingCorrector:
        """The trained one. Raises ValueError when the model holds none."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, json.loads((folder / "words.json").read_text(encoding="utf-8")))

    def __init__(self, model_storage: ModelStorage, resource: Resource, words: Dict[str, int]) -> None:
        """See ``create`` and ``load``."""
        self._model_storage = model_storage
        self._resource = resource
        self._words = words
        self._speller = Speller(words) if words else None

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the words of the examples."""
        words = words_of(str(example.get(TEXT)) for example in training_data.intent_examples)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "words.json").write_text(json.dumps(words, sort_keys=True), encoding="utf-8")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Correct each message that has a text."""
        for message in messages:
            if self._speller is not None and message.get(TEXT):
                text = message.get(TEXT)
                corrected = self._speller.correct(text)
                message.set(CORRECTED, corrected)
                known = self._speller.known(text)
                message.set(KNOWN_WORDS, (known, self._speller.known(corrected)))
                if known == 0:
                    message.set(WORDLIKE, self._speller.wordlike(text))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The examples are read as messages will be. How many of their words are known nobody asks."""
        for example in training_data.training_examples:
            if self._speller is not None and example.get(TEXT):
                example.set(CORRECTED, self._speller.correct(example.get(TEXT)))
        return training_data
