"""Whether a text is of somebody in danger: two regressions, danger against everything else, averaged.

One reads what the sentence means, the other its words and letters. They learn from all examples of danger, from the
harmless ones that look most like it, and from a part of the rest, so that this costs a training seconds. Numbers and
texts in, numbers out; ``crisis`` makes it a part of Rasa's pipeline.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

# Hashed, so that no vocabulary is kept: two n-grams may share a place, which is rare enough.
_VECTORIZERS = (
    HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=2**18, alternate_sign=False, dtype=np.float32),
    HashingVectorizer(
        analyzer="word",
        ngram_range=(1, 2),
        token_pattern=r"(?u)\b\w+\b",
        n_features=2**16,
        alternate_sign=False,
        dtype=np.float32,
    ),
)
MEANING_SCALE = 3.0  # of the sentence vectors, which have length 1
RIDGE = 10.0  # of the coarse look
ALIKE = 3000  # harmless examples that look most like danger
OF_THE_REST = 10  # every tenth
WEIGHT_OF_ALIKE = 2.0  # against 1 of any other example
STRENGTH = (1.0, 10.0)  # of the two regressions: the inverse of how much they are held back


class DangerModel:
    """Trained with ``fit`` or read with ``load``; then ``judge`` says how likely danger is."""

    def __init__(self, meaning: np.ndarray, words: np.ndarray) -> None:
        """Weights of both regressions; the last number of each is its bias."""
        self._meaning = meaning
        self._words = words

    @classmethod
    def fit(cls, texts: Sequence[str], vectors: np.ndarray, danger: np.ndarray) -> DangerModel:
        """Learn from examples; ``danger`` says of which ones it is true, and must be true of some and not of all.

        The same examples in the same order give the same model on the same machine.
        """
        with threadpool_limits(1):  # several add up in another order each time
            chosen, weights = _chosen(vectors, danger)
            meaning, words = (
                LogisticRegression(C=strength, solver="liblinear", tol=1e-2).fit(
                    features, danger[chosen], sample_weight=weights
                )
                for strength, features in zip(
                    STRENGTH,
                    (vectors[chosen] * MEANING_SCALE, _spelling([texts[index] for index in chosen])),
                    strict=True,
                )
            )
        return cls(_weights(meaning, MEANING_SCALE), _weights(words, 1.0))

    def judge(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Of each text the chance of danger, from 0 to 1: the log-odds of both regressions are averaged."""
        meaning = vectors @ self._meaning[:-1] + self._meaning[-1]
        words = _spelling(texts) @ self._words[:-1] + self._words[-1]
        return np.asarray(1 / (1 + np.exp(-(meaning + words) / 2)))

    def save(self, path: Path) -> None:
        """Write one file: data only, nothing that runs when read."""
        np.savez(path, meaning=self._meaning, words=self._words.astype(np.float16))

    @classmethod
    def load(cls, path: Path) -> DangerModel:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["meaning"], file["words"].astype(np.float32))


def _chosen(vectors: np.ndarray, danger: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """The places of the examples to learn from, and how much each weighs: a coarse look finds what looks alike."""
    inputs = np.hstack([vectors, np.ones((len(vectors), 1), vectors.dtype)]).astype(np.float64)
    coarse = inputs @ np.linalg.solve(inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1]), inputs.T @ danger)
    harmless = np.flatnonzero(~danger)
    harmless = harmless[np.argsort(-coarse[harmless], kind="stable")]
    alike, rest = harmless[:ALIKE], harmless[ALIKE::OF_THE_REST]
    chosen = np.concatenate([np.flatnonzero(danger), alike, rest])
    weights = np.ones(len(chosen))
    weights[int(danger.sum()) : int(danger.sum()) + len(alike)] = WEIGHT_OF_ALIKE
    return chosen, weights


def _spelling(texts: Sequence[str]) -> csr_matrix:
    return hstack([each.transform(texts) for each in _VECTORIZERS], format="csr", dtype=np.float32)


def _weights(fitted: LogisticRegression, scale: float) -> np.ndarray:
    return np.append(fitted.coef_[0] * scale, fitted.intercept_).astype(np.float32)
