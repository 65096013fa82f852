"""Softmax regression, trained in small steps: a thousand topics in seconds, where a general solver takes minutes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, repeat
from typing import Tuple

import numpy as np

ROUNDS = 4  # how often every example is seen
FEWEST_STEPS = 20  # with few examples there are more rounds
BATCH = 1024
SPEED = 0.04
SHRINKAGE = 3e-5
EVENNESS = 0.6  # 0: every example weighs the same; 1: every topic does
SEED = 7
PARTS = 2  # of the topics, each with a thread


def fit(features: np.ndarray, labels: np.ndarray, count: int) -> Tuple[np.ndarray, np.ndarray]:
    """Weights (``count`` x features) and bias of a softmax regression.

    ``labels`` are numbers from 0 to ``count - 1``; examples weigh as ``shares`` says. Adam with a speed that falls to
    nothing; the same input gives the same weights on the same machine.
    """
    chance = np.random.default_rng(SEED)
    inputs = np.hstack([features, np.ones((len(features), 1))]).astype(np.float32)
    weighing = shares(labels)
    borders = np.linspace(0, count, PARTS + 1).astype(int)
    parts = [_Part(inputs.shape[1], first, after) for first, after in pairwise(borders)]
    in_a_round = -(-len(inputs) // BATCH)
    rounds = max(ROUNDS, -(-FEWEST_STEPS // in_a_round))
    step, steps = 0, rounds * in_a_round
    with ThreadPoolExecutor(PARTS) as pool:
        for _ in range(rounds):
            order = chance.permutation(len(inputs))
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                seen, right, weights = inputs[batch], labels[batch], weighing[batch, np.newaxis] / len(batch)
                step += 1
                speed = SPEED * (1 - step / steps) / (1 - 0.9**step)
                highest = np.max(list(pool.map(_Part.score, parts, repeat(seen))), axis=0)
                total = np.sum(list(pool.map(_Part.raise_, parts, repeat(highest))), axis=0)
                given = (repeat(each) for each in (seen, right, weights, total, speed, step))
                list(pool.map(_Part.learn, parts, *given))
    together = np.hstack([part.weights for part in parts])
    return np.ascontiguousarray(together[:-1].T), together[-1].copy()


class _Part:
    """Some of the topics, with what Adam keeps of them. Arrays are changed in place: they are larger than the cache."""

    def __init__(self, inputs: int, first: int, after: int) -> None:
        self.weights = np.zeros((inputs, after - first), np.float32)
        self._first, self._count = first, after - first
        self._mean, self._spread, self._room = (np.zeros_like(self.weights) for _ in range(3))
        self._shares = np.zeros((0, 0), np.float32)

    def score(self, seen: np.ndarray) -> np.ndarray:
        """The highest score of each example."""
        self._shares = seen @ self.weights
        return np.asarray(self._shares.max(axis=1, initial=-np.inf))

    def raise_(self, highest: np.ndarray) -> np.ndarray:
        """The sum of each example's exponentials, below ``highest``."""
        self._shares -= highest[:, np.newaxis]
        np.exp(self._shares, out=self._shares)
        return np.asarray(self._shares.sum(axis=1))

    def learn(
        self, seen: np.ndarray, right: np.ndarray, weighing: np.ndarray, total: np.ndarray, speed: float, step: int
    ) -> None:
        """One step of Adam."""
        error = np.divide(self._shares, total[:, np.newaxis], out=self._shares)
        own = np.flatnonzero((right >= self._first) & (right < self._first + self._count))
        error[own, right[own] - self._first] -= 1
        error *= weighing
        slope, room = seen.T @ error, self._room
        slope += np.multiply(self.weights, SHRINKAGE, out=room)
        self._mean *= 0.9
        self._mean += np.multiply(slope, 0.1, out=room)
        self._spread *= 0.99
        self._spread += np.multiply(np.square(slope, out=slope), 0.01, out=slope)
        np.sqrt(self._spread, out=room)
        room *= (1 - 0.99**step) ** -0.5
        room += 1e-8
        np.divide(self._mean, room, out=room)
        room *= speed
        self.weights -= room


def shares(labels: np.ndarray) -> np.ndarray:
    """What each example weighs, 1 on average: a topic with few examples is heard more than its share."""
    weights: np.ndarray = np.bincount(labels)[labels].astype(np.float32) ** -EVENNESS
    return weights / weights.mean()


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Each row of scores as probabilities that add up to 1."""
    raised: np.ndarray = scores - scores.max(axis=1, keepdims=True)
    np.exp(raised, out=raised)
    raised /= raised.sum(axis=1, keepdims=True)
    return raised
