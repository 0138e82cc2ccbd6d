"""Activations: functions of each element, without numbers of their own, and dropout.

Sources: torch/nn/functional.py; native_functions.yaml (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.operators.elementwise import is_volume
from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.pt2.weights import path_of, weighted
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The types of activations that are the same in torch, whatever their numbers.
_SAME = {
    "aten.relu": "relu", "aten.relu6": "relu6", "aten.elu": "elu", "aten.selu": "selu", "aten.celu": "celu", "aten.gelu": "gelu",
    "aten.silu": "silu", "aten.mish": "mish", "aten.softplus": "softplus", "aten.sigmoid": "sigmoid",
    "aten.hardsigmoid": "hard_sigmoid", "aten.hardswish": "hard_swish", "aten.tanh": "tanh",
}  # fmt: skip


@operator(*_SAME)
def activation(reading: Reading, node: Node) -> None:
    """The layer of the same name."""
    reading.pointwise(node, _SAME[node.operator.rstrip("_")])


@operator("aten.leaky_relu")
def leaky_relu(reading: Reading, node: Node) -> None:
    """Its slope is 0.01 where the program has none."""
    reading.pointwise(node, "leaky_relu", {"slope": round(reading.number(node, "negative_slope", 0.01), 7)})


@operator("aten.hardtanh", "aten.clamp", "aten.clamp_min", "aten.clamp_max", "aten.clip")
def clip(reading: Reading, node: Node) -> None:
    """`relu` from 0 on, `relu6` from 0 to 6, `hard_tanh` from −1 to 1, another range an `elementwise`."""
    usual = (-1.0, 1.0) if node.operator.startswith("aten.hardtanh") else (None, None)
    low = reading.number(node, "min_val", reading.number(node, "min", usual[0]))
    high = reading.number(node, "max_val", reading.number(node, "max", usual[1]))
    known = {(0, None): "relu", (0, 6): "relu6", (-1, 1): "hard_tanh"}.get((low, high))
    reading.pointwise(node, known or "elementwise", None if known else {"op": "clip"})


@operator(
    "aten.dropout", "aten.feature_dropout", "aten.alpha_dropout", "aten.feature_alpha_dropout", "aten.native_dropout"
)
def dropout(reading: Reading, node: Node) -> None:
    """A `dropout`; nothing in a network that is evaluated."""
    name = "input" if "input" in node.args else "self"
    x = reading.tensor(node, name)
    if not reading.number(node, "train", True):
        reading.give(node, x)
        return
    rate = min(max(float(reading.number(node, "p", 0.5)), 0.0), 1.0)
    reading.pointwise(node, "dropout", {"rate": round(rate, 7)}, name)


@operator("aten.softmax", "aten._softmax", "aten._safe_softmax", "aten.log_softmax", "aten._log_softmax")
def softmax(reading: Reading, node: Node) -> None:
    """Over one axis."""
    type = "log_softmax" if "log" in node.operator else "softmax"
    x = reading.tensor(node)
    reading.give(node, reading.heart.softmax(type, x, int(reading.number(node, "dim", -1)), reading.place(node)))


@operator("aten.clamp.Tensor", "aten.clamp_min.Tensor", "aten.clamp_max.Tensor", "aten.clip.Tensor")
def clip_by_tensors(reading: Reading, node: Node) -> None:
    """The larger of each element and its lower end, the smaller of that and its upper end."""
    x, place, heart = reading.tensor(node), reading.place(node), reading.heart
    for name, type, op in (("min", "maximum", "maximum"), ("max", "elementwise", "minimum")):
        if not reading.has(node, name):
            continue
        end = reading.value(node, name)
        if isinstance(end, Tensor) or is_volume(end):
            given = {"op": op} if type == "elementwise" else {}
            x = heart.merge(type, [x, reading.as_tensor(end)], place, given)
        else:
            x = heart.pointwise("elementwise", x, place, {"op": op})
    reading.give(node, x)


@operator("aten.rrelu", "aten.rrelu_with_noise", "aten.rrelu_with_noise_functional")
def rrelu(reading: Reading, node: Node) -> None:
    """A slope between two numbers: their mean, as in a network that is evaluated. The slopes have the same axes."""
    low, high = (float(reading.number(node, name, usual)) for name, usual in (("lower", 1 / 8), ("upper", 1 / 3)))
    given = {"slope": round((low + high) / 2, 7), **reading.overwriting(node, "leaky_relu")}
    made = reading.heart.pointwise("leaky_relu", reading.tensor(node), reading.place(node), given)
    reading.give_all(node, [made, made])


@operator("aten.prelu", "aten._prelu_kernel")
def prelu(reading: Reading, node: Node) -> None:
    """One slope, or one for each plane of the second axis."""
    x, slope = reading.tensor(node), reading.value(node, "weight")
    assert isinstance(slope, Fixed)
    place = reading.place(node, path_of(slope))

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        if given["per"] == "depth":
            return reading.heart.over_depth("prelu", x, min(1, x.rank - 1), place, given, **more)
        return reading.heart.pointwise("prelu", x, place, given, **more)

    per = "depth" if slope.size > 1 else "layer"
    reading.give(node, weighted(reading, {"per": per}, slope, [], write))


@operator("aten.glu")
def glu(reading: Reading, node: Node) -> None:
    """One half of an axis, times the sigmoid of the other half."""
    x, place, heart = reading.tensor(node), reading.place(node), reading.heart
    axis = x.at(int(reading.number(node, "dim", -1)))
    half = x.shape[axis] // 2
    first = heart.slice(x, axis, 0, half, 1, place)
    gate = heart.pointwise("sigmoid", heart.slice(x, axis, half, 2 * half, 1, place), place)
    reading.give(node, heart.merge("multiply", [first, gate], place))
