"""Numbers that the file fixes, calculated: shapes, axes, ranges, grids, masks, zero states.

`fold` takes a node and what it reads, and answers with the constants that it makes; None where it cannot. Of a tensor
that layers calculate only the shape is asked. Beyond `MOST_ELEMENTS` the shape of a constant is known and its numbers
are not. A constant remembers the tensors of the file that it comes from, so that weights behind a `Transpose`, a `Cast`
or a product with a scale are still weights.

Source: the operators of the same names in ONNX' Operators.md (1.23.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import prod

from analyzer.loader.formats.onnx.folding import arrays
from analyzer.loader.formats.onnx.records import DTYPES, MOST_ELEMENTS, Node, is_float
from analyzer.loader.formats.onnx.records import Tensor as File
from analyzer.loader.formats.onnx.values import Constant, Stored, of_numbers, stored
from analyzer.loader.formats.tensors import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Value: TypeAlias = Tensor | Constant
    Numbers: TypeAlias = list[Any]


class _Cannot(Exception):
    """The numbers that a result needs are not known."""


def fold(node: Node, values: Sequence[Value | None], opset: int) -> list[Constant | None] | None:
    """The constants that a node makes of constants; None where it makes none.

    >>> node = Node("Add", "", ["a", "b"], ["c"], "", {}, "Add 1")
    >>> fold(node, [of_numbers([1, 2], [2], "int64"), of_numbers([3], [], "int64")], 17)[0].numbers()
    [4, 5]
    """
    known = _FOLDS.get(node.operator) if node.domain in ("", "com.microsoft") else None
    if known is None:
        return None
    try:
        found = known(_Folding(node, values, opset))
    except (_Cannot, ValueError, IndexError, ZeroDivisionError, OverflowError, TypeError, ArithmeticError):
        return None
    return found if isinstance(found, list) else [found]


class _Folding:
    """A node with what it reads."""

    # By hand: it is made for each node with constants only.
    def __init__(self, node: Node, values: Sequence[Value | None], opset: int) -> None:
        self.node = node
        self.values = values
        self.opset = opset

    def at(self, place: int) -> Constant:
        """The constant at a place."""
        value = self.values[place] if place < len(self.values) else None
        if not isinstance(value, Constant):
            raise _Cannot
        return value

    def given(self, place: int) -> bool:
        """Whether there is an input at a place."""
        return place < len(self.values) and self.values[place] is not None

    def numbers(self, place: int) -> Numbers:
        """The numbers of the constant at a place."""
        numbers = self.at(place).numbers()
        if numbers is None:
            raise _Cannot
        return numbers

    def ints(self, place: int) -> list[int]:
        return [int(number) for number in self.numbers(place)]

    def axes(self, place: int, name: str = "axes") -> list[int] | None:
        """Axes: an attribute, in later opsets an input; None where neither is there."""
        if self.node.has(name):
            return self.node.ints(name)
        return self.ints(place) if self.given(place) else None

    def of(self, shape: Sequence[int], dtype: str, load: Callable[[], Numbers | None], *sources: int) -> Constant:
        """A constant whose numbers are calculated when they are asked for; `sources` are the inputs of its elements."""
        return Constant(tuple(shape), dtype, load, self.origins(*sources))

    def origins(self, *sources: int) -> tuple[Stored, ...]:
        found: dict[int, Stored] = {}
        for place in sources:
            value = self.values[place] if place < len(self.values) else None
            if isinstance(value, Constant):
                found.update((id(one), one) for one in value.origins)
        return tuple(found.values())


def _known(*values: Constant) -> list[Numbers] | None:
    """The numbers of several constants, None where some are not known."""
    found = [value.numbers() for value in values]
    return None if any(numbers is None for numbers in found) else [n for n in found if n is not None]


def _constant(f: _Folding) -> Constant:
    node = f.node
    for name, dtype in (("value_int", "int64"), ("value_float", "float32")):
        if node.has(name):
            value = node.attributes[name]
            return of_numbers([value], [], dtype)  # type: ignore[list-item]  # a number, by its name
    for name, dtype in (("value_ints", "int64"), ("value_floats", "float32")):
        if isinstance(node.attributes.get(name), list):
            values: Any = node.attributes[name]
            return of_numbers(values, [len(values)], dtype)
    tensor = node.attributes.get("value", node.attributes.get("sparse_value"))
    if isinstance(tensor, File):
        return stored(tensor)
    if node.has("value_string"):
        return Constant((), "string", lambda: None)
    raise _Cannot


def _shape(f: _Folding) -> Constant:
    value = f.values[0]
    if value is None:
        raise _Cannot
    shape = list(value.shape)
    start, end = f.node.int("start", 0), f.node.int("end", len(shape))
    shape = shape[slice(start, end)]
    return of_numbers(shape, [len(shape)], "int64")


def _size(f: _Folding) -> Constant:
    value = f.values[0]
    if value is None:
        raise _Cannot
    return of_numbers([prod(value.shape)], [], "int64")


def _same(f: _Folding) -> Constant:
    value = f.at(0)
    return Constant(value.shape, value.dtype, value.numbers, value.origins, value.order)


def _cast(f: _Folding) -> Constant:
    value = f.at(0)
    dtype = f.at(1).dtype if f.node.operator == "CastLike" else DTYPES[f.node.int("to", 1)]

    def load() -> Numbers | None:
        numbers = value.numbers()
        if numbers is None:
            return None
        return (
            list(numbers)
            if is_float(dtype)
            else [bool(n) for n in numbers]
            if dtype == "bool"
            else [int(n) for n in numbers]
        )

    return Constant(value.shape, dtype, load, value.origins, value.order)


def _reshape(f: _Folding) -> Constant:
    value = f.at(0)
    sizes = f.node.ints("shape") if f.node.has("shape") else f.ints(1)
    if not f.node.int("allowzero", 0):
        sizes = [value.shape[axis] if size == 0 else size for axis, size in enumerate(sizes)]
    if -1 in sizes:
        sizes[sizes.index(-1)] = value.size // max(1, prod(size for size in sizes if size != -1))
    if prod(sizes) != value.size:
        raise _Cannot
    return f.of(sizes, value.dtype, value.numbers, 0)


def _flatten(f: _Folding) -> Constant:
    value = f.at(0)
    axis = f.node.int("axis", 1) % (len(value.shape) + 1)
    return f.of([prod(value.shape[:axis]), prod(value.shape[axis:])], value.dtype, value.numbers, 0)


def _unsqueeze(f: _Folding) -> Constant:
    value, axes = f.at(0), f.axes(1) or []
    rank = len(value.shape) + len(axes)
    new = {axis % rank for axis in axes}
    old = iter(value.shape)
    return f.of([1 if axis in new else next(old) for axis in range(rank)], value.dtype, value.numbers, 0)


def _squeeze(f: _Folding) -> Constant:
    value, axes = f.at(0), f.axes(1)
    rank = len(value.shape)
    gone = {a for a, n in enumerate(value.shape) if n == 1} if axes is None else {a % rank for a in axes}
    shape = [size for axis, size in enumerate(value.shape) if axis not in gone]
    if prod(shape) != value.size:
        raise _Cannot
    return f.of(shape, value.dtype, value.numbers, 0)


def _transpose(f: _Folding) -> Constant:
    value = f.at(0)
    order = f.node.ints("perm") or list(reversed(range(len(value.shape))))
    shape = [value.shape[axis] for axis in order]

    def load() -> Numbers | None:
        numbers = value.numbers()
        return None if numbers is None else arrays.transposed(numbers, value.shape, order)

    before = value.order or tuple(range(len(value.shape)))
    return Constant(tuple(shape), value.dtype, load, value.origins, tuple(before[axis] for axis in order))


def _concat(f: _Folding) -> Constant:
    parts = [f.at(place) for place in range(len(f.values)) if f.given(place)]
    axis = f.node.int("axis", 1 if f.opset < 4 else 0) % max(1, len(parts[0].shape))
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)

    def load() -> Numbers | None:
        known = _known(*parts)
        return None if known is None else arrays.joined([(n, p.shape) for n, p in zip(known, parts, strict=True)], axis)

    return f.of(shape, parts[0].dtype, load, *range(len(f.values)))


def _slice(f: _Folding) -> Constant:
    value = f.at(0)
    rank = len(value.shape)
    starts = f.node.ints("starts") if f.node.has("starts") else f.ints(1)
    ends = f.node.ints("ends") if f.node.has("ends") else f.ints(2)
    axes = (f.axes(3) if f.given(3) or f.node.has("axes") else None) or list(range(len(starts)))
    steps = f.ints(4) if f.given(4) else [1] * len(starts)
    ranges = [range(size) for size in value.shape]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        ranges[axis % rank] = range(*slice(start, end, step).indices(value.shape[axis % rank]))
        if step < 0 and end <= -(1 << 31):
            ranges[axis % rank] = range(*slice(start, None, step).indices(value.shape[axis % rank]))

    def load() -> Numbers | None:
        numbers = value.numbers()
        return None if numbers is None else arrays.sliced(numbers, value.shape, ranges)

    return f.of([len(r) for r in ranges], value.dtype, load, 0)


def _split(f: _Folding) -> list[Constant | None]:
    value = f.at(0)
    axis = f.node.int("axis", 0) % max(1, len(value.shape))
    size, count = value.shape[axis], len(f.node.outputs)
    each = -(-size // count)
    sizes = f.node.ints("split") or (f.ints(1) if f.given(1) else [min(each, size - each * i) for i in range(count)])
    found: list[Constant | None] = []
    start = 0
    for part in sizes:
        ranges = [range(n) for n in value.shape]
        ranges[axis] = range(start, start + part)
        start += part

        def load(ranges: list[range] = ranges) -> Numbers | None:
            numbers = value.numbers()
            return None if numbers is None else arrays.sliced(numbers, value.shape, ranges)

        found.append(f.of([len(r) for r in ranges], value.dtype, load, 0))
    return found


def _gather(f: _Folding) -> Constant:
    value, indices = f.at(0), f.at(1)
    axis = f.node.int("axis", 0) % max(1, len(value.shape))
    shape = [*value.shape[:axis], *indices.shape, *value.shape[axis + 1 :]]

    def load() -> Numbers | None:
        known = _known(value, indices)
        return None if known is None else arrays.gathered(known[0], value.shape, [int(i) for i in known[1]], axis)

    return f.of(shape, value.dtype, load, 0)


def _gather_elements(f: _Folding) -> Constant:
    value, indices = f.at(0), f.at(1)
    axis = f.node.int("axis", 0) % len(value.shape)
    strides, numbers, wanted = arrays.strides_of(value.shape), f.numbers(0), f.ints(1)
    found = []
    for at, index in zip(_indices(indices.shape), wanted, strict=True):
        place = sum(i * s for a, (i, s) in enumerate(zip(at, strides, strict=True)) if a != axis)
        found.append(numbers[place + index % value.shape[axis] * strides[axis]])
    return f.of(indices.shape, value.dtype, lambda: found, 0)


def _gather_nd(f: _Folding) -> Constant:
    value, indices = f.at(0), f.at(1)
    if f.node.int("batch_dims", 0):
        raise _Cannot
    depth = indices.shape[-1]
    strides, numbers, wanted = arrays.strides_of(value.shape), f.numbers(0), f.ints(1)
    inner = prod(value.shape[depth:])
    found: Numbers = []
    for start in range(0, len(wanted), max(1, depth)):
        index = wanted[start : start + depth]
        place = sum(i % n * s for i, n, s in zip(index, value.shape, strides, strict=False))
        found += numbers[place : place + inner]
    return f.of([*indices.shape[:-1], *value.shape[depth:]], value.dtype, lambda: found, 0)


def _scatter_nd(f: _Folding) -> Constant:
    value, indices = f.at(0), f.at(1)
    depth = indices.shape[-1]
    strides, numbers, wanted, updates = arrays.strides_of(value.shape), list(f.numbers(0)), f.ints(1), f.numbers(2)
    inner = prod(value.shape[depth:])
    for count, start in enumerate(range(0, len(wanted), max(1, depth))):
        index = wanted[start : start + depth]
        place = sum(i % n * s for i, n, s in zip(index, value.shape, strides, strict=False))
        numbers[place : place + inner] = updates[count * inner : (count + 1) * inner]
    return f.of(value.shape, value.dtype, lambda: numbers, 0)


def _indices(shape: Sequence[int]) -> Any:
    from itertools import product

    return product(*map(range, shape))


def _range(f: _Folding) -> Constant:
    start, limit, step = (f.numbers(place)[0] for place in range(3))
    count = max(0, math.ceil((limit - start) / step))
    if count > MOST_ELEMENTS:
        return Constant((count,), f.at(0).dtype, lambda: None)
    return of_numbers([start + step * i for i in range(count)], [count], f.at(0).dtype)


def _constant_of_shape(f: _Folding) -> Constant:
    shape = f.ints(0)
    value = f.node.attributes.get("value")
    numbers = value.numbers() if isinstance(value, File) else None
    fill: Any = numbers[0] if numbers else 0.0
    dtype = value.dtype if isinstance(value, File) else "float32"
    if any(size < 0 for size in shape):
        raise _Cannot
    size = prod(shape)
    return Constant(tuple(shape), dtype, lambda: [fill] * size if size <= MOST_ELEMENTS else None)


def _expand(f: _Folding) -> Constant:
    value = f.at(0)
    shape = arrays.broadcast([value.shape, f.ints(1)])
    return f.of(shape, value.dtype, _later(value, lambda n: arrays.expanded(n, value.shape, shape), prod(shape)), 0)


def _tile(f: _Folding) -> Constant:
    value, repeats = f.at(0), f.ints(1)
    shape = [size * times for size, times in zip(value.shape, repeats, strict=True)]
    ranges = [[i % size for i in range(size * times)] for size, times in zip(value.shape, repeats, strict=True)]

    def tiled(numbers: Numbers) -> Numbers:
        strides = arrays.strides_of(value.shape)
        steps = [[i * stride for i in r] for r, stride in zip(ranges, strides, strict=True)]
        from itertools import product

        return [numbers[sum(offsets)] for offsets in product(*steps)]

    return f.of(shape, value.dtype, _later(value, tiled, prod(shape)), 0)


def _pad(f: _Folding) -> Constant:
    value = f.at(0)
    if f.node.string("mode", "constant") != "constant":
        raise _Cannot
    rank = len(value.shape)
    pads = f.node.ints("pads") or f.ints(1)
    axes = [axis % rank for axis in f.ints(3)] if f.given(3) else list(range(rank))
    fill = f.numbers(2)[0] if f.given(2) else 0
    before = {axis: pads[at] for at, axis in enumerate(axes)}
    after = {axis: pads[at + len(axes)] for at, axis in enumerate(axes)}
    shape = [size + before.get(axis, 0) + after.get(axis, 0) for axis, size in enumerate(value.shape)]
    strides = arrays.strides_of(value.shape)

    def padded(numbers: Numbers) -> Numbers:
        found = []
        for index in _indices(shape):
            at = [i - before.get(axis, 0) for axis, i in enumerate(index)]
            inside = all(0 <= i < size for i, size in zip(at, value.shape, strict=True))
            found.append(numbers[sum(i * s for i, s in zip(at, strides, strict=True))] if inside else fill)
        return found

    return f.of(shape, value.dtype, _later(value, padded, prod(shape)), 0)


def _later(value: Constant, change: Callable[[Numbers], Numbers], size: int) -> Callable[[], Numbers | None]:
    """What changes the numbers of a constant when they are asked for, unless they become too many."""

    def load() -> Numbers | None:
        numbers = value.numbers() if size <= MOST_ELEMENTS else None
        return None if numbers is None else change(numbers)

    return load


def _divided(a: Any, b: Any) -> Any:
    """A quotient; of whole numbers without its fraction, as C makes it."""
    if isinstance(a, float) or isinstance(b, float):
        return a / b
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mul": lambda a, b: a * b, "Div": _divided,
    "Pow": lambda a, b: a**b, "Mod": lambda a, b: math.fmod(a, b) if isinstance(a, float) else a % b,
    "Min": min, "Max": max, "Equal": lambda a, b: a == b, "Greater": lambda a, b: a > b, "Less": lambda a, b: a < b,
    "GreaterOrEqual": lambda a, b: a >= b, "LessOrEqual": lambda a, b: a <= b, "And": lambda a, b: bool(a and b),
    "Or": lambda a, b: bool(a or b), "Xor": lambda a, b: bool(a) != bool(b), "Sum": lambda a, b: a + b,
    "BitwiseAnd": lambda a, b: a & b, "BitwiseOr": lambda a, b: a | b, "BitwiseXor": lambda a, b: a ^ b,
    "PRelu": lambda a, b: a if a >= 0 else a * b,
}  # fmt: skip

_TRUTHS = ("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor", "Not", "IsNaN", "IsInf")

_UNARY: dict[str, Callable[[Any], Any]] = {
    "Neg": lambda a: -a, "Abs": abs, "Sqrt": math.sqrt, "Exp": math.exp, "Log": math.log, "Sin": math.sin,
    "Cos": math.cos, "Tan": math.tan, "Floor": lambda a: float(math.floor(a)), "Ceil": lambda a: float(math.ceil(a)),
    "Round": lambda a: float(round(a)), "Reciprocal": lambda a: 1 / a, "Not": lambda a: not a,
    "Sign": lambda a: (a > 0) - (a < 0), "Tanh": math.tanh, "Erf": math.erf, "Relu": lambda a: max(a, 0),
    "Sigmoid": lambda a: 1 / (1 + math.exp(-a)), "IsNaN": lambda a: a != a, "IsInf": lambda a: a in (math.inf, -math.inf),
    "Softplus": lambda a: math.log1p(math.exp(a)), "Atan": math.atan, "Asin": math.asin, "Acos": math.acos,
    "BitwiseNot": lambda a: ~a,
}  # fmt: skip


def _binary(f: _Folding) -> Constant:
    """Arithmetic and comparisons of several, broadcast."""
    function = _BINARY[f.node.operator]
    values = [f.at(place) for place in range(len(f.values)) if f.given(place)]
    shapes = [value.shape for value in values]
    if f.node.int("broadcast", 0) and f.node.has("axis"):  # opset 6 and below
        raise _Cannot
    shape = arrays.broadcast(shapes)

    def load() -> Numbers | None:
        known = _known(*values) if prod(shape) <= MOST_ELEMENTS else None
        if known is None:
            return None
        columns = [arrays.expanded(numbers, s, shape) for numbers, s in zip(known, shapes, strict=True)]
        found = columns[0]
        for column in columns[1:]:
            found = [function(a, b) for a, b in zip(found, column, strict=True)]
        return found

    dtype = "bool" if f.node.operator in _TRUTHS else values[0].dtype
    return f.of(shape, dtype, _safely(load), *range(len(f.values)))


def _unary(f: _Folding) -> Constant:
    function, value = _UNARY[f.node.operator], f.at(0)
    dtype = "bool" if f.node.operator in _TRUTHS else value.dtype

    def load() -> Numbers | None:
        numbers = value.numbers()
        return None if numbers is None else [function(number) for number in numbers]

    return f.of(value.shape, dtype, _safely(load), 0)


def _safely(load: Callable[[], Numbers | None]) -> Callable[[], Numbers | None]:
    """The same; None where arithmetic fails: a division by 0, a root of a negative number, a huge power."""

    def safe() -> Numbers | None:
        try:
            return load()
        except (ValueError, ArithmeticError, TypeError):
            return None

    return safe


def _where(f: _Folding) -> Constant:
    values = [f.at(place) for place in range(3)]
    shape = arrays.broadcast(value.shape for value in values)

    def load() -> Numbers | None:
        known = _known(*values) if prod(shape) <= MOST_ELEMENTS else None
        if known is None:
            return None
        columns = [arrays.expanded(n, v.shape, shape) for n, v in zip(known, values, strict=True)]
        return [a if condition else b for condition, a, b in zip(*columns, strict=True)]

    return f.of(shape, values[1].dtype, load, 1, 2)


def _clip(f: _Folding) -> Constant:
    value = f.at(0)
    low = f.node.float("min", None) if f.node.has("min") else f.numbers(1)[0] if f.given(1) else None
    high = f.node.float("max", None) if f.node.has("max") else f.numbers(2)[0] if f.given(2) else None

    def load() -> Numbers | None:
        numbers = value.numbers()
        if numbers is None:
            return None
        found = [number if low is None else max(number, low) for number in numbers]
        return [number if high is None else min(number, high) for number in found]

    return f.of(value.shape, value.dtype, load, 0)


_REDUCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "ReduceSum": sum, "ReduceProd": prod, "ReduceMax": max, "ReduceMin": min,
    "ReduceMean": lambda n: sum(n) / len(n), "ReduceSumSquare": lambda n: sum(a * a for a in n),
    "ReduceL1": lambda n: sum(map(abs, n)), "ReduceL2": lambda n: math.sqrt(sum(a * a for a in n)),
    "ReduceLogSumExp": lambda n: math.log(sum(map(math.exp, n))), "ReduceLogSum": lambda n: math.log(sum(n)),
}  # fmt: skip


def _reduce(f: _Folding) -> Constant:
    value, axes = f.at(0), f.axes(1)
    rank = len(value.shape)
    if not axes and f.node.int("noop_with_empty_axes", 0):
        return _same(f)
    gone = sorted(axis % rank for axis in axes) if axes else list(range(rank))
    function = _REDUCTIONS[f.node.operator]
    keep = f.node.int("keepdims", 1)
    shape = [1 if axis in gone else size for axis, size in enumerate(value.shape) if keep or axis not in gone]

    def load() -> Numbers | None:
        numbers = value.numbers()
        return None if numbers is None else arrays.reduced(numbers, value.shape, gone, function)

    return f.of(shape, value.dtype, _safely(load), 0)


def _arg(f: _Folding) -> Constant:
    value = f.at(0)
    axis = f.node.int("axis", 0) % max(1, len(value.shape))
    best = max if f.node.operator == "ArgMax" else min
    numbers = arrays.reduced(f.numbers(0), value.shape, [axis], lambda n: n.index(best(n)))
    keep = f.node.int("keepdims", 1)
    shape = [1 if a == axis else size for a, size in enumerate(value.shape) if keep or a != axis]
    return of_numbers(numbers, shape, "int64")


def _non_zero(f: _Folding) -> Constant:
    value, numbers = f.at(0), f.numbers(0)
    found = [index for index, number in zip(_indices(value.shape), numbers, strict=True) if number]
    rank = max(1, len(value.shape))
    return of_numbers([index[axis] for axis in range(rank) for index in found], [rank, len(found)], "int64")


def _trilu(f: _Folding) -> Constant:
    value, k = f.at(0), f.ints(1)[0] if f.given(1) else 0
    upper = f.node.int("upper", 1)
    rows, columns = value.shape[-2:]

    def cut(numbers: Numbers) -> Numbers:
        found = []
        for at, number in enumerate(numbers):
            row, column = at // columns % rows, at % columns
            found.append(number if (column - row >= k if upper else column - row <= k) else 0)
        return found

    return f.of(value.shape, value.dtype, _later(value, cut, value.size), 0)


def _cumulated(f: _Folding) -> Constant:
    value, axis = f.at(0), f.ints(1)[0] % max(1, len(f.at(0).shape))
    exclusive, reverse = f.node.int("exclusive", 0), f.node.int("reverse", 0)
    strides = arrays.strides_of(value.shape)
    found = list(f.numbers(0))
    lines = [range(n) if a != axis else range(1) for a, n in enumerate(value.shape)]
    from itertools import product

    for start in product(*lines):
        at = sum(i * s for i, s in zip(start, strides, strict=True))
        line = [at + i * strides[axis] for i in range(value.shape[axis])]
        total: Any = 0
        for place in reversed(line) if reverse else line:
            number = found[place]
            found[place] = total if exclusive else total + number
            total += number
    return f.of(value.shape, value.dtype, lambda: found, 0)


def _eye_like(f: _Folding) -> Constant:
    value, k = f.values[0], f.node.int("k", 0)
    if value is None or len(value.shape) != 2:
        raise _Cannot
    rows, columns = value.shape
    dtype = DTYPES[f.node.int("dtype", 1)]
    if rows * columns > MOST_ELEMENTS:
        return Constant((rows, columns), dtype, lambda: None)
    return of_numbers([float(c - r == k) for r in range(rows) for c in range(columns)], [rows, columns], dtype)


def _one_hot(f: _Folding) -> Constant:
    value, depth, pair = f.at(0), f.ints(1)[0], f.numbers(2)
    axis = f.node.int("axis", -1) % (len(value.shape) + 1)
    shape = [*value.shape[:axis], depth, *value.shape[axis:]]
    inner, numbers = prod(value.shape[axis:]), f.ints(0)
    found = []
    for outer in range(prod(value.shape[:axis])):
        for cell in range(depth):
            line = numbers[outer * inner : (outer + 1) * inner]
            found += [pair[1] if number % depth == cell else pair[0] for number in line]
    return of_numbers(found, shape, f.at(2).dtype)


def _dequantised(f: _Folding) -> Constant:
    """An integer tensor times its scale: the tensor that the file stores, in another format."""
    value = f.at(0)
    return Constant(value.shape, f.at(1).dtype, lambda: None, f.origins(0, 1, 2), value.order)


def _quantised(f: _Folding) -> Constant:
    value = f.at(0)
    dtype = f.at(2).dtype if f.given(2) else "uint8"
    return Constant(value.shape, dtype, lambda: None, f.origins(0, 1, 2), value.order)


def _matmul(f: _Folding) -> Constant:
    a, b = f.at(0), f.at(1)
    if len(a.shape) != 2 or len(b.shape) != 2 or a.shape[1] != b.shape[0]:
        raise _Cannot
    (rows, inner), columns = a.shape, b.shape[1]

    def load() -> Numbers | None:
        known = _known(a, b) if rows * inner * columns <= 10 * MOST_ELEMENTS else None
        if known is None:
            return None
        x, y = known
        return [
            sum(x[r * inner + i] * y[i * columns + c] for i in range(inner))
            for r in range(rows)
            for c in range(columns)
        ]

    if a.origins or b.origins:
        raise _Cannot  # a layer over a constant stays a layer
    return f.of([rows, columns], a.dtype, load)


_FOLDS: dict[str, Callable[[_Folding], Constant | list[Constant | None]]] = {
    "Constant": _constant, "Shape": _shape, "Size": _size, "Identity": _same, "Dropout": _same, "Cast": _cast,
    "CastLike": _cast, "Reshape": _reshape, "Flatten": _flatten, "Unsqueeze": _unsqueeze, "Squeeze": _squeeze,
    "Transpose": _transpose, "Concat": _concat, "Slice": _slice, "Split": _split, "Gather": _gather,
    "GatherElements": _gather_elements, "GatherND": _gather_nd, "ScatterND": _scatter_nd, "Range": _range,
    "ConstantOfShape": _constant_of_shape, "Expand": _expand, "Tile": _tile, "Pad": _pad, "Where": _where,
    "Clip": _clip, "ArgMax": _arg, "ArgMin": _arg, "NonZero": _non_zero, "Trilu": _trilu, "CumSum": _cumulated,
    "EyeLike": _eye_like, "OneHot": _one_hot, "DequantizeLinear": _dequantised, "QuantizeLinear": _quantised,
    "MatMul": _matmul, **dict.fromkeys(_BINARY, _binary), **dict.fromkeys(_UNARY, _unary),
    **dict.fromkeys(_REDUCTIONS, _reduce),
}  # fmt: skip
