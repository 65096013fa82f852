"""The encoder's network as it runs: the packaged one, tuned to what people write to councils, multiplying with 8 bits.

The packaged file keeps its weights in 8 bits, but its graph unpacks them and multiplies with 32. Here the same network
is put together from ONNX Runtime's own operators, and each product with a weight is one of 8-bit numbers. The ranges of
what is multiplied are fixed, so a text's vector never depends on the texts beside it. ``tuned.npz`` holds those ranges,
and what ``python -m bot.brain.tune`` learnt: other scales of the weights' columns, other biases and other norms, no
other weights. ``docs/decisions/0011`` says what both are worth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TUNED = Path(__file__).with_name("tuned.npz")
SCALES = "_scale"  # ends the name of a weight's column scales; what is tuned is a factor less 1
RANGE = "range:"  # begins the name of a range: the lowest and highest value of what is multiplied

HEADS, WIDTH = 12, 384
EPSILON = 1e-12  # of the norms
WORDS = "inner.embeddings.word_embeddings.weight"
PLACES = "inner.embeddings.position_embeddings.weight"
KINDS = "inner.embeddings.token_type_embeddings.weight"
PRODUCTS = 6  # with weights, in a layer: three for attention, one after it, two with a curve between them

_OWN = "com.microsoft"  # where ONNX Runtime's own operators are
_MIDDLE = 128  # what a weight of 0 is, without a sign


class Product(NamedTuple):
    """A product with an unpacked weight: what is multiplied, with which weight."""

    node: onnx.NodeProto
    left: str
    weight: str


def products(graph: onnx.GraphProto) -> List[Product]:
    """Every product of the graph with a weight that is kept in 8 bits, in the order of the graph."""
    kept = {array.name for array in graph.initializer}
    multiplied = (node for node in graph.node if node.op_type == "MatMul")
    return [Product(node, *node.input) for node in multiplied if f"{node.input[1]}_q" in kept]


def tuned(graph: onnx.GraphProto, learnt: Mapping[str, np.ndarray]) -> Dict[str, np.ndarray]:
    """All arrays of the graph by name, with what was learnt put in.

    Raises:
        KeyError: something was learnt for an array that the graph does not have.
    """
    arrays = {array.name: numpy_helper.to_array(array) for array in graph.initializer}
    for name, values in learnt.items():
        if not name.startswith(RANGE):
            values = values.astype(np.float32).reshape(arrays[name].shape)
            arrays[name] = arrays[name] * (1 + values) if name.endswith(SCALES) else values
    return arrays


def build(packaged: Path, learnt: Mapping[str, np.ndarray]) -> bytes:
    """The network for ONNX Runtime; takes about half a second. ``learnt`` is the content of ``TUNED``.

    In go ``input_ids`` and ``attention_mask`` (texts x tokens); out comes ``states`` (texts x tokens x 384).
    """
    graph = onnx.load(str(packaged)).graph
    arrays = tuned(graph, learnt)
    made = _Graph(arrays, learnt)
    for given, name in (("input_ids", "ids"), ("attention_mask", "mask")):
        made.add("Cast", [given], name, to=TensorProto.INT32)
    words, places = (arrays[f"{name}_q"] * arrays[f"{name}{SCALES}"] for name in (WORDS, PLACES))
    places += arrays[KINDS][0]  # every token is of the first kind
    inputs = ["ids", "", made.constant(WORDS, words), made.constant(PLACES, places), ""]
    inputs += made.norm("inner.embeddings.LayerNorm")
    states = made.own("EmbedLayerNormalization", inputs, "embedded", epsilon=EPSILON)
    made.nodes[-1].output.append("lengths")  # nobody reads them, but ONNX Runtime crashes without
    found = products(graph)
    for layer in range(len(found) // PRODUCTS):
        states = made.layer(f"inner.encoder.layer.{layer}.", states, found[PRODUCTS * layer :][:PRODUCTS])
    made.nodes[-1].output[0] = "states"
    return made.serialized()


class _Graph:
    """A graph in the making: its nodes, and its constants by name."""

    def __init__(self, arrays: Mapping[str, np.ndarray], learnt: Mapping[str, np.ndarray]) -> None:
        """From the packaged arrays with what was learnt put in, and the ranges."""
        self.nodes: List[onnx.NodeProto] = []
        self.constants: Dict[str, np.ndarray] = {}
        self._arrays = arrays
        self._ranges = learnt

    def constant(self, name: str, array: np.ndarray) -> str:
        self.constants[name] = array
        return name

    def packaged(self, name: str) -> str:
        return self.constant(name, self._arrays[name])

    def norm(self, name: str) -> List[str]:
        return [self.packaged(f"{name}.weight"), self.packaged(f"{name}.bias")]

    def add(self, kind: str, inputs: Sequence[str], output: str, domain: str = "", **settings: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **settings))
        return output

    def own(self, kind: str, inputs: Sequence[str], output: str, **settings: Any) -> str:
        return self.add(kind, inputs, output, domain=_OWN, **settings)

    def layer(self, name: str, states: str, parts: Sequence[Product]) -> str:
        """Attention, then two products with a curve between them; each half is added to what it began with."""
        query, _, _, attended, wide, narrow = parts
        eight, step, zero = self._in_8_bits(states, query.left)
        weights = [self._unsigned(part.weight) for part in parts[:3]]
        scales = [self._arrays[f"{part.weight}{SCALES}"].reshape(-1) for part in parts[:3]]
        biases = [self._arrays[f"{name}attention.self.{part}.bias"] for part in ("query", "key", "value")]
        inputs = [
            eight,
            self.constant(f"{name}weights", np.concatenate(weights, axis=1)),
            self.constant(f"{name}biases", np.concatenate(biases)),
            step,
            self.constant(f"{name}steps", np.concatenate(scales)),
            "mask",
            zero,
            self.constant("middle", np.array(_MIDDLE, np.uint8)),
        ]
        mixed = self.own("QAttention", inputs, f"{name}mixed", num_heads=HEADS)
        states = self._added(f"{name}attention.output", self._product(mixed, attended), states)
        bias = self.packaged(f"{name}intermediate.dense.bias")
        # Its curve is a close approximation, and quicker than the exact one by a third of the whole network's time.
        curved = self.own("FastGelu", [self._product(states, wide), bias], f"{name}curved")
        return self._added(f"{name}output", self._product(curved, narrow), states)

    def _added(self, name: str, result: str, states: str) -> str:
        inputs = [result, states, *self.norm(f"{name}.LayerNorm"), self.packaged(f"{name}.dense.bias")]
        return self.own("SkipLayerNormalization", inputs, f"{name}.states", epsilon=EPSILON)

    def _product(self, left: str, product: Product) -> str:
        weight = product.weight
        eight, step, zero = self._in_8_bits(left, product.left)
        inputs = [
            eight,
            self.constant(f"{weight}_u", self._unsigned(weight)),
            step,
            self.constant(f"{weight}_steps", self._arrays[f"{weight}{SCALES}"].reshape(-1)),
            zero,
            self.constant("middle", np.array(_MIDDLE, np.uint8)),
        ]
        return self.own("MatMulIntegerToFloat", inputs, f"{weight}_product")

    def _in_8_bits(self, values: str, known_as: str) -> Tuple[str, str, str]:
        """The values in 8 bits, the step from one number to the next, and the number that stands for 0."""
        low, high = (float(value) for value in self._ranges[RANGE + known_as])
        step = self.constant(f"{values}_step", np.array((high - low) / 255, np.float32))
        zero = self.constant(f"{values}_zero", np.array(round(-low / (high - low) * 255), np.uint8))
        return self.add("QuantizeLinear", [values, step, zero], f"{values}_eight"), step, zero

    def _unsigned(self, weight: str) -> np.ndarray:
        # Both sides without a sign: with one, processors without VNNI would overflow.
        return (self._arrays[f"{weight}_q"].astype(np.int16) + _MIDDLE).astype(np.uint8)

    def serialized(self) -> bytes:
        ends = [
            helper.make_tensor_value_info(name, kind, ["texts", "tokens", *rest])
            for name, kind, rest in (
                ("input_ids", TensorProto.INT64, []),
                ("attention_mask", TensorProto.INT64, []),
                ("states", TensorProto.FLOAT, [WIDTH]),
            )
        ]
        kept = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in self.constants.items()]
        graph = helper.make_graph(self.nodes, "encoder", ends[:2], ends[2:], kept)
        sets = [helper.make_opsetid("", 17), helper.make_opsetid(_OWN, 1)]
        made: bytes = helper.make_model(graph, opset_imports=sets, ir_version=8).SerializeToString()
        return made
