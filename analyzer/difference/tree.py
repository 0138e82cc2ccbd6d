"""The layers of a report as the tree that their names spell: `stage2.1.conv3.relu` is a relu under a convolution.

Every node has two numbers for what is in it, apart from names: `content` is equal where kinds, volumes and costs are
equal, `shape` where the kinds are. A layer costs one step for each component of its name.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from analyzer.engine.result import MODES
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A foreign report may have a name of thousands of components; those beyond this depth stay one.
_DEPTH = 24
#: The costs by which a layer is recognised; bytes depend on the run.
_COUNTS = ("weights", "biases", "buffers")


class NamedNode(Record):
    """One name: the layer of this name, if there is one, and the nodes whose names continue it.

    `part` is the last component of `name`, `place` its place in the report, `match` the same node of the other network.
    `own` numbers the layer, `content` and `shape` the layer and all below it (see the module), `size` counts layers.
    """

    part: str
    name: str
    parent: NamedNode | None
    place: int
    children: dict[str, NamedNode] = field(factory=dict)
    layer: Mapping[str, Any] | None = None
    match: NamedNode | None = None
    own: int = 0
    content: int = 0
    shape: int = 0
    size: int = 0

    def __repr__(self) -> str:
        return f"NamedNode({self.name!r})"  # a parent has its children, and they have their parent

    def layers(self) -> Iterator[NamedNode]:
        """The nodes from here down that are layers, in order."""
        if self.layer is not None:
            yield self
        for child in self.children.values():
            yield from child.layers()


class Numbers(Record):
    """Numbers keys, equal ones alike, for both networks of a comparison."""

    known: dict[Hashable, int] = field(factory=dict)

    def of(self, key: Hashable) -> int:
        """A number for `key`. Numbers start at 1; 0 means no layer."""
        return self.known.setdefault(key, len(self.known) + 1)


def tree_of(report: Mapping[str, Any], numbers: Numbers) -> NamedNode:
    """The tree of a report."""
    root = NamedNode("", "", None, -1)
    for place, layer in enumerate(report["layers"]):
        node = root
        parts = layer["name"].split(".", _DEPTH)
        for part in parts:
            child = node.children.get(part)
            if child is None:
                name = f"{node.name}.{part}" if node is not root else part
                child = node.children[part] = NamedNode(part, name, node, place)
            node = child
        node.layer = layer
        node.place = place
    _number(root, numbers)
    return root


def _number(node: NamedNode, numbers: Numbers) -> None:
    for child in node.children.values():
        _number(child, numbers)
    children = list(node.children.values())
    layer = node.layer
    kind = None if layer is None else layer["kind"]
    if layer is not None:
        node.own = numbers.of(_own_key(layer))
    node.content = numbers.of(("content", node.own, *(child.content for child in children)))
    node.shape = numbers.of(("shape", kind, *(child.shape for child in children)))
    node.size = (layer is not None) + sum(child.size for child in children)


def _own_key(layer: Mapping[str, Any]) -> Hashable:
    """A layer without its name and what it reads."""
    costs = [layer[mode][count] for mode in MODES for count in _COUNTS]
    marks = (layer.get("frozen"), layer.get("authored"), "tied" in layer, len(layer["inputs"]))
    return (layer["kind"], layer["output"], layer.get("macs"), *costs, *marks)
