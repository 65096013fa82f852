"""The encoder's network: tuned, and multiplying with 8 bits."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from bot.brain import network, tune
from bot.brain.encoder import NETWORK, find, padded, shared_encoder

ASKED = "That is a happy person"
TEXTS = (
    ASKED,
    "That is a happy dog",
    "That is a very happy person",
    "Today is a sunny day",
    "my bin was not emptied again",
)


@pytest.fixture(scope="module")
def learnt() -> dict[str, np.ndarray]:
    with np.load(network.TUNED, allow_pickle=False) as file:
        return dict(file)


def vectors(start: dict[str, np.ndarray]) -> np.ndarray:
    """With 32 bits, by the code that tunes."""
    ids, mask = padded(tune.tokenized(TEXTS))
    return np.asarray(tune.Network(start).vectors(ids, mask.astype(np.float32)))


def test_the_packaged_network_is_the_one_that_it_claims_to_be() -> None:
    # The figures that all-MiniLM-L6-v2 is known to give, unquantised, for its best-known four sentences.
    first, *others = vectors({})
    assert [float(first @ other) for other in others[:3]] == pytest.approx([0.695, 0.943, 0.257], abs=0.01)


def test_8_bits_give_nearly_the_vectors_of_32(learnt: dict[str, np.ndarray]) -> None:
    likeness = np.sum(shared_encoder().encode(TEXTS) * vectors(learnt), axis=1)
    assert likeness.min() > 0.97


def test_tuning_moved_the_vectors_and_kept_what_they_mean(learnt: dict[str, np.ndarray]) -> None:
    before, after = vectors({}), vectors(learnt)
    assert np.abs(before - after).max() > 0.01
    assert after[0] @ after[2] > after[0] @ after[3]


def test_every_product_with_a_kept_weight_is_one_of_8_bits(learnt: dict[str, np.ndarray]) -> None:
    packaged = find(NETWORK)
    built = onnx.load_from_string(network.build(packaged, learnt))
    kinds = [node.op_type for node in built.graph.node]
    attended = kinds.count("QAttention")  # three of them in one
    assert kinds.count("MatMulIntegerToFloat") + 3 * attended == len(network.products(onnx.load(str(packaged)).graph))
    assert attended == 6
    assert "MatMul" not in kinds


def test_what_fits_no_array_is_refused(learnt: dict[str, np.ndarray]) -> None:
    with pytest.raises(KeyError, match="no_such"):
        network.build(find(NETWORK), {**learnt, "no_such.bias": np.zeros(3)})


def test_learning_brings_the_texts_of_a_topic_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "WARM_UP", 2)
    monkeypatch.setattr(tune, "SMOOTHING", 0)  # with two topics it would hold them back
    missed = [f"{word} bin was missed" for word in ("my", "our", "the green", "mums", "next doors", "the food")]
    broken = [f"{word} bin is broken" for word in ("my", "our", "the green", "mums", "next doors", "the food")]
    texts, topics = [*missed, *broken] * 8, [*["missed"] * 6, *["broken"] * 6] * 8
    found = tune.learn(texts, topics, rounds=8)

    def apart(start: dict[str, np.ndarray]) -> float:
        """How much nearer the texts of one topic are to each other than to the other topic's."""
        ids, mask = padded(tune.tokenized([*missed, *broken]))
        rows = np.asarray(tune.Network(start).vectors(ids, mask.astype(np.float32)))
        near = rows @ rows.T
        return float(near[:6, :6].mean() + near[6:, 6:].mean() - 2 * near[:6, 6:].mean())

    assert apart(found) > 2 * apart({})
    assert tune.ranges(texts[:3], found).keys() == {
        network.RANGE + product.left for product in network.products(onnx.load(str(find(NETWORK))).graph)
    }
