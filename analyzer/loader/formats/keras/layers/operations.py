"""Operations in a graph: `keras.ops` of Keras 3, and the functions of TensorFlow that Keras 2 writes as layers.

An option is in the config of the operation, or an argument of its call.

Sources: keras/src/ops/ (Keras 3.15.1); TFOpLambda, SlicingOpLambda (Keras 2.15); TensorFlowOpLayer (Keras 2.3).
"""

# Longer than most modules: one table, and a few lines an operation.

# Longer than most modules: one short function for each of the operations of `keras.ops`.

from __future__ import annotations

from itertools import pairwise
from math import prod

from analyzer.layers.kinds import whole
from analyzer.loader.formats.einsum import einsum as einsum_of
from analyzer.loader.formats.keras.call import OPERATIONS, Called, Unknown, operation
from analyzer.loader.formats.keras.config import Mistake
from analyzer.loader.formats.keras.description import Constant, Dots, Slice, flat
from analyzer.loader.formats.keras.layers.activations import along, function
from analyzer.loader.formats.keras.layers.merging import check_broadcast
from analyzer.loader.formats.keras.layers.normalising import over_axes
from analyzer.loader.formats.keras.layers.reshaping import reshaped
from analyzer.loader.formats.padded import padded
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Functions of one element, as `elementwise` calls them.
_UNARY = {
    "Absolute": "abs", "Fabs": "abs", "Arccos": "acos", "Arccosh": "acosh", "Arcsin": "asin", "Arcsinh": "asinh",
    "Arctan": "atan", "Arctanh": "atanh", "BitwiseNot": "bitwise_not", "BitwiseInvert": "bitwise_not", "Ceil": "ceil",
    "Cos": "cos", "Cosh": "cosh", "Erf": "erf", "Exp": "exp", "Floor": "floor", "Isinf": "isinf", "Isnan": "isnan",
    "Log": "log", "Log1p": "log", "Log2": "log", "Log10": "log", "Negative": "negative", "LogicalNot": "not",
    "Reciprocal": "reciprocal", "Round": "round", "Rsqrt": "rsqrt", "Sign": "sign", "Sin": "sin", "Sinh": "sinh",
    "Sqrt": "sqrt", "Square": "square", "Tan": "tan", "Clip": "clip", "Expm1": "exp", "Exp2": "exp",
    "Cumsum": "cumsum", "Cumprod": "cumprod", "Sort": "sort", "HardShrink": "shrink", "SoftShrink": "shrink",
    "Threshold": "where", "Isfinite": "isinf", "NanToNum": "where", "Trunc": "round", "Cast": "cast",
}  # fmt: skip

#: Functions of two, as `elementwise` calls them; those of `_MERGES` where both are tensors.
_BINARY = {
    "Divide": "divide", "TrueDivide": "divide", "DivideNoNan": "divide", "FloorDivide": "floor_divide",
    "Power": "power", "Minimum": "minimum", "Fmin": "minimum", "Mod": "mod", "Fmod": "mod", "Equal": "equal",
    "NotEqual": "not_equal", "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less",
    "LessEqual": "less_equal", "LogicalAnd": "and", "LogicalOr": "or", "LogicalXor": "xor", "Arctan2": "atan2",
    "BitwiseAnd": "bitwise_and", "BitwiseOr": "bitwise_or", "BitwiseXor": "bitwise_xor", "Where": "where",
    "LeftShift": "shift", "RightShift": "shift",
}  # fmt: skip
_MERGES = {
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Maximum": "maximum", "Fmax": "maximum",
}  # fmt: skip

#: Activations, by the names of functions.
_ACTIVATIONS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "SparseSigmoid": "sparse_sigmoid", "Softplus": "softplus",
    "Softsign": "softsign", "SparsePlus": "sparse_plus", "Silu": "silu", "Squareplus": "squareplus",
    "LogSigmoid": "log_sigmoid", "HardSigmoid": "hard_sigmoid", "HardSilu": "hard_silu", "Elu": "elu", "Selu": "selu",
    "Gelu": "gelu", "Celu": "celu", "TanhShrink": "tanh_shrink", "HardTanh": "hard_tanh", "Tanh": "tanh",
    "Sparsemax": "sparsemax",
}  # fmt: skip

_MISSING: Any = object()


def option(call: Called, place: int, *names: str, default: Any = _MISSING) -> Any:
    """An option by any of its names, or an argument by its place."""
    for name in names:
        for source in (call.config.data, call.kwargs):
            if name in source:
                return default if source[name] is None and default is not _MISSING else source[name]
    if len(call.args) > place > 0:
        return call.args[place]
    if default is _MISSING:
        raise Mistake(f"`{shown(call.config.name)}` needs `{names[0]}`")
    return default


