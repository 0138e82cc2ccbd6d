"""Pools: windows that slide over the axes behind the first two, the batch and the channels.

Sources: ONNX' AveragePool, MaxPool, LpPool, MaxUnpool and their global forms (1.23.2); onnxruntime 1.32.0.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Refusal
from analyzer.layers.building import build
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TYPES = {"MaxPool": "max_pool", "AveragePool": "avg_pool", "LpPool": "lp_pool"}


@operator(*_TYPES)
def pool(reading: Reading, node: Node) -> None:
    """The pool with its window. Where the largest values are, the second output of MaxPool, has the same axes."""
    x = reading.tensor(node, 0)
    spatial = list(range(2, x.rank))
    parameters = window(node, len(spatial))
    if parameters.get("dilation") and node.operator != "MaxPool":
        size = _dilated(x.shape[2:], parameters)
        reading.custom(node, [*x.shape[:2], *size], macs=0)
        return
    made = reading.heart.layer(_TYPES[node.operator], x, reading.place(node), parameters, spatial=spatial, depth=1)
    for place in range(len(node.outputs)):
        reading.give(node, made, place)


def window(node: Node, rank: int) -> dict[str, Any]:
    """Kernel, stride, padding, rounding and dilation of a pool, as its layer type takes them."""
    found: dict[str, Any] = {"kernel": node.ints("kernel_shape")}
    found["stride"] = node.ints("strides") or [1] * rank
    mode = node.string("auto_pad", "NOTSET")
    pads = node.ints("pads") or [0] * (2 * rank)
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        found["padding"] = "same" if mode == "SAME_UPPER" else "same_lower"
    elif mode != "VALID" and any(pads):
        found["padding"] = [[before, after] for before, after in zip(pads[:rank], pads[rank:], strict=True)]
    if node.int("ceil_mode", 0):
        found["rounding"] = "ceil"
    dilations = node.ints("dilations")
    if dilations and any(one > 1 for one in dilations):
        found["dilation"] = dilations
    return found


def _dilated(sizes: Sequence[int], parameters: dict[str, Any]) -> list[int]:
    """The spatial sizes of a dilated pool of means, which the catalogue does not have: those of a `max_pool`."""
    try:
        return list(build("max_pool", parameters).output([Volume(tuple(sizes), 1)]).spatial)
    except Refusal:
        raise Unsupported from None


@operator("GlobalAveragePool", "GlobalMaxPool")
def global_pool(reading: Reading, node: Node) -> None:
    """One cell of each plane."""
    x = reading.tensor(node, 0)
    op = "mean" if node.operator == "GlobalAveragePool" else "max"
    reading.give(node, reading.heart.reduce(x, op, range(2, x.rank), True, reading.place(node)))


@operator("GlobalLpPool")
def global_lp_pool(reading: Reading, node: Node) -> None:
    """The norm of each plane."""
    x = reading.tensor(node, 0)
    op = "l1" if node.int("p", 2) == 1 else "l2"
    reading.give(node, reading.heart.reduce(x, op, range(2, x.rank), True, reading.place(node)))


@operator("MaxUnpool")
def max_unpool(reading: Reading, node: Node) -> None:
    """Each value goes to its place in a larger plane; the size of that plane may be given."""
    x = reading.tensor(node, 0)
    rank = x.rank - 2
    kernel, strides, pads = node.ints("kernel_shape"), node.ints("strides"), node.ints("pads")
    strides, pads = strides or [1] * rank, pads or [0] * (2 * rank)
    given = reading.numbers(node, 2)
    sizes = [
        (size - 1) * step + cells - pads[axis] - pads[axis + rank]
        for axis, (size, step, cells) in enumerate(zip(x.shape[2:], strides, kernel, strict=True))
    ]
    if given:
        sizes = list(map(int, given[2:]))
    if any(size < 1 for size in sizes):
        raise Unsupported
    reading.custom(node, [*x.shape[:2], *sizes], macs=0)
