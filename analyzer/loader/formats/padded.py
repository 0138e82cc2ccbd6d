"""Cells added around a tensor on any of its axes, or removed."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def padded(heart: Tensors, x: Tensor, pairs: Mapping[int, tuple[int, int]], mode: str, place: Place) -> Tensor:
    """The tensor with cells before and after on axes; negative numbers remove cells, before others are added.

    `mode` is that of the `pad` layer: `zeros`, `reflect`, `replicate` or `circular`.
    """
    for axis, (before, after) in pairs.items():
        if min(before, after) < 0:
            x = heart.slice(x, axis, max(-before, 0), x.shape[axis] - max(-after, 0), 1, place)
    added = {axis: (max(before, 0), max(after, 0)) for axis, (before, after) in pairs.items()}
    added = {axis: pair for axis, pair in added.items() if any(pair)}
    return _around(heart, x, added, mode, place) if added else x


def _around(heart: Tensors, x: Tensor, pairs: Mapping[int, tuple[int, int]], mode: str, place: Place) -> Tensor:
    """The `pad` layer over a volume that has these axes by themselves."""
    written, groups, places = heart.by_itself(x, list(pairs), place)
    at = dict(zip(pairs, places, strict=True))
    cells = {at[axis]: pair for axis, pair in pairs.items()}
    rank = len(groups) - 1
    parameters: dict[str, Any] = {"padding": [list(cells.get(axis, (0, 0))) for axis in range(rank)]}
    if rank in cells:
        parameters["depth"] = list(cells[rank])
    if not rank:
        del parameters["padding"]
    if mode != "zeros":
        parameters["padding_mode"] = mode
    return heart.placed(x, groups, heart.sheet.write("pad", [written], place, parameters), at)
