"""Tables of the file that are read by whole numbers.

Sources: ONNX' Gather (1.23.2); onnxruntime's EmbedLayerNormalization, BiasGelu, Attention (ContribOperators.md,
1.32.0).
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.operators.norms import normalised
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator, part
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import Constant
from analyzer.loader.formats.onnx.weights import held, held_or_none, name_of, weighted
from analyzer.loader.formats.sheet import Weights, Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@part("Gather")
def gather(reading: Reading, node: Node) -> bool:
    """A table of vectors that is read by numbers of the network's input is an `embedding`."""
    table, indices = reading.scope.get(node.inputs[0]), reading.scope.get(node.inputs[1])
    if not isinstance(table, Constant) or not isinstance(indices, Tensor) or not table.origins:
        return False
    if len(table.shape) != 2 or node.int("axis", 0) not in (0, -2) or not table.is_float:
        return False
    reading.give(node, embedded(reading, node, table, indices))
    return True


def embedded(reading: Reading, node: Node, table: Constant, indices: Tensor) -> Tensor:
    """The vectors of a table at these places: one more axis than the places have."""
    heart = reading.heart
    place = reading.place(node, name_of(table))
    vocabulary, size = table.shape
    inside = heart.arranged(indices, [list(range(indices.rank))], place)

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return heart.new("embedding", [inside], place, given, batch=False, tied=tied)

    made = weighted(reading, {"vocabulary": vocabulary, "size": size}, table, [], write)
    found = heart.reshape(made, [*indices.shape, size], place)
    batch = indices.batch
    return found if batch is None else heart.batched(heart.squeeze(found, [batch]), batch)


@operator("EmbedLayerNormalization")
def embed_layer_norm(reading: Reading, node: Node) -> None:
    """`ids, segments, words, positions, segments' table, gamma, beta`: three tables, their sum and its norm."""
    heart, place = reading.heart, reading.place(node)
    ids = reading.tensor(node, 0)
    words = embedded(reading, node, held(reading, node, 2), ids)
    positions = held(reading, node, 3)
    rows = heart.slice(reading.parameter(node, positions), 0, 0, ids.shape[-1], 1, place)
    parts = [words, heart.unsqueeze(rows, [0])]
    if node.reads(4) and node.reads(1):
        parts.append(embedded(reading, node, held(reading, node, 4), reading.tensor(node, 1)))
    total = heart.merge("add", parts, place)
    made = normalised(reading, node, total, -1, "layer_norm", held(reading, node, 5), held_or_none(reading, node, 6))
    reading.give(node, made)
    reading.give(node, total, 2)


@operator("BiasGelu")
def bias_gelu(reading: Reading, node: Node) -> None:
    """A sum with a vector, and the activation."""
    place = reading.place(node)
    total = reading.heart.merge("add", [reading.tensor(node, 0), reading.tensor(node, 1)], place)
    reading.give(node, reading.heart.pointwise("gelu", total, place))


@operator("com.microsoft:Attention", "QAttention")
def attention(reading: Reading, node: Node) -> None:
    """`input, weights, biases`: one matrix for queries, keys and values, and the attention of each head."""
    heads = node.int("num_heads", 0)
    x, weights, biases = reading.tensor(node, 0), held(reading, node, 1), held_or_none(reading, node, 2)
    past = 8 if node.operator == "QAttention" else 4
    if not heads or len(weights.shape) != 2 or weights.shape[1] % (3 * heads) or x.rank != 3 or node.reads(past):
        raise Unsupported
    if node.ints("qkv_hidden_sizes"):
        raise Unsupported  # queries, keys and values of several depths
    from analyzer.loader.formats.onnx.operators.matrices import linear

    heart, place = reading.heart, reading.place(node)
    made = linear(reading, node, x, weights.shape[1], weights, biases, name="")
    size = weights.shape[1] // 3
    parts = []
    for at in range(3):
        one = heart.slice(made, -1, at * size, (at + 1) * size, 1, place)
        one = heart.reshape(one, [*one.shape[:-1], heads, size // heads], place)
        parts.append(heart.arranged(one, [[2], [1], [3]], place))
    found = heart.new("attention", parts, place)
    found = heart.reshape(heart.transpose(found, [0, 2, 1, 3]), [*x.shape[:-1], size], place)
    reading.give(node, found)
