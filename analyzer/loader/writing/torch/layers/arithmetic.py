"""Arithmetic on volumes.

A network's description does not have its constants: names such as `ADDED` and `FACTOR` of the file stand in for them.
"""

from __future__ import annotations

from math import prod

from analyzer.engine.network import Node
from analyzer.layers.arithmetic import Elementwise, MatMul, ScaledAttention, TrainedTensor
from analyzer.layers.reductions import Mean, Reduce
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import along, dims, either

#: Functions of one volume that are no function of their name in `torch`.
_UNARY = {
    "bitwise_not": "~{0}.long()",
    "cast": "{0}.float()",
    "clip": "{0}.clamp(LOWEST, HIGHEST)",
    "cumprod": "{0}.cumprod(-1)",
    "cumsum": "{0}.cumsum(-1)",
    "hard_mish": "{0} / 2 * ({0} + 2).clamp(0, 2)",
    "lhtan": "{0}.clamp(0, 1) + 0.001 * ({0} - {0}.clamp(0, 1))",
    "loggy": "2 * torch.sigmoid({0}) - 1",
    "negative": "-{0}",
    "not": "torch.logical_not({0})",
    "plse": "({0} / 8 + 0.5).clamp(0, 1) + 0.01 * ({0} - {0}.clamp(-4, 4))",
    "quantize": "{0}.round()",
    "ramp": "F.relu({0}) + 0.1 * {0}",
    "shrink": "F.hardshrink({0})",
    "sort": "{0}.sort(-1)[0]",
    "square": "{0} ** 2",
    "stair": "({0} / 2).floor() + ({0} % 2).clamp(max=1)",
    "triangle": "2 * ({0} - 2 * ({0} / 2).round()).abs() - 1",
}

#: Functions of two, each with the constant that stands in for a second one that is not a volume.
_BINARY = {
    "add": ("{a} + {b}", "ADDED"),
    "and": ("torch.logical_and({a}, {b})", "torch.ones_like({a})"),
    "atan2": ("torch.atan2({a}, {b})", "torch.full_like({a}, FACTOR)"),
    "bitwise_and": ("{a}.long() & {b}", "-1"),
    "bitwise_or": ("{a}.long() | {b}", "0"),
    "bitwise_xor": ("{a}.long() ^ {b}", "0"),
    "divide": ("{a} / {b}", "FACTOR"),
    "equal": ("{a} == {b}", "THRESHOLD"),
    "floor_divide": ("{a} // {b}", "FACTOR"),
    "greater": ("{a} > {b}", "THRESHOLD"),
    "greater_equal": ("{a} >= {b}", "THRESHOLD"),
    "less": ("{a} < {b}", "THRESHOLD"),
    "less_equal": ("{a} <= {b}", "THRESHOLD"),
    "maximum": ("torch.maximum({a}, {b})", ""),
    "mean": ("({a} + {b}) / 2", "ADDED"),
    "minimum": ("torch.minimum({a}, {b})", ""),
    "mod": ("{a} % {b}", "FACTOR"),
    "multiply": ("{a} * {b}", "FACTOR"),
    "not_equal": ("{a} != {b}", "THRESHOLD"),
    "or": ("torch.logical_or({a}, {b})", "torch.zeros_like({a})"),
    "power": ("{a} ** {b}", "FACTOR"),
    "shift": ("{a}.long() << {b}", "0"),
    "subtract": ("{a} - {b}", "ADDED"),
    "xor": ("torch.logical_xor({a}, {b})", "torch.zeros_like({a})"),
}

#: Those that are a bound where the second one is a constant.
_BOUNDS = {"maximum": "{0}.clamp(min=LOWEST)", "minimum": "{0}.clamp(max=HIGHEST)"}

#: Those whose second volume must have whole numbers too.
_WHOLE = ("bitwise_and", "bitwise_or", "bitwise_xor", "shift")

#: Reductions that are a call; the others are methods of their name.
_REDUCTIONS = {
    "max": "{0}.amax({dim}, keepdim=True)",
    "min": "{0}.amin({dim}, keepdim=True)",
    "l1": "torch.linalg.vector_norm({0}, 1, {dim}, keepdim=True)",
    "l2": "torch.linalg.vector_norm({0}, 2, {dim}, keepdim=True)",
    "sum_square": "({0} ** 2).sum({dim}, keepdim=True)",
    "log_sum": "{0}.sum({dim}, keepdim=True).log()",
    "variance": "{0}.var({dim}, keepdim=True)",
}


def elementwise(layer: Elementwise, node: Node) -> Built:
    """A function of each element."""
    count = len(node.inputs)
    if layer.op in _BINARY:
        return _binary(layer.op, count)
    if layer.op == "where":
        return _where(count)
    if layer.op == "scatter":
        reads = "{0}, {1}, {2}" if count > 2 else "{0}, {1}" if count > 1 else "{0}"
        return Built(forward=f"put({reads})", needs=("put",)) if count > 1 else Built(forward="{0}")
    return _needing(_UNARY.get(layer.op, f"torch.{layer.op}({{0}})"))


