"""Resize, Upsample, and the shuffles between depth and space.

Sources: ONNX' Resize (opsets 10 to 19), Upsample (7 and 9), DepthToSpace, SpaceToDepth; onnxruntime 1.32.0, which
multiplies sizes and scales in single precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from struct import pack, unpack

from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.resampling import resampled
from analyzer.loader.formats.views import Tensor


@operator("Resize", "Upsample")
def resize(reading: Reading, node: Node) -> None:
    """An `upsample` where whole factors are given, otherwise a `resize`, over the axes whose sizes change."""
    x = reading.tensor(node, 0)
    sizes, factors = _resized(reading, node, x)
    kind = node.string("mode", "nearest")
    kind = kind if kind in ("nearest", "linear", "cubic") else "linear"
    made = resampled(reading.heart, x, sizes, kind, reading.place(node), by_factors=bool(factors))
    reading.give(node, made)


def _resized(reading: Reading, node: Node, x: Tensor) -> tuple[list[int], list[float]]:
    """The new sizes of all axes, and the factors where they were given."""
    axes = [x.at(axis) for axis in node.ints("axes") or range(x.rank)]
    scales, sizes = _asked(reading, node)
    found, factors = list(x.shape), [1.0] * x.rank
    if sizes:
        _by_sizes(node, x, axes, sizes, found)
        return found, []
    roi = reading.numbers(node, 1) if node.string("coordinate_transformation_mode", "") == "tf_crop_and_resize" else []
    for place, (axis, scale) in enumerate(zip(axes, scales, strict=True)):
        if x.is_batch(axis):
            continue
        share = 1.0 if not roi else _single(roi[place + len(axes)] - roi[place])
        factors[axis] = scale
        found[axis] = floor(_single(_single(x.shape[axis] * share) * scale))
    return found, factors


def _asked(reading: Reading, node: Node) -> tuple[list[float], list[int]]:
    """The scales or the sizes that a node asks for."""
    if node.has("scales"):
        return node.floats("scales"), []
    if node.operator == "Upsample" or len(node.inputs) == 2:
        return reading.numbers(node, 1), []
    sizes = reading.numbers(node, 3) if node.reads(3) else []
    return ([], [int(size) for size in sizes]) if sizes else (reading.numbers(node, 2), [])


def _by_sizes(node: Node, x: Tensor, axes: Sequence[int], sizes: Sequence[int], found: list[int]) -> None:
    """Sizes as given; with a policy one scale for all, the smallest or the largest of theirs, and sizes rounded."""
    policy = node.string("keep_aspect_ratio_policy", "stretch")
    scales = [size / x.shape[axis] for axis, size in zip(axes, sizes, strict=True)]
    for axis, size in zip(axes, sizes, strict=True):
        if x.is_batch(axis):
            continue
        if policy == "stretch":
            found[axis] = size
        else:
            scale = min(scales) if policy == "not_larger" else max(scales)
            found[axis] = floor(scale * x.shape[axis] + 0.5)


def _single(number: float) -> float:
    """A number in single precision."""
    return float(unpack("<f", pack("<f", number))[0])


@operator("DepthToSpace")
def depth_to_space(reading: Reading, node: Node) -> None:
    """Blocks of channels become cells: a view, for which a consumer's axes decide the layer."""
    x = reading.tensor(node, 0)
    n, c, h, w = x.shape
    r = node.int("blocksize", 1)
    heart, place = reading.heart, reading.place(node)
    if node.string("mode", "DCR") == "DCR":
        x = heart.transpose(heart.reshape(x, [n, r, r, c // r**2, h, w], place), [0, 3, 4, 1, 5, 2])
    else:
        x = heart.transpose(heart.reshape(x, [n, c // r**2, r, r, h, w], place), [0, 1, 4, 2, 5, 3])
    reading.give(node, heart.reshape(x, [n, c // r**2, h * r, w * r], place))


@operator("SpaceToDepth")
def space_to_depth(reading: Reading, node: Node) -> None:
    """Cells of a block become channels."""
    x = reading.tensor(node, 0)
    n, c, h, w = x.shape
    r = node.int("blocksize", 1)
    heart, place = reading.heart, reading.place(node)
    x = heart.reshape(x, [n, c, h // r, r, w // r, r], place)
    order = [0, 3, 5, 1, 2, 4] if node.string("mode", "DCR") == "DCR" else [0, 1, 3, 5, 2, 4]
    reading.give(node, heart.reshape(heart.transpose(x, order), [n, c * r**2, h // r, w // r], place))
