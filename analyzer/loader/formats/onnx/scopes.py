"""Names inside of functions and branches, and the attributes that a call gives to a function's nodes."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.loader.formats.onnx.records import Graph, Node, Reference
from analyzer.loader.formats.onnx.values import Constant
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Scope:
    """The values of one graph by their names, and those around it."""

    # By hand: the walk makes one for each graph and function.
    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.values: dict[str, Tensor | Constant] = {}

    def get(self, name: str) -> Tensor | Constant | None:
        """The value of a name, here or around; None where it has none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return None


def bound(node: Node, given: Mapping[str, Any]) -> Node:
    """A node of a function, and those of the graphs inside it, with the attributes of the call.

    An attribute that the call leaves out is left out of the node.
    """
    attributes: dict[str, Any] = {}
    for name, value in node.attributes.items():
        if isinstance(value, Reference):
            if value.name in given:
                attributes[name] = given[value.name]
        elif isinstance(value, Graph):
            attributes[name] = value.but(nodes=[bound(inner, given) for inner in value.nodes])
        else:
            attributes[name] = value
    if not any(isinstance(value, (Reference, Graph)) for value in node.attributes.values()):
        return node
    changed: Node = node.but(attributes=attributes)
    return changed
