"""Names of layers from an ONNX graph: dotted paths of modules, as their authors wrote them.

A module's path is in the name of its weights (`layer1.0.conv1.weight`), in the names of nodes
(`/layer1/layer1.0/conv1/Conv`, by torch's older exporter) or in the metadata of nodes (by its newer one).
"""

from __future__ import annotations

import re

from analyzer.loader.formats.onnx.records import Graph, Node

_QUOTED = re.compile(r"'([^']*)'")

#: What names of weights end with, behind the name of their module.
_ENDS = re.compile(
    r"(?:[._/](?:weights?|bias(?:es)?|kernel|gamma|beta|w|b|w_\d+|b_\d+|w_0|b_0|weight_quantized|weight_int8|qweight"
    r"|scale|in_proj_weight|running_mean|running_var|weight_ih_l\d+|weight_hh_l\d+|ReadVariableOp(?::\d+)?))+$",
    re.IGNORECASE,
)
_MADE = re.compile(r"^(?:onnx::\w+|val_\d+|_v_\d+|\d+|const\w*|tensor\w*|_inlfunc_\S*)$", re.IGNORECASE)


#: Operators that write no layer by themselves.
_SILENT = ("Constant", "Identity", "Shape", "Cast", "Unsqueeze", "Squeeze", "Reshape", "Transpose", "Flatten")


class Naming:
    """The names of layers of one graph."""

    # By hand: it counts the nodes of each module.
    def __init__(self, graph: Graph) -> None:
        self.groups: dict[str, str] = {}
        #: The operators of the nodes of each module, and the modules that have others inside.
        self._operators: dict[str, set[str]] = {}
        self._outer: set[str] = set()
        #: The first node that each weight names: exporters merge equal values, so that others may have them too.
        self._named: dict[str, Node] = {}
        for node in graph.nodes:
            path = self.module(node)
            if node.operator not in _SILENT:
                self._operators.setdefault(path, set()).add(node.operator)
            while "." in path:
                path = path[: path.rindex(".")]
                self._outer.add(path)
            self._classes(node)

    def _classes(self, node: Node) -> None:
        """The classes of the modules around a node."""
        scopes = _QUOTED.findall(node.metadata.get("pkg.torch.onnx.name_scopes", ""))
        classes = _QUOTED.findall(node.metadata.get("pkg.torch.onnx.class_hierarchy", ""))
        for scope, kind in zip(scopes[:-1], classes[:-1], strict=False):
            if scope:
                self.groups[scope] = kind.rpartition(".")[2]

    def module(self, node: Node) -> str:
        """The path of the module around a node; empty where nobody says it."""
        scopes = _QUOTED.findall(node.metadata.get("pkg.torch.onnx.name_scopes", ""))
        if len(scopes) > 1:
            return str(scopes[-2])
        parts = [part for part in node.name.split("/") if part]
        path: list[str] = []
        for part in parts[:-1]:
            # `/features/features.0/features.0.0`: a list and what is in it
            again = next((at for at in range(len(path)) if part.startswith(".".join(path[at:]) + ".")), len(path))
            path = [*path[:again], *part.split(".")]
        return ".".join(path)

    def weight(self, name: str) -> str:
        """The path of a stored tensor that is a layer by itself."""
        return "" if _MADE.match(name) else name.replace("/", ".").strip(".")

    def layer(self, node: Node, weight: str = "") -> str:
        """The path of the layer that a node becomes; `weight` is the name of its weights.

        That of the weights, otherwise that of the node's module: the module is the layer where it has nodes of one
        operator, and no module inside.
        """
        path = self.module(node)
        if weight and not _MADE.match(weight):
            name = _ENDS.sub("", weight).replace("/", ".").strip(".")
            first = self._named.setdefault(name, node) is node
            if name and name != weight and (first or not path):
                return name
        if path:
            alone = path not in self._outer and len(self._operators.get(path, ())) <= 1
            return path if weight or alone else f"{path}."
        own = node.name and "/" not in node.name and not _MADE.match(node.name)
        numbered = re.fullmatch(rf"{re.escape(node.operator)}[_.]?\d*", node.name, re.IGNORECASE)
        return node.name if own and not numbered else ""
