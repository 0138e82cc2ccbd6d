"""Convolutions with weights of the file.

Sources: ONNX' Conv, ConvTranspose, ConvInteger, QLinearConv, DeformConv (Operators.md, 1.23.2); onnxruntime's FusedConv
and QLinearConv (ContribOperators.md, 1.32.0).
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.banks import bank
from analyzer.loader.formats.onnx.operators.activations import fused
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import Constant
from analyzer.loader.formats.onnx.weights import held, held_or_none, name_of, weighted
from analyzer.loader.formats.sheet import Weights, Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@operator("Conv", "FusedConv")
def conv(reading: Reading, node: Node) -> None:
    """A `conv`, or a `depthwise_conv` where each filter reads one plane; an activation may be part of the operator."""
    if isinstance(reading.value(node, 1), Tensor):
        _of_data(reading, node)
        return
    convolved(reading, node, held(reading, node, 1), held_or_none(reading, node, 2))


@operator("ConvInteger")
def conv_integer(reading: Reading, node: Node) -> None:
    """The same of whole numbers: `x, w, zero points`."""
    convolved(reading, node, held(reading, node, 1), None)


@operator("QLinearConv")
def qlinear_conv(reading: Reading, node: Node) -> None:
    """The same with scales: `x, its scale and zero point, w, …, y's, biases`."""
    for place in (1, 2, 4, 5, 6, 7):
        reading.numbers_of(node, place)
    convolved(reading, node, held(reading, node, 3), held_or_none(reading, node, 8))


def convolved(reading: Reading, node: Node, weights: Constant, biases: Constant | None) -> None:
    """The layer of a convolution with these weights: filters × planes of a group × the kernel."""
    x = reading.tensor(node, 0)
    filters, kernel = weights.shape[0], list(weights.shape[2:])
    rank = len(kernel)
    if x.rank != rank + 2 or not rank:
        raise Unsupported
    groups = node.int("group", 1)
    type, parameters = bank(x.shape[1], filters, kernel, groups)
    parameters.update(window(node, rank))
    if biases is None:
        parameters["bias"] = False
    place = reading.place(node, name_of(weights))

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return reading.heart.layer(type, x, place, given, spatial=range(2, rank + 2), depth=1, tied=tied)

    made = weighted(reading, parameters, weights, [biases], write)
    if biases is None:
        reading.products[node.outputs[0]] = reading.sheet.layers[-1], 1
    reading.give(node, fused(reading, node, made))


def window(node: Node, rank: int) -> dict[str, Any]:
    """Stride, padding and dilation of a convolution, as its layer type takes them; those at their defaults left out."""
    found: dict[str, Any] = {}
    strides, dilations = node.ints("strides") or [1] * rank, node.ints("dilations") or [1] * rank
    pads = node.ints("pads") or [0] * (2 * rank)
    mode = node.string("auto_pad", "NOTSET")
    if any(one != 1 for one in strides):
        found["stride"] = strides
    if any(one != 1 for one in dilations):
        found["dilation"] = dilations
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        found["padding"] = "same" if mode == "SAME_UPPER" else "same_lower"
    elif mode != "VALID" and any(pads):
        pairs = list(zip(pads[:rank], pads[rank:], strict=True))
        if any(before < 0 or after < 0 for before, after in pairs):
            raise Unsupported
        found["padding"] = [before if before == after else [before, after] for before, after in pairs]
    return found


def _of_data(reading: Reading, node: Node) -> None:
    """A convolution with filters that the network calculates: its MACs follow from the shapes."""
    w = reading.tensor(node, 1)
    shape = reading.shape_of(node.outputs[0])
    if shape is None:
        raise Unsupported
    reading.custom(node, shape, macs=prod(shape) * prod(w.shape[1:]))


@operator("ConvTranspose")
def conv_transpose(reading: Reading, node: Node) -> None:
    """Weights are planes × filters of a group × the kernel. `output_shape` decides the padding where it is given."""
    x, weights, biases = reading.tensor(node, 0), held(reading, node, 1), held_or_none(reading, node, 2)
    kernel, groups = list(weights.shape[2:]), node.int("group", 1)
    rank = len(kernel)
    if x.rank != rank + 2:
        raise Unsupported
    parameters: dict[str, Any] = {"filters": weights.shape[1] * groups, "kernel": kernel}
    if groups > 1:
        parameters["groups"] = groups
    given = window(node, rank)
    extra = node.ints("output_padding") or [0] * rank
    strides, dilations = given.get("stride", [1] * rank), given.get("dilation", [1] * rank)
    shape = node.ints("output_shape")[-rank:]
    mode = node.string("auto_pad", "NOTSET")
    if not shape and mode.startswith("SAME"):
        shape = [size * step for size, step in zip(x.shape[2:], strides, strict=True)]
    if shape:
        given["padding"], extra = _pads(x, kernel, strides, dilations, extra, shape, upper=mode != "SAME_LOWER")
    if any(extra):
        given["output_padding"] = extra
    if biases is None:
        given["bias"] = False
    place = reading.place(node, name_of(weights))

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return reading.heart.layer("conv_transpose", x, place, given, spatial=range(2, rank + 2), depth=1, tied=tied)

    made = weighted(reading, {**parameters, **given}, weights, [biases], write)
    if biases is None:
        reading.products[node.outputs[0]] = reading.sheet.layers[-1], 1
    reading.give(node, made)


def _pads(
    x: Tensor,
    kernel: list[int],
    strides: list[int],
    dilations: list[int],
    extra: list[int],
    shape: list[int],
    *,
    upper: bool,
) -> tuple[list[list[int]], list[int]]:
    """The padding and the output padding that give an output of this shape, as ONNX defines them.

    Raises `Unsupported` where the output would be larger than without padding by more than a step.
    """
    pairs, grown = [], []
    for axis, size in enumerate(shape):
        reach = (kernel[axis] - 1) * dilations[axis] + 1
        total = strides[axis] * (x.shape[axis + 2] - 1) + extra[axis] + reach - size
        grown.append(extra[axis] + max(0, -total))
        total = max(0, total)
        half = total // 2
        pairs.append([half, total - half] if upper else [total - half, half])
    return pairs, grown


@operator("DeformConv")
def deform_conv(reading: Reading, node: Node) -> None:
    """A convolution whose taps are moved by offsets that the network calculates: no layer of the catalogue."""
    x, weights = reading.tensor(node, 0), held(reading, node, 1)
    rank = len(weights.shape) - 2
    ones = [1] * rank
    strides, dilations = node.ints("strides") or ones, node.ints("dilations") or ones
    pads = node.ints("pads") or [0] * (2 * rank)
    shape = [*x.shape[:1], weights.shape[0]]
    for axis, size in enumerate(x.shape[2:]):
        reach = dilations[axis] * (weights.shape[axis + 2] - 1) + 1
        shape.append((size + pads[axis] + pads[axis + rank] - reach) // strides[axis] + 1)
    reading.custom(node, shape, macs=prod(shape) * prod(weights.shape[1:]))
