"""Numbers that depend on no data: windows, filters, random numbers. Only their shapes are calculated.

Sources: the operators of the same names in ONNX' Operators.md (1.23.2).
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import DTYPES, Node
from analyzer.loader.formats.onnx.values import unknown


@operator("BlackmanWindow", "HammingWindow", "HannWindow")
def window(reading: Reading, node: Node) -> None:
    """As many numbers as the input says."""
    reading.give(node, unknown(reading.sizes(node, 0), "float32"))


@operator("MelWeightMatrix")
def mel_weight_matrix(reading: Reading, node: Node) -> None:
    """Frequencies × bins."""
    bins, length = reading.sizes(node, 0)[0], reading.sizes(node, 1)[0]
    reading.give(node, unknown([length // 2 + 1, bins], "float32"))


@operator("RandomNormal", "RandomUniform")
def random(reading: Reading, node: Node) -> None:
    """The shape is an attribute."""
    shape = node.ints("shape")
    if any(size < 0 for size in shape):
        raise Unsupported
    reading.give(node, unknown(shape, _dtype(node)))


@operator("RandomNormalLike", "RandomUniformLike", "EyeLike")
def like(reading: Reading, node: Node) -> None:
    """The shape of what it reads, whose numbers it does not read."""
    x = reading.operand(node, 0)
    reading.give(node, unknown(x.shape, _dtype(node)))


def _dtype(node: Node) -> str:
    number = node.int("dtype", 1)
    return DTYPES[number] if 0 <= number < len(DTYPES) else "float32"
