"""What is compared: Rasa's default pipeline, and our model by examples that it has not seen."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.brain.evaluate.data import Question
from bot.brain.evaluate.figures import Ranked, ranked
from bot.brain.importer import TopicImporter, topic_of
from bot.brain.regression import SEED
from bot.brain.spelling import Speller
from bot.brain.topic_model import TopicModel
from bot.brain.vector_cache import VectorCache, cache_folder

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
  - {{name: FallbackClassifier, threshold: 0.3, ambiguity_threshold: 0.1}}
"""


class WholeTopics(TopicImporter):
    """For a pipeline that knows no topics: each is an intent of its own."""

    def get_nlu_data(self, language: Optional[str] = "en") -> TrainingData:
        """The examples, their topics as their intents."""
        found = super().get_nlu_data(language).intent_examples
        return TrainingData([Message({TEXT: e.get(TEXT), INTENT: topic_of(e)}) for e in found])


def diet(questions: Mapping[str, List[Question]], epochs: int) -> Dict[str, Tuple[List[Question], List[Ranked]]]:
    """What Rasa's default pipeline takes the questions for; trained, unless that was done with the same before."""
    examples = WholeTopics("config.yml", "domain.yml", ["data"]).get_nlu_data()
    told = [(text, topic) for text, topic in sorted((e.get(TEXT), e.get(INTENT)) for e in examples.training_examples)]
    texts = [each.text for asked in questions.values() for each in asked]
    key = sha256(json.dumps([DIET, epochs, told, texts]).encode()).hexdigest()[:16]
    kept = cache_folder() / f"diet-{key}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([asdict(each) for each in _diet(texts, epochs)]), encoding="utf-8")
    rows = (
        Ranked(**{**each, "topics": tuple(each["topics"])}) for each in json.loads(kept.read_text(encoding="utf-8"))
    )
    return {name: (asked, [next(rows) for _ in asked]) for name, asked in questions.items()}


def _diet(texts: Sequence[str], epochs: int) -> List[Ranked]:
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    async def read(agent: Agent) -> List[Ranked]:
        return [ranked(await agent.parse_message(text)) for text in texts]

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "diet.yml"
        config.write_text(DIET.format(epochs=epochs), encoding="utf-8")
        model = train_nlu(str(config), "data", folder, fixed_model_name="diet", domain="domain.yml")
        return asyncio.run(read(Agent.load(str(model))))


def cross_validated(examples: Sequence[Tuple[str, str]], areas: Dict[str, str], folds: int) -> List[Ranked]:
    """Each example ranked by a model that has not seen it, over the encoder as packaged: the tuned one saw them all."""
    from bot.brain.encoder import Encoder, fingerprint

    speller = Speller(_words(text for text, _ in examples))
    texts = [speller.correct(text) for text, _ in examples]
    topics = np.array([topic for _, topic in examples])
    kept = VectorCache(cache_folder() / "vectors-packaged.npz", fingerprint())
    vectors = kept.encode(texts, lambda missing: Encoder(tuned=False).encode(missing))
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
