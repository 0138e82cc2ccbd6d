"""Arithmetic on volumes.

A network's description does not have its constants: names such as `ADDED` and `FACTOR` of the file stand in for them.
"""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.arithmetic import Elementwise, MatMul, ScaledAttention, TrainedTensor
from analyzer.layers.reductions import Mean, Reduce
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, NoTemplate
from analyzer.loader.writing.keras.layers.making import axes_of

#: Functions of one volume that have another name in `keras.ops`, or that are an expression.
_UNARY = {
    "acos": "ops.arccos({0})",
    "acosh": "ops.arccosh({0})",
    "asin": "ops.arcsin({0})",
    "asinh": "ops.arcsinh({0})",
    "atan": "ops.arctan({0})",
    "atanh": "ops.arctanh({0})",
    "bitwise_not": "ops.bitwise_not({0})",
    "cast": 'ops.cast({0}, "float32")',
    "clip": "ops.clip({0}, LOWEST, HIGHEST)",
    "cumprod": "ops.cumprod({0}, axis=-1)",
    "cumsum": "ops.cumsum({0}, axis=-1)",
    "hard_mish": "{0} / 2 * ops.clip({0} + 2, 0, 2)",
    "lhtan": "ops.clip({0}, 0, 1) + 0.001 * ({0} - ops.clip({0}, 0, 1))",
    "loggy": "2 * ops.sigmoid({0}) - 1",
    "not": "ops.logical_not({0})",
    "plse": "ops.clip({0} / 8 + 0.5, 0, 1) + 0.01 * ({0} - ops.clip({0}, -4, 4))",
    "quantize": "ops.round({0})",
    "ramp": "ops.relu({0}) + 0.1 * {0}",
    "shrink": "ops.hard_shrink({0})",
    "stair": "ops.floor({0} / 2) + ops.minimum({0} - 2 * ops.floor({0} / 2), 1)",
}

#: Functions that Keras has no counterpart of.
_WITHOUT = {
    "bernoulli": "Keras draws no zeros and ones with the probabilities of a volume",
    "scatter": "the places of `scatter` are not in the description of a network",
    "triangle": "Keras has no triangle wave",
}

#: Functions of two, each with the constant that stands in for a second one that is not a volume.
_BINARY = {
    "add": ("{a} + {b}", "ADDED"),
    "and": ("ops.logical_and({a}, {b})", "True"),
    "atan2": ("ops.arctan2({a}, {b})", "FACTOR"),
    "bitwise_and": ("ops.bitwise_and({a}, {b})", "-1"),
    "bitwise_or": ("ops.bitwise_or({a}, {b})", "0"),
    "bitwise_xor": ("ops.bitwise_xor({a}, {b})", "0"),
    "divide": ("{a} / {b}", "FACTOR"),
    "equal": ("ops.equal({a}, {b})", "THRESHOLD"),
    "floor_divide": ("{a} // {b}", "FACTOR"),
    "greater": ("{a} > {b}", "THRESHOLD"),
    "greater_equal": ("{a} >= {b}", "THRESHOLD"),
    "less": ("{a} < {b}", "THRESHOLD"),
    "less_equal": ("{a} <= {b}", "THRESHOLD"),
    "maximum": ("ops.maximum({a}, {b})", "LOWEST"),
    "mean": ("({a} + {b}) / 2", "ADDED"),
    "minimum": ("ops.minimum({a}, {b})", "HIGHEST"),
    "mod": ("{a} % {b}", "FACTOR"),
    "multiply": ("{a} * {b}", "FACTOR"),
    "not_equal": ("ops.not_equal({a}, {b})", "THRESHOLD"),
    "or": ("ops.logical_or({a}, {b})", "False"),
    "power": ("{a} ** {b}", "FACTOR"),
    "shift": ("ops.left_shift({a}, {b})", "0"),
    "subtract": ("{a} - {b}", "ADDED"),
    "xor": ("ops.logical_xor({a}, {b})", "False"),
}

#: Reductions that are an expression, or have another name in `keras.ops`.
_REDUCTIONS = {
    "l1": "ops.sum(ops.abs({0}), axis={axis}, keepdims=True)",
    "l2": "ops.sqrt(ops.sum(ops.square({0}), axis={axis}, keepdims=True))",
    "sum_square": "ops.sum(ops.square({0}), axis={axis}, keepdims=True)",
    "log_sum": "ops.log(ops.sum({0}, axis={axis}, keepdims=True))",
    "variance": "ops.var({0}, axis={axis}, keepdims=True)",
}