def _binary(op: str, count: int) -> Built:
    """A function of two, or of several, one after the other."""
    form, constant = _BINARY[op]
    if count == 1:
        return _needing(_BOUNDS.get(op, form.replace("{b}", constant).replace("{a}", "{0}")))
    reads = [f"{{{place}}}" for place in range(count)]
    if op == "mean":
        return Built(forward=f"({' + '.join(reads)}) / {count}")
    text = reads[0]
    for read in reads[1:]:
        text = form.replace("{a}", text).replace("{b}", f"{read}.long()" if op in _WHOLE else read)
    return Built(forward=text)


def _where(count: int) -> Built:
    """A choice by a condition; of one volume the condition is a constant, of two the other choice."""
    if count == 1:
        return Built(forward="{0}")
    other = "{2}" if count == 3 else "ADDED"
    return _needing(f"torch.where({{0}}.bool(), {{1}}, {other})")


def _needing(text: str) -> Built:
    """An expression with the constants of the file that it has."""
    constants = ("ADDED", "FACTOR", "THRESHOLD", "LOWEST", "HIGHEST")
    return Built(forward=text, needs=tuple(name for name in constants if name in text))


def mean(layer: Mean, node: Node) -> Built:
    """`mean`, which keeps the axes here."""
    return _reduced("{0}.mean({dim}, keepdim=True)", layer.axis, node)


def reduce(layer: Reduce, node: Node) -> Built:
    """The method of its name, which keeps the axes here."""
    if layer.op == "prod":
        volume = node.flow.input
        return either(
            lambda layout: Built(
                forward="{0}" + "".join(f".prod({one}, keepdim=True)" for one in dims(layer.axis, volume, layout))
            )
        )
    return _reduced(_REDUCTIONS.get(layer.op, f"{{0}}.{layer.op}({{dim}}, keepdim=True)"), layer.axis, node)


def _reduced(text: str, names: tuple[str, ...], node: Node) -> Built:
    volume = node.flow.input
    return either(lambda layout: Built(forward=text, values={"dim": along(names, volume, layout)}))


def matmul(layer: MatMul, node: Node) -> Built:
    """`@`; a vector is a matrix of one row in the first place, and of one column in the second."""
    first, second = node.flow.inputs
    texts = ["{0}", "{1}"]
    if second.rank and layer.transpose:
        texts[1] = "{1}.transpose(-2, -1)"
    if not first.rank and not second.rank:
        return Built(forward=_DOT, layout=Layout.LAST)
    rank = max(first.rank, second.rank)
    if not first.rank:
        texts[0] = f"{{0}}{'.unsqueeze(1)' * rank}"
    if not second.rank:
        texts[1] = f"{{1}}{'.unsqueeze(1)' * (rank - 1)}.unsqueeze(-1)"
    if first.rank:
        texts[0] += ".unsqueeze(1)" * (rank - first.rank)
    if second.rank:
        texts[1] = f"{{1}}{'.unsqueeze(1)' * (rank - second.rank)}" + (".transpose(-2, -1)" if layer.transpose else "")
    product = " @ ".join(texts)
    if not first.rank:
        product = f"({product}).squeeze(-2)"
    if not second.rank:
        product = f"({product}).squeeze(-1)"
    return Built(forward=product, layout=Layout.LAST)


#: The product of two vectors: a matrix of one row and one of one column.
_DOT = "({0}.unsqueeze(1) @ {1}.unsqueeze(-1)).squeeze(-1)"


def attention(layer: ScaledAttention, node: Node) -> Built:
    """`F.scaled_dot_product_attention`."""
    query, key = node.flow.inputs[:2]
    heads = [volume.spatial[-2] if volume.rank > 1 else 1 for volume in (query, key)]
    mask = ""
    if len(node.inputs) > 3:
        mask = f", attn_mask={{3}}{_as_scores(node.flow.inputs[3].sizes, (*query.spatial, key.spatial[-1]))}"
    grouped = ", enable_gqa=True" if heads[0] != heads[1] else ""
    text = f"F.scaled_dot_product_attention({{0}}, {{1}}, {{2}}{mask}{grouped})"
    return Built(forward=text, layout=Layout.LAST)


def _as_scores(mask: tuple[int, ...], scores: tuple[int, ...]) -> str:
    """What gives a mask the axes of the scores that it is added to."""
    more = len(scores) - len(mask)
    aligned = (1,) * more + mask[-more if more < 0 else 0 :]
    if all(size in (1, other) for size, other in zip(aligned, scores, strict=True)) and prod(aligned) == prod(mask):
        return ".unsqueeze(1)" * more or ".squeeze(1)" * -more
    return f".reshape(-1, {', '.join(map(str, scores))})" if prod(mask) == prod(scores) else ""


def parameter(layer: TrainedTensor, node: Node) -> Built:
    """A parameter or a buffer, with a batch of one; numbers that it is made of are repeated by `filled` of the file."""
    sizes = node.output.sizes
    call = "nn.Parameter" if layer.trained else "nn.Buffer"
    if layer.count is None or layer.count == node.output.size:
        return Built(call, (1, *sizes), forward="{self}", layout=Layout.LAST)
    if not layer.count:
        return Built(forward=f"torch.zeros{(1, *sizes)}", layout=Layout.LAST)
    text = f"filled({{self}}, {', '.join(map(str, sizes))})"
    return Built(call, (layer.count,), forward=text, layout=Layout.LAST, needs=("filled",))
