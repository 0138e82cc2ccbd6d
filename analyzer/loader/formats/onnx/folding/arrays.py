"""Arrays of numbers as flat lists, row by row: what numpy does to them, in as many words as ONNX needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from math import prod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def strides_of(shape: Sequence[int]) -> list[int]:
    """How far apart the cells of each axis are in the flat list.

    >>> strides_of([2, 3, 4])
    [12, 4, 1]
    """
    strides = [1] * len(shape)
    for axis in reversed(range(len(shape) - 1)):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return strides


def places(shape: Sequence[int], strides: Sequence[int], start: int = 0) -> Iterable[int]:
    """The places in a flat list of the cells of a view with this shape and these strides, row by row."""
    steps = [
        range(0, size * stride, stride) if stride else [0] * size for size, stride in zip(shape, strides, strict=True)
    ]
    for offsets in product(*steps):
        yield start + sum(offsets)


def transposed(values: Sequence[Any], shape: Sequence[int], order: Sequence[int]) -> list[Any]:
    """numpy.transpose.

    >>> transposed([1, 2, 3, 4, 5, 6], [2, 3], [1, 0])
    [1, 4, 2, 5, 3, 6]
    """
    strides = strides_of(shape)
    return [values[at] for at in places([shape[a] for a in order], [strides[a] for a in order])]


def indices(axes: Sequence[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
    """The index of each cell, row by row, of an array with these indices on each axis."""
    return product(*axes)


def broadcast(shapes: Iterable[Sequence[int]]) -> list[int]:
    """The shape that several are broadcast to. Raises `ValueError` where they do not fit."""
    shapes = list(shapes)
    rank = max(map(len, shapes), default=0)
    found = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != found[axis] and 1 not in (size, found[axis]):
                raise ValueError(f"{size} and {found[axis]}")
            found[axis] = size if found[axis] == 1 else found[axis]
    return found


def expanded(values: Sequence[Any], shape: Sequence[int], to: Sequence[int]) -> list[Any]:
    """The values broadcast to a shape."""
    if list(shape) == list(to):
        return list(values)
    strides = [0] * (len(to) - len(shape)) + strides_of(shape)
    sizes = [1] * (len(to) - len(shape)) + list(shape)
    strides = [0 if size == 1 else stride for size, stride in zip(sizes, strides, strict=True)]
    return [values[at] for at in places(to, strides)]


def sliced(values: Sequence[Any], shape: Sequence[int], ranges: Sequence[Sequence[int]]) -> list[Any]:
    """The cells with these numbers on each axis."""
    strides = strides_of(shape)
    steps = [[i * stride for i in r] for r, stride in zip(ranges, strides, strict=True)]
    return [values[sum(offsets)] for offsets in product(*steps)]


def gathered(values: Sequence[Any], shape: Sequence[int], indices: Sequence[int], axis: int) -> list[Any]:
    """The cells of an axis with these numbers, in place of it."""
    inner, size = prod(shape[axis + 1 :]), shape[axis]
    found: list[Any] = []
    for outer in range(prod(shape[:axis])):
        for index in indices:
            start = (outer * size + index % size) * inner
            found += values[start : start + inner]
    return found


def joined(parts: Sequence[tuple[Sequence[Any], Sequence[int]]], axis: int) -> list[Any]:
    """Arrays one behind the other along an axis: each its values and its shape."""
    found: list[Any] = []
    for outer in range(prod(parts[0][1][:axis])):
        for values, shape in parts:
            length = prod(shape[axis:])
            found += values[outer * length : (outer + 1) * length]
    return found


def reduced(
    values: Sequence[Any], shape: Sequence[int], axes: Sequence[int], function: Callable[[list[Any]], Any]
) -> list[Any]:
    """One value of the cells along axes."""
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    strides = strides_of(shape)
    inner = list(places([shape[a] for a in axes], [strides[a] for a in axes]))
    return [
        function([values[at + offset] for offset in inner])
        for at in places([shape[a] for a in kept], [strides[a] for a in kept])
    ]
