"""Constants whose elements are moved, cut and repeated: reshape, transpose, slice, concat, pad and their like.

Source: the operators of the same names in ONNX' Operators.md (1.23.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from analyzer.loader.formats.onnx.folding import arrays
from analyzer.loader.formats.onnx.folding.given import Cannot, Given, numbers_of
from analyzer.loader.formats.onnx.values import Constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.formats.onnx.folding.given import Numbers


def same(f: Given) -> Constant:
    """The constant that it reads."""
    return f.at(0)


def reshape(f: Given) -> Constant:
    """0 keeps a size, −1 follows from the others."""
    value = f.at(0)
    sizes = f.node.ints("shape") if f.node.has("shape") else f.ints(1)
    if not f.node.int("allowzero", 0):
        sizes = [value.shape[axis] if size == 0 else size for axis, size in enumerate(sizes)]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = value.size // max(1, prod(size for size in sizes if size != -1))
    return _reshaped(f, value, sizes)


def _reshaped(f: Given, value: Constant, sizes: Sequence[int]) -> Constant:
    if prod(sizes) != value.size:
        raise Cannot
    return f.of(sizes, value.dtype, lambda: numbers_of(value), 0)


def flatten(f: Given) -> Constant:
    """Two axes; `axis` is the first of the second, which may be behind the last one."""
    value = f.at(0)
    axis, rank = f.node.int("axis", 1), len(value.shape)
    axis = axis + rank if axis < 0 else axis
    return _reshaped(f, value, [prod(value.shape[:axis]), prod(value.shape[axis:])])


def unsqueeze(f: Given) -> Constant:
    """New axes of size 1, counted in the result."""
    value, axes = f.at(0), f.axes(1) or []
    rank = len(value.shape) + len(axes)
    new = {axis % rank for axis in axes}
    if len(new) < len(axes):
        raise Cannot
    old = iter(value.shape)
    return _reshaped(f, value, [1 if axis in new else next(old) for axis in range(rank)])


def squeeze(f: Given) -> Constant:
    """Without axes of size 1."""
    value, axes = f.at(0), f.axes(1)
    rank = len(value.shape)
    gone = {a for a, n in enumerate(value.shape) if n == 1} if axes is None else {a % rank for a in axes}
    return _reshaped(f, value, [size for axis, size in enumerate(value.shape) if axis not in gone])


def transpose(f: Given) -> Constant:
    """The axes in another order."""
    value = f.at(0)
    order = f.node.ints("perm") or list(reversed(range(len(value.shape))))
    if sorted(order) != list(range(len(value.shape))):
        raise Cannot
    before = value.order or tuple(range(len(value.shape)))
    return f.of(
        [value.shape[axis] for axis in order],
        value.dtype,
        lambda: arrays.transposed(numbers_of(value), value.shape, order),
        0,
        order=tuple(before[axis] for axis in order),
    )


def concat(f: Given) -> Constant:
    """One behind the other."""
    parts = f.all()
    axis = f.axis(len(parts[0].shape))
    shape = list(parts[0].shape)
    for part in parts[1:]:
        if len(part.shape) != len(shape) or any(
            a != b for i, (a, b) in enumerate(zip(part.shape, shape, strict=True)) if i != axis
        ):
            raise Cannot  # fmt: skip
        shape[axis] += part.shape[axis]

    def load() -> Numbers:
        return arrays.joined([(numbers_of(part), part.shape) for part in parts], axis)

    return f.of(shape, parts[0].dtype, load, *range(len(f.values)))


def slice_(f: Given) -> Constant:
    """A range of each axis named; ends beyond the axis are its end."""
    value = f.at(0)
    rank = len(value.shape)
    starts = f.node.ints("starts") if f.node.has("starts") else f.ints(1)
    ends = f.node.ints("ends") if f.node.has("ends") else f.ints(2)
    axes = f.axes(3) or list(range(len(starts)))
    steps = f.ints(4) if f.given(4) else [1] * len(starts)
    ranges = [range(size) for size in value.shape]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        ranges[axis % rank] = _range(start, end, step, value.shape[axis % rank])
    return _cut(f, value, ranges)


def _range(start: int, end: int, step: int, size: int) -> range:
    """The cells from `start` to `end`: both count from the end where they are negative, and are then clamped."""
    start = start + size if start < 0 else start
    end = end + size if end < 0 else end
    if step > 0:
        return range(min(max(start, 0), size), min(max(end, 0), size), step)
    return range(min(max(start, 0), size - 1), min(max(end, -1), size - 1), step)


def _cut(f: Given, value: Constant, ranges: Sequence[Sequence[int]]) -> Constant:
    return f.of([len(r) for r in ranges], value.dtype, lambda: arrays.sliced(numbers_of(value), value.shape, ranges), 0)


def split(f: Given) -> list[Constant | None]:
    """Parts of an axis: the sizes that are given, otherwise equal ones, the last of which may be smaller."""
    value = f.at(0)
    axis = f.axis(len(value.shape))
    size, count = value.shape[axis], len(f.node.outputs)
    each = -(-size // count)
    sizes = f.node.ints("split") or (f.ints(1) if f.given(1) else [min(each, size - each * i) for i in range(count)])
    if sum(sizes) != size or min(sizes) < 0:
        raise Cannot
    found: list[Constant | None] = []
    start = 0
    for part in sizes:
        ranges = [range(n) for n in value.shape]
        ranges[axis] = range(start, start + part)
        found.append(_cut(f, value, ranges))
        start += part
    return found


def expand(f: Given) -> Constant:
    """Broadcast with a shape."""
    value = f.at(0)
    shape = arrays.broadcast([value.shape, f.ints(1)])
    return f.of(shape, value.dtype, lambda: arrays.expanded(numbers_of(value), value.shape, shape), 0)


def tile(f: Given) -> Constant:
    """Each axis repeated."""
    value, repeats = f.at(0), f.ints(1)
    shape = [size * times for size, times in zip(value.shape, repeats, strict=True)]

    def load() -> Numbers:
        ranges = [[i % max(1, size) for i in range(n)] for size, n in zip(value.shape, shape, strict=True)]
        return arrays.sliced(numbers_of(value), value.shape, ranges)

    return f.of(shape, value.dtype, load, 0)


#: Where the cell of a padded axis comes from, of an axis of `size` cells that begins at 0.
_PADDED: dict[str, Callable[[int, int], int | None]] = {
    "constant": lambda at, size: at if 0 <= at < size else None,
    "edge": lambda at, size: min(max(at, 0), size - 1),
    "wrap": lambda at, size: at % size,
    "reflect": lambda at, size: size - 1 - abs(at % max(1, 2 * (size - 1)) - (size - 1)),
}


def pad(f: Given) -> Constant:
    """Cells around; a negative number of them cuts."""
    value = f.at(0)
    source = _PADDED[f.node.string("mode", "constant")]
    rank = len(value.shape)
    pads = f.node.ints("pads") or f.ints(1)
    axes = [axis % rank for axis in f.ints(3)] if f.given(3) else list(range(rank))
    fill = f.numbers(2)[0] if f.given(2) else f.node.float("value", 0.0)
    before, after = [0] * rank, [0] * rank
    for at, axis in enumerate(axes):
        before[axis], after[axis] = pads[at], pads[at + len(axes)]
    shape = [size + a + b for size, a, b in zip(value.shape, before, after, strict=True)]

    def load() -> Numbers:
        cells = [
            [source(at - first, size) for at in range(n)]
            for n, first, size in zip(shape, before, value.shape, strict=True)
        ]
        numbers, strides = numbers_of(value), arrays.strides_of(value.shape)
        return [
            fill if None in index else numbers[sum(i * s for i, s in zip(index, strides, strict=True) if i is not None)]
            for index in arrays.indices(cells)
        ]

    return f.of(shape, value.dtype, load, 0)
