"""Activations, and layers that drop values while a network trains."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.activation import Activation, Glu, LeakyRelu, LogSoftmax, PRelu, Softmax
from analyzer.layers.regularization import Dropout, SpatialDropout, StochasticDepth
from analyzer.loader.writing.code.making import options
from analyzer.loader.writing.code.template import Built, Code
from analyzer.loader.writing.keras.layers.making import axes_of, axis_of, of_rank

#: What Keras calls an activation, where it has another name.
NAMES = {"hard_swish": "hard_silu"}


def activation(layer: Activation, node: Node) -> Built:
    """`Activation` of its name."""
    return Built("layers.Activation", (NAMES.get(layer.type, layer.type),))


def softmax(layer: Softmax, node: Node) -> Built:
    """`Softmax`."""
    axis = axis_of(layer.axis[0], node.flow.input)
    return activation(layer, node) if axis == -1 else Built("layers.Softmax", (axis,))


def log_softmax(layer: LogSoftmax, node: Node) -> Built:
    """The activation, or the operation along another axis than the depth."""
    axis = axis_of(layer.axis[0], node.flow.input)
    return (
        activation(layer, node)
        if axis == -1
        else Built(forward="ops.log_softmax({0}, axis={axis})", values={"axis": axis})
    )


def leaky_relu(layer: LeakyRelu, node: Node) -> Built:
    """`LeakyReLU`, which has no slope below 0: then the operation."""
    if layer.slope < 0:
        return Built(forward="ops.leaky_relu({0}, {slope})", values={"slope": layer.slope})
    return Built("layers.LeakyReLU", (layer.slope,))


def prelu(layer: PRelu, node: Node) -> Built:
    """`PReLU`, whose slopes are shared along some axes."""
    volume = node.flow.input
    names = {"layer": volume.axes, "depth": volume.axes[:-1], "volume": ()}[layer.per]
    shared = list(axes_of(names, volume)) or None
    slope = Code(f"keras.initializers.Constant({layer.slope})") if layer.slope else None
    return Built("layers.PReLU", (), options(alpha_initializer=slope, shared_axes=shared))


def glu(layer: Glu, node: Node) -> Built:
    """The operation."""
    return Built(forward="ops.glu({0}, axis=-1)")


def dropout(layer: Dropout, node: Node) -> Built:
    """`Dropout`."""
    return Built("layers.Dropout", (layer.rate,))


def spatial_dropout(layer: SpatialDropout, node: Node) -> Built:
    """`SpatialDropout2D`; a plane of a vector is one element."""
    rank = node.flow.input.rank
    return Built(of_rank("SpatialDropout", rank) if rank else "layers.Dropout", (layer.rate,))


def stochastic_depth(layer: StochasticDepth, node: Node) -> Built:
    """`Dropout` of whole samples, as keras.applications writes it."""
    return Built("layers.Dropout", (layer.rate,), {"noise_shape": (None, *[1] * (node.flow.input.rank + 1))})
