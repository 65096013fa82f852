"""Reading many texts at once with a loaded model, without a conversation."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.brain.groups import ABUSE, NOISE, TALK, Read
from bot.brain.language import GIBBERISH, LANGUAGE, OTHER_LANGUAGE

BATCH = 16  # texts; a few at a time leave room for citizens' turns
_ABUSE = "not_allowed/abuse"
_TALK = frozenset({"greet", "goodbye", "thanks", "who_are_you", "help", "affirm", "deny", "upset"})


def messages(agent: Agent, texts: Sequence[str]) -> List[Message]:
    """Each text as the pipeline leaves it. The agent must have a model."""
    found: List[Message] = []
    target = agent.processor.model_metadata.nlu_target
    for start in range(0, len(texts), BATCH):
        asked = [UserMessage(text) for text in texts[start : start + BATCH]]
        results = agent.processor.graph_runner.run(
            inputs={PLACEHOLDER_MESSAGE: asked, PLACEHOLDER_TRACKER: None}, targets=[target]
        )
        found += results[target]
    return found


def understood(message: Message) -> Dict[str, Any]:
    """What a turn would be told of the message."""
    return {"intent": {"name": None, "confidence": 0.0}, **message.as_dict(only_output_properties=True)}


def read(agent: Agent, texts: Sequence[str]) -> List[Read]:
    """Each text's vector and topics, its language, and whether it is a question at all."""
    found = []
    for message in messages(agent, texts):
        _, sentence = message.get_dense_features(TEXT)
        vector = np.asarray(sentence.features[0]) if sentence else np.zeros(384)
        topics = {str(each["name"]): float(each["confidence"]) for each in message.get("topics") or []}
        intent = str((message.get(INTENT) or {}).get("name"))
        language = str(message.get(LANGUAGE)) if intent == OTHER_LANGUAGE else None
        found.append(Read(vector, topics, language, _no_question(intent, next(iter(topics), ""))))
    return found


def _no_question(intent: str, topic: str) -> Optional[str]:
    if intent == GIBBERISH:
        return NOISE
    if intent == _ABUSE.split("/")[0] and topic == _ABUSE:
        return ABUSE
    return TALK if intent in _TALK else None
