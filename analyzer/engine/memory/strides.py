"""How the elements of a tensor lie in memory: shapes and strides, with the rules of torch.

A shape includes the batch. Strides are elements from one cell of an axis to the next. They decide whether an operation
can read a tensor where it lies, or copies it first; a view (a slice, other axes) may lie with gaps or in another order.

>>> cut_out = strided((2, 8, 5, 5))  # and the first four planes of it:
>>> in_order((2, 4, 5, 5), cut_out), viewed((2, 4, 5, 5), cut_out, (2, 100)), viewed((2, 4, 5, 5), cut_out, (200,))
(False, (200, 1), None)

Sources: torch 2.13.0, c10/core/MemoryFormat.h, c10/core/Contiguity.h, ATen/TensorUtils.cpp (computeStride) and
ATen/TensorIterator.cpp (reorder_dimensions).
"""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Sizes of the axes, or elements between their cells.
    Sizes: TypeAlias = tuple[int, ...]


def strided(shape: Sizes, order: Sequence[int] | None = None) -> Sizes:
    """The strides of a tensor without gaps whose axes lie in `order`, the slowest first; by default in their own."""
    strides = [0] * len(shape)
    step = 1
    for axis in reversed(range(len(shape)) if order is None else order):
        strides[axis] = step
        step *= shape[axis]
    return tuple(strides)


def in_order(shape: Sizes, strides: Sizes) -> bool:
    """Whether the elements lie in the order of the axes, without gaps."""
    step = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1:
            if stride != step:
                return False
            step *= size
    return True


def dense(shape: Sizes, strides: Sizes) -> bool:
    """Whether the elements lie without gaps, in any order of the axes."""
    step = 1
    for stride, size in sorted((stride, size) for size, stride in zip(shape, strides, strict=True) if size != 1):
        if stride != step:
            return False
        step *= size
    return True


def depth_last(shape: Sizes, strides: Sizes) -> bool:
    """Whether a tensor N×D×H×W (or with one axis more or less) lies with its depth last, gaps or not."""
    least = 0
    if strides[1] == 0:
        return False
    for axis in (1, *range(len(shape) - 1, 1, -1), 0):
        if strides[axis] < least or (axis == 0 and least == strides[1]):
            return False
        least = strides[axis] * max(shape[axis], 1)
    return True


def with_depth_last(shape: Sizes) -> Sizes:
    """The strides of a tensor N×D×… that lies with its depth last."""
    return strided(shape, (0, *range(2, len(shape)), 1))


def viewed(shape: Sizes, strides: Sizes, to: Sizes) -> Sizes | None:
    """The strides of the same elements in another shape; None where only a copy has it."""
    found = [0] * len(to)
    place, axis = len(to) - 1, len(shape) - 1
    base, chunk, reached = strides[-1], 1, 1
    for axis in range(len(shape) - 1, -1, -1):
        chunk *= shape[axis]
        if axis and (shape[axis - 1] == 1 or strides[axis - 1] == chunk * base):
            continue
        while place >= 0 and (reached < chunk or to[place] == 1):
            found[place] = reached * base
            reached *= to[place]
            place -= 1
        if reached != chunk:
            return None
        if axis:
            base, chunk, reached = strides[axis - 1], 1, 1
    return tuple(found) if place < 0 else None


def elementwise(shape: Sizes, operands: Sequence[tuple[Sizes, Sizes]]) -> Sizes:
    """The strides that an elementwise kernel gives its output, from the (shape, strides) of what it reads."""
    rank = len(shape)
    spread = [
        tuple(
            0 if own == 1 and whole != 1 else stride
            for own, whole, stride in zip(
                (1,) * (rank - len(sizes)) + sizes, shape, (0,) * (rank - len(sizes)) + strides, strict=True
            )
        )
        for sizes, strides in operands
    ]
    if all(sizes == shape for sizes, _ in operands):
        first = spread[0]
        if all(in_order(shape, strides) for strides in spread):
            return strided(shape)
        if all(strides == first for strides in spread) and dense(shape, first):
            return first
    order = list(range(rank - 1, -1, -1))  # the fastest first
    for start in range(1, rank):
        moved = start
        for other in range(start - 1, -1, -1):
            swap = _slower(shape, spread, order[other], order[moved])
            if swap > 0:
                order[other], order[moved] = order[moved], order[other]
                moved = other
            elif swap < 0:
                break
    return strided(shape, order[::-1])


def _slower(shape: Sizes, operands: Sequence[Sizes], one: int, other: int) -> int:
    """Above 0 where axis `one` lies slower than `other`, below 0 where faster, 0 where no operand can tell."""
    for strides in operands:
        if strides[one] == 0 or strides[other] == 0:
            continue
        if strides[one] != strides[other]:
            return 1 if strides[one] > strides[other] else -1
        if shape[one] > shape[other]:
            return 1
    return 0
