"""The encoder's network as it runs: the packaged one, tuned to what people write to councils, multiplying with 8 bits.

The packaged file keeps its weights in 8 bits, but its graph unpacks them and multiplies with 32. Here each such product
becomes one of 8-bit numbers. The ranges of what is multiplied are fixed, so a text's vector never depends on the texts
beside it. ``tuned.npz`` holds those ranges, and what ``python -m bot.brain.tune`` learnt: other scales of the weights'
columns, other biases and other norms, no other weights. ``docs/decisions/0011`` says what both are worth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Set

import numpy as np
import onnx
from onnx import helper, numpy_helper

TUNED = Path(__file__).with_name("tuned.npz")
SCALES = "_scale"  # ends the name of a weight's column scales; what is tuned is a factor less 1
RANGE = "range:"  # begins the name of a range: the lowest and highest value of what is multiplied

_OWN = "com.microsoft"  # where ONNX Runtime's own operators are


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
    """The network for ONNX Runtime; takes about 0.2 s. ``learnt`` is the content of ``TUNED``."""
    model = onnx.load(str(packaged))
    graph = model.graph
    arrays = tuned(graph, learnt)
    nodes: List[onnx.NodeProto] = []
    exact = {id(product.node): product for product in products(graph)}
    for node in graph.node:
        product = exact.get(id(node))
        nodes += [node] if product is None else _in_8_bits(product, arrays, learnt)
    nodes = _needed(nodes, {output.name for output in graph.output})
    read = {name for node in nodes for name in node.input}
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items() if name in read)
    model.opset_import.append(helper.make_opsetid(_OWN, 1))
    serialized: bytes = model.SerializeToString()
    return serialized


def _in_8_bits(
    product: Product, arrays: Dict[str, np.ndarray], learnt: Mapping[str, np.ndarray]
) -> List[onnx.NodeProto]:
    """The nodes that take a product's place; their constants are put among the arrays."""
    left, weight = product.left, product.weight
    scale, zero, eight = f"{left}_step", f"{left}_zero", f"{left}_eight"
    nodes = []
    if scale not in arrays:  # what several weights multiply is made 8-bit once
        low, high = (float(value) for value in learnt[RANGE + left])
        arrays[scale] = np.array((high - low) / 255, np.float32)
        arrays[zero] = np.array(round(-low / (high - low) * 255), np.uint8)
        nodes.append(helper.make_node("QuantizeLinear", [left, scale, zero], [eight]))
    # Both sides without a sign: with one, processors without VNNI would overflow.
    arrays[f"{weight}_u"] = (arrays[f"{weight}_q"].astype(np.int16) + 128).astype(np.uint8)
    arrays[f"{weight}_middle"] = np.full(arrays[f"{weight}_u"].shape[1], 128, np.uint8)
    arrays[f"{weight}_steps"] = arrays[f"{weight}_scale"].reshape(-1)
    parts = [eight, f"{weight}_u", scale, f"{weight}_steps", zero, f"{weight}_middle"]
    return [*nodes, helper.make_node("MatMulIntegerToFloat", parts, list(product.node.output), domain=_OWN)]


def _needed(nodes: List[onnx.NodeProto], outputs: Set[str]) -> List[onnx.NodeProto]:
    """Without those whose result nobody reads: what unpacked the weights."""
    wanted, found = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            found.append(node)
    return found[::-1]