def elementwise(layer: Elementwise, node: Node) -> Built:
    """A function of each element."""
    if layer.op in _WITHOUT:
        raise NoTemplate(_WITHOUT[layer.op])
    if layer.op in _BINARY:
        return _binary(layer.op, len(node.inputs))
    if layer.op == "where":
        return _where(len(node.inputs))
    return _needing(_UNARY.get(layer.op, f"ops.{layer.op}({{0}})"))


def _binary(op: str, count: int) -> Built:
    """A function of two, or of several, one after the other."""
    form, constant = _BINARY[op]
    if count == 1:
        return _needing(form.replace("{a}", "{0}").replace("{b}", constant))
    if op == "mean":
        return Built(forward=f"({' + '.join(f'{{{place}}}' for place in range(count))}) / {count}")
    text = "{0}"
    for place in range(1, count):
        text = form.replace("{a}", text).replace("{b}", f"{{{place}}}")
    return Built(forward=text)


def _where(count: int) -> Built:
    """A choice by a condition; of one volume the condition is a constant, of two the other choice."""
    if count == 1:
        return _needing("ops.where(True, {0}, ADDED)")
    other = "{2}" if count == 3 else "ADDED"
    return _needing(f'ops.where(ops.cast({{0}}, "bool"), {{1}}, {other})')


def _needing(text: str) -> Built:
    """An expression with the constants of the file that it has."""
    constants = ("ADDED", "FACTOR", "THRESHOLD", "LOWEST", "HIGHEST")
    return Built(forward=text, needs=tuple(name for name in constants if name in text))


def mean(layer: Mean, node: Node) -> Built:
    """The operation, which keeps the axes."""
    return _reduced("ops.mean({0}, axis={axis}, keepdims=True)", layer.axis, node)


def reduce(layer: Reduce, node: Node) -> Built:
    """The operation of its name, which keeps the axes."""
    text = _REDUCTIONS.get(layer.op, f"ops.{layer.op}({{0}}, axis={{axis}}, keepdims=True)")
    return _reduced(text, layer.axis, node)


def _reduced(text: str, names: tuple[str, ...], node: Node) -> Built:
    axes = axes_of(names, node.flow.input)
    last = axes == (node.flow.input.rank + 1,)
    return Built(forward=text, values={"axis": -1 if last else axes if len(axes) > 1 else axes[0]})


def matmul(layer: MatMul, node: Node) -> Built:
    """The product of two matrices; axes of one cell make a vector a matrix, and the ranks equal."""
    first, second = node.flow.inputs
    rank = max(first.rank, second.rank, 1)
    texts = ["{0}", "{1}"]
    if second.rank and layer.transpose:
        texts[1] = "ops.swapaxes({1}, -1, -2)"
    if not second.rank:
        texts[1] = "ops.expand_dims({1}, -1)"
    for place, volume in enumerate((first, second)):
        added = rank - max(volume.rank, place)  # a vector in the second place is a matrix by now
        for _ in range(added):
            texts[place] = f"ops.expand_dims({texts[place]}, 1)"
    product = f"ops.matmul({texts[0]}, {texts[1]})"
    if first.rank and second.rank:
        return Built(forward=product)
    return Built("layers.Reshape", (node.output.sizes,), forward=f"{{self}}({product})")


def attention(layer: ScaledAttention, node: Node) -> Built:
    """`attention` of the file."""
    query, key = node.flow.inputs[:2]
    scores = (*query.spatial[:-1], query.spatial[-1], key.spatial[-1])
    if len(node.inputs) == 4:
        mask = node.flow.inputs[3]
        pairs = zip(reversed(mask.sizes), reversed(scores), strict=False)
        if len(mask.sizes) > len(scores) or any(size not in (1, whole) for size, whole in pairs):
            raise NoTemplate(f"its mask of {mask.pretty()} has not a number for each query and key")
    return Built(forward="attention({all})", needs=("attention",))


def parameter(layer: TrainedTensor, node: Node) -> Built:
    """`Parameter` of the file, which repeats a tensor for each sample of what it reads."""
    named = options(count=unless(layer.count, node.output.size), trainable=unless(layer.trained, True))
    return Built("Parameter", (node.output.sizes,), named, needs=("Parameter",))
