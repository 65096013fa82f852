"""Softmax regression, trained in small steps: a thousand topics in seconds, where a general solver takes minutes."""

from __future__ import annotations

from typing import Tuple

import numpy as np

ROUNDS = 4  # how often every example is seen
FEWEST_STEPS = 20  # with few examples there are more rounds
BATCH = 1024
SPEED = 0.04
SHRINKAGE = 3e-5
EVENNESS = 0.6  # 0: every example weighs the same; 1: every topic does
SEED = 7


def fit(features: np.ndarray, labels: np.ndarray, count: int) -> Tuple[np.ndarray, np.ndarray]:
    """Weights (``count`` x features) and bias of a softmax regression.

    ``labels`` are numbers from 0 to ``count - 1``; examples weigh as ``shares`` says. Adam with a speed that falls to
    nothing; the same input gives the same weights on the same machine.
    """
    chance = np.random.default_rng(SEED)
    inputs = np.hstack([features, np.ones((len(features), 1))]).astype(np.float32)
    weighing = shares(labels)
    weights = np.zeros((inputs.shape[1], count), np.float32)
    mean, spread, room = np.zeros_like(weights), np.zeros_like(weights), np.empty_like(weights)
    in_a_round = -(-len(inputs) // BATCH)
    rounds = max(ROUNDS, -(-FEWEST_STEPS // in_a_round))
    step, steps = 0, rounds * in_a_round
    for _ in range(rounds):
        order = chance.permutation(len(inputs))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            error = probabilities(inputs[batch] @ weights)
            error[np.arange(len(batch)), labels[batch]] -= 1
            error *= weighing[batch, np.newaxis] / len(batch)
            slope = inputs[batch].T @ error
            slope += np.multiply(weights, SHRINKAGE, out=room)
            step += 1
            # In place: the arrays are larger than the processor's cache.
            mean *= 0.9
            mean += np.multiply(slope, 0.1, out=room)
            spread *= 0.99
            spread += np.multiply(np.square(slope, out=slope), 0.01, out=slope)
            np.sqrt(spread, out=room)
            room *= (1 - 0.99**step) ** -0.5
            room += 1e-8
            np.divide(mean, room, out=room)
            room *= SPEED * (1 - step / steps) / (1 - 0.9**step)
            weights -= room
    return np.ascontiguousarray(weights[:-1].T), weights[-1].copy()


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
