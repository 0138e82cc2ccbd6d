"""What a layer without parameters does, in the same words for the same thing, however a file or a framework says it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from analyzer.engine.result import Row
from analyzer.layers.traits import Averages
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Cells before and behind each spatial axis.
Pads = Sequence[tuple[int, int]]

#: Types that do the same where they read the whole of each plane, or put out the same sizes.
_ALIKE = {
    "global_avg_pool": "avg_pool", "adaptive_avg_pool": "avg_pool", "mean": "avg_pool",
    "global_max_pool": "max_pool", "adaptive_max_pool": "max_pool",
    "resize": "upsample",
}  # fmt: skip

#: Interpolation along one axis, two and three.
_MODES = {"bilinear": "linear", "trilinear": "linear"}

#: Parameters that say what a layer reads, or where it writes its output, and not what it does.
_NOT_DOING = {"inputs", "crop", "like", "to", "factor", "inplace"}


class Doing(Record, eq=True):
    """What a layer does: its type, how, and how many values it puts out, which no order of axes changes.

    The number is 0 for an activation, which is the same for any volume.
    """

    kind: str
    how: Hashable
    size: int

    def __hash__(self) -> int:
        return hash((self.kind, self.how, self.size))

    def anywhere(self) -> Doing:
        """The same with any number of values."""
        return Doing(self.kind, self.how, 0)


def doing(row: Row, pads: Pads = ()) -> Doing:
    """What a layer without parameters does; `pads` are zeros that a layer of their own puts around what it reads."""
    layer = row.node.layer
    kind = _ALIKE.get(row.kind, row.kind)
    size = 0 if layer.activates and layer.pointwise else row.output.size  # such a layer can be in many places
    if layer.pools or layer.averages is not Averages.NOTHING:
        return Doing(kind, _pooling(row, pads), size)
    if layer.grows:
        mode = str(layer.written().get("mode", "nearest"))
        return Doing(kind, _MODES.get(mode, mode), size)
    values = written(row)
    if row.kind == "slice":
        values.pop("stop", None)  # the size says where it ends
    return Doing(kind, repr(sorted(values.items())), size)


def _pooling(row: Row, pads: Pads) -> Hashable:
    """The window of a pool; `whole` where it reads the whole of each plane."""
    window = row.node.layer.window(row.input)
    one_cell = all(size == 1 for size in row.output.spatial)
    if one_cell and (window is None or all(map(int.__ge__, window.kernel, row.input.spatial))):
        return "whole"
    if window is None:
        return "parts"
    padding = [tuple(pair) for pair in window.padding]
    if len(pads) == len(padding):
        padding = [(a + c, b + d) for (a, b), (c, d) in zip(padding, pads, strict=True)]
    return window.kernel, window.stride, tuple(padding), window.dilation


def pads_of(row: Row) -> Pads | None:
    """The zeros that a layer adds around the planes, where it does nothing else; None for any other layer."""
    if row.kind != "pad" or row.node.layer.written().get("padding_mode", "zeros") != "zeros":
        return None
    pads = row.geometry.padding
    return pads if pads and row.output.depth == row.input.depth else None


def written(row: Row) -> dict[str, Any]:
    """The parameters of a layer that say what it does, as a file writes them."""
    return {name: value for name, value in row.node.layer.written().items() if name not in _NOT_DOING}


def defaults(row: Row, names: Iterable[str]) -> dict[str, Any]:
    """The parameters of a layer with these names, as they are where a file does not write them."""
    declared = row.node.layer.declared
    return {name: declared[name].default for name in names if name in declared}