def whole_option(call: Called, place: int, *names: str, default: Any = _MISSING) -> int:
    """A whole number."""
    found = option(call, place, *names, default=default)
    number = whole(found)
    if number is None:
        raise Unknown
    return number


def wholes_option(call: Called, place: int, *names: str, default: Any = _MISSING) -> list[int]:
    """Whole numbers; a number alone is a list of one."""
    found = option(call, place, *names, default=default)
    found = found.values if isinstance(found, Constant) else found
    numbers = [whole(one) for one in (found if isinstance(found, list) else [found])]
    if any(number is None for number in numbers):
        raise Unknown
    return [number or 0 for number in numbers]


def axes_option(call: Called, x: Tensor, place: int, *names: str, default: Any) -> list[int]:
    """Axes of a tensor, counted from the front."""
    return [_axis(call, axis, x.rank) for axis in wholes_option(call, place, *names, default=default)]


def _axis(call: Called, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise Mistake(f"`{shown(call.config.name)}` names axis {axis} of a tensor with {rank}")
    return axis % rank


def operands(call: Called) -> list[Any]:
    """The tensors and numbers that it reads."""
    found = [*call.args, *(call.kwargs[name] for name in ("x2", "y", "b", "value2") if name in call.kwargs)]
    return [one for one in flat(found) if isinstance(one, (Tensor, Constant, int, float))]


@operation(*_UNARY)
def unary(call: Called) -> Tensor:
    """A function of each element."""
    return call.heart.pointwise("elementwise", call.x, call.place(), {"op": _UNARY[call.kind]})


@operation(*_BINARY, *_MERGES)
def binary(call: Called) -> Tensor:
    """A merge, or an `elementwise` with constants."""
    found = operands(call)
    tensors = [one for one in found if isinstance(one, Tensor)]
    if not tensors:
        raise Mistake(f"`{shown(call.config.name)}` reads no tensor")
    heart, op = call.heart, _BINARY.get(call.kind) or _MERGES[call.kind]
    shapes = [tuple(one.shape) for one in found if isinstance(one, Constant)]
    for shape in shapes:  # a constant may make the tensor larger
        x = tensors[0]
        rank = max(len(shape), x.rank)
        sizes = [
            max(pair) for pair in zip((1,) * (rank - len(shape)) + shape, (1,) * (rank - x.rank) + x.shape, strict=True)
        ]
        tensors[0] = heart.expand(x, sizes, call.beside())
    if len(tensors) == 1:
        return heart.pointwise("elementwise", tensors[0], call.place(), {"op": op})
    check_broadcast(call, tensors)
    if call.kind in _MERGES:
        return heart.merge(op, tensors, call.place())
    return heart.merge("elementwise", tensors, call.place(), {"op": op})


@operation(*_ACTIVATIONS)
def activation(call: Called) -> Tensor:
    """An activation."""
    return function(call, call.x, _ACTIVATIONS[call.kind])


@operation("LeakyRelu")
def leaky_relu(call: Called) -> Tensor:
    """`leaky_relu`."""
    slope = option(call, 1, "negative_slope", "alpha", default=0.2)
    return call.heart.pointwise("leaky_relu", call.x, call.place(), {"slope": slope})


@operation("Softmax", "LogSoftmax")
def softmax(call: Called) -> Tensor:
    """`softmax` or `log_softmax` along axes."""
    type = "softmax" if call.kind == "Softmax" else "log_softmax"
    axes = axes_option(call, call.x, 1, "axis", default=-1)
    return along(call, call.x, axes, lambda x, axis: call.heart.softmax(type, x, axis, call.place()))


@operation("Glu")
def glu(call: Called) -> Tensor:
    """`glu` along an axis."""
    (axis,) = axes_option(call, call.x, 1, "axis", default=-1)
    return call.heart.over_depth("glu", call.x, axis, call.place())


@operation("StopGradient", "Copy", "Identity", "SaturateCast", "ConvertToTensor", "View", "Real")
def as_it_is(call: Called) -> Tensor:
    """The tensor that it reads."""
    return call.x


# Other axes.


@operation("Reshape")
def reshape(call: Called) -> Tensor:
    """Other sizes of the same cells. The batch is −1, or what it was."""
    x = call.x
    shape = wholes_option(call, 1, "newshape", "shape")
    shape = list(shape)
    if shape and shape.count(-1) == 1 and prod(n for n in shape if n != -1) == x.size and x.batch is not None:
        shape[shape.index(-1)] = 1
    return reshaped(call, x, shape)


@operation("Transpose")
def transpose(call: Called) -> Tensor:
    """The axes in another order, by default the opposite one."""
    x = call.x
    order = [
        _axis(call, n, x.rank) for n in wholes_option(call, 1, "axes", "perm", default=list(reversed(range(x.rank))))
    ]
    if sorted(order) != list(range(x.rank)):
        raise Mistake(f"`{shown(call.config.name)}` puts {x.rank} axes in the order {order}")
    return call.heart.transpose(x, order)


@operation("Swapaxes")
def swapaxes(call: Called) -> Tensor:
    """Two axes exchanged."""
    x = call.x
    one, other = (_axis(call, whole_option(call, n, f"axis{n}"), x.rank) for n in (1, 2))
    order = list(range(x.rank))
    order[one], order[other] = other, one
    return call.heart.transpose(x, order)


@operation("Moveaxis")
def moveaxis(call: Called) -> Tensor:
    """Axes moved to other places."""
    x = call.x
    sources, targets = (axes_option(call, x, n, key, default=None) for n, key in ((1, "source"), (2, "destination")))
    order = [axis for axis in range(x.rank) if axis not in sources]
    for target, source in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source)
    return call.heart.transpose(x, order)


