"""Normalisations with weights of the file, and PRelu, whose slopes are trained.

Sources: ONNX' operators of these names (1.23.2); onnxruntime's SimplifiedLayerNormalization, SkipLayerNormalization,
SkipSimplifiedLayerNormalization (ContribOperators.md, 1.32.0); torch 2.13.0's exporter, which writes a group norm as an
instance norm of reshaped planes.
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.normalising import over_last
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import BUFFERS, NUMBERS, Constant
from analyzer.loader.formats.onnx.weights import count, held, held_or_none, name_of, weighted
from analyzer.loader.formats.sheet import Weights, Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@operator("BatchNormalization")
def batch_norm(reading: Reading, node: Node) -> None:
    """Over the second axis; running statistics are buffers."""
    x = reading.tensor(node, 0)
    scale, centre, mean, variance = (held(reading, node, place) for place in range(1, 5))
    place = reading.place(node, name_of(scale))

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return reading.heart.over_depth("batch_norm", x, min(1, x.rank - 1), place, given)

    made = weighted(reading, {}, scale, [centre], write)
    for value in (mean, variance):
        _keep(reading, value)
    reading.give(node, made)
    for at in (1, 2):  # the statistics of a training step
        if not reading.empty(node, at):
            axes = [axis for axis in range(x.rank) if axis != 1]
            reading.give(node, reading.heart.reduce(x, "mean", axes, False, reading.place(node)), at)


def _keep(reading: Reading, value: Constant) -> None:
    """Counts a buffer of the layer that was written."""
    root = value.weights
    if root is not None and root.use in ("", NUMBERS):
        reading.used(value, BUFFERS)
        root.use = BUFFERS
        reading.unstored += value.size - root.tensor.size
    else:
        reading.unstored += value.size


def _affine(scale: Constant | None, centre: Constant | None) -> dict[str, Any]:
    """The parameters that say which trained numbers a norm has."""
    if scale is None and centre is None:
        return {"affine": False}
    found: dict[str, Any] = {} if scale is not None else {"scale": False}
    return found if centre is not None else {**found, "center": False}


@operator("LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization")
def layer_norm(reading: Reading, node: Node) -> None:
    """Over the axes from `axis` on."""
    scale, centre = held(reading, node, 1), held_or_none(reading, node, 2)
    type = "layer_norm" if node.operator == "LayerNormalization" else "rms_norm"
    x, axis = reading.tensor(node, 0), node.int("axis", -1)
    reading.give(node, normalised(reading, node, x, axis, type, scale, centre))
    for at in (1, 2):  # the statistics
        if not reading.empty(node, at):
            axes = range(x.at(axis), x.rank)
            reading.give(node, reading.heart.reduce(x, "mean", axes, True, reading.place(node)), at)


def normalised(
    reading: Reading, node: Node, x: Tensor, axis: int, type: str, scale: Constant, centre: Constant | None
) -> Tensor:
    """The norm of a tensor over its axes from `axis` on."""
    axis = x.at(axis)
    last = x.shape[axis:]
    if scale.size != prod(last) or (centre is not None and centre.size != prod(last)):
        raise Unsupported
    place = reading.place(node, name_of(scale))
    given = {} if type == "rms_norm" or centre is not None else {"center": False}

    def write(parameters: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return over_last(reading.heart, type, x, axis, place, parameters)

    return weighted(reading, given, scale, [centre], write)


@operator("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def skip_layer_norm(reading: Reading, node: Node) -> None:
    """A sum of `input`, `skip` and maybe a bias, and its norm: `input, skip, gamma, (beta,) bias`."""
    simple = node.operator != "SkipLayerNormalization"
    xs = [reading.tensor(node, 0), reading.tensor(node, 1)]
    bias = 3 if simple else 4
    if node.reads(bias):
        xs.append(reading.tensor(node, bias))
    total = reading.heart.merge("add", xs, reading.place(node))
    centre = None if simple else held_or_none(reading, node, 3)
    type = "rms_norm" if simple else "layer_norm"
    reading.give(node, normalised(reading, node, total, -1, type, held(reading, node, 2), centre))
    reading.give(node, total, 3)


@operator("InstanceNormalization")
def instance_norm(reading: Reading, node: Node) -> None:
    """Each plane by itself. Ones and zeros around reshapes are no weights: an exporter writes a group norm so."""
    x, scale, centre = reading.tensor(node, 0), held(reading, node, 1), held(reading, node, 2)
    if x.rank < 3:
        raise Unsupported
    helper = _is_helper(reading, node, scale, centre)
    place = reading.place(node, "" if helper else name_of(scale))

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return reading.heart.layer("instance_norm", x, place, given, spatial=range(2, x.rank), depth=1)

    if helper:
        for value in (scale, centre):
            reading.used(value, NUMBERS)
        reading.give(node, write({}, None))
        return
    reading.give(node, weighted(reading, {"affine": True}, scale, [centre], write))


def _is_helper(reading: Reading, node: Node, scale: Constant, centre: Constant) -> bool:
    """Whether the norm is part of a group norm: its weights are ones and zeros, and a reshape reads it."""
    readers = reading.readers.get(node.outputs[0], [])
    if [one.operator for one in readers] != ["Reshape"] or scale.size > 4096:
        return False
    ones, zeros = scale.numbers(), centre.numbers()
    return ones is not None and zeros is not None and set(ones) == {1.0} and set(zeros) <= {0.0}


@operator("GroupNormalization", "GroupNorm")
def group_norm(reading: Reading, node: Node) -> None:
    """Groups of planes; scale and centre of each plane, until opset 20 of each group."""
    x, scale, centre = reading.tensor(node, 0), held(reading, node, 1), held(reading, node, 2)
    groups = node.int("num_groups", node.int("groups", 1))
    last = bool(node.int("channels_last", 1)) if node.operator == "GroupNorm" else False
    depth = x.rank - 1 if last else 1
    spatial = [axis for axis in range(1, x.rank) if axis != depth]
    whole = scale.size == x.shape[depth]
    place = reading.place(node, name_of(scale))

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return reading.heart.layer("group_norm", x, place, given, spatial=spatial, depth=depth)

    if whole:
        made = weighted(reading, {"groups": groups}, scale, [centre], write)
    else:
        made = write({"groups": groups, "affine": False}, None)
        per = reading.heart.parameter([scale.size], place)
        count(reading, scale)
        count(reading, centre)
        other = reading.heart.parameter([centre.size], place)
        shape = [1, groups, 1]
        divided = reading.heart.reshape(made, [x.shape[0], groups, -1])
        divided = reading.heart.merge("multiply", [divided, reading.heart.reshape(per, shape)], place)
        divided = reading.heart.merge("add", [divided, reading.heart.reshape(other, shape)], place)
        made = reading.heart.reshape(divided, list(x.shape))
    if node.int("activation", 0):
        made = reading.heart.pointwise("silu", made, place)
    reading.give(node, made)


@operator("LRN")
def lrn(reading: Reading, node: Node) -> None:
    """Over neighbouring planes."""
    x = reading.tensor(node, 0)
    parameters = {"size": node.int("size", 5)}
    made = reading.heart.layer(
        "local_response_norm", x, reading.place(node), parameters, spatial=range(2, x.rank), depth=1
    )
    reading.give(node, made)


@operator("PRelu")
def prelu(reading: Reading, node: Node) -> None:
    """One slope, one for each cell of an axis, or one for each element."""
    x, slope = reading.tensor(node, 0), held(reading, node, 1)
    place = reading.place(node, name_of(slope))
    sizes = [1] * (x.rank - len(slope.shape)) + list(slope.shape)
    own = [axis for axis, size in enumerate(sizes) if size > 1]

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        if given["per"] == "depth":
            return reading.heart.over_depth("prelu", x, own[0], place, given)
        return reading.heart.pointwise("prelu", x, place, given)

    if not own:
        per = "layer"
    elif len(own) == 1:
        per = "depth"
    elif slope.size == x.size:
        per = "volume"
    else:
        raise Unsupported
    reading.give(node, weighted(reading, {"per": per}, slope, [], write))
