"""Activations, and layers that drop values while a network trains."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.activation import Activation, Glu, LeakyRelu, LogSoftmax, PRelu, Softmax
from analyzer.layers.regularization import Dropout, SpatialDropout, StochasticDepth
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import dim, either, of_rank, sizes_in

#: The module of each activation.
MODULES = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "elu": "ELU",
    "selu": "SELU",
    "celu": "CELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "sigmoid": "Sigmoid",
    "log_sigmoid": "LogSigmoid",
    "hard_sigmoid": "Hardsigmoid",
    "hard_swish": "Hardswish",
    "hard_tanh": "Hardtanh",
    "tanh": "Tanh",
}

#: Activations whose module can overwrite its input.
_INPLACE = (
    "relu", "relu6", "elu", "selu", "celu", "silu", "mish", "hard_sigmoid", "hard_swish", "hard_tanh", "leaky_relu",
)  # fmt: skip


def _inplace(layer: Activation) -> dict[str, object]:
    return {"inplace": True} if layer.inplace and layer.type in _INPLACE else {}


def activation(layer: Activation, node: Node) -> Built:
    """The module of its name."""
    return Built(f"nn.{MODULES[layer.type]}", (), _inplace(layer))


def softmax(layer: Softmax, node: Node) -> Built:
    """`nn.Softmax` along an axis."""
    return _along(layer, node, "nn.Softmax")


def log_softmax(layer: LogSoftmax, node: Node) -> Built:
    """`nn.LogSoftmax` along an axis."""
    return _along(layer, node, "nn.LogSoftmax")


def _along(layer: Softmax | LogSoftmax, node: Node, call: str) -> Built:
    volume = node.flow.input
    return either(lambda layout: Built(call, (dim(layer.axis[0], volume, layout),)))


def leaky_relu(layer: LeakyRelu, node: Node) -> Built:
    """`nn.LeakyReLU`."""
    return Built("nn.LeakyReLU", (layer.slope,), _inplace(layer))


def prelu(layer: PRelu, node: Node) -> Built:
    """`nn.PReLU`; `PReLU` of the file has a slope for each element."""
    init = options(init=unless(layer.slope, PRelu.slope))
    if layer.per == "layer":
        return Built("nn.PReLU", (), init)
    if layer.per == "depth":
        return Built("nn.PReLU", (node.output.depth,), init, layout=Layout.FIRST)
    volume = node.output
    return either(lambda layout: Built("PReLU", sizes_in(volume, layout), init, needs=("PReLU",)))


def glu(layer: Glu, node: Node) -> Built:
    """`nn.GLU` along the depth."""
    volume = node.flow.input
    return either(lambda layout: Built("nn.GLU", (dim("depth", volume, layout),)))


def dropout(layer: Dropout, node: Node) -> Built:
    """`nn.Dropout`."""
    return Built("nn.Dropout", (layer.rate,), {"inplace": True} if layer.inplace else {})


def spatial_dropout(layer: SpatialDropout, node: Node) -> Built:
    """`nn.Dropout2d`; a plane of a vector is one element."""
    named = {"inplace": True} if layer.inplace else {}
    rank = node.flow.input.rank
    if not rank:
        return Built("nn.Dropout", (layer.rate,), named)
    return Built(of_rank("Dropout", rank), (layer.rate,), named, layout=Layout.FIRST)


def stochastic_depth(layer: StochasticDepth, node: Node) -> Built:
    """`StochasticDepth` of the file, as torchvision has it."""
    return Built("StochasticDepth", (layer.rate,), needs=("StochasticDepth",))
