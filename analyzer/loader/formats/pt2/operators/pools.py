"""Pools: windows that slide over the axes behind the first two, the batch and the planes.

Sources: torch/nn/functional.py; native_functions.yaml (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, operator
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX = (
    "aten.max_pool1d", "aten.max_pool2d", "aten.max_pool3d", "aten.max_pool1d_with_indices",
    "aten.max_pool2d_with_indices", "aten.max_pool3d_with_indices", "aten._low_memory_max_pool2d_with_offsets",
)  # fmt: skip
_AVERAGE = ("aten.avg_pool1d", "aten.avg_pool2d", "aten.avg_pool3d")


@operator(*_MAX, *_AVERAGE)
def pool(reading: Reading, node: Node) -> None:
    """Where the largest values are, a second output, has the same axes."""
    x = reading.tensor(node, "self")
    rank = int(node.operator[node.operator.index("pool") + 4])
    kernel = _each(reading.ints(node, "kernel_size"), rank)
    parameters: dict[str, Any] = {"kernel": kernel}
    strides = _each(reading.ints(node, "stride") or kernel, rank)
    if strides != kernel:
        parameters["stride"] = strides
    pads = _each(reading.ints(node, "padding", [0]), rank)
    if any(pads):
        parameters["padding"] = pads
    if reading.number(node, "ceil_mode", False):
        parameters["rounding"] = "ceil"
    dilations = _each(reading.ints(node, "dilation", [1]), rank)
    if any(one > 1 for one in dilations):
        parameters["dilation"] = dilations
    made = over_planes(reading, node, "max_pool" if node.operator in _MAX else "avg_pool", x, rank, parameters)
    reading.give_all(node, [made, made])


def over_planes(reading: Reading, node: Node, type: str, x: Tensor, rank: int, parameters: dict[str, Any]) -> Tensor:
    """A layer over the last axes, the planes before them; without a batch the first axis has the planes."""
    spatial = range(x.rank - rank, x.rank)
    place = reading.place(node)
    return reading.heart.layer(type, x, place, parameters, spatial=spatial, depth=x.rank - rank - 1)


def _each(numbers: list[int], rank: int) -> list[int]:
    """One number for each axis."""
    return numbers * rank if len(numbers) == 1 else numbers


_ADAPTIVE = {
    "aten.adaptive_avg_pool1d": "adaptive_avg_pool", "aten.adaptive_avg_pool2d": "adaptive_avg_pool",
    "aten.adaptive_avg_pool3d": "adaptive_avg_pool", "aten._adaptive_avg_pool2d": "adaptive_avg_pool",
    "aten._adaptive_avg_pool3d": "adaptive_avg_pool", "aten.adaptive_max_pool1d": "adaptive_max_pool",
    "aten.adaptive_max_pool2d": "adaptive_max_pool", "aten.adaptive_max_pool3d": "adaptive_max_pool",
}  # fmt: skip


@operator(*_ADAPTIVE)
def adaptive(reading: Reading, node: Node) -> None:
    """To a size; one cell of each plane is a global pool."""
    x = reading.tensor(node, "self")
    type = _ADAPTIVE[node.operator]
    size = list(reading.shape_of(node.output))[-int(node.operator[-2]) :]
    if all(one == 1 for one in size):
        op = "mean" if "avg" in type else "max"
        axes = range(x.rank - len(size), x.rank)
        made = reading.heart.reduce(x, op, axes, True, reading.place(node))
    else:
        made = over_planes(reading, node, type, x, len(size), {"size": size})
    reading.give_all(node, [made, made])
