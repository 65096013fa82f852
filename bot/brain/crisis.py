"""Hears people in danger whose words the gateway does not know: all topics of ``crisis`` together count as one.

Somebody who writes of a fall, of blood and of a husband spreads over several topics, and none of them is sure. So the
probabilities are added up before anything is asked.
"""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.brain.classifier import TOPICS

CRISIS = "crisis"

_SHORTEST = 3  # words; less is an answer to a question ('my mother', '3'), and the gateway reads it for its words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisDetector(GraphComponent):
    """Sets the intent ``crisis`` over whatever was classified, when its topics together are probable enough.

    Stands after everything else that sets an intent. The surest topic of ``crisis`` then comes first in ``topics``.
    """

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisDetector:
        """One with the threshold of the configuration."""
        return cls(config["threshold"])

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``threshold``: from which probability on, from 0 to 1."""
        return {"threshold": 0.04}

    def __init__(self, threshold: float) -> None:
        """See ``get_default_config``."""
        self._threshold = threshold

    def process(self, messages: List[Message]) -> List[Message]:
        """Look at each message that has a text and topics."""
        for message in messages:
            topics = message.get(TOPICS) or []
            ours = [topic for topic in topics if topic["name"].split("/")[0] == CRISIS]
            probable = sum(topic["confidence"] for topic in ours)
            intent = message.get(INTENT) or {}
            if intent.get("name") == CRISIS and probable < self._threshold:
                self._withdraw(message)
            elif len(str(message.get(TEXT) or "").split()) >= _SHORTEST and ours and probable >= self._threshold:
                intent = {"name": CRISIS, "confidence": round(float(probable), 4)}
                ranking = [entry for entry in message.get(INTENT_RANKING_KEY) or [] if entry["name"] != CRISIS]
                message.set(INTENT, intent, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [intent, *ranking], add_to_output=True)
        return messages

    @staticmethod
    def _withdraw(message: Message) -> None:
        """Too unsure to be said: the next intent of the ranking stands."""
        ranking = [entry for entry in message.get(INTENT_RANKING_KEY) or [] if entry["name"] != CRISIS]
        if ranking:
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