@operation("ExpandDims")
def expand_dims(call: Called) -> Tensor:
    """New axes of one cell."""
    return call.heart.unsqueeze(call.x, wholes_option(call, 1, "axis"))


@operation("Squeeze")
def squeeze(call: Called) -> Tensor:
    """Without axes of one cell; the batch stays unless it is named."""
    x = call.x
    axes = wholes_option(call, 1, "axis", default=[])
    if not axes:
        axes = [axis for axis in range(x.rank) if x.shape[axis] == 1 and not x.is_batch(axis)]
    if any(x.shape[_axis(call, axis, x.rank)] != 1 for axis in axes):
        raise Mistake(f"`{shown(call.config.name)}` leaves out an axis of more than one cell")
    return call.heart.squeeze(x, axes)


@operation("Ravel")
def ravel(call: Called) -> Tensor:
    """One axis of all cells."""
    return call.heart.reshape(call.x, [-1], call.beside())


@operation("BroadcastTo")
def broadcast_to(call: Called) -> Tensor:
    """A shape that is repeated along axes of one cell."""
    x = call.x
    shape = wholes_option(call, 1, "shape")
    if x.batch is not None and len(shape) == x.rank:
        shape = [1 if x.is_batch(axis) else size for axis, size in enumerate(shape)]
    return call.heart.expand(x, shape, call.place())


@operation("Flip", "Roll")
def moved(call: Called) -> Tensor:
    """`flip` or `roll` along one axis."""
    roll = call.kind == "Roll"
    axes = axes_option(call, call.x, 2 if roll else 1, "axis", default=None)
    more = {"shift": whole_option(call, 1, "shift")} if roll else {}
    x = call.x
    for axis in axes:
        x = call.heart.on_axis("roll" if roll else "flip", x, axis, call.place(), more)
    return x


@operation("Tile")
def tile(call: Called) -> Tensor:
    """`tile` of each axis that is repeated."""
    x = call.x
    counts = wholes_option(call, 1, "repeats", "multiples")
    x = call.heart.unsqueeze(x, range(len(counts) - x.rank)) if len(counts) > x.rank else x
    for axis, count in enumerate([1] * (x.rank - len(counts)) + counts):
        if count > 1:
            x = call.heart.on_axis("tile", x, axis, call.place(), {"count": count})
    return x


@operation("Repeat")
def repeat(call: Called) -> Tensor:
    """Each cell of an axis several times, one behind the other."""
    x, heart = call.x, call.heart
    axis, count = axes_option(call, x, 2, "axis", default=None)[0], whole_option(call, 1, "repeats")
    wide = heart.expand(
        heart.unsqueeze(x, [axis + 1]), [*x.shape[: axis + 1], count, *x.shape[axis + 1 :]], call.place()
    )
    return heart.reshape(wide, [*x.shape[:axis], x.shape[axis] * count, *x.shape[axis + 1 :]], call.beside())


