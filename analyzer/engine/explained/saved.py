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


class Alike(Record, kw_only=True):
    """Equal tensors that a layer keeps.

    name   which they are for the layer: `input`, `output`, `mean or deviation`
    size   the formula of the bytes of one
    bytes  the bytes of one; 0 for an input of the network, which is in memory anyway
    owner  the layer that makes them, or the input of the network that they are
    first  the layer that kept them first
    whose  whether they are the output of a layer before this one, or an input of the network
    view   whether what the layer reads is a view of that output
    """

    name: str
    size: Expression
    bytes: int
    owner: Node
    first: Node
    whose: bool
    view: bool
    count: int = 1

    @property
    def words(self) -> str:
        """Whose output they are."""
        if not self.whose:
            return ""
        if self.owner.index < 0:
            return f"`{self.owner.name}`"
        return f"the output of `{self.owner.name}`{', of which its input is a view' if self.view else ''}"


def saved_steps(
    node: Node, saved: int | None, arithmetic: Arithmetic, tensors: Sequence[Kept], batch: int, dtype: str
) -> Iterator[Step]:
    """The tensors that a layer keeps, equal ones together, and the bytes of those that it is the first to keep."""
    groups: list[Alike] = []
    for one in kept_alike(node, arithmetic, tensors, batch, dtype):
        if one.owner.index < 0:
            words = f"{one.words} of the network, in memory anyway"
            yield Step(topic="saved", name=one.name, value=0, unit="bytes", words=words)
        elif one.first is not node:
            where = "there" if one.first is one.owner else f"with `{one.first.name}`"
            yield Step(topic="saved", name=one.name, value=0, unit="bytes", words=f"{one.words}, counted {where}")
        else:
            groups.append(one)
    yield from map(_step, groups)
    sizes = tuple((1, Number(group.bytes * group.count)) for group in groups)
    total = Sum(sizes) if len(sizes) > 1 else sizes[0][1] if sizes else None
    words = "" if tensors else "nothing"
    yield Step(topic="saved", name="in all", value=saved, formula=total, unit="bytes", words=words)


def kept_alike(node: Node, arithmetic: Arithmetic, tensors: Sequence[Kept], batch: int, dtype: str) -> Iterator[Alike]:
    """The tensors that a layer keeps; those that it is the first to keep last, equal ones together."""
    made = [] if all(tensor.output for tensor in tensors) else _made(arithmetic)
    groups: dict[tuple[str, int, str], Alike] = {}
    for tensor in tensors:
        one = _alike(tensor, node, arithmetic, made, batch, dtype)
        if tensor.owner.index < 0 or tensor.first is not node:
            yield one
        else:
            before = groups.setdefault((one.name, one.bytes, one.words), one)
            if before is not one:
                before.count += 1
    yield from groups.values()


def _alike(tensor: Kept, node: Node, arithmetic: Arithmetic, made: list[Made], batch: int, dtype: str) -> Alike:
    """One tensor with its name and the formula of its bytes."""
    view = False
    if tensor.output:
        size: Expression | None = bytes_of(_of_output(tensor, node, arithmetic), batch, dtype)
        name = "output" if tensor.owner is node else "input"
        view = all(source is not tensor.owner for source in node.inputs)
    else:
        size, name = _taken(tensor, made, node, batch, dtype)
    return Alike(
        name=name,
        size=size or Number(tensor.bytes),
        bytes=tensor.bytes,
        owner=tensor.owner,
        first=tensor.first,
        whose=tensor.output and tensor.owner is not node,
        view=view,
    )


def _step(group: Alike) -> Step:
    """The step of equal tensors."""
    size, words = group.size, group.words
    if group.count > 1:
        size = simplified(Product((Number(group.count), size)))
        words = ", ".join(filter(None, (words, plural(group.count, "tensor"))))
    value = group.bytes * group.count
    return Step(topic="saved", name=group.name, value=value, formula=size, unit="bytes", words=words)


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
