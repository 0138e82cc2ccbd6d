"""Numbers that the file fixes, calculated: shapes, axes, ranges, grids, masks, zero states.

`fold` takes a node and what it reads, and answers with the constants that it makes; None where it cannot. Of a tensor
that layers calculate only the shape is asked. Beyond `MOST_ELEMENTS` the shape of a constant is known and its numbers
are not. A constant remembers the tensors of the file that it comes from, so that weights behind a `Transpose`, a `Cast`
or a product with a scale are still weights.

Source: the operators of the same names in ONNX' Operators.md (1.23.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.loader.formats.onnx.folding import arithmetic, making, moving, picking
from analyzer.loader.formats.onnx.folding.given import Budget, Cannot, Given
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import Constant
from analyzer.loader.formats.views import Tensor


def fold(
    node: Node, values: Sequence[Tensor | Constant | None], opset: int, budget: Budget | None = None
) -> list[Constant | None] | None:
    """The constants that a node makes of constants; None where it makes none.

    >>> from analyzer.loader.formats.onnx.values import of_numbers
    >>> node = Node("Add", "", ["a", "b"], ["c"], "", {}, "Add 1")
    >>> fold(node, [of_numbers([1, 2], [2], "int64"), of_numbers([3], [], "int64")], 17)[0].numbers()
    [4, 5]
    """
    known = FOLDS.get(node.operator) if node.domain in ("", "com.microsoft") else None
    if known is None:
        return None
    try:
        found = known(Given(node, values, opset, budget or Budget()))
    except (Cannot, ValueError, LookupError, ArithmeticError, TypeError):
        return None
    return found if isinstance(found, list) else [found]


FOLDS: dict[str, Callable[[Given], Constant | list[Constant | None]]] = {
    "Constant": making.constant, "Shape": making.shape, "Size": making.size, "ConstantOfShape": making.filled,
    "Cast": making.cast, "CastLike": making.cast, "EyeLike": making.eye, "Dropout": making.dropout,
    "DequantizeLinear": making.dequantised, "QuantizeLinear": making.quantised,
    "Identity": moving.same, "Reshape": moving.reshape, "Flatten": moving.flatten, "Unsqueeze": moving.unsqueeze,
    "Squeeze": moving.squeeze, "Transpose": moving.transpose, "Concat": moving.concat, "Slice": moving.slice_,
    "Split": moving.split, "Expand": moving.expand, "Tile": moving.tile, "Pad": moving.pad,
    "Gather": picking.gather, "GatherElements": picking.gather_elements, "GatherND": picking.gather_nd,
    "Scatter": picking.scatter_elements, "ScatterElements": picking.scatter_elements, "ScatterND": picking.scatter_nd,
    "Where": picking.where, "NonZero": picking.non_zero, "Compress": picking.compress, "Trilu": picking.trilu,
    "OneHot": picking.one_hot,
    "Range": arithmetic.range_, "Clip": arithmetic.clip, "ArgMax": arithmetic.extreme, "ArgMin": arithmetic.extreme,
    "CumSum": arithmetic.cumulated, "CumProd": arithmetic.cumulated, "IsInf": arithmetic.infinite,
    "MatMul": arithmetic.matmul, "BitShift": arithmetic.binary, **dict.fromkeys(arithmetic.BINARY, arithmetic.binary),
    **dict.fromkeys(arithmetic.UNARY, arithmetic.unary), **dict.fromkeys(arithmetic.REDUCTIONS, arithmetic.reduce),
}  # fmt: skip
