"""Sequences of tensors and optional values, which are put together and taken apart while the file is read.

Sources: ONNX' Sequence*, SplitToSequence, ConcatFromSequence, Optional* (1.23.2).
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import of_numbers
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.formats.onnx.values import Constant


#: Sequences with more tensors are not read.
_MOST = 4096


def _list(reading: Reading, node: Node, place: int = 0) -> list[Tensor | Constant]:
    """The sequence that a node reads."""
    found = reading.lists.get(node.inputs[place]) if node.reads(place) else None
    if found is None:
        raise Unsupported
    return found


def _at(reading: Reading, node: Node, place: int, most: int, default: int) -> int:
    """A place in a sequence of `most` values: an input, which may count from the end."""
    given = reading.sizes(node, place)
    at = given[0] if given else default
    at = at + most if at < 0 else at
    if not 0 <= at <= most:
        raise Unsupported
    return at


@operator("SequenceConstruct")
def construct(reading: Reading, node: Node) -> None:
    """The tensors that it reads."""
    values = [reading.value(node, place) for place in range(len(node.inputs))]
    reading.lists[node.outputs[0]] = [value for value in values if value is not None]


@operator("SequenceEmpty")
def empty(reading: Reading, node: Node) -> None:
    """Nothing yet."""
    reading.lists[node.outputs[0]] = []


@operator("SequenceInsert")
def insert(reading: Reading, node: Node) -> None:
    """One more tensor, at the end unless a place is given."""
    values = list(_list(reading, node))
    added = reading.value(node, 1)
    if added is None:
        raise Unsupported
    values.insert(_at(reading, node, 2, len(values), len(values)), added)
    reading.lists[node.outputs[0]] = values


@operator("SequenceErase")
def erase(reading: Reading, node: Node) -> None:
    """One tensor less, the last unless a place is given."""
    values = list(_list(reading, node))
    at = _at(reading, node, 1, len(values), len(values) - 1)
    reading.lists[node.outputs[0]] = values[:at] + values[at + 1 :]


@operator("SequenceAt")
def at(reading: Reading, node: Node) -> None:
    """One tensor of the sequence."""
    values = _list(reading, node)
    place = _at(reading, node, 1, len(values), 0)
    if place >= len(values):
        raise Unsupported
    reading.give(node, values[place])


@operator("SequenceLength")
def length(reading: Reading, node: Node) -> None:
    """How many there are."""
    reading.give(node, of_numbers([len(_list(reading, node))], (), "int64"))


@operator("SplitToSequence")
def split(reading: Reading, node: Node) -> None:
    """Parts of one axis; of size 1, and without the axis if `keepdims` is 0, where no sizes are given."""
    x, heart, place = reading.tensor(node, 0), reading.heart, reading.place(node)
    axis = x.at(node.int("axis", 0))
    size, given = x.shape[axis], reading.constant(node, 1)
    if size > _MOST:
        raise Unsupported
    sizes = [1] * size
    if given is not None:
        sizes = reading.sizes(node, 1)
        if not given.shape:
            sizes = [min(sizes[0], size - at) for at in range(0, size, max(1, sizes[0]))]
    elif node.reads(1):
        raise Unsupported
    parts: list[Tensor | Constant] = []
    start = 0
    for n in sizes:
        part = heart.slice(x, axis, start, start + n, 1, place)
        parts.append(heart.squeeze(part, [axis]) if given is None and not node.int("keepdims", 1) else part)
        start += n
    reading.lists[node.outputs[0]] = parts


@operator("ConcatFromSequence")
def concat(reading: Reading, node: Node) -> None:
    """The tensors one behind the other, along a new axis with `new_axis`."""
    heart, place = reading.heart, reading.place(node)
    values = _list(reading, node)
    tensors = [value if isinstance(value, Tensor) else reading.parameter(node, value) for value in values]
    if not tensors:
        raise Unsupported
    axis = node.int("axis", 0)
    if node.int("new_axis", 0):
        tensors = [heart.unsqueeze(x, [axis]) for x in tensors]
    reading.give(node, heart.concat(tensors, axis, place) if len(tensors) > 1 else tensors[0])


@operator("Optional", "OptionalGetElement")
def optional(reading: Reading, node: Node) -> None:
    """The value itself."""
    if node.reads(0) and node.inputs[0] in reading.lists:
        reading.lists[node.outputs[0]] = reading.lists[node.inputs[0]]
        return
    value = reading.value(node, 0)
    if value is None:
        raise Unsupported
    reading.give(node, value)


@operator("OptionalHasElement")
def has_element(reading: Reading, node: Node) -> None:
    """Whether there is a value."""
    reading.give(node, of_numbers([bool(node.reads(0))], (), "bool"))
