"""Which topic a sentence is about: logistic regression on its vector and on its letters and words.

Numbers and texts in, numbers out; ``classifier`` makes it a part of Rasa's pipeline.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List, Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

# Letters catch typing errors, words catch names that the encoder has never met. Meaning counts for more.
VECTORIZERS = (
    {"analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2, "sublinear_tf": True},
    {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b", "sublinear_tf": True},
)
MEANING_WEIGHT = 3.0
SPELLING_DIMENSIONS = 256
REGULARISATION = 30.0
TOLERANCE = 1e-2
SEED = 7


class TopicModel:
    """Trained with ``fit`` or read with ``load``; then ``confidences`` gives each topic a number from 0 to 1."""

    def __init__(self) -> None:
        """An untrained model."""
        self.topics: List[str] = []
        self._vectorizers: List[TfidfVectorizer] = []
        self._arrays: Dict[str, np.ndarray] = {}

    def fit(self, texts: Sequence[str], vectors: np.ndarray, topics: Sequence[str]) -> None:
        """Learn from the examples; there must be two topics at least.

        The same examples in the same order give the same model on the same machine.
        """
        fitted = [TfidfVectorizer(**options).fit(texts) for options in VECTORIZERS]
        # Set up as ``load`` does, so that a model gives the same numbers before and after.
        self._set_vectorizers([list(item.get_feature_names_out()) for item in fitted], [item.idf_ for item in fitted])
        spelling = self._spelling(texts)
        size = min(SPELLING_DIMENSIONS, min(spelling.shape) - 1)
        # One thread: several add up in another order each time, and on two cores they hinder each other.
        with threadpool_limits(1):
            # Regression over all n-grams takes minutes, over their main directions seconds.
            directions = TruncatedSVD(size, n_iter=2, random_state=SEED).fit(spelling)
            features = np.hstack([vectors * MEANING_WEIGHT, directions.transform(spelling)])
            regression = LogisticRegression(C=REGULARISATION, tol=TOLERANCE, max_iter=1000, random_state=SEED)
            regression.fit(features, topics)
            nearest = vectors @ vectors.T
        np.fill_diagonal(nearest, -1.0)
        weights, bias = regression.coef_, regression.intercept_
        if len(weights) == 1:  # Of two topics scikit-learn keeps the second one's score only.
            weights, bias = np.vstack([-weights, weights]) / 2, np.hstack([-bias, bias]) / 2
        width = vectors.shape[1]
        self.topics = [str(topic) for topic in regression.classes_]
        self._arrays = {
            "meaning": weights[:, :width] * MEANING_WEIGHT,
            # Both steps are linear: one matrix from n-grams to topics does for them. Its rows are n-grams, since the
            # few of a message are then picked without copying the whole.
            "spelling": directions.components_.T @ weights[:, width:].T,
            "bias": bias,
            "examples": vectors,
            "typical_nearness": np.median(nearest.max(axis=1)),
        }
        self._arrays = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in self._arrays.items()}

    def confidences(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """One row a text, one column a topic: its probability, lessened for a text unlike every example.

        A text as near to its nearest example as examples are to each other keeps the whole probability. The highest
        confidence is then about the chance that its topic is right (see config.yml for what was measured).
        """
        arrays = self._arrays
        scores = vectors @ arrays["meaning"].T + self._spelling(texts) @ arrays["spelling"] + arrays["bias"]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        nearness = (vectors @ arrays["examples"].T).max(axis=1, keepdims=True) / arrays["typical_nearness"]
        return scores / scores.sum(axis=1, keepdims=True) * np.clip(nearness, 0.0, 1.0)

    def _spelling(self, texts: Sequence[str]) -> csr_matrix:
        return hstack([vectorizer.transform(texts) for vectorizer in self._vectorizers], format="csr", dtype=np.float32)

    def _set_vectorizers(self, terms: List[List[str]], rarities: List[np.ndarray]) -> None:
        self._vectorizers = []
        for options, vocabulary, rarity in zip(VECTORIZERS, terms, rarities, strict=True):
            vectorizer = TfidfVectorizer(**options, vocabulary=vocabulary)
            vectorizer.idf_ = rarity
            self._vectorizers.append(vectorizer)

    def save(self, folder: Path) -> None:
        """Write ``topics.json`` and ``topics.npz``: data only, nothing that runs when read."""
        terms = [list(vectorizer.get_feature_names_out()) for vectorizer in self._vectorizers]
        rarity = {f"rarity_{index}": vectorizer.idf_ for index, vectorizer in enumerate(self._vectorizers)}
        (folder / "topics.json").write_text(json.dumps({"topics": self.topics, "terms": terms}), encoding="utf-8")
        np.savez(folder / "topics.npz", **self._arrays, **rarity)

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """Read what ``save`` wrote."""
        model = cls()
        names = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
        with np.load(folder / "topics.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        model.topics = names["topics"]
        rarities = [arrays.pop(f"rarity_{index}") for index in range(len(VECTORIZERS))]
        model._set_vectorizers(names["terms"], rarities)
        model._arrays = arrays
        return model
