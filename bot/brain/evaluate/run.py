"""Trained pipelines put to work: what each message is taken for, and how long each component takes."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain.evaluate.figures import Ranked, ranked
from bot.brain.importer import TOPIC, TopicImporter
from bot.brain.regression import SEED
from bot.brain.spelling import Speller
from bot.brain.topic_model import TopicModel
from bot.brain.vector_cache import VectorCache

# Rasa's default pipeline for English, as its documentation gives it.
DIET = """
recipe: default.v1
assistant_id: diet
language: en
importers: [{{name: bot.brain.evaluate.run.WholeTopics}}]
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - {{name: CountVectorsFeaturizer, analyzer: char_wb, min_ngram: 1, max_ngram: 4}}
  - {{name: DIETClassifier, epochs: {epochs}, constrain_similarities: true}}
"""


class WholeTopics(TopicImporter):
    """For a pipeline that knows no topics: each is an intent of its own."""

    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """The examples, their topics as their intents."""
        found = super().get_nlu_data(language).intent_examples
        return TrainingData([Message({TEXT: e.get(TEXT), INTENT: e.get(TOPIC) or e.get(INTENT)}) for e in found])


def train(config: str, data: Sequence[str]) -> Tuple[Path, float]:
    """Train the pipeline of a configuration file; the model and the seconds that it took."""
    from rasa.model_training import train as rasa_train

    began = time.monotonic()
    folder = tempfile.mkdtemp()
    result = rasa_train("domain.yml", config, list(data), output=folder, fixed_model_name="measured.tar.gz")
    return Path(str(result.model)), time.monotonic() - began


class Pipeline:
    """A trained model that reads one message at a time, as it does for citizens."""

    def __init__(self, model: Path) -> None:
        """Load the model. ``seconds`` then collects how long each message took."""
        from rasa.core.agent import Agent

        self._agent = Agent.load(str(model))
        self.seconds: List[float] = []

    def rank(self, texts: Sequence[str]) -> List[Ranked]:
        """What each text is taken for. One that is not understood, or unreadable, has that intent first."""
        return asyncio.run(self._rank(texts))

    async def _rank(self, texts: Sequence[str]) -> List[Ranked]:
        found = []
        for text in texts:
            began = time.perf_counter()
            parsed: Dict[str, Any] = await self._agent.parse_message(text)
            self.seconds.append(time.perf_counter() - began)
            found.append(ranked(parsed))
        return found

    def median(self) -> float:
        """Milliseconds a message, in the middle."""
        return 1000 * statistics.median(self.seconds)


def cross_validated(examples: Sequence[Tuple[str, str]], areas: Dict[str, str], folds: int) -> List[Ranked]:
    """Each example ranked by a model that has not seen it."""
    from bot.brain.encoder import SentenceEncoder, shared_encoder

    speller = Speller(_words(text for text, _ in examples))
    texts = [speller.correct(text) for text, _ in examples]
    topics = np.array([topic for _, topic in examples])
    cache = Path(os.environ.get("RASA_CACHE_DIRECTORY") or ".rasa/cache") / "vectors.npz"
    vectors = VectorCache(cache, str(SentenceEncoder.fingerprint_addon({}))).encode(texts, shared_encoder().encode)
    fold = np.random.default_rng(SEED).integers(0, folds, len(texts))
    found: List[Ranked] = [Ranked((), 0.0)] * len(texts)
    for each in range(folds):
        seen, unseen = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        model = TopicModel()
        model.fit([texts[at] for at in seen], vectors[seen], list(topics[seen]), areas)
        for start in range(0, len(unseen), 100):
            part = unseen[start : start + 100]
            rows, scopes = model.judge([texts[at] for at in part], vectors[part])
            for at, row, scope in zip(part, rows, scopes, strict=True):
                best = np.argsort(-row)[:3]
                found[at] = Ranked(tuple(model.topics[index] for index in best), float(scope), True, float(row.max()))
    return found


def _words(texts: Iterator[str]) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for text in texts:
        for word in text.lower().split():
            if word.isalpha():
                counts[word] = counts.get(word, 0) + 1
    return counts
