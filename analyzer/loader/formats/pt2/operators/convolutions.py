"""Convolutions, of any number of axes and transposed.

Sources: torch/nn/functional.py; aten/src/ATen/native/native_functions.yaml (2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.banks import bank
from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.pt2.weights import path_of, trainable, weighted
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@operator("aten.conv1d", "aten.conv2d", "aten.conv3d")
def conv(reading: Reading, node: Node) -> None:
    """Weights are filters × planes of a group × the kernel. `padding` may be the word `same` or `valid`."""
    convolved(reading, node)


@operator("aten.convolution", "aten._convolution")
def convolution(reading: Reading, node: Node) -> None:
    """The same in any form: `transposed` says which."""
    if reading.number(node, "transposed", False):
        transposed(reading, node)
    else:
        convolved(reading, node)


@operator("aten.conv_transpose1d", "aten.conv_transpose2d", "aten.conv_transpose3d")
def conv_transpose(reading: Reading, node: Node) -> None:
    """Weights are planes × filters of a group × the kernel."""
    transposed(reading, node)


def convolved(reading: Reading, node: Node) -> None:
    """A `conv`, or a `depthwise_conv` where each filter reads one plane."""
    x, weights = reading.tensor(node, "input"), reading.value(node, "weight")
    filters, kernel = weights.shape[0], list(weights.shape[2:])
    rank = len(kernel)
    x, single = _with_batch(reading, x, rank)
    groups = int(reading.number(node, "groups", 1))
    window = _window(reading, node, kernel)
    biases = reading.fixed(node, "bias")
    if not isinstance(weights, Fixed) or not trainable(weights):
        _untrained(reading, node, x, weights, window, groups)
        return
    type, parameters = bank(x.shape[1], filters, kernel, groups)
    parameters.update(window)
    if biases is None:
        parameters["bias"] = False
    place = reading.place(node, path_of(weights))

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        return reading.heart.layer(type, x, place, given, spatial=range(2, rank + 2), depth=1, **more)

    made = weighted(reading, parameters, weights, [biases], write)
    reading.give(node, reading.heart.squeeze(made, [0]) if single else made)


def _with_batch(reading: Reading, x: Tensor, rank: int) -> tuple[Tensor, bool]:
    """The input with an axis in front of its depth; whether that is a new one."""
    if x.rank == rank + 2 and rank:
        return x, False
    if x.rank != rank + 1 or not rank:
        raise Unsupported
    return reading.heart.unsqueeze(x, [0]), True


def _window(reading: Reading, node: Node, kernel: Sequence[int]) -> dict[str, Any]:
    """Stride, padding and dilation as the layer type takes them; those at their defaults left out."""
    rank = len(kernel)
    found: dict[str, Any] = {}
    strides, dilations = (_each(reading.ints(node, name, [1]), rank) for name in ("stride", "dilation"))
    if any(one != 1 for one in strides):
        found["stride"] = strides
    if any(one != 1 for one in dilations):
        found["dilation"] = dilations
    padding = node.args.get("padding")
    if padding == "same":  # the odd cell is behind
        totals = [step * (size - 1) for step, size in zip(dilations, kernel, strict=True)]
        if any(totals):
            found["padding"] = [total // 2 if total % 2 == 0 else [total // 2, total - total // 2] for total in totals]
    elif padding is not None and padding != "valid":
        pads = _each(reading.ints(node, "padding"), rank)
        if any(pads):
            found["padding"] = pads
    return found


def _each(numbers: list[int], rank: int) -> list[int]:
    """One number for each axis."""
    return numbers * rank if len(numbers) == 1 else numbers


def _untrained(
    reading: Reading, node: Node, x: Tensor, weights: Fixed | Tensor, window: dict[str, Any], groups: int
) -> None:
    """A convolution with a filter that nobody trains: a `blur_pool` where it reads each plane by itself."""
    kernel = list(weights.shape[2:])
    alone = groups == x.shape[1] == weights.shape[0] and not reading.has(node, "bias")
    if alone and isinstance(weights, Fixed) and weights.root is None and "dilation" not in window:
        given = {"kernel": kernel, "stride": 1, "padding": 0, **window}
        reading.buffers_of(weights)
        reading.count(weights)
        made = reading.heart.layer(
            "blur_pool", x, reading.place(node), given, spatial=range(2, len(kernel) + 2), depth=1
        )
        reading.give(node, made)
        return
    shape = reading.shape_of(node.output)
    reading.custom(node, macs=prod(shape) // reading.samples * prod(weights.shape[1:]))


def transposed(reading: Reading, node: Node) -> None:
    """A `conv_transpose`."""
    x, weights, biases = reading.tensor(node, "input"), reading.value(node, "weight"), reading.fixed(node, "bias")
    kernel, groups = list(weights.shape[2:]), int(reading.number(node, "groups", 1))
    rank = len(kernel)
    x, single = _with_batch(reading, x, rank)
    if not isinstance(weights, Fixed) or not trainable(weights):
        reading.custom(node, macs=x.size * prod(weights.shape[1:]))
        return
    parameters: dict[str, Any] = {"filters": weights.shape[1] * groups, "kernel": kernel}
    if groups > 1:
        parameters["groups"] = groups
    parameters.update(_window(reading, node, kernel))
    extra = _each(reading.ints(node, "output_padding", [0]), rank)
    if any(extra):
        parameters["output_padding"] = extra
    if biases is None:
        parameters["bias"] = False
    place = reading.place(node, path_of(weights))

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        return reading.heart.layer("conv_transpose", x, place, given, spatial=range(2, rank + 2), depth=1, **more)

    made = weighted(reading, parameters, weights, [biases], write)
    reading.give(node, reading.heart.squeeze(made, [0]) if single else made)
