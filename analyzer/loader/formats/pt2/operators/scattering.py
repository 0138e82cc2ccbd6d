"""Operators that put cells into a tensor: the tensor with some of its elements replaced, or with more added to them.

Source: native_functions.yaml (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.overwriting import like, put
from analyzer.loader.formats.pt2.program import Node, Ref
from analyzer.loader.formats.pt2.reading import Reading, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.views import Tensor

#: What the arguments with the new cells are called, and those with their places.
_CELLS, _PLACES = ("src", "source", "values", "value"), ("index", "indices", "mask")


@operator(
    "aten.scatter", "aten.scatter_add", "aten.scatter_reduce", "aten.index_put", "aten._unsafe_index_put",
    "aten.index_add", "aten.index_copy", "aten.index_fill", "aten.index_reduce", "aten.masked_scatter", "aten.put",
)  # fmt: skip
def scatter(reading: Reading, node: Node) -> None:
    """The cells, and the places that a layer calculates, are read beside the tensor."""
    whole = reading.value(node, "self")
    cells = [value for name in _CELLS for value in _read(reading, node, name)]
    beside = [value for name in _PLACES for value in _read(reading, node, name)]
    read = [one for one in (*cells, *beside) if isinstance(one, Tensor)]
    x = whole if isinstance(whole, Tensor) else like(reading.heart, reading.as_tensor, whole, next(iter(read), whole))
    volumes = [reading.heart.volume(one) for one in read][:2]
    made = reading.heart.pointwise("elementwise", x, reading.place(node), {"op": "scatter"}, volumes)
    reading.give(node, made)


def _read(reading: Reading, node: Node, name: str) -> list[Tensor | Fixed]:
    """The values of an argument, which may be a list."""
    given = node.args.get(name)
    refs = given if isinstance(given, list) else [given]
    return [reading.values[ref.name] for ref in refs if isinstance(ref, Ref) and ref.name in reading.values]


@operator("aten.slice_scatter", "aten.select_scatter", "aten.diagonal_scatter")
def part_scatter(reading: Reading, node: Node) -> None:
    """A tensor whose range, or whose one cell of an axis, is that of another tensor."""
    whole, part = reading.value(node, "self"), reading.value(node, "src")
    made = put(reading.heart, reading.as_tensor, reading.place(node), whole, part)
    reading.give(node, whole if made is None else made)