@operation("Pad", "PadV2", "MirrorPad")
def pad(call: Called) -> Tensor:
    """`pad` on any axis."""
    value = option(call, 1, "pad_width", "paddings")
    value = value.values if isinstance(value, Constant) else value
    modes = {"constant": "zeros", "reflect": "reflect", "symmetric": "reflect", "edge": "replicate", "wrap": "circular"}
    mode = modes.get(str(option(call, 2, "mode", default="constant")).lower())
    if mode is None or not isinstance(value, list):
        raise Unknown
    pairs = [[whole(end) for end in pair] if isinstance(pair, list) else [] for pair in value]
    numbers = [[end for end in pair if end is not None and end >= 0] for pair in pairs]
    if len(pairs) != call.x.rank or any(
        len(one) != 2 or len(other) != 2 for one, other in zip(pairs, numbers, strict=True)
    ):
        raise Mistake(f"`{shown(call.config.name)}` needs a pair of whole numbers for each axis to pad")
    cells = {axis: (pair[0], pair[1]) for axis, pair in enumerate(numbers) if any(pair)}
    return padded(call.heart, call.x, cells, mode, call.place())


# Parts and wholes.


@operation("GetItem")
def get_item(call: Called) -> Tensor:
    """A part of a tensor: slices, single cells, new axes."""
    keys = option(call, 1, "key", "slice_spec")
    keys = list(keys) if isinstance(keys, (list, tuple)) else [keys]
    x, heart = call.x, call.heart
    taken = sum(not isinstance(key, Dots) and key is not None for key in keys)
    if any(isinstance(key, Dots) for key in keys):
        at = next(place for place, key in enumerate(keys) if isinstance(key, Dots))
        keys[at : at + 1] = [Slice(None, None, None)] * (x.rank - taken)
    if taken > x.rank or any(isinstance(key, Dots) for key in keys):
        raise Mistake(f"`{shown(call.config.name)}` has {taken} indices for a tensor of {x.rank} axes")
    axis = 0
    gone: list[int] = []
    new: list[int] = []
    for place, key in enumerate(keys):
        if key is None:
            new.append(place - len(gone))
            continue
        number = whole(key)
        if number is not None and not isinstance(key, bool):
            size = x.shape[axis]
            if not -size <= number < size:
                raise Mistake(f"`{shown(call.config.name)}` takes cell {number} of {size}")
            x = heart.slice(x, axis, number % size, number % size + 1, 1, call.place())
            gone.append(axis)
        elif isinstance(key, Slice):
            x = _sliced(call, x, axis, key)
        else:
            raise Unknown
        axis += 1
    x = heart.squeeze(x, gone) if gone else x
    return heart.unsqueeze(x, new) if new else x


def _sliced(call: Called, x: Tensor, axis: int, key: Slice) -> Tensor:
    """Cells of an axis, as Python's slices choose them."""
    numbers = [None if one is None else whole(one) for one in (key.start, key.stop, key.step)]
    if any(
        number is None and one is not None for number, one in zip(numbers, (key.start, key.stop, key.step), strict=True)
    ):
        raise Unknown
    if numbers[2] == 0:
        raise Mistake(f"`{shown(call.config.name)}` has a slice with a step of 0")
    cells = range(x.shape[axis])[slice(*numbers)]
    if not cells:
        raise Mistake(f"`{shown(call.config.name)}` takes no cell of {x.shape[axis]}")
    if cells.step < 0:
        x = call.heart.on_axis("flip", x, axis, call.place())
        size = x.shape[axis]
        cells = range(size - 1 - cells.start, size - 1 - cells[-1] + 1, -cells.step)
    return call.heart.slice(x, axis, cells.start, cells[-1] + 1, cells.step, call.place())


