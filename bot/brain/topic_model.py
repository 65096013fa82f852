"""Which topic a sentence is about: logistic regression on its vector and on its letters and words.

Numbers and texts in, numbers out; ``classifier`` makes it a part of Rasa's pipeline.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

# Letters catch typing errors, words catch names that the encoder has never met. The encoder counts for more.
VECTORIZERS = (
    {"analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2, "sublinear_tf": True},
    {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b", "sublinear_tf": True},
)
MEANING_WEIGHT = 2.0
SPELLING_DIMENSIONS = 512
REGULARISATION = 10.0
SEED = 7


class TopicModel:
    """Trained with ``fit`` or read with ``load``; then ``confidences`` gives each topic a number from 0 to 1."""

    def __init__(self) -> None:
        """An untrained model."""
        self.topics: List[str] = []
        self._vectorizers = [TfidfVectorizer(**options) for options in VECTORIZERS]
        self._arrays = {}

    def fit(self, texts: Sequence[str], vectors: np.ndarray, topics: Sequence[str]) -> None:
        """Learn from the examples. The same examples in the same order give the same model."""
        for vectorizer in self._vectorizers:
            vectorizer.fit(texts)
        spelling = self._spelling(texts)
        # Regression over thousands of n-grams takes minutes, over their main directions seconds.
        size = min(SPELLING_DIMENSIONS, min(spelling.shape) - 1)
        directions = TruncatedSVD(size, random_state=SEED).fit(spelling)
        features = np.hstack([vectors * MEANING_WEIGHT, directions.transform(spelling)])
        regression = LogisticRegression(C=REGULARISATION, max_iter=1000, random_state=SEED).fit(features, topics)
        weights = regression.coef_
        if len(regression.classes_) == 2:  # scikit-learn keeps one row for two classes.
            weights = np.vstack([-weights / 2, weights / 2])
        width = vectors.shape[1]
        self.topics = [str(topic) for topic in regression.classes_]
        self._arrays = {
            "meaning": (weights[:, :width] * MEANING_WEIGHT).astype(np.float32),
            # Both steps are linear: one matrix from n-grams to topics does for them.
            "spelling": (weights[:, width:] @ directions.components_).astype(np.float32),
            "bias": np.broadcast_to(regression.intercept_, len(self.topics)).astype(np.float32),
            "examples": vectors.astype(np.float32),
        }

    def confidences(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """One row a text, one column a topic: its probability times the nearness of the nearest example."""
        arrays = self._arrays
        scores = vectors @ arrays["meaning"].T + self._spelling(texts) @ arrays["spelling"].T + arrays["bias"]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        nearness = np.clip((vectors @ arrays["examples"].T).max(axis=1, keepdims=True), 0.0, 1.0)
        return scores / scores.sum(axis=1, keepdims=True) * nearness

    def _spelling(self, texts: Sequence[str]) -> csr_matrix:
        return hstack([vectorizer.transform(texts) for vectorizer in self._vectorizers], format="csr")

    def save(self, folder: Path) -> None:
        """Write ``topics.json`` and ``topics.npz``: data only, nothing that runs when read."""
        terms = [list(vectorizer.get_feature_names_out()) for vectorizer in self._vectorizers]
        rarity = {f"rarity_{index}": vectorizer.idf_ for index, vectorizer in enumerate(self._vectorizers)}
        (folder / "topics.json").write_text(json.dumps({"topics": self.topics, "terms": terms}), encoding="utf-8")
        np.savez_compressed(folder / "topics.npz", **self._arrays, **rarity)

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """Read what ``save`` wrote."""
        model = cls()
        names = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
        with np.load(folder / "topics.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        model.topics = names["topics"]
        model._vectorizers = [TfidfVectorizer(**{**o, "vocabulary": t}) for o, t in zip(VECTORIZERS, names["terms"])]
        for index, vectorizer in enumerate(model._vectorizers):
            vectorizer.idf_ = arrays.pop(f"rarity_{index}")
        model._arrays = arrays
        return model
