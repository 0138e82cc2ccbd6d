"""Activations: functions of each element, without numbers of their own.

Sources: the operators of the same names in ONNX' Operators.md (1.23.2); the layer types name theirs.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.views import Tensor

#: The types of activations that are the same in ONNX, whatever their numbers.
_SAME = {
    "Relu": "relu", "Elu": "elu", "Selu": "selu", "Celu": "celu", "Gelu": "gelu", "FastGelu": "gelu",
    "QuickGelu": "silu", "Mish": "mish", "Softplus": "softplus", "Softsign": "softsign", "Sigmoid": "sigmoid",
    "HardSigmoid": "hard_sigmoid", "HardSwish": "hard_swish", "Tanh": "tanh", "Swish": "silu", "Silu": "silu",
    "ThresholdedRelu": "relu",
}  # fmt: skip


@operator(*_SAME)
def activation(reading: Reading, node: Node) -> None:
    """The layer of the same name."""
    _written(reading, node, _SAME[node.operator])


@operator("LeakyRelu")
def leaky_relu(reading: Reading, node: Node) -> None:
    """Its slope is 0.01 where the node has none."""
    _written(reading, node, "leaky_relu", {"slope": round(node.float("alpha", 0.01), 7)})


@operator("Clip")
def clip(reading: Reading, node: Node) -> None:
    """`relu` from 0 on, `relu6` from 0 to 6, `hard_tanh` from −1 to 1, another range an `elementwise`."""
    low, high = (_end(reading, node, place, name) for place, name in ((1, "min"), (2, "max")))
    if high is None and low == 0:
        _written(reading, node, "relu")
    elif (low, high) == (0, 6):
        _written(reading, node, "relu6")
    elif (low, high) == (-1, 1):
        _written(reading, node, "hard_tanh")
    else:
        _written(reading, node, "elementwise", {"op": "clip"})


def _end(reading: Reading, node: Node, place: int, name: str) -> float | None:
    """One end of the range: an attribute until opset 6, then an input; None where it is open or not a constant."""
    written = node.float(name, None)
    if written is not None:
        return written if abs(written) < 1e30 else None
    values = reading.numbers(node, place)
    return values[0] if values else None


def fused(reading: Reading, node: Node, made: Tensor) -> Tensor:
    """The tensor behind an activation that is part of an operator."""
    name = node.string("activation", "")
    if not name:
        return made
    type = {**_SAME, "LeakyRelu": "leaky_relu", "Clip": "relu6"}.get(name)
    return made if type is None else reading.heart.pointwise(type, made, reading.place(node))


def _written(reading: Reading, node: Node, type: str, parameters: dict[str, object] | None = None) -> None:
    reading.give(node, reading.heart.pointwise(type, reading.tensor(node, 0), reading.place(node), parameters))
