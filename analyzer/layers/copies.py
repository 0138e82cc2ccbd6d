"""Operations that several layers begin with: padded copies of a volume, and views that cut ranges out of it.

Source: torch 2.13.0 as it runs on a CPU; docs/memory.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.layers.operations import BY_GRADIENT, FORMAT, INPLACE, NEW, VIEW, Operation, View
from analyzer.volume import Volume


def padded_copy(volume: Volume, pairs: Sequence[tuple[int, int]]) -> tuple[Operation, ...]:
    """The copy that is made where the two sides of an axis are padded differently, which no framework's window does."""
    if all(before == after for before, after in pairs):
        return ()
    sizes = *(size + sum(pair) for size, pair in zip(volume.spatial, pairs, strict=True)), volume.depth
    return (Operation((0,), prod(sizes), volume=sizes, lies=FORMAT, backward=BY_GRADIENT),)


def cut(volume: Volume, ranges: Sequence[tuple[int, int, int]], read: int, first: int) -> list[Operation]:
    """The views that cut ranges (start, stop, step) out of the axes of a volume, one for each axis that is cut.

    `read` is the number of what they cut, `first` the number of the first view. The gradient of each is a tensor of
    zeros with the range filled in. Nothing where no axis is cut.
    """
    operations: list[Operation] = []
    sizes = list(volume.sizes)
    for axis, (start, stop, step) in enumerate(ranges):
        if (start, stop, step) != (0, sizes[axis], 1):
            sizes[axis] = -(-(stop - start) // step)
            operations.append(
                Operation((read,), prod(sizes), place=VIEW, gradients=(NEW,), view=View((axis, start, stop, step)))
            )
            read = first + len(operations) - 1
    return operations


def repeated_cells(volume: Volume, pairs: Sequence[tuple[int, int]], mode: str) -> tuple[Operation, ...]:
    """The copy of `volume` with these cells before and after on each axis, whose new cells repeat values of it.

    A pair for the depth may follow those of the spatial axes.

    `reflect` and `replicate` are one kernel, which keeps its input. torch writes `circular` as a copy into an empty
    tensor and then, side by side, the last axis first, as a copy of a slice of that tensor into another slice; it keeps
    nothing, and each step back holds two tensors of the padded size and two of the slice.

    Source: torch 2.13.0, aten::_pad_circular.
    """
    pairs = (*pairs, (0, 0))[: len(volume.sizes)]
    sizes = [size + sum(pair) for size, pair in zip(volume.sizes, pairs, strict=True)]
    padded = Volume.of(sizes)
    if mode != "circular":
        return (Operation((0,), padded.size, keeps=(0,), volume=padded.sizes, lies=FORMAT),)
    operations = [Operation((0,), padded.size, transient=padded.size, volume=padded.sizes)]
    for axis, (before, after) in reversed(list(enumerate(pairs))):
        inner = volume.sizes[axis]
        for start, stop in ((inner, inner + before), (before, before + after)):
            if stop > start:
                whole = len(operations)
                part = padded.size // sizes[axis] * (stop - start)
                view = View((axis, start, stop, 1))
                operations.append(Operation((whole,), part, place=VIEW, gradients=(NEW,), view=view))
                written = Operation((whole, whole + 1), padded.size, place=INPLACE, transient=part)
                operations.append(written)
    return tuple(operations)
