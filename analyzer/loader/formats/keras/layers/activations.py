"""Activations, as layers of their own and as the `activation` of another layer, whose row is then followed by theirs.

Sources: keras/src/activations/activations.py, keras/src/layers/activations/ (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from analyzer.loader.formats.keras.call import Called, layer
from analyzer.loader.formats.keras.config import Config
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Types and parameters by the names of functions. None is no function at all.
FUNCTIONS: dict[str, tuple[str, dict[str, Any]] | None] = {
    "linear": None, "identity": None,
    "relu": ("relu", {}), "relu6": ("relu6", {}), "elu": ("elu", {}), "selu": ("selu", {}), "celu": ("celu", {}),
    "gelu": ("gelu", {}), "silu": ("silu", {}), "swish": ("silu", {}), "mish": ("mish", {}),
    "softplus": ("softplus", {}), "softsign": ("softsign", {}), "sigmoid": ("sigmoid", {}), "tanh": ("tanh", {}),
    "log_sigmoid": ("log_sigmoid", {}), "hard_sigmoid": ("hard_sigmoid", {}), "hard_silu": ("hard_swish", {}),
    "hard_swish": ("hard_swish", {}), "hard_tanh": ("hard_tanh", {}), "leaky_relu": ("leaky_relu", {"slope": 0.2}),
    "exponential": ("elementwise", {"op": "exp"}), "hard_shrink": ("elementwise", {"op": "shrink"}),
    "soft_shrink": ("elementwise", {"op": "shrink"}), "threshold": ("elementwise", {"op": "where"}),
    "tanh_shrink": ("elementwise", {"op": "subtract"}), "sparse_sigmoid": ("elementwise", {"op": "clip"}),
    "sparse_plus": ("elementwise", {"op": "where"}), "squareplus": ("elementwise", {"op": "sqrt"}),
}  # fmt: skip

#: Functions of each element for which no type has a name: rows that are known to calculate nothing that counts.
_OTHERS = ("sparsemax",)

#: The layers whose class is an activation.
_CLASSES = {
    "ELU": "elu", "Softmax": "softmax", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ThresholdedReLU": "relu",
    "PReLU": "prelu",
}  # fmt: skip


def activated(call: Called, x: Tensor, key: str = "activation", part: str = "act") -> Tensor:
    """The tensor with the `activation` of the layer behind it, as a row `part` of the layer."""
    value = call.config.data.get(key)
    if value is None:
        return x
    name, config = _named(value, call.config)
    if config is not None and name in _CLASSES:
        from analyzer.loader.formats.keras.call import LAYERS

        made: Tensor = LAYERS[name](call.within(part, config, [x]))
        return made
    return function(call, x, name, part)


def _named(value: Any, config: Config) -> tuple[str, Config | None]:
    """The name of an activation: a word, or a serialised function or layer with its config."""
    if isinstance(value, str):
        return value, None
    if not isinstance(value, Mapping):
        raise config.wrong("activation", "the name of a function, or a serialised one")
    inner = value.get("config")
    kind = value.get("class_name")
    if kind == "function" or isinstance(inner, str):
        name = inner if isinstance(inner, str) else value.get("registered_name")
        return (str(name) if name else "function"), None
    if kind == "Activation" and isinstance(inner, Mapping):
        return _named(inner.get("activation", "linear"), config)
    if isinstance(kind, str):
        return kind.rpartition(">")[2], Config(config.name, kind, inner or {})
    raise config.wrong("activation", "the name of a function, or a serialised one")


def function(call: Called, x: Tensor, name: str, part: str = "") -> Tensor:
    """A row with an activation function."""
    word = name.rpartition(">")[2].rpartition(".")[2]
    if word in ("softmax", "log_softmax"):
        return call.heart.softmax(word, x, x.rank - 1, call.place(part))
    if word == "glu":
        return call.heart.over_depth("glu", x, x.rank - 1, call.place(part))
    if word in FUNCTIONS:
        found = FUNCTIONS[word]
        return x if found is None else call.heart.pointwise(found[0], x, call.place(part), found[1])
    known = word in _OTHERS
    if not known:
        call.kept.sheet.uncovered[word] = call.kept.sheet.uncovered.get(word, 0) + 1
    return call.known(x.shape, [x], part, macs=0 if known else "unknown")


@layer("Activation")
def activation(call: Called) -> Tensor:
    """The function by its name."""
    call.config.value("activation")
    return activated(call, call.x, part="")


@layer("ReLU", "ThresholdedReLU")
def relu(call: Called) -> Tensor:
    """`relu`, `relu6` with a largest value of 6, `leaky_relu` with a slope below 0."""
    config = call.config
    slope = config.number("negative_slope", 0) if call.kind == "ReLU" else 0
    most = config.number("max_value", -1) if call.kind == "ReLU" else -1
    threshold = config.number("threshold", 0) if call.kind == "ReLU" else 1
    if slope:
        return call.heart.pointwise("leaky_relu", call.x, call.place(), {"slope": slope})
    return call.heart.pointwise("relu6" if most == 6 and not threshold else "relu", call.x, call.place())


@layer("LeakyReLU")
def leaky_relu(call: Called) -> Tensor:
    """`leaky_relu`; Keras 2 calls the slope alpha."""
    slope = call.config.number("negative_slope", call.config.number("alpha", 0.3))
    return call.heart.pointwise("leaky_relu", call.x, call.place(), {"slope": slope})


@layer("ELU")
def elu(call: Called) -> Tensor:
    """`elu`."""
    return call.heart.pointwise("elu", call.x, call.place())


@layer("Softmax")
def softmax(call: Called) -> Tensor:
    """`softmax` along one axis, or along several as one. A mask is not a number that counts."""
    axes = call.config.axes("axis", call.x.rank, -1)
    return along(call, call.x, axes, lambda x, axis: call.heart.softmax("softmax", x, axis, call.place()))


@layer("PReLU")
def prelu(call: Called) -> Tensor:
    """`prelu` with a slope for each cell of the axes that share none."""
    x, config = call.x, call.config
    shared = {axis % x.rank for axis in config.wholes("shared_axes", [])}
    own = [axis for axis in range(1, x.rank) if axis not in shared and x.shape[axis] > 1]
    slopes = prod(x.shape[axis] for axis in own)
    if slopes == x.size or slopes == 1:
        per = {"per": "volume" if slopes > 1 else "layer"}
        return call.weighted(lambda **more: call.heart.pointwise("prelu", x, call.place(), per, **more))

    def write(x: Tensor, axis: int) -> Tensor:
        return call.weighted(
            lambda **more: call.heart.over_depth("prelu", x, axis, call.place(), {"per": "depth"}, **more)
        )

    return along(call, x, own, write)


def along(call: Called, x: Tensor, axes: Sequence[int], write: Any) -> Tensor:
    """What `write` makes of the tensor and of one axis of it that has the cells of several axes."""
    heart = call.heart
    if len(axes) == 1:
        return write(x, axes[0])  # type: ignore[no-any-return]  # a function of a tensor
    rest = [axis for axis in range(x.rank) if axis not in axes]
    order = [*rest, *axes]
    turned = heart.transpose(x, order)
    joined = heart.reshape(turned, [*[x.shape[axis] for axis in rest], -1], call.beside())
    made = write(joined, joined.rank - 1)
    back = heart.reshape(made, [x.shape[axis] for axis in order], call.beside())
    return heart.transpose(back, [order.index(axis) for axis in range(x.rank)])
