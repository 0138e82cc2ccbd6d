"""Constants that are calculated with: arithmetic, comparisons, reductions, running sums, products of matrices.

Numbers are rounded to their format after each operator (see `Constant.numbers`), as the runtime has them: a size that
is a product of float32 numbers, rounded down, is otherwise another one.

Source: the operators of the same names in ONNX' Operators.md (1.23.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from analyzer.loader.formats.onnx.folding import arrays
from analyzer.loader.formats.onnx.folding.given import Cannot, Given, numbers_of
from analyzer.loader.formats.onnx.records import MOST_ELEMENTS
from analyzer.loader.formats.onnx.values import Constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.formats.onnx.folding.given import Numbers

    Binary = Callable[[Any, Any], Any]


def _divided(a: Any, b: Any) -> Any:
    """A quotient; of whole numbers without its fraction, as C makes it."""
    if isinstance(a, float) or isinstance(b, float):
        return a / b
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _remainder(a: Any, b: Any) -> Any:
    """The remainder with the sign of the dividend, as C makes it."""
    return math.fmod(a, b) if isinstance(a, float) else a - _divided(a, b) * b


def _power(a: Any, b: Any) -> Any:
    """A power; of whole numbers modulo 2^64, since their formats have no larger ones and powers grow without bounds."""
    if isinstance(a, float) or isinstance(b, float) or b < 0:
        return a**b
    return pow(a, b, 1 << 64)


def _product(numbers: list[Any]) -> Any:
    """A product; of whole numbers modulo 2^64."""
    found: Any = 1
    for number in numbers:
        found *= number
        if isinstance(found, int):
            found %= 1 << 64
    return found


BINARY: dict[str, Binary] = {
    "Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mul": lambda a, b: a * b, "Div": _divided,
    "Pow": _power, "Mod": lambda a, b: a % b, "Min": min, "Max": max, "Equal": lambda a, b: a == b,
    "Greater": lambda a, b: a > b, "Less": lambda a, b: a < b, "GreaterOrEqual": lambda a, b: a >= b,
    "LessOrEqual": lambda a, b: a <= b, "And": lambda a, b: bool(a and b), "Or": lambda a, b: bool(a or b),
    "Xor": lambda a, b: bool(a) != bool(b), "Sum": lambda a, b: a + b, "Mean": lambda a, b: a + b,
    "BitwiseAnd": lambda a, b: a & b, "BitwiseOr": lambda a, b: a | b, "BitwiseXor": lambda a, b: a ^ b,
    "PRelu": lambda a, b: a if a >= 0 else a * b,
}  # fmt: skip

_TRUTHS = ("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor", "Not", "IsNaN", "IsInf")


def _whole(function: Callable[[Any], int]) -> Callable[[Any], float]:
    """A rounding, which keeps what is not finite."""
    return lambda a: float(function(a)) if math.isfinite(a) else a


UNARY: dict[str, Callable[[Any], Any]] = {
    "Neg": lambda a: -a, "Abs": abs, "Sqrt": math.sqrt, "Exp": math.exp, "Log": math.log, "Sin": math.sin,
    "Cos": math.cos, "Tan": math.tan, "Floor": _whole(math.floor), "Ceil": _whole(math.ceil), "Round": _whole(round),
    "Reciprocal": lambda a: 1 / a, "Not": lambda a: not a, "Sign": lambda a: (a > 0) - (a < 0), "Tanh": math.tanh,
    "Erf": math.erf, "Relu": lambda a: max(a, 0), "Sigmoid": lambda a: 1 / (1 + math.exp(-a)), "IsNaN": lambda a: a != a,
    "Softplus": lambda a: math.log1p(math.exp(a)), "Atan": math.atan, "Asin": math.asin, "Acos": math.acos,
    "Sinh": math.sinh, "Cosh": math.cosh, "Asinh": math.asinh, "Acosh": math.acosh, "Atanh": math.atanh,
    "Softsign": lambda a: a / (1 + abs(a)), "BitwiseNot": lambda a: ~a,
}  # fmt: skip


def _binary_of(f: Given) -> Binary:
    """The function of two that an operator is, with its attributes."""
    if f.node.operator == "Mod" and f.node.int("fmod", 0):
        return _remainder
    if f.node.operator == "BitShift":
        if f.node.string("direction", "") == "LEFT":
            return lambda a, b: a << min(b, 64)  # wider than any format
        return lambda a, b: a >> min(b, 64)
    return BINARY[f.node.operator]


def binary(f: Given) -> Constant:
    """Arithmetic and comparisons of several, broadcast."""
    function, values = _binary_of(f), f.all()
    shape = arrays.broadcast(value.shape for value in values)

    def load() -> Numbers:
        columns = [arrays.expanded(numbers_of(value), value.shape, shape) for value in values]
        found = columns[0]
        for column in columns[1:]:
            found = [function(a, b) for a, b in zip(found, column, strict=True)]
        if f.node.operator == "Mean":
            return [one / len(columns) for one in found]
        if any(isinstance(one, complex) for one in found):
            raise Cannot  # a root of a negative number
        return found

    dtype = "bool" if f.node.operator in _TRUTHS else values[0].dtype
    return f.of(shape, dtype, load, *range(len(f.values)))


def unary(f: Given) -> Constant:
    """A function of each element."""
    function, value = UNARY[f.node.operator], f.at(0)
    dtype = "bool" if f.node.operator in _TRUTHS else value.dtype
    return f.of(value.shape, dtype, lambda: [function(one) for one in numbers_of(value)], 0)


def infinite(f: Given) -> Constant:
    """Whether a number is infinite, in one of the directions that the attributes name."""
    value = f.at(0)
    signs = [
        sign for sign, name in ((math.inf, "positive"), (-math.inf, "negative")) if f.node.int(f"detect_{name}", 1)
    ]
    return f.of(value.shape, "bool", lambda: [one in signs for one in numbers_of(value)])


def clip(f: Given) -> Constant:
    """Each number between two ends, which may be open."""
    value = f.at(0)
    low = f.node.float("min", None) if f.node.has("min") else f.numbers(1)[0] if f.given(1) else None
    high = f.node.float("max", None) if f.node.has("max") else f.numbers(2)[0] if f.given(2) else None

    def load() -> Numbers:
        found = [number if low is None else max(number, low) for number in numbers_of(value)]
        return [number if high is None else min(number, high) for number in found]

    return f.of(value.shape, value.dtype, load, 0)


REDUCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "ReduceSum": sum, "ReduceProd": _product, "ReduceMax": max, "ReduceMin": min,
    "ReduceMean": lambda n: sum(n) / len(n), "ReduceSumSquare": lambda n: sum(a * a for a in n),
    "ReduceL1": lambda n: sum(map(abs, n)), "ReduceL2": lambda n: math.sqrt(sum(a * a for a in n)),
    "ReduceLogSumExp": lambda n: math.log(sum(map(math.exp, n))), "ReduceLogSum": lambda n: math.log(sum(n)),
}  # fmt: skip


def reduce(f: Given) -> Constant:
    """One number of those along axes; of all without axes."""
    value, axes = f.at(0), f.axes(1)
    rank = len(value.shape)
    if not axes and f.node.int("noop_with_empty_axes", 0):
        return value
    gone = sorted({axis % rank for axis in axes}) if axes else list(range(rank))
    function = REDUCTIONS[f.node.operator]
    keep = f.node.int("keepdims", 1)
    shape = [1 if axis in gone else size for axis, size in enumerate(value.shape) if keep or axis not in gone]
    return f.of(shape, value.dtype, lambda: arrays.reduced(numbers_of(value), value.shape, gone, function), 0)


def extreme(f: Given) -> Constant:
    """The place of the largest or the smallest number along an axis: the first of several, or the last."""
    value = f.at(0)
    axis = f.axis(len(value.shape))
    best = max if f.node.operator == "ArgMax" else min
    last = f.node.int("select_last_index", 0)

    def place(line: list[Any]) -> int:
        return len(line) - 1 - line[::-1].index(best(line)) if last else line.index(best(line))

    keep = f.node.int("keepdims", 1)
    shape = [1 if a == axis else size for a, size in enumerate(value.shape) if keep or a != axis]
    return f.of(shape, "int64", lambda: arrays.reduced(numbers_of(value), value.shape, [axis], place))


def cumulated(f: Given) -> Constant:
    """Running sums or products along an axis."""
    value = f.at(0)
    axis = f.ints(1)[0] % max(1, len(value.shape))
    exclusive, reverse = f.node.int("exclusive", 0), f.node.int("reverse", 0)
    product = f.node.operator == "CumProd"
    first: int = product

    def add(a: Any, b: Any) -> Any:
        return _product([a, b]) if product else a + b

    def load() -> Numbers:
        found, strides = list(numbers_of(value)), arrays.strides_of(value.shape)
        for start in arrays.indices([range(1 if a == axis else n) for a, n in enumerate(value.shape)]):
            at = sum(i * s for i, s in zip(start, strides, strict=True))
            line = [at + i * strides[axis] for i in range(value.shape[axis])]
            total: Any = first
            for place in reversed(line) if reverse else line:
                before, total = total, add(total, found[place])
                found[place] = before if exclusive else total
        return found

    return f.of(value.shape, value.dtype, load, 0)


def range_(f: Given) -> Constant:
    """Numbers from a start to a limit that is not reached."""
    (start,), (limit,), (step,) = (f.numbers(place) for place in range(3))
    count = max(0, math.ceil((limit - start) / step))
    return f.of([count], f.at(0).dtype, lambda: [start + step * i for i in range(count)])


def matmul(f: Given) -> Constant:
    """The product of two matrices of numbers that the file does not store: a layer over weights stays a layer."""
    a, b = f.at(0), f.at(1)
    if len(a.shape) != 2 or len(b.shape) != 2 or a.shape[1] != b.shape[0] or a.origins or b.origins:
        raise Cannot
    (rows, inner), columns = a.shape, b.shape[1]

    def load() -> Numbers:
        if rows * inner * columns > 10 * MOST_ELEMENTS:
            raise Cannot
        x, y = numbers_of(a), numbers_of(b)
        return [
            sum(x[r * inner + i] * y[i * columns + c] for i in range(inner))
            for r in range(rows)
            for c in range(columns)
        ]

    return f.of([rows, columns], a.dtype, load)
