"""Which topic a sentence is about, from what it means and from how it is written.

Three witnesses are heard: a regression over the sentence vector, the examples nearest in meaning, and the examples
that share most words and letters. Then topics of one area help each other: when the runners-up are about parking, so is
the question. Numbers and texts in, numbers out; ``classifier`` makes it a part of Rasa's pipeline.
``docs/understanding.md`` says what each witness adds.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from bot.brain import regression

# Letters catch typing errors, words catch names that the encoder has never met.
VECTORIZERS = (
    {"analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2, "sublinear_tf": True},
    {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b", "sublinear_tf": True},
)
MEANING_SCALE = 3.0  # of the sentence vectors, which have length 1, for the regression
NEAREST = 3  # examples of a topic that speak for it
MEANING_WEIGHT = 8.0
WORDS_WEIGHT = 5.0
TEMPERATURE = 1.5  # the witnesses know of each other, so together they are surer than they should be
AREA_WEIGHT = 0.6
COUNCIL = ("answer", "policy", "service")  # intents that say what the council does; all others are talk

# Two logistic regressions, fitted on cross-validated examples, with a quarter of the talk's topics left out each time
# so that unknown matters were among them. They weigh: the log-odds of the first topic, how near the nearest examples
# are in meaning and in words, the probability of all of the council's topics together, and 1.
RIGHT = np.array([0.61, 2.92, -1.06, 0.0, -0.94])  # the first topic is the right one
IN_SCOPE = np.array([0.30, 6.47, -2.31, 10.68, -12.74])  # the message is about something that the council does

_SPARSE = ("data", "indices", "indptr")


class TopicModel:
    """Trained with ``fit`` or read with ``load``; then ``judge`` says what a text is about."""

    def __init__(self) -> None:
        """An untrained model."""
        self.topics: List[str] = []
        self._vectorizers: List[TfidfVectorizer] = []
        self._arrays: Dict[str, np.ndarray] = {}
        self._words = csr_matrix((0, 0))
        self._areas = np.zeros(0, np.int64)
        self._members = np.zeros((0, 0), np.float32)
        self._of_council = np.zeros(0, bool)
        self._analyzers: List[Tuple[Callable[[str], List[str]], Dict[str, int]]] = []

    def fit(
        self,
        texts: Sequence[str],
        vectors: np.ndarray,
        topics: Sequence[str],
        areas: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Learn from the examples; there must be two topics at least. ``areas`` are those of topics, where known.

        The same examples in the same order give the same model on the same machine.
        """
        order = sorted(range(len(topics)), key=lambda index: topics[index])
        texts, vectors = [texts[index] for index in order], vectors[order].astype(np.float32)
        names, starts, labels = np.unique([topics[index] for index in order], return_index=True, return_inverse=True)
        fitted = [TfidfVectorizer(**options).fit(texts) for options in VECTORIZERS]
        # Set up as ``load`` does, so that a model gives the same numbers before and after.
        self._set_vectorizers([list(item.get_feature_names_out()) for item in fitted], [item.idf_ for item in fitted])
        # One thread: several add up in another order each time.
        with threadpool_limits(1):
            weights, bias = regression.fit(vectors * MEANING_SCALE, labels, len(names))
        self.topics = [str(name) for name in names]
        self._set_areas(_areas(self.topics, areas or {}, np.add.reduceat(vectors, starts)))
        arrays = {"weights": weights * MEANING_SCALE, "bias": bias, "examples": vectors, "starts": starts}
        self._arrays = {name: _single(_half(array)) for name, array in arrays.items()}
        # N-grams by examples: the few rows of a message's n-grams are picked, the rest is not looked at.
        self._words = self._spelling(texts).T.tocsr()
        self._words.data = _single(_half(self._words.data))

    def judge(self, texts: Sequence[str], vectors: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """What each text is about, and whether it is anything that the council does.

        The first has one row a text and one column a topic: the chance that the topic is right. The second has one
        number a text: the chance that it is in scope.
        """
        arrays = self._arrays
        meaning = vectors @ arrays["examples"].T
        words = np.stack([self._likeness(text) for text in texts])
        scores = vectors @ arrays["weights"].T + arrays["bias"]
        scores += MEANING_WEIGHT * self._nearest(meaning) + WORDS_WEIGHT * self._nearest(words)
        scores /= TEMPERATURE
        shares = regression.probabilities(scores) @ self._members
        scores += AREA_WEIGHT * np.log(shares + 1e-9)[:, self._areas]
        shares = regression.probabilities(scores)
        first = np.clip(shares.max(axis=1), 1e-4, 1 - 1e-4)
        council = shares[:, self._of_council].sum(axis=1)
        seen = np.stack(
            [np.log(first / (1 - first)), _best(meaning), _best(words), council, np.ones(len(texts))], axis=1
        )
        right, in_scope = (1 / (1 + np.exp(-seen @ weights)) for weights in (RIGHT, IN_SCOPE))
        return shares * (right / first)[:, np.newaxis], in_scope

    def _nearest(self, likeness: np.ndarray) -> np.ndarray:
        """How like each topic is: the mean of its ``NEAREST`` examples, or of all when it has fewer."""
        starts = self._arrays["starts"]
        sizes = np.diff(starts, append=likeness.shape[1])
        left, total = likeness.copy(), np.zeros((len(likeness), len(starts)), dtype=likeness.dtype)
        for rank in range(NEAREST):
            best = np.maximum.reduceat(left, starts, axis=1)
            total += np.where(sizes > rank, np.maximum(best, 0), 0)
            left[left == np.repeat(best, sizes, axis=1)] = -1
        return total / np.minimum(sizes, NEAREST)

    def _likeness(self, text: str) -> np.ndarray:
        """How like each example is, in words and letters: ``_spelling(text) @ words``, without its overhead."""
        places, weights, before = [], [], 0
        for (analyze, vocabulary), vectorizer in zip(self._analyzers, self._vectorizers, strict=True):
            counts = Counter(vocabulary[term] for term in analyze(text) if term in vocabulary)
            columns = np.fromiter(counts.keys(), np.int64, len(counts))
            shares = (1 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))) * vectorizer.idf_[columns]
            places.append(columns + before)
            weights.append(shares / max(float(np.linalg.norm(shares)), 1e-9))
            before += len(vocabulary)
        entries = np.concatenate(weights).astype(np.float32), np.concatenate(places), [0, sum(map(len, places))]
        found: np.ndarray = (csr_matrix(entries, shape=(1, self._words.shape[0])) @ self._words).toarray()[0]
        return found

    def _spelling(self, texts: Sequence[str]) -> csr_matrix:
        return hstack([vectorizer.transform(texts) for vectorizer in self._vectorizers], format="csr", dtype=np.float32)

    def _set_areas(self, areas: Sequence[str]) -> None:
        names, self._areas = np.unique(areas, return_inverse=True)
        self._members = np.eye(len(names), dtype=np.float32)[self._areas]
        self._of_council = np.array([topic.split("/")[0] in COUNCIL for topic in self.topics])

    def _set_vectorizers(self, terms: List[List[str]], rarities: List[np.ndarray]) -> None:
        self._vectorizers = []
        for options, vocabulary, rarity in zip(VECTORIZERS, terms, rarities, strict=True):
            vectorizer = TfidfVectorizer(**options, vocabulary=vocabulary)
            vectorizer.idf_ = rarity
            self._vectorizers.append(vectorizer)
        self._analyzers = [(each.build_analyzer(), each.vocabulary_) for each in self._vectorizers]

    def save(self, folder: Path) -> None:
        """Write ``topics.json`` and ``topics.npz``: data only, nothing that runs when read."""
        terms = [list(vectorizer.get_feature_names_out()) for vectorizer in self._vectorizers]
        arrays = {f"rarity_{index}": vectorizer.idf_ for index, vectorizer in enumerate(self._vectorizers)}
        arrays |= {f"words_{part}": getattr(self._words, part) for part in _SPARSE}
        names = {"topics": self.topics, "areas": self._areas.tolist(), "terms": terms}
        (folder / "topics.json").write_text(json.dumps(names), encoding="utf-8")
        np.savez(folder / "topics.npz", **{name: _half(array) for name, array in {**self._arrays, **arrays}.items()})

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """Read what ``save`` wrote."""
        model = cls()
        names = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
        with np.load(folder / "topics.npz", allow_pickle=False) as file:
            arrays = {name: _single(file[name]) for name in file.files}
        model.topics = names["topics"]
        model._set_areas(names["areas"])
        rarities = [arrays.pop(f"rarity_{index}") for index in range(len(VECTORIZERS))]
        model._set_vectorizers(names["terms"], rarities)
        data, indices, indptr = (arrays.pop(f"words_{part}") for part in _SPARSE)
        model._words = csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, len(arrays["examples"])))
        model._arrays = arrays
        return model


def _best(likeness: np.ndarray) -> np.ndarray:
    """How near the nearest examples of any topic are."""
    count = min(NEAREST, likeness.shape[1])
    mean: np.ndarray = np.partition(likeness, -count, axis=1)[:, -count:].mean(axis=1)
    return mean


def _areas(topics: Sequence[str], known: Mapping[str, str], sums: np.ndarray) -> List[str]:
    """The area of each topic. A request has that of the most alike topic that has one; other talk has its intent."""
    centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    settled = [index for index, topic in enumerate(topics) if topic in known]
    found = []
    for index, topic in enumerate(topics):
        nearest = topics[settled[int(np.argmax(centres[settled] @ centres[index]))]] if settled else ""
        own = topic.split("/")[0]
        found.append(known.get(topic) or (known[nearest] if own == "policy" and nearest else own))
    return found


def _half(array: np.ndarray) -> np.ndarray:
    """Half precision for the file: it is half as large, and no rank changes."""
    return array.astype(np.float16) if array.dtype == np.float32 else array


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float16 else array
