"""Hears people in danger by what they mean: all topics of ``crisis`` together count as one.

Somebody who writes of a fall, of blood and of a husband spreads over several topics, and none of them is sure. So the
probabilities are added up before anything is asked. Where the gateway suspects danger for its words, a trace of it is
enough; so words and meaning check each other (docs/decisions/0009). What is nearly enough changes no answer, but the
gateway is told, and names the emergency number above it.
"""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.brain.classifier import SHARES

CRISIS = "crisis"
DANGER = "danger"  # in the metadata of a message: the kind of danger that its words speak of
PERHAPS = "perhaps_danger"  # of a message that came near to a crisis: True

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
        """One with the thresholds of the configuration."""
        return cls(config["threshold"], config["suspected"], config["perhaps"])

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """From which probability on, from 0 to 1; ``suspected`` is for messages whose words the gateway found.

        From ``perhaps`` of either on, as a part of it, a message is marked as perhaps one of danger.
        """
        return {"threshold": 0.2, "suspected": 0.02, "perhaps": 0.5}

    def __init__(self, threshold: float, suspected: float, perhaps: float) -> None:
        """See ``get_default_config``."""
        self._threshold = threshold
        self._suspected = suspected
        self._perhaps = perhaps

    def process(self, messages: List[Message]) -> List[Message]:
        """Look at each message that has been classified."""
        for message in messages:
            suspected = DANGER in (message.get("metadata") or {})
            probable = (message.get(SHARES) or {}).get(CRISIS, 0.0)
            intent = message.get(INTENT) or {}
            long_enough = suspected or len(str(message.get(TEXT) or "").split()) >= _SHORTEST
            enough = self._suspected if suspected else self._threshold
            if long_enough and probable >= enough:
                self._put_first(message, {"name": CRISIS, "confidence": round(float(probable), 4)})
                continue
            if intent.get("name") == CRISIS:
                self._withdraw(message)
            if long_enough and probable >= enough * self._perhaps:
                message.set(PERHAPS, True, add_to_output=True)
        return messages

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
