"""Tunes the encoder to what people write to councils: ``python -m bot.brain.tune`` writes ``tuned.npz``.

Learnt from the examples, so that those of one topic lie together and apart from others: the scales of the weights'
columns and of the words, biases and norms, about 80,000 numbers of 22 million. That takes about ten minutes on two
cores and is done when many examples are new, not in each training: examples that come later are classified with the
encoder as it is. Written with TensorFlow, which Rasa brings.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf

from bot.brain import regression
from bot.brain.encoder import NETWORK, feed, find, padded, word_pieces
from bot.brain.network import (
    EPSILON,
    HEADS,
    KINDS,
    PLACES,
    PRODUCTS,
    RANGE,
    SCALES,
    TUNED,
    WIDTH,
    WORDS,
    products,
    tuned,
)
from bot.brain.spelling import Speller, words_of

BATCH = 128
NEAR = 20 * BATCH  # texts, among which those of like length share a batch
SPEED = 2e-3
FORGETTING = 0.05  # the share of a layer's numbers left out at random
SHARPNESS = 20.0  # of the softmax over cosines
SMOOTHING = 0.05  # what the right topic gives up to all
WARM_UP = 100  # steps
SEED = 7


class Network:
    """The packaged network with what can be learnt as variables. ``learnt`` says where to begin."""

    def __init__(self, learnt: Dict[str, np.ndarray]) -> None:
        """See the class."""
        graph = onnx.load(str(find(NETWORK))).graph
        arrays = tuned(graph, {})
        self._weights = [product.weight for product in products(graph)]
        packed = {name: arrays[f"{name}_q"].astype(np.float32) for name in [*self._weights, WORDS]}
        self._packed = {name: tf.constant(array) for name, array in packed.items()}
        self._scales = {name: array for name, array in arrays.items() if name.endswith(SCALES)}
        self._places = tf.constant(arrays[f"{PLACES}_q"] * arrays[f"{PLACES}{SCALES}"] + arrays[KINDS][0])
        self.variables: Dict[str, tf.Variable] = {}
        for name, array in arrays.items():
            if name.endswith((".bias", "LayerNorm.weight")) or (name.endswith(SCALES) and "position" not in name):
                start = learnt.get(name, np.zeros_like(array) if name.endswith(SCALES) else array)
                self.variables[name] = tf.Variable(start.astype(np.float32).reshape(array.shape), name=name)

    def vectors(self, ids: tf.Tensor, mask: tf.Tensor, *, training: bool = False) -> tf.Tensor:
        """One row of length 1 for each row of token ids. While training, the products have 16 bits."""
        kind = tf.bfloat16 if training else tf.float32
        scales = tf.gather(self._scales[f"{WORDS}{SCALES}"] * (1 + self.variables[f"{WORDS}{SCALES}"]), ids)
        states = tf.gather(self._packed[WORDS], ids) * scales + self._places[: tf.shape(ids)[1]]
        states = self._norm(states, "inner.embeddings.LayerNorm")
        hidden = tf.cast((1 - mask)[:, tf.newaxis, tf.newaxis, :] * -1e4, kind)
        for layer in range(len(self._weights) // PRODUCTS):
            own = f"inner.encoder.layer.{layer}."
            weights = iter(self._weights[PRODUCTS * layer :])
            parts = [
                self._split(self._linear(states, next(weights), f"{own}attention.self.{part}.bias", kind))
                for part in ("query", "key", "value")
            ]
            shares = tf.nn.softmax(tf.matmul(parts[0], parts[1], transpose_b=True) / (WIDTH / HEADS) ** 0.5 + hidden)
            mixed = tf.reshape(tf.transpose(tf.matmul(shares, parts[2]), (0, 2, 1, 3)), tf.shape(states))
            seen = self._linear(mixed, next(weights), f"{own}attention.output.dense.bias", kind)
            states = self._norm(states + tf.cast(seen, tf.float32), f"{own}attention.output.LayerNorm")
            wide = self._linear(states, next(weights), f"{own}intermediate.dense.bias", kind)
            wide = tf.nn.gelu(wide, approximate=True)
            thought = tf.cast(self._linear(wide, next(weights), f"{own}output.dense.bias", kind), tf.float32)
            if training:
                thought = tf.nn.dropout(thought, FORGETTING)
            states = self._norm(states + thought, f"{own}output.LayerNorm")
        return tf.math.l2_normalize(tf.reduce_sum(states * mask[:, :, tf.newaxis], axis=1), axis=-1)

    def _linear(self, states: tf.Tensor, weight: str, bias: str, kind: tf.DType) -> tf.Tensor:
        scales = self._scales[f"{weight}{SCALES}"] * (1 + self.variables[f"{weight}{SCALES}"])
        product = tf.tensordot(tf.cast(states, kind), tf.cast(self._packed[weight] * scales, kind), 1)
        return product + tf.cast(self.variables[bias], kind)

    def _norm(self, states: tf.Tensor, name: str) -> tf.Tensor:
        middle, spread = tf.nn.moments(states, axes=[-1], keepdims=True)
        even = (states - middle) * tf.math.rsqrt(spread + EPSILON)
        return even * self.variables[f"{name}.weight"] + self.variables[f"{name}.bias"]

    @staticmethod
    def _split(states: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(states)
        return tf.transpose(tf.reshape(states, (shape[0], shape[1], HEADS, WIDTH // HEADS)), (0, 2, 1, 3))


def tokenized(texts: Sequence[str]) -> List[List[int]]:
    """The token ids of each text, as the encoder reads it."""
    return [each.ids for each in word_pieces().encode_batch(list(texts))]


def batches(tokens: Sequence[List[int]], chance: np.random.Generator) -> Iterator[List[int]]:
    """Every text once, in batches of like length, in an order by chance."""
    order = chance.permutation(len(tokens)).tolist()
    for start in range(0, len(order), NEAR):
        near = sorted(order[start : start + NEAR], key=lambda index: len(tokens[index]))
        groups = [near[at : at + BATCH] for at in range(0, len(near), BATCH)]
        for group in chance.permutation(len(groups)):
            yield groups[group]


def learn(texts: Sequence[str], topics: Sequence[str], rounds: int) -> Dict[str, np.ndarray]:
    """What ``network.build`` takes, without the ranges. Prints how it goes."""
    tf.random.set_seed(SEED)
    chance = np.random.default_rng(SEED)
    names, labels = np.unique(topics, return_inverse=True)
    weights = regression.shares(labels)
    tokens, network = tokenized(texts), Network({})
    # Begins with the mean vector of each topic: a head by chance would first pull the encoder apart.
    means = np.zeros((len(names), WIDTH), np.float32)
    for batch in batches(tokens, chance):
        ids, mask = padded([tokens[index] for index in batch])
        np.add.at(means, labels[batch], network.vectors(ids, mask.astype(np.float32)).numpy())
    head = tf.Variable(means.T / np.linalg.norm(means, axis=1))
    slow = list(network.variables.values())
    # Factors are about 1 and norms too: a step is a like share of each.
    tuner, heads = tf.keras.optimizers.legacy.Adam(SPEED), tf.keras.optimizers.legacy.Adam(SPEED)

    @tf.function(reduce_retracing=True, autograph=False)
    def step(ids: tf.Tensor, mask: tf.Tensor, label: tf.Tensor, weight: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            scores = SHARPNESS * tf.matmul(
                network.vectors(ids, mask, training=True), tf.math.l2_normalize(head, axis=0)
            )
            wanted = tf.one_hot(label, len(names)) * (1 - SMOOTHING) + SMOOTHING / len(names)
            loss = tf.reduce_mean(weight * tf.nn.softmax_cross_entropy_with_logits(wanted, scores))
        slopes = tape.gradient(loss, [*slow, head])
        own, _ = tf.clip_by_global_norm([tf.convert_to_tensor(each) for each in slopes[:-1]], 1.0)
        tuner.apply_gradients(zip(own, slow, strict=True))
        heads.apply_gradients([(slopes[-1], head)])
        hits = tf.equal(tf.argmax(scores, axis=1, output_type=label.dtype), label)
        return loss, tf.reduce_mean(tf.cast(hits, tf.float32))

    count = rounds * -(-len(tokens) // BATCH)
    seen: List[List[float]] = []
    for _ in range(rounds):
        for batch in batches(tokens, chance):
            pace = min(1.0, len(seen) / WARM_UP) * max(0.0, 1 - len(seen) / count)
            tuner.learning_rate.assign(SPEED * pace)
            heads.learning_rate.assign(SPEED * pace)
            ids, mask = padded([tokens[index] for index in batch])
            given = (ids, mask.astype(np.float32), labels[batch], weights[batch])
            seen.append([float(value) for value in step(*map(tf.constant, given))])
            if len(seen) % 25 == 0:
                loss, right = np.mean(seen[-25:], axis=0)
                print(f"{len(seen)} of {count}: loss {loss:.3f}, {100 * right:.1f} % right", flush=True)
    return {name: variable.numpy().astype(np.float16) for name, variable in network.variables.items()}


def ranges(texts: Sequence[str], learnt: Dict[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """The lowest and the highest value of everything that is multiplied with a weight, over the texts."""
    model = onnx.load(str(find(NETWORK)))
    arrays = tuned(model.graph, learnt)
    for array in model.graph.initializer:
        array.CopyFrom(onnx.numpy_helper.from_array(arrays[array.name], array.name))
    lefts = list(dict.fromkeys(product.left for product in products(model.graph)))
    model.graph.output.extend(onnx.ValueInfoProto(name=left) for left in lefts)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: Dict[str, List[np.ndarray]] = {left: [] for left in lefts}
    for tokens in tokenized(texts):
        ids, mask = padded([tokens])
        for left, values in zip(lefts, session.run(lefts, feed(session, ids, mask)), strict=True):
            found[left].append(np.array([min(values.min(), 0), max(values.max(), 0)], np.float32))
    return {RANGE + left: np.array([np.min(each, 0)[0], np.max(each, 0)[1]]) for left, each in found.items()}


def corrected(examples: Sequence[Tuple[str, str]]) -> List[Tuple[str, str]]:
    """The examples, each a text with its topic, with the texts as a training reads them: typing errors put right."""
    speller = Speller(words_of(text for text, _ in examples))
    return [(speller.correct(text), topic) for text, topic in examples]


def main() -> int:
    """Learn, and write the file; then the map across languages, which belongs to it."""
    from bot.brain import tune_across
    from bot.brain.evaluate import data

    parser = argparse.ArgumentParser(prog="python -m bot.brain.tune", description="Tune the encoder to the examples.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each example is seen")
    parser.add_argument("--out", default=str(TUNED), help="the file to write")
    given = parser.parse_args()
    texts, topics = zip(*corrected(data.examples()), strict=True)
    learnt = learn(texts, topics, given.rounds)
    some = np.random.default_rng(SEED).choice(len(texts), 1000, replace=False)
    np.savez_compressed(given.out, **learnt, **ranges([texts[index] for index in some], learnt))
    print(f"{given.out} is written.")
    if Path(given.out).resolve() == TUNED:
        tune_across.fit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
