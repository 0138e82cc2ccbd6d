"""The layers of a report as the tree that their names spell: `stage2.1.conv3.relu` is a relu under a convolution.

Every node knows two numbers of what stands in it, names aside: `content`, equal where kinds, volumes and costs are, and
`shape`, equal where the kinds are. Layers cost one step for each component of their names.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A report from elsewhere may spell a name of thousands of components; what is deeper than this stays in one.
_DEPTH = 24
#: What makes up a layer, for the search of its counterpart; bytes follow from the run.
_COUNTS = ("weights", "biases", "buffers")


class Node:
    """One name: the layer of this name, if there is one, and what stands under it."""

    __slots__ = ("children", "content", "layer", "match", "name", "own", "parent", "part", "place", "shape", "size")

    def __init__(self, part: str, name: str, parent: Node | None, place: int) -> None:
        self.part = part
        self.name = name
        self.parent = parent
        self.place = place
        self.children: dict[str, Node] = {}
        self.layer: Mapping[str, Any] | None = None
        self.match: Node | None = None
        self.own = self.content = self.shape = self.size = 0

    def layers(self) -> Iterator[Node]:
        """The nodes from here down that are layers, in order."""
        if self.layer is not None:
            yield self
        for child in self.children.values():
            yield from child.layers()


class Numbers:
    """Hands out a number for each different key, for both sides of a comparison."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, key: Hashable) -> int:
        """The number of a key; 0 is none's."""
        return self._known.setdefault(key, len(self._known) + 1)


def tree_of(report: Mapping[str, Any], numbers: Numbers) -> Node:
    """The tree of a report."""
    root = Node("", "", None, -1)
    for place, layer in enumerate(report["layers"]):
        node = root
        parts = layer["name"].split(".", _DEPTH)
        for part in parts:
            child = node.children.get(part)
            if child is None:
                name = f"{node.name}.{part}" if node is not root else part
                child = node.children[part] = Node(part, name, node, place)
            node = child
        node.layer = layer
        node.place = place
    _number(root, numbers)
    return root


def _number(node: Node, numbers: Numbers) -> None:
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
    """What a layer is, but for its name and what it reads."""
    costs = [layer[mode][count] for mode in MODES for count in _COUNTS]
    marks = (layer.get("frozen"), layer.get("authored"), "tied" in layer, len(layer["inputs"]))
    return (layer["kind"], layer["output"], layer["macs"], *costs, *marks)