@operation("Split", "ArraySplit")
def split(call: Called) -> list[Tensor]:
    """`slice`s of one axis."""
    x = call.x
    (axis,) = axes_option(call, x, 2, "axis", default=0)
    given = option(call, 1, "indices_or_sections", "num_or_size_splits")
    size = x.shape[axis]
    if whole(given) is not None:
        count = whole(given) or 0
        if count < 1 or size % count:
            raise Mistake(f"`{shown(call.config.name)}` splits {size} cells into {count} parts")
        ends = [size // count * n for n in range(count + 1)]
    else:
        given = wholes_option(call, 1, "indices_or_sections", "num_or_size_splits")
        if "num_or_size_splits" in call.kwargs:
            ends = [sum(given[:n]) for n in range(len(given) + 1)]
        else:
            ends = [0, *given, size]
    if any(not 0 <= start < stop <= size for start, stop in pairwise(ends)):
        raise Mistake(f"`{shown(call.config.name)}` splits {size} cells at {ends[1:-1]}")
    return [call.heart.slice(x, axis, start, stop, 1, call.place()) for start, stop in pairwise(ends)]


@operation("Unstack")
def unstack(call: Called) -> list[Tensor]:
    """Each cell of an axis."""
    x = call.x
    (axis,) = axes_option(call, x, 2, "axis", default=0)
    cells = [call.heart.slice(x, axis, n, n + 1, 1, call.place()) for n in range(x.shape[axis])]
    return [call.heart.squeeze(cell, [axis]) for cell in cells]


@operation("Concatenate", "Stack")
def joined(call: Called) -> Tensor:
    """`concat` along an axis, a new one for a stack."""
    xs = call.xs
    stacks = call.kind == "Stack"
    rank = xs[0].rank + stacks
    axis = _axis(call, whole_option(call, 1, "axis", default=0), rank)
    if len({x.rank for x in xs}) > 1:
        raise Mistake(f"`{shown(call.config.name)}` joins tensors of different ranks")
    xs = [call.heart.unsqueeze(x, [axis]) for x in xs] if stacks else xs
    rests = {tuple(size for at, size in enumerate(x.shape) if at != axis) for x in xs}
    if len(rests) > 1:
        raise Mistake(f"`{shown(call.config.name)}` joins tensors along axis {axis}, but other axes differ")
    return xs[0] if len(xs) == 1 else call.heart.concat(xs, axis, call.place())


@operation("Take")
def take(call: Called) -> Tensor:
    """`gather` of cells at constant indices."""
    x, indices = call.x, option(call, 1, "indices")
    if isinstance(indices, Tensor):
        raise Unknown
    (axis,) = axes_option(call, x, 2, "axis", default=None)
    count = (
        prod(indices.shape) if isinstance(indices, Constant) else len(flat(indices)) if isinstance(indices, list) else 1
    )
    made = call.heart.on_axis("gather", x, axis, call.place(), {"count": count})
    return made if isinstance(indices, (list, Constant)) else call.heart.squeeze(made, [axis])


# Sums.

_REDUCTIONS = {
    "Mean": "mean", "Sum": "sum", "Max": "max", "Amax": "max", "Min": "min", "Amin": "min", "Prod": "prod",
    "Var": "variance", "Std": "std", "Logsumexp": "logsumexp", "Argmax": "argmax", "Argmin": "argmin",
    "Any": "max", "All": "min", "CountNonzero": "sum", "Median": "mean", "Norm": "l2",
}  # fmt: skip


@operation(*_REDUCTIONS)
def reduction(call: Called) -> Tensor:
    """One number of the cells along axes; of all where none are named, but each sample by itself."""
    x = call.x
    axes = axes_option(call, x, 1, "axis", default=[axis for axis in range(x.rank) if not x.is_batch(axis)])
    keep = option(call, 2, "keepdims", default=False) is True
    return call.heart.reduce(x, _REDUCTIONS[call.kind], axes, keep, call.place())


@operation("Moments")
def moments(call: Called) -> list[Tensor]:
    """The mean and the variance."""
    x = call.x
    axes = axes_option(call, x, 1, "axes", default=None)
    keep = option(call, 2, "keepdims", default=False) is True
    return [call.heart.reduce(x, op, axes, keep, call.place(op)) for op in ("mean", "variance")]


@operation("Normalize", "RMSNorm", "LayerNorm")
def normalize(call: Called) -> Tensor:
    """A normalisation without trained numbers."""
    axes = axes_option(call, call.x, 1, "axis", default=-1)
    type = "layer_norm" if call.kind == "LayerNorm" else "rms_norm"
    if any(isinstance(one, Tensor) for one in (call.kwargs.get("gamma"), call.kwargs.get("scale"))):
        raise Unknown
    return over_axes(call, type, call.x, axes, {"affine": False})


# Products.


@operation("Matmul")
def matmul(call: Called) -> Tensor:
    """`matmul`; a constant matrix is a tensor that is not trained."""
    a, b = _two(call)
    a = _turned(call, a, "transpose_a", "adjoint_a")
    b = _turned(call, b, "transpose_b", "adjoint_b")
    first, second = (x if x.rank > 1 else None for x in (a, b))
    k = a.shape[-1], b.shape[-2] if second is not None else b.shape[0]
    if k[0] != k[1] or (first is None and second is None):
        raise Mistake(f"`{shown(call.config.name)}` multiplies {_text(a)} and {_text(b)}")
    return call.heart.matmul(a, b, call.place())


def _text(x: Tensor) -> str:
    return "x".join(map(str, x.shape))


def _two(call: Called) -> tuple[Tensor, Tensor]:
    """The two tensors that it reads; constants become tensors that count nowhere."""
    found = [one for one in operands(call) if isinstance(one, (Tensor, Constant))]
    if len(found) != 2:
        raise Unknown
    first, second = (
        one if isinstance(one, Tensor) else call.parameter(one.shape, f"constant{place}", trained=False, count=0)
        for place, one in enumerate(found)
    )
    return first, second


def _turned(call: Called, x: Tensor, *names: str) -> Tensor:
    if any(call.kwargs.get(name) is True for name in names) and x.rank > 1:
        return call.heart.transpose(x, [*range(x.rank - 2), x.rank - 1, x.rank - 2])
    return x


@operation("Dot", "Tensordot")
def tensordot(call: Called) -> Tensor:
    """`matmul` over the last axis of one and the first axis but one of the other, for a matrix."""
    a, b = _two(call)
    if b.rank != 2 or a.shape[-1] != b.shape[0] or (call.kind == "Tensordot" and option(call, 2, "axes") != 1):
        raise Unknown
    return call.heart.matmul(a, b, call.place())


@operation("Einsum")
def einsum(call: Called) -> Tensor:
    """`matmul` with the axes put in order."""
    equation = option(call, 0, "subscripts", "equation")
    if not isinstance(equation, str):
        raise Unknown
    xs = [one for one in flat([call.args, call.kwargs]) if isinstance(one, Tensor)]
    return einsum_of(call.heart, equation, xs, call.place())


@operation("DotProductAttention")
def attention(call: Called) -> Tensor:
    """`attention` over batch × tokens × heads × depth."""
    xs = [
        one
        for one in flat([call.args, *(call.kwargs.get(n) for n in ("query", "key", "value"))])
        if isinstance(one, Tensor)
    ]
    if len(xs) < 3 or any(x.rank != 4 or not x.is_batch(0) for x in xs[:3]):
        raise Unknown
    rows = [call.heart.arranged(x, [[2], [1], [3]], call.beside()) for x in xs[:3]]
    return call.heart.transpose(call.heart.new("attention", rows, call.place()), [0, 2, 1, 3])


# Pictures.


def _picture(call: Called, x: Tensor) -> tuple[list[int], int]:
    first = option(call, 9, "data_format", default="channels_last") in ("channels_first", "NCHW")
    return (list(range(2, x.rank)), 1) if first else (list(range(1, x.rank - 1)), x.rank - 1)


@operation("MaxPool", "AveragePool")
def pool(call: Called) -> Tensor:
    """`max_pool` or `avg_pool`."""
    x = call.x
    spatial, depth = _picture(call, x)
    kernel = wholes_option(call, 1, "pool_size", "ksize")
    kernel = kernel * len(spatial) if len(kernel) == 1 else kernel
    strides = wholes_option(call, 2, "strides", default=kernel)
    strides = strides * len(spatial) if len(strides) == 1 else strides
    padding = str(option(call, 3, "padding", default="valid")).lower()
    if len(kernel) != len(spatial) or len(strides) != len(spatial) or padding not in ("valid", "same"):
        raise Unknown
    parameters: dict[str, Any] = {"kernel": kernel, "stride": strides}
    if padding == "same":
        parameters["padding"] = "same"
    type = "max_pool" if call.kind == "MaxPool" else "avg_pool"
    return call.heart.layer(type, x, call.place(), parameters, spatial=spatial, depth=depth)


@operation("Resize")
def resize(call: Called) -> Tensor:
    """`resize` to a size."""
    x = call.x
    spatial, depth = _picture(call, x)
    to = wholes_option(call, 1, "size")
    mode = str(option(call, 2, "interpolation", "method", default="bilinear"))
    mode = {"nearest": "nearest", "bilinear": "bilinear"}.get(mode, "bicubic")
    if len(to) != len(spatial) or min(to) < 1:
        raise Mistake(f"`{shown(call.config.name)}` needs two sizes of at least 1")
    return call.heart.layer("resize", x, call.place(), {"to": to, "mode": mode}, spatial=spatial, depth=depth)


@operation("DepthToSpace", "SpaceToDepth")
def by_pixels(call: Called) -> Tensor:
    """Blocks of pixels moved between depth and space, the depth of a block before its planes."""
    x, heart = call.x, call.heart
    n = whole_option(call, 1, "block_size")
    first = option(call, 2, "data_format", default="channels_last") in ("channels_first", "NCHW")
    x = heart.transpose(x, [0, 2, 3, 1]) if first and x.rank == 4 else x
    if x.rank != 4 or n < 1:
        raise Unknown
    b, h, w, c = x.shape
    if call.kind == "DepthToSpace":
        if c % (n * n):
            raise Mistake(f"`{shown(call.config.name)}` divides a depth of {c} by {n}·{n}")
        cut = heart.reshape(x, [b, h, w, n, n, c // n // n], call.beside())
        made = heart.reshape(heart.transpose(cut, [0, 1, 3, 2, 4, 5]), [b, h * n, w * n, -1], call.beside())
    else:
        if h % n or w % n:
            raise Mistake(f"`{shown(call.config.name)}` divides {h}x{w} by {n}")
        cut = heart.reshape(x, [b, h // n, n, w // n, n, c], call.beside())
        made = heart.reshape(heart.transpose(cut, [0, 1, 3, 2, 4, 5]), [b, h // n, w // n, -1], call.beside())
    return heart.transpose(made, [0, 3, 1, 2]) if first else made


@operation("OneHot", "TopK")
def indexed(call: Called) -> Any:
    """Vectors of indices, or the largest cells of the last axis and their places."""
    x = call.x
    if call.kind == "OneHot":
        shape = list(x.shape)
        axis = whole_option(call, 2, "axis", default=-1)
        shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, whole_option(call, 1, "num_classes", "depth"))
        return call.known(shape, [x])
    made = call.heart.on_axis("gather", x, x.rank - 1, call.place(), {"count": whole_option(call, 1, "k")})
    return [made, made]


# Functions of TensorFlow, as Keras 2 writes them.

_TF = {
    "math.add": "Add", "__operators__.add": "Add", "add": "Add", "math.subtract": "Subtract", "subtract": "Subtract",
    "math.multiply": "Multiply", "multiply": "Multiply", "math.truediv": "TrueDivide", "math.divide": "Divide",
    "divide": "Divide", "truediv": "TrueDivide", "math.divide_no_nan": "DivideNoNan", "math.floordiv": "FloorDivide",
    "math.pow": "Power", "pow": "Power", "math.minimum": "Minimum", "minimum": "Minimum", "math.maximum": "Maximum",
    "maximum": "Maximum", "math.mod": "Mod", "math.equal": "Equal", "math.not_equal": "NotEqual", "equal": "Equal",
    "math.greater": "Greater", "math.greater_equal": "GreaterEqual", "math.less": "Less",
    "math.less_equal": "LessEqual", "math.logical_and": "LogicalAnd", "math.logical_or": "LogicalOr", "where": "Where",
    "abs": "Absolute", "math.abs": "Absolute", "math.ceil": "Ceil", "math.cos": "Cos", "math.erf": "Erf",
    "math.exp": "Exp", "exp": "Exp", "math.floor": "Floor", "math.log": "Log", "math.log1p": "Log1p",
    "math.negative": "Negative", "negative": "Negative", "math.logical_not": "LogicalNot",
    "math.reciprocal": "Reciprocal", "math.round": "Round", "round": "Round", "math.rsqrt": "Rsqrt", "math.sign": "Sign",
    "sign": "Sign", "math.sin": "Sin", "math.sqrt": "Sqrt", "sqrt": "Sqrt", "math.square": "Square", "square": "Square",
    "math.tan": "Tan", "clip_by_value": "Clip", "math.cumsum": "Cumsum", "cast": "Cast", "nn.relu": "Relu",
    "nn.relu6": "Relu6", "math.sigmoid": "Sigmoid", "sigmoid": "Sigmoid", "nn.sigmoid": "Sigmoid", "math.tanh": "Tanh",
    "nn.tanh": "Tanh", "tanh": "Tanh", "nn.silu": "Silu", "nn.swish": "Silu", "nn.gelu": "Gelu", "nn.elu": "Elu",
    "nn.selu": "Selu", "math.softplus": "Softplus", "nn.softplus": "Softplus", "nn.softsign": "Softsign",
    "nn.leaky_relu": "LeakyRelu", "nn.softmax": "Softmax", "nn.log_softmax": "LogSoftmax", "stop_gradient": "Copy",
    "identity": "Copy", "convert_to_tensor": "Copy", "reshape": "Reshape", "transpose": "Transpose",
    "expand_dims": "ExpandDims", "squeeze": "Squeeze", "tile": "Tile", "broadcast_to": "BroadcastTo", "pad": "Pad",
    "reverse": "Flip", "roll": "Roll", "concat": "Concatenate", "stack": "Stack", "unstack": "Unstack",
    "split": "Split", "gather": "Take", "repeat": "Repeat", "math.reduce_mean": "Mean", "reduce_mean": "Mean",
    "math.reduce_sum": "Sum", "reduce_sum": "Sum", "math.reduce_max": "Max", "reduce_max": "Max",
    "math.reduce_min": "Min", "math.reduce_prod": "Prod", "math.reduce_variance": "Var", "math.reduce_std": "Std",
    "math.reduce_logsumexp": "Logsumexp", "math.argmax": "Argmax", "argmax": "Argmax", "math.l2_normalize": "Normalize",
    "linalg.l2_normalize": "Normalize", "nn.l2_normalize": "Normalize", "linalg.matmul": "Matmul", "matmul": "Matmul",
    "einsum": "Einsum", "nn.max_pool": "MaxPool", "image.resize": "Resize", "nn.depth_to_space": "DepthToSpace",
    "nn.space_to_depth": "SpaceToDepth", "one_hot": "OneHot", "__operators__.getitem": "GetItem",
    "linalg.norm": "Norm", "norm": "Norm", "nn.moments": "Moments",
}  # fmt: skip


@operation("TFOpLambda", "SlicingOpLambda")
def tensorflow_function(call: Called) -> Any:
    """The operation of Keras 3 for a function of TensorFlow."""
    name = call.config.text("function").removeprefix("tf.").removeprefix("compat.v1.").removeprefix("_api.v2.")
    return _as(call, _TF.get(name), {**call.kwargs}, {})


#: The operations of TensorFlow's graphs that read nothing but tensors and constants.
_NODES = {
    "Add": "Add", "AddV2": "Add", "Sub": "Subtract", "Mul": "Multiply", "RealDiv": "TrueDivide", "Div": "Divide",
    "Maximum": "Maximum", "Minimum": "Minimum", "Pow": "Power", "Relu": "Relu", "Relu6": "Relu6", "Sigmoid": "Sigmoid",
    "Tanh": "Tanh", "Neg": "Negative", "Square": "Square", "Sqrt": "Sqrt", "Rsqrt": "Rsqrt", "Exp": "Exp", "Log": "Log",
    "Abs": "Absolute", "Identity": "Copy", "Cast": "Cast", "Softplus": "Softplus", "Elu": "Elu", "Selu": "Selu",
    "Greater": "Greater", "Less": "Less", "Equal": "Equal", "Erf": "Erf", "Sign": "Sign", "Round": "Round",
    "FloorDiv": "FloorDivide", "SquaredDifference": "Subtract",
}  # fmt: skip


@operation("TensorFlowOpLayer")
def tensorflow_node(call: Called) -> Any:
    """The operation of Keras 3 for a node of a TensorFlow graph."""
    node = call.config.data.get("node_def")
    if isinstance(node, str):
        from json import loads

        try:
            node = loads(node)
        except ValueError:
            raise Unknown from None
    op = node.get("op") if isinstance(node, dict) else None
    constants = call.config.data.get("constants") or {}
    numbers = list(constants.values()) if isinstance(constants, dict) else []
    kind = _NODES.get(op) if isinstance(op, str) else None
    if (
        kind is None
        and op in ("Reshape", "Transpose", "ExpandDims", "Mean", "Sum", "Max", "Tile")
        and len(numbers) == 1
    ):
        names = {"Reshape": "newshape", "Transpose": "axes", "Tile": "repeats"}
        return _as(call, op, {names.get(str(op), "axis"): numbers[0], "keepdims": _keeps(node)}, {})
    return _as(call, kind, {}, {"args": [*call.xs, *numbers]})


def _keeps(node: Any) -> bool:
    """Whether a reduction keeps its axes."""
    attributes = node.get("attr")
    keep = attributes.get("keep_dims") if isinstance(attributes, dict) else None
    return isinstance(keep, dict) and keep.get("b") is True


def _as(call: Called, kind: str | None, kwargs: dict[str, Any], changes: dict[str, Any]) -> Any:
    """The same call as one of another operation."""
    if kind is None:
        raise Unknown
    config = type(call.config)(call.config.name, kind, {"name": call.config.name})
    args = changes.get("args", call.args)
    named = {key: value for key, value in kwargs.items() if key not in ("name", "dtype")}
    return OPERATIONS[kind](Called(call.kept, call.owner, call.path, kind, config, args, named, call.frozen))
