"""Operators on each element of one tensor or of several that are broadcast: arithmetic, comparisons, logic, choices.

Numbers of the program are part of an `elementwise` layer. A parameter of the module is a `parameter` layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.arranging import MOST_AXES
from analyzer.loader.formats.digits import joined
from analyzer.loader.formats.pt2.program import Node, Ref
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Functions of one element, as `elementwise` calls them.
_UNARY = {
    "abs": "abs", "acos": "acos", "acosh": "acosh", "asin": "asin", "asinh": "asinh", "atan": "atan", "atanh": "atanh",
    "bernoulli": "bernoulli", "bitwise_not": "bitwise_not", "ceil": "ceil", "cos": "cos", "cosh": "cosh", "erf": "erf",
    "erfc": "erf", "exp": "exp", "exp2": "exp", "expm1": "exp", "floor": "floor", "frac": "floor", "isinf": "isinf",
    "isnan": "isnan", "isfinite": "isinf", "log": "log", "log10": "log", "log1p": "log", "log2": "log",
    "log_sigmoid": "log", "logical_not": "not", "logit": "log", "nan_to_num": "where", "neg": "negative",
    "reciprocal": "reciprocal", "round": "round", "rsqrt": "reciprocal", "sgn": "sign", "sign": "sign", "sin": "sin",
    "sinc": "sin", "sinh": "sinh", "softshrink": "shrink", "hardshrink": "shrink", "sqrt": "sqrt", "square": "power",
    "tan": "tan", "threshold": "where", "tril": "where", "triu": "where", "trunc": "floor", "signbit": "sign",
    "deg2rad": "multiply", "rad2deg": "multiply", "erfinv": "erf", "digamma": "log", "lgamma": "log", "i0": "exp",
    "logcumsumexp": "cumsum", "bucketize": "greater", "softsign": "divide",
    "isneginf": "isinf", "isposinf": "isinf", "special_expit": "exp", "conj_physical": "negative", "angle": "atan",
    "argsort": "sort", "msort": "sort",
}  # fmt: skip

#: Functions of several, as `elementwise` calls them.
_SEVERAL = {
    "atan2": "divide", "bitwise_and": "bitwise_and", "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor",
    "copysign": "multiply", "div": "divide", "divide": "divide", "eq": "equal", "floor_divide": "divide", "fmod": "mod",
    "ge": "greater_equal", "gt": "greater", "le": "less_equal", "logical_and": "and", "logical_or": "or",
    "logical_xor": "xor", "lt": "less", "max.other": "maximum", "min.other": "minimum", "minimum": "minimum",
    "masked_fill": "where", "ne": "equal", "pow": "power", "remainder": "mod", "true_divide": "divide", "where": "where",
    "fmin": "minimum", "lerp": "add", "hypot": "power", "xlogy": "multiply", "heaviside": "greater",
    "bitwise_left_shift": "shift", "bitwise_right_shift": "shift", "__and__": "bitwise_and", "__or__": "bitwise_or",
    "__xor__": "bitwise_xor", "__lshift__": "shift", "__rshift__": "shift",
    "logaddexp": "add", "logaddexp2": "add", "nextafter": "add", "ldexp": "multiply", "float_power": "power",
    "searchsorted": "greater", "isclose": "equal", "gcd": "mod", "isin": "equal",
}  # fmt: skip

#: Functions of several that are layer types of their own, and what an `elementwise` calls them.
_MERGES = {
    "add": ("add", "add"), "sub": ("subtract", "subtract"), "subtract": ("subtract", "subtract"),
    "rsub": ("subtract", "subtract"), "mul": ("multiply", "multiply"), "multiply": ("multiply", "multiply"),
    "maximum": ("maximum", "maximum"), "fmax": ("maximum", "maximum"), "addcmul": ("add", "add"),
    "addcdiv": ("add", "add"),
}  # fmt: skip


@operator(*(f"aten.{name}" for name in _UNARY))
def unary(reading: Reading, node: Node) -> None:
    """A function of each element."""
    reading.pointwise(node, "elementwise", {"op": _UNARY[_plain(node)]}, name=next(iter(node.args)))


@operator(*(f"aten.{name}" for name in _SEVERAL))
def several(reading: Reading, node: Node) -> None:
    """A function of elements that are broadcast."""
    name = _plain(node)
    op = _SEVERAL.get(name) or _SEVERAL[f"{name}.{node.target.rpartition('.')[2]}"]
    merged(reading, node, "elementwise", op)


@operator(*(f"aten.{name}" for name in _MERGES))
def merge(reading: Reading, node: Node) -> None:
    """A merge, or an `elementwise` where all but one of what it reads are numbers of the program."""
    if _plain(node) in ("mul", "multiply") and scaled(reading, node):
        return
    merged(reading, node, *_MERGES[_plain(node)])


def scaled(reading: Reading, node: Node) -> bool:
    """Writes a `scale` where a tensor is multiplied by a parameter of one number, or of one for each plane."""
    from analyzer.loader.formats.pt2.weights import path_of, weighted

    values = operands(reading, node)
    x = next((one for one in values if isinstance(one, Tensor)), None)
    gains = next((one for one in values if isinstance(one, Fixed)), None)
    if x is None or gains is None or gains.whole is None:
        return False
    if (gains.uncounted != gains.size and id(gains.whole) not in reading.owners) or reading.own(
        x, reading.shape_of(node.output)
    ) != list(x.shape):
        return False
    axes = [axis + x.rank - len(gains.shape) for axis, size in enumerate(gains.shape) if size > 1]
    if len(axes) > 1 or (axes and x.base.groups[-1:] != (joined(x.axes[axes[0]]),)):
        return False
    place = reading.place(node)
    place = Place(path_of(gains), place.label, place.line, place.file)

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        if not axes:
            return reading.heart.pointwise("scale", x, place, {**given, "per": "layer"}, **more)
        return reading.heart.over_depth("scale", x, axes[0], place, given, **more)

    reading.give(node, weighted(reading, {}, gains, [], write))
    return True


def _plain(node: Node) -> str:
    """The name of an operator without its namespace; that of one that overwrites is the same."""
    name = node.operator.removeprefix("aten.")
    return name if name.startswith("__") else name.rstrip("_")


def operands(reading: Reading, node: Node) -> list[Tensor | Fixed]:
    """The tensors and the numbers of the program that a node reads."""
    return [
        reading.values[arg.name] for arg in node.args.values() if isinstance(arg, Ref) and arg.name in reading.values
    ]


def merged(reading: Reading, node: Node, type: str, op: str) -> None:
    """The layer over the tensors that a node reads; numbers of the program only say what shape comes out."""
    tensors = [reading.as_tensor(one) for one in operands(reading, node) if isinstance(one, Tensor) or is_volume(one)]
    if not tensors:
        raise Unsupported
    reading.agree(tensors)
    place, heart = reading.place(node), reading.heart
    batched = next((x for x in tensors if x.batch is not None), tensors[0])
    shape = reading.own(batched, reading.shape_of(node.output))
    if len(tensors) > 1 and sum(size > 1 for size in shape) > MOST_AXES:
        tensors = [heart.expand(x, shape, place) for x in tensors]  # axes that are whole can be put together
    if tuple(shape) != tensors[0].shape:
        tensors[0] = heart.expand(tensors[0], grown(tensors, shape), place)
    more = reading.overwriting(node, type if len(tensors) > 1 else "elementwise")
    if len(tensors) == 1:
        reading.give(node, heart.pointwise("elementwise", tensors[0], place, {"op": op, **more}))
        return
    given = {"op": op, **more} if type == "elementwise" else more
    if tensors[0].shape != tuple(shape):
        given.pop("inplace", None)
    reading.give(node, heart.merge(type, tensors, place, given))


def is_volume(value: Fixed) -> bool:
    """Whether fixed numbers are a volume of their own: stored ones with fractions, more than one."""
    return (bool(value.origins) and value.size > 1 and value.dtype.startswith(("float", "bfloat", "complex"))) or (
        value.root is not None
    )


def grown(tensors: Sequence[Tensor], shape: Sequence[int]) -> list[int]:
    """The shape of a tensor that fixed numbers make larger than any tensor is; others are broadcast by the layer."""
    rank = len(shape)
    padded = [(1,) * (rank - x.rank) + x.shape for x in tensors]
    largest = [max(sizes) for sizes in zip(*padded, strict=True)]
    return [size if most < size else mine for size, most, mine in zip(shape, largest, padded[0], strict=True)]


@operator("aten.cumsum", "aten.cumprod")
def cumulated(reading: Reading, node: Node) -> None:
    """The sum or the product of each cell and those before it."""
    reading.pointwise(node, "elementwise", {"op": _plain(node)})
