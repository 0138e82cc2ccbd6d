"""What a layer keeps for the backward pass, as steps: each tensor with the formula of its bytes, and their sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.dtypes import BITS
from analyzer.engine.explained.amounts import bytes_of, elements_of
from analyzer.engine.explained.arithmetic import Arithmetic
from analyzer.engine.explained.expression import Expression, Letter, Number, Product, Sum
from analyzer.engine.explained.kept import Kept
from analyzer.engine.explained.result import Step
from analyzer.engine.explained.simplified import simplified
from analyzer.engine.explained.traced import formula
from analyzer.engine.network import Node
from analyzer.layers import SHARED
from analyzer.layers.operations import INDEX, LOGARITHM, SCALAR, STATISTIC, Array
from analyzer.record import Record
from analyzer.units import plural


class Made(Record):
    """A tensor that a layer makes: the formula of its elements, and what an operation says of it if it is no output."""

    elements: Expression
    extra: Array | None


class _Group(Record):
    """Equal tensors that a layer is the first to keep."""

    name: str
    size: Expression
    bytes: int
    words: str
    count: int


def saved_steps(
    node: Node, saved: int | None, arithmetic: Arithmetic, tensors: Sequence[Kept], batch: int, dtype: str
) -> Iterator[Step]:
    """The tensors that a layer keeps, equal ones together, and the bytes of those that it is the first to keep."""
    made = _made(arithmetic)
    groups: dict[tuple[str, int, str], _Group] = {}
    for tensor in tensors:
        if tensor.output:
            size: Expression | None = bytes_of(_of_output(tensor, node, arithmetic), batch, dtype)
            name, words = _whose(tensor, node)
        else:
            (size, name), words = _taken(tensor, made, node, batch, dtype), ""
        if tensor.owner.index < 0:
            words = f"{words} of the network, in memory anyway"
            yield Step(topic="saved", name=name, value=0, unit="bytes", words=words)
        elif tensor.first is not node:
            where = "there" if tensor.first is tensor.owner else f"with `{tensor.first.name}`"
            yield Step(topic="saved", name=name, value=0, unit="bytes", words=f"{words}, counted {where}")
        else:
            group = groups.setdefault(
                (name, tensor.bytes, words), _Group(name, size or Number(tensor.bytes), tensor.bytes, words, 0)
            )
            group.count += 1
    yield from map(_step, groups.values())
    sizes = tuple((1, Number(group.bytes * group.count)) for group in groups.values())
    total = Sum(sizes) if len(sizes) > 1 else sizes[0][1] if sizes else None
    words = "" if tensors else "nothing"
    yield Step(topic="saved", name="in all", value=saved, formula=total, unit="bytes", words=words)


def _step(group: _Group) -> Step:
    """The step of equal tensors."""
    size, words = group.size, group.words
    if group.count > 1:
        size = simplified(Product((Number(group.count), size)))
        words = ", ".join(filter(None, (words, plural(group.count, "tensor"))))
    value = group.bytes * group.count
    return Step(topic="saved", name=group.name, value=value, formula=size, unit="bytes", words=words)


def _whose(tensor: Kept, node: Node) -> tuple[str, str]:
    """Which output a tensor is: for the layer, and whose."""
    if tensor.owner is node:
        return "output", ""
    if tensor.owner.index < 0:
        return "input", f"`{tensor.owner.name}`"
    view = "" if any(source is tensor.owner for source in node.inputs) else ", of which its input is a view"
    return "input", f"the output of `{tensor.owner.name}`{view}"


def _of_output(tensor: Kept, node: Node, arithmetic: Arithmetic) -> Expression:
    """The formula of the elements of an output, with the letters that it has for the layer that keeps it."""
    if tensor.owner is node:
        return elements_of(arithmetic.flow.output)
    for source, volume in zip(node.inputs, arithmetic.flow.inputs, strict=True):
        if source is tensor.owner:
            return elements_of(volume)
    volume = tensor.owner.output
    return simplified(Product(tuple(Letter(axis, size) for axis, size in zip(volume.axes, volume.sizes, strict=True))))


def _made(arithmetic: Arithmetic) -> list[Made]:
    """Every tensor that the layer makes: first those besides its outputs, then its outputs."""
    operations = arithmetic.layer.saved(arithmetic.flow, SHARED)
    extras = [extra for operation in operations for extra in operation.extras if extra.kept]
    found = [Made(simplified(formula(extra.size)), extra) for extra in extras]
    return [*found, *[Made(simplified(formula(operation.size)), None) for operation in operations]]


def _taken(tensor: Kept, made: list[Made], node: Node, batch: int, dtype: str) -> tuple[Expression | None, str]:
    """The formula and the name of a tensor that the layer makes on the way: the first of this size, taken out."""
    for place, one in enumerate(made):
        size = _bytes_of_made(one, batch, dtype)
        if size.value == tensor.bytes:
            del made[place]
            return size, _what(one.extra, node)
    return None, _what(None, node)


def _bytes_of_made(one: Made, batch: int, dtype: str) -> Expression:
    """The formula of the bytes of a tensor that a layer makes; an index and a statistic have a width of their own."""
    extra = one.extra
    samples = 1 if extra is not None and not extra.batched else batch
    if extra is None or extra.width is None or extra.width == STATISTIC:
        return bytes_of(one.elements, samples, dtype)
    width = 8 if extra.width == SCALAR else extra.width
    if extra.width == LOGARITHM:
        width = max(4, BITS[dtype] // 8)
    factors = (Letter("batch", samples),) if samples > 1 else ()
    return simplified(Product((one.elements, *factors, Letter("bytes", width))))


def _what(extra: Array | None, node: Node) -> str:
    """What a tensor is that a layer makes on the way."""
    if extra is not None and extra.width == INDEX and node.layer.pools:
        return "places of the largest values"
    if extra is not None and extra.width == STATISTIC:
        return "mean or deviation"
    if extra is not None and node.layer.dropped:
        return "mask of what it drops"
    if extra is None and node.layer.window(node.flow.input) is not None:
        return "padded copy of its input"
    return "values on the way"
