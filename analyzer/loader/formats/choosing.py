"""Cells of an axis of a tensor: ranges, and cells by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analyzer.loader.formats.sheet import Place, Written
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor


def ranged(heart: Tensors, x: Tensor, axis: int, cells: range, place: Place) -> Tensor:
    """These cells of an axis; those of a range backwards are turned round."""
    if cells.step > 0:
        return heart.slice(x, axis, cells[0], cells[-1] + 1, cells.step, place)
    x = heart.slice(x, axis, cells[-1], cells[0] + 1, -cells.step, place)
    return heart.on_axis("flip", x, axis, place) if len(cells) > 1 else x


def taken(heart: Tensors, x: Tensor, axis: int, numbers: Sequence[int], shape: Sequence[int], place: Place) -> Tensor:
    """The cells of these numbers, with axes of this shape in place of theirs."""
    size = x.shape[axis]
    cells = [n + size if n < 0 else n for n in numbers]
    if not x.is_batch(axis):
        step = cells[1] - cells[0] if len(cells) > 1 else 1
        even = all(after - before == step for before, after in pairwise(cells))
        if even and step:
            x = ranged(heart, x, axis, range(cells[0], cells[-1] + (1 if step > 0 else -1), step), place)
        else:
            x = chosen(heart, x, axis, len(cells), place)
    if len(shape) == 1:
        return x
    return (
        heart.reshape(x, [*x.shape[:axis], *shape, *x.shape[axis + 1 :]], place) if shape else heart.squeeze(x, [axis])
    )


def chosen(heart: Tensors, x: Tensor, axis: int, count: int, place: Place, beside: Sequence[Written] = ()) -> Tensor:
    """This number of cells of an axis, which indices choose: those that a layer calculates are `beside`."""
    return heart.on_axis("gather", x, axis, place, {"count": count}, beside)
