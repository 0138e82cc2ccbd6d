"""Operators that read a tensor for its shape, its number format or its place, not for its elements.

Sources: aten/src/ATen/native/TensorFactories.cpp, TensorShape.cpp (2.13.0).
"""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.loader.formats.pt2.program import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What makes new numbers: constants, those of a range, and random ones.
_NEW = frozenset((
    "new_zeros", "new_ones", "new_full", "new_empty", "new_empty_strided", "zeros_like", "ones_like", "full_like",
    "empty_like", "rand_like", "randn_like", "randint_like", "fill_", "zero_", "bernoulli_", "uniform_", "normal_",
    "random_", "exponential_",
))  # fmt: skip

#: What gives the first tensor the shape or the format of another one.
_LIKE = frozenset(("type_as", "expand_as", "view_as", "reshape_as"))


def contents(node: Node) -> Mapping[str, Any]:
    """The arguments of a node whose elements are in what it puts out."""
    name = node.operator.removeprefix("aten.")
    if name in _NEW:
        return {}
    if name in _LIKE or node.target == "aten.to.other":
        return dict(list(node.args.items())[:1])
    if node.operator == "aten.copy_":
        return {"src": node.args.get("src")}
    return node.args
