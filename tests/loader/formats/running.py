"""The layers of a sheet run on numbers, cell by cell, by the definitions of their types: for tests of what was written.

An array is its shape and its numbers row by row. Functions that a framework has are written here a second time, on the
framework's axes, so that a test can compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

from analyzer.layers.moving import NamedSizes, Pattern
from analyzer.layers.patterns import sizes_of
from analyzer.loader.formats.sheet import Written
from analyzer.loader.formats.views import Tensor
from analyzer.volume import AXES, Volume

Index = tuple[int, ...]


class Array(NamedTuple):
    """Numbers row by row."""

    shape: Index
    numbers: list[int]

    def at(self, index: Index) -> int:
        place = 0
        for number, size in zip(index, self.shape, strict=True):
            assert 0 <= number < size
            place = place * size + number
        return self.numbers[place]


def indices(shape: Sequence[int]) -> list[Index]:
    return list(product(*map(range, shape)))


def made(shape: Sequence[int], number: Callable[[Index], int]) -> Array:
    """The array of this shape whose number at each index is what the function says."""
    return Array(tuple(shape), [number(index) for index in indices(shape)])


def at(index: Index, axis: int, value: int) -> Index:
    """An index with another number on one axis."""
    return (*index[:axis], value, *index[axis + 1 :])


# -- the operations, on any axes ------------------------------------------------------------------------------------------


def reshape(x: Array, shape: Sequence[int]) -> Array:
    assert prod(shape) == len(x.numbers)
    return Array(tuple(shape), x.numbers)


def transpose(x: Array, order: Sequence[int]) -> Array:
    return made(
        [x.shape[axis] for axis in order], lambda i: x.at(tuple(i[list(order).index(a)] for a in range(len(i))))
    )


def slice_(x: Array, axis: int, start: int, stop: int, step: int) -> Array:
    cells = range(start, stop, step)
    return made(at(x.shape, axis, len(cells)), lambda i: x.at(at(i, axis, cells[i[axis]])))


def concat(xs: Sequence[Array], axis: int) -> Array:
    cells = [(x, cell) for x in xs for cell in range(x.shape[axis])]
    return made(at(xs[0].shape, axis, len(cells)), lambda i: cells[i[axis]][0].at(at(i, axis, cells[i[axis]][1])))


def tile(x: Array, axes: Sequence[int], count: int) -> Array:
    sizes = [n * count if axis in axes else n for axis, n in enumerate(x.shape)]
    return made(sizes, lambda i: x.at(tuple(one % n for one, n in zip(i, x.shape, strict=True))))


def reduce(x: Array, op: str, axes: Sequence[int]) -> Array:
    """The sum or the largest along axes, which keep one cell; a mean is taken for the sum."""
    put = max if op == "max" else sum

    def number(index: Index) -> int:
        cells = product(*(range(n) if axis in axes else (index[axis],) for axis, n in enumerate(x.shape)))
        return put(x.at(cell) for cell in cells)

    return made([1 if axis in axes else n for axis, n in enumerate(x.shape)], number)


def broadcast(xs: Sequence[Array], put: Callable[[Sequence[int]], int]) -> Array:
    rank = max(len(x.shape) for x in xs)
    xs = [reshape(x, [1] * (rank - len(x.shape)) + list(x.shape)) for x in xs]
    sizes = [max(sizes) for sizes in zip(*(x.shape for x in xs), strict=True)]
    for x in xs:
        assert all(n in (1, size) for n, size in zip(x.shape, sizes, strict=True)), [x.shape for x in xs]
    return made(sizes, lambda i: put([x.at(tuple(map(min, i, (n - 1 for n in x.shape)))) for x in xs]))


def matmul(a: Array, b: Array) -> Array:
    *lead_a, rows, inner = a.shape
    *lead_b, _, columns = b.shape
    assert b.shape[-2] == inner
    rank = max(len(lead_a), len(lead_b))
    a, b = (reshape(x, [1] * (rank + 2 - len(x.shape)) + list(x.shape)) for x in (a, b))
    lead = [max(pair) for pair in zip(a.shape[:-2], b.shape[:-2], strict=True)]

    def cell(x: Array, index: Index) -> Index:
        return tuple(map(min, index, (n - 1 for n in x.shape[:-2])))

    def number(index: Index) -> int:
        *place, row, column = index
        left, right = cell(a, tuple(place)), cell(b, tuple(place))
        return sum(a.at((*left, row, k)) * b.at((*right, k, column)) for k in range(inner))

    return made([*lead, rows, columns], number)


def along(x: Array, axis: int) -> Array:
    """A function of all cells along an axis that depends on their order, in place of a softmax."""

    def number(index: Index) -> int:
        cells = [x.at(at(index, axis, cell)) for cell in range(x.shape[axis])]
        return cells[index[axis]] + sum((place + 2) * cell for place, cell in enumerate(cells))

    return made(x.shape, number)


def linear(x: Array, units: int) -> Array:
    """A product with a matrix over the last axis, whose weights depend on the place of each cell in it."""
    *_, depth = x.shape
    return made(
        (*x.shape[:-1], units),
        lambda i: sum((k + 1) * (i[-1] + 2) * x.at((*i[:-1], k)) for k in range(depth)),
    )


def dense(x: Array, units: int) -> Array:
    """A product with a matrix over all cells; each has the same weight, since readers may give them in any order."""
    return Array((units,), [(unit + 2) * sum(x.numbers) for unit in range(units)])


def pool(x: Array, axes: Sequence[int], kernel: Sequence[int], stride: Sequence[int]) -> Array:
    """The largest of each window over some axes, without padding."""
    sizes = list(x.shape)
    for axis, k, s in zip(axes, kernel, stride, strict=True):
        sizes[axis] = (x.shape[axis] - k) // s + 1

    def number(index: Index) -> int:
        found = []
        for taps in product(*map(range, kernel)):
            cell = list(index)
            for axis, tap, s in zip(axes, taps, stride, strict=True):
                cell[axis] = index[axis] * s + tap
            found.append(x.at(tuple(cell)))
        return max(found)

    return made(sizes, number)


def rearrange(x: Array, pattern: str, sizes: dict[str, int]) -> Array:
    """The index of each name, digit by digit."""
    left, right = Pattern().read(pattern)
    known = sizes_of(left, dict(NamedSizes().read(sizes)), Volume.of(list(x.shape)))

    def number(index: Index) -> int:
        values: dict[str, int] = {}
        for names, place in zip(right, index, strict=True):
            for name in reversed(names):
                place, values[name] = divmod(place, known[name])
        cell = []
        for names in left:
            place = 0
            for name in names:
                place = place * known[name] + values[name]
            cell.append(place)
        return x.at(tuple(cell))

    return made([prod(known[name] for name in names) for names in right], number)


# -- the layers of a sheet ------------------------------------------------------------------------------------------------


class Running:
    """The numbers of each volume of a sheet; those of its inputs are given."""

    def __init__(self) -> None:
        self.arrays: dict[int, Array] = {}

    def give(self, written: Written, numbers: Array) -> None:
        assert numbers.shape == written.volume.sizes
        self.arrays[id(written)] = numbers

    def array(self, written: Written) -> Array:
        if id(written) not in self.arrays:
            found = self.layer(written, [self.array(one) for one in written.inputs])
            assert found.shape == written.volume.sizes, (written.type, written.parameters, found.shape, written.volume)
            self.arrays[id(written)] = found
        return self.arrays[id(written)]

    def tensor(self, tensor: Tensor) -> Array:
        """The numbers of a framework's tensor, read through its digits."""
        assert tensor.base.written is not None
        array = self.array(tensor.base.written)

        def number(index: Index) -> int:
            place = [0] * len(array.shape)
            for value, digits in zip(index, tensor.axes, strict=True):
                for digit in reversed(digits):
                    value, own = divmod(value, digit.size)
                    if digit.axis >= 0:
                        place[digit.axis] += own * digit.stride
                assert not value
            return array.at(tuple(place))

        return made(tensor.shape, number)

    def layer(self, written: Written, reads: list[Array]) -> Array:
        given: dict[str, Any] = dict(written.parameters)
        x = reads[0]
        names = (*AXES[len(x.shape) - 1], "depth")
        axis = given.get("axis", "depth")
        axes = [names.index(name) for name in (axis if isinstance(axis, (list, tuple)) else [axis])]
        spatial = list(range(len(x.shape) - 1))
        if written.type in ("flatten", "reshape"):
            return reshape(x, written.volume.sizes)
        if written.type == "permute":
            return transpose(x, [names.index(name) for name in given["order"]])
        if written.type == "rearrange":
            return rearrange(x, given["pattern"], given.get("sizes", {}))
        if written.type == "channel_shuffle":
            groups = given["groups"]
            return rearrange(x, _shuffle(names, groups), {"g": groups})
        if written.type == "pixel_shuffle":
            return rearrange(x, "h w (c a b) -> (h a) (w b) c", {"a": given["factor"], "b": given["factor"]})
        if written.type == "pixel_unshuffle":
            return rearrange(x, "(h a) (w b) c -> h w (c a b)", {"a": given["factor"], "b": given["factor"]})
        if written.type == "slice":
            return slice_(x, axes[0], given.get("start", 0), given.get("stop", x.shape[axes[0]]), given.get("step", 1))
        if written.type == "concat":
            return concat(reads, axes[0])
        if written.type == "tile":
            return tile(x, axes, given["count"])
        if written.type in ("reduce", "mean"):
            return reduce(x, given.get("op", "sum"), axes)
        if written.type in ("global_avg_pool", "global_max_pool"):
            return reduce(x, "max" if "max" in written.type else "sum", spatial)
        if written.type in ("add", "multiply"):
            return broadcast(reads, sum if written.type == "add" else prod)
        if written.type == "matmul":
            right = reads[1]
            if given.get("transpose"):
                turned = list(range(len(right.shape)))
                turned[-2:] = turned[-1], turned[-2]
                right = transpose(right, turned)
            return matmul(x, right)
        if written.type == "softmax":
            return along(x, axes[0])
        if written.type == "linear":
            return linear(x, given["units"])
        if written.type == "dense":
            return dense(x, given["units"])
        assert written.type == "max_pool", written.type
        kernel, stride = (_each(given[name], len(spatial)) for name in ("kernel", "stride"))
        return pool(x, spatial, kernel, stride)


def _shuffle(names: Sequence[str], groups: int) -> str:
    kept = " ".join(names[:-1])
    return f"{kept} (g c) -> {kept} (c g)"


def _each(value: Any, rank: int) -> list[int]:
    return [value] * rank if isinstance(value, int) else list(value)
