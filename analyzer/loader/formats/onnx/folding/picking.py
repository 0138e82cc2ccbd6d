"""Constants of which elements are picked, replaced or found: gather, scatter, where, one-hot, non-zero.

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
    from typing import Any

    from analyzer.loader.formats.onnx.folding.given import Numbers


def gather(f: Given) -> Constant:
    """Cells of an axis by their numbers."""
    value, picked = f.at(0), f.at(1)
    axis = f.axis(len(value.shape))
    shape = [*value.shape[:axis], *picked.shape, *value.shape[axis + 1 :]]

    def load() -> Numbers:
        wanted = _within(numbers_of(picked), value.shape[axis])
        return arrays.gathered(numbers_of(value), value.shape, wanted, axis)

    return f.of(shape, value.dtype, load, 0)


def _within(wanted: Sequence[Any], size: int) -> list[int]:
    """The numbers of cells, counted from the first one. Raises `Cannot` where there is no such cell."""
    if any(not -size <= one < size for one in wanted):
        raise Cannot
    return [int(one) % size for one in wanted]


def gather_elements(f: Given) -> Constant:
    """For each element of the indices, the cell of its line with that number."""
    value, picked = f.at(0), f.at(1)
    axis = f.axis(len(value.shape))

    def load() -> Numbers:
        return [numbers_of(value)[place] for place in _places(value.shape, picked, axis)]

    return f.of(picked.shape, value.dtype, load, 0)


def _places(shape: Sequence[int], picked: Constant, axis: int) -> list[int]:
    """The places in a tensor that indices of its rank stand for, each with its own place on the other axes."""
    strides = arrays.strides_of(shape)
    found = []
    wanted = _within(numbers_of(picked), shape[axis])
    for at, index in zip(arrays.indices([range(n) for n in picked.shape]), wanted, strict=True):
        others = sum(i * s for a, (i, s) in enumerate(zip(at, strides, strict=True)) if a != axis)
        found.append(others + index * strides[axis])
    return found


_REDUCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "none": lambda a, b: b, "add": lambda a, b: a + b, "mul": lambda a, b: a * b, "max": max, "min": min,
}  # fmt: skip


def scatter_elements(f: Given) -> Constant:
    """The inverse of `gather_elements`: cells are replaced."""
    value, picked, updates = f.at(0), f.at(1), f.at(2)
    axis = f.axis(len(value.shape))
    change = _REDUCTIONS[f.node.string("reduction", "none")]

    def load() -> Numbers:
        numbers = list(numbers_of(value))
        for place, number in zip(_places(value.shape, picked, axis), numbers_of(updates), strict=True):
            numbers[place] = change(numbers[place], number)
        return numbers

    return f.of(value.shape, value.dtype, load, 0, 2)


def _blocks(shape: Sequence[int], picked: Constant, batch: int) -> list[int]:
    """Where the blocks begin that indices of several axes stand for; the first `batch` axes have their own."""
    strides, depth = arrays.strides_of(shape), picked.shape[-1]
    numbers = [int(one) for one in numbers_of(picked)]
    each = prod(picked.shape[batch:-1])
    found = []
    for count in range(len(numbers) // max(1, depth)):
        index = numbers[count * depth : (count + 1) * depth]
        place = sum(_within([i], n)[0] * s for i, n, s in zip(index, shape[batch:], strides[batch:], strict=False))
        found.append(place + count // max(1, each) * prod(shape[batch:]))
    return found


def gather_nd(f: Given) -> Constant:
    """Blocks of a tensor, each by the numbers of its first axes."""
    value, picked = f.at(0), f.at(1)
    batch, depth = f.node.int("batch_dims", 0), picked.shape[-1]
    inner = prod(value.shape[batch + depth :])

    def load() -> Numbers:
        numbers = numbers_of(value)
        return [one for at in _blocks(value.shape, picked, batch) for one in numbers[at : at + inner]]

    return f.of([*picked.shape[:-1], *value.shape[batch + depth :]], value.dtype, load, 0)


def scatter_nd(f: Given) -> Constant:
    """Blocks of a tensor replaced."""
    value, picked, updates = f.at(0), f.at(1), f.at(2)
    inner = prod(value.shape[picked.shape[-1] :])
    change = _REDUCTIONS[f.node.string("reduction", "none")]

    def load() -> Numbers:
        numbers, new = list(numbers_of(value)), numbers_of(updates)
        for count, at in enumerate(_blocks(value.shape, picked, 0)):
            for i in range(inner):
                numbers[at + i] = change(numbers[at + i], new[count * inner + i])
        return numbers

    return f.of(value.shape, value.dtype, load, 0, 2)


def where(f: Given) -> Constant:
    """One of two, by a condition."""
    values = [f.at(place) for place in range(3)]
    shape = arrays.broadcast(value.shape for value in values)

    def load() -> Numbers:
        columns = (arrays.expanded(numbers_of(value), value.shape, shape) for value in values)
        return [a if c else b for c, a, b in zip(*columns, strict=True)]

    return f.of(shape, values[1].dtype, load, 1, 2)


def non_zero(f: Given) -> Constant:
    """The places of what is not 0, axis by axis."""
    value, numbers = f.at(0), f.numbers(0)
    cells = arrays.indices([range(n) for n in value.shape])
    found = [index for index, number in zip(cells, numbers, strict=True) if number]
    rank = len(value.shape)
    return f.of([rank, len(found)], "int64", lambda: [index[axis] for axis in range(rank) for index in found])


def compress(f: Given) -> Constant:
    """The cells of an axis, or of the whole tensor, for which a condition holds."""
    value, holds = f.at(0), f.numbers(1)
    picked = [at for at, one in enumerate(holds) if one]
    shape, axis = (value.shape, f.axis(len(value.shape))) if f.node.has("axis") else ((value.size,), 0)
    _within(picked, shape[axis])
    made = [*shape[:axis], len(picked), *shape[axis + 1 :]]
    return f.of(made, value.dtype, lambda: arrays.gathered(numbers_of(value), shape, picked, axis), 0)


def trilu(f: Given) -> Constant:
    """0 on one side of a diagonal."""
    value, k = f.at(0), f.ints(1)[0] if f.given(1) else 0
    upper = f.node.int("upper", 1)
    rows, columns = value.shape[-2:]

    def load() -> Numbers:
        found = []
        for at, number in enumerate(numbers_of(value)):
            row, column = at // columns % rows, at % columns
            found.append(number if (column - row >= k if upper else column - row <= k) else 0)
        return found

    return f.of(value.shape, value.dtype, load, 0)


def one_hot(f: Given) -> Constant:
    """A new axis with one value at the index, the other everywhere else; an index beyond the axis is nowhere."""
    value, depth, pair = f.at(0), f.ints(1)[0], f.numbers(2)
    rank = len(value.shape) + 1
    axis = f.axis(rank, -1)
    inner = prod(value.shape[axis:])

    def load() -> Numbers:
        numbers = [int(one) + depth if one < 0 else int(one) for one in numbers_of(value)]
        found = []
        for outer in range(prod(value.shape[:axis])):
            line = numbers[outer * inner : (outer + 1) * inner]
            found += [pair[number == cell] for cell in range(depth) for number in line]
        return found

    return f.of([*value.shape[:axis], depth, *value.shape[axis:]], f.at(2).dtype, load)
