"""Layers on each element by itself, and on the elements of several tensors of one shape.

Sources: relu_layer.cpp, elu_layer.cpp, prelu_layer.cpp, power_layer.cpp, exp_layer.cpp, log_layer.cpp, bnll_layer.cpp,
threshold_layer.cpp, clip_layer.cpp, swish_layer.cpp, eltwise_layer.cpp, dropout_layer.cpp of BVLC/caffe; axpy_layer.cpp
of hujie-frank/SENet.
"""

from __future__ import annotations

from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.reading import Reading, layer_type
from analyzer.loader.formats.caffe.values import choice, number, numbers, truth
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Layer types that are one type here.
_PLAIN = {"Sigmoid": "sigmoid", "TanH": "tanh", "ReLU6": "relu6", "BNLL": "softplus", "ELU": "elu", "Mish": "mish",
          "HardSwish": "hard_swish", "HSwish": "hard_swish", "HardSigmoid": "hard_sigmoid", "SELU": "selu"}  # fmt: skip

#: Layer types that are a function of `elementwise`.
_FUNCTIONS = {"AbsVal": "abs", "Exp": "exp", "Log": "log", "Threshold": "greater", "Clip": "clip"}


def _pointwise(reading: Reading, layer: Layer, type: str, parameters: dict[str, Any] | None = None) -> None:
    """Writes a layer on each element."""
    given = {**(parameters or {}), **reading.inplace(layer, type)}
    reading.give(layer, reading.heart.pointwise(type, reading.bottom(layer), layer.place(), given))


@layer_type(*_PLAIN)
def plain(reading: Reading, layer: Layer) -> None:
    """A function without numbers that matter here: the slope of an ELU is a constant."""
    _pointwise(reading, layer, _PLAIN[layer.type])


@layer_type(*_FUNCTIONS)
def function(reading: Reading, layer: Layer) -> None:
    """A function whose numbers are constants."""
    _pointwise(reading, layer, "elementwise", {"op": _FUNCTIONS[layer.type]})


@layer_type("ReLU")
def relu(reading: Reading, layer: Layer) -> None:
    slope = number(layer.parameters("relu_param"), "negative_slope", 0.0)
    _pointwise(reading, layer, *(("leaky_relu", {"slope": slope}) if slope else ("relu", {})))


@layer_type("Swish")
def swish(reading: Reading, layer: Layer) -> None:
    """x times the logistic function of β·x."""
    beta = number(layer.parameters("swish_param"), "beta", 1.0)
    if beta == 1:
        _pointwise(reading, layer, "silu")
        return
    x, heart = reading.bottom(layer), reading.heart
    scaled = heart.pointwise("elementwise", x, layer.place("beta"), {"op": "multiply"})
    gate = heart.pointwise("sigmoid", scaled, layer.place("gate"))
    reading.give(layer, heart.merge("multiply", [x, gate], layer.place()))


@layer_type("PReLU")
def prelu(reading: Reading, layer: Layer) -> None:
    """A slope for each channel, or one for all."""
    x = reading.bottom(layer)
    more = reading.weighted(layer, 1)
    given = reading.inplace(layer, "prelu")
    if truth(layer.parameters("prelu_param"), "channel_shared"):
        made = reading.heart.pointwise("prelu", x, layer.place(), {"per": "layer", **given}, **more)
    else:
        made = reading.heart.over_depth(
            "prelu", x, min(1, x.rank - 1), layer.place(), {"per": "depth", **given}, **more
        )
    reading.own(layer, 1, reading.sheet.layers[-1])
    reading.give(layer, made)


@layer_type("Dropout", "SpatialDropout")
def dropout(reading: Reading, layer: Layer) -> None:
    type, block = (
        ("dropout", "dropout_param") if layer.type == "Dropout" else ("spatial_dropout", "spatial_dropout_param")
    )
    _pointwise(reading, layer, type, {"rate": number(layer.parameters(block), "dropout_ratio", 0.5)})


@layer_type("Power")
def power(reading: Reading, layer: Layer) -> None:
    """(shift + scale·x)^power, one operation on each element."""
    block = layer.parameters("power_param")
    op = "add" if number(block, "scale", 1.0) == 1 else "multiply"
    _pointwise(reading, layer, "elementwise", {"op": "power" if number(block, "power", 1.0) != 1 else op})


_OPERATIONS = ("PROD", "SUM", "MAX")


@layer_type("Eltwise")
def eltwise(reading: Reading, layer: Layer) -> None:
    """A product, a sum with factors, or the largest of several tensors of one shape."""
    xs, block = reading.bottoms(layer), layer.parameters("eltwise_param")
    reading.same(layer, xs)
    operation = choice(block, "operation", _OPERATIONS, "SUM")
    factors = numbers(block, "coeff")
    if factors and (operation != "SUM" or len(factors) != len(xs)):
        what = (
            f"{len(factors)} `coeff` for {len(xs)} inputs"
            if operation == "SUM"
            else "`coeff` for another operation than SUM"
        )
        raise reading.refuse(layer, f"`{layer.name}` has {what}", layer.at("eltwise_param", "coeff"))
    if len(xs) == 1:
        reading.give(layer, xs[0])
    elif operation == "SUM":
        reading.give(layer, _sum(reading, layer, xs, factors))
    else:
        type = "multiply" if operation == "PROD" else "maximum"
        reading.give(layer, reading.heart.merge(type, xs, layer.place()))


def _sum(reading: Reading, layer: Layer, xs: list[Tensor], factors: list[float]) -> Tensor:
    """A sum, or a difference of two; other factors are multiplied first."""
    heart = reading.heart
    if factors == [1, -1]:
        return heart.merge("subtract", xs, layer.place())
    for place, factor in enumerate(factors):
        if factor != 1:
            name = layer.place(f"coeff{place + 1}")
            xs[place] = heart.pointwise("elementwise", xs[place], name, {"op": "multiply"})
    return heart.merge("add", xs, layer.place(), reading.inplace(layer, "add"))


@layer_type("Axpy")
def axpy(reading: Reading, layer: Layer) -> None:
    """a·x + y, where `a` has one number for each channel."""
    a, x, y = (reading.bottom(layer, place) for place in range(3))
    heart = reading.heart
    a = Tensor(a.base, [*a.axes, *[()] * (x.rank - a.rank)])
    product = heart.merge("multiply", [a, x], layer.place("product"))
    reading.give(layer, heart.merge("add", [product, y], layer.place()))
