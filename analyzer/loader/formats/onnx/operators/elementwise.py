"""Operators on each element of one tensor or of several that are broadcast: arithmetic, comparisons, logic, choices.

A number that the file has as a constant is part of an `elementwise` layer. A trained tensor is a `parameter`, which the
layer reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.onnx.folding import arrays
from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.views import Tensor

#: Functions of one element, as `elementwise` calls them.
_UNARY = {
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh", "Atan": "atan", "Atanh": "atanh",
    "BitwiseNot": "bitwise_not", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Erf": "erf", "Exp": "exp",
    "Floor": "floor", "IsInf": "isinf", "IsNaN": "isnan", "Log": "log", "Neg": "negative", "Not": "not",
    "Reciprocal": "reciprocal", "Round": "round", "Shrink": "shrink", "Sign": "sign", "Sin": "sin", "Sinh": "sinh",
    "Sqrt": "sqrt", "Tan": "tan", "Bernoulli": "bernoulli", "Binarizer": "greater",
}  # fmt: skip

#: Functions of several, as `elementwise` calls them.
_SEVERAL = {
    "And": "and", "BitShift": "shift", "BitwiseAnd": "bitwise_and", "BitwiseOr": "bitwise_or",
    "BitwiseXor": "bitwise_xor", "Div": "divide", "Equal": "equal", "Greater": "greater",
    "GreaterOrEqual": "greater_equal", "Less": "less", "LessOrEqual": "less_equal", "Min": "minimum", "Mod": "mod",
    "Or": "or", "Pow": "power", "Where": "where", "Xor": "xor",
}  # fmt: skip

#: Functions of several that are layer types of their own.
_MERGES = {
    "Add": ("add", "add"), "Sum": ("add", "add"), "Sub": ("subtract", "subtract"), "Mul": ("multiply", "multiply"),
    "Max": ("maximum", "maximum"), "Mean": ("average", "mean"),
}  # fmt: skip


@operator(*_UNARY)
def unary(reading: Reading, node: Node) -> None:
    """A function of each element."""
    made = reading.heart.pointwise(
        "elementwise", reading.tensor(node, 0), reading.place(node), {"op": _UNARY[node.operator]}
    )
    reading.give(node, made)


@operator(*_SEVERAL)
def several(reading: Reading, node: Node) -> None:
    """A function of elements that are broadcast."""
    merged(reading, node, "elementwise", _SEVERAL[node.operator])


@operator(*_MERGES)
def merge(reading: Reading, node: Node) -> None:
    """A merge, or an `elementwise` where all but one of what it reads are constants."""
    merged(reading, node, *_MERGES[node.operator])


def merged(reading: Reading, node: Node, type: str, op: str) -> None:
    """The layer over the tensors that a node reads; its constants only say what shape comes out."""
    operands = [reading.operand(node, place) for place in range(len(node.inputs)) if node.reads(place)]
    tensors = [one for one in operands if isinstance(one, Tensor)]
    if not tensors:
        tensors = [reading.tensor(node, 0)]
    shape = reading.of_one_sample(tensors[0], arrays.broadcast([one.shape for one in operands]))
    place, heart = reading.place(node), reading.heart
    if len(operands) == 1 and type != "elementwise":
        reading.give(node, tensors[0])
        return
    if tuple(shape) != tensors[0].shape:
        tensors[0] = heart.expand(tensors[0], _grown(tensors, shape), place)
    if len(tensors) == 1:
        reading.give(node, heart.pointwise("elementwise", tensors[0], place, {"op": op}))
        return
    reading.give(node, heart.merge(type, tensors, place, {"op": op} if type == "elementwise" else None))


def _grown(tensors: Sequence[Tensor], shape: Sequence[int]) -> list[int]:
    """The shape of a tensor that constants make larger than any tensor is; others are broadcast by the layer."""
    rank = len(shape)
    padded = [(1,) * (rank - x.rank) + x.shape for x in tensors]
    largest = [max(sizes) for sizes in zip(*padded, strict=True)]
    own = padded[0]
    return [size if most < size else mine for size, most, mine in zip(shape, largest, own, strict=True)]
