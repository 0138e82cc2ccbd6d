"""Names of layers: the paths of modules, as the operations of a program have them.

Each operation says the calls of modules around it: `L__self__head@1,head,torch.nn.modules.linear.Linear` is the second
call of `head`. A module that is entered again is called `head:2`; so is everything in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.loader.formats.pt2.program import Node
from analyzer.record import Record, field


class Scope(Record):
    """A call of a module.

    name     its path, with the number of the call where it is not the first one: `layer1.0.relu:2`
    path     its path
    cls      the class of the module, with its module of Python
    nodes    how many operations with a name are in it and in no module within
    inner    how many calls of other modules are in it
    """

    name: str
    path: str
    cls: str
    nodes: int = field(default=0, init=False)
    inner: int = field(default=0, init=False)
    calls: dict[str, list[str]] = field(factory=dict, init=False)

    @property
    def is_layer(self) -> bool:
        """Whether one operation is all that it does."""
        return self.nodes <= 1 and not self.inner


#: Operations that write no layer by themselves.
_SILENT = frozenset((
    "view", "_unsafe_view", "reshape", "permute", "transpose", "t", "unsqueeze", "squeeze", "flatten", "unflatten", "expand",
    "expand_as", "clone", "contiguous", "to", "_to_copy", "detach", "detach_", "alias", "lift_fresh_copy", "sym_size", "size",
    "view_as", "reshape_as", "type_as", "movedim", "swapaxes", "numpy_T", "unbind", "_assert_tensor_metadata", "getitem", "arange",
))  # fmt: skip


class Naming:
    """The names of layers of one program."""

    # By hand: it is made by looking at every node.
    def __init__(self, nodes: Iterable[Node]) -> None:
        self.root = Scope("", "", "")
        self._scopes: dict[str, Scope] = {}
        self._first: dict[str, str] = {}
        for node in nodes:
            scope = self.scope(node)
            if _plain(node.operator) not in _SILENT and node.target.startswith("aten."):
                scope.nodes += 1

    def scope(self, node: Node) -> Scope:
        """The call of a module around a node."""
        found = self._scopes.get(node.stack)
        if found is None:
            found = self._scopes[node.stack] = self._entered(node.stack)
        return found

    def _entered(self, stack: str) -> Scope:
        """The innermost of the calls of a stack."""
        outer = self.root
        key = ""
        for entry in stack.split(";"):
            parts = entry.split(",", 2)
            if len(parts) < 3:
                continue
            key, path, cls = parts
            path = path.strip().replace("L['self'].", "").removeprefix("L__self__").strip(".")
            if not path:
                outer.cls = outer.cls or cls
                continue
            outer = self._inside(outer, key, path, cls)
        return outer

    def _inside(self, outer: Scope, key: str, path: str, cls: str) -> Scope:
        """A call of a module within another one. The key tells calls apart, not how often there was one."""
        inside = f"{outer.name}\n{path}\n{key}"
        found = self._scopes.get(inside)
        if found is None:
            calls = outer.calls.setdefault(path, [])
            calls.append(key)
            own = path[len(outer.path) + 1 :] if outer.path and path.startswith(f"{outer.path}.") else path
            prefix = f"{outer.name}." if outer.name and own != path else ""
            again = f":{len(calls)}" if len(calls) > 1 else ""
            found = self._scopes[inside] = Scope(f"{prefix}{own}{again}", path, cls)
            outer.inner += 1
        return found

    def groups(self) -> dict[str, str]:
        """The class of the module at each path, without those that are one layer."""
        return {
            scope.name: scope.cls.rpartition(".")[2]
            for scope in self._scopes.values()
            if scope.name and not scope.is_layer
        }

    def layer(self, node: Node, weight: str = "") -> str:
        """The path of the layer that a node becomes; `weight` is the path of its weights.

        That of the module where the module is the layer. A module that has several operations is a group, in which the
        layer with the weights has the path of the weights.
        """
        scope = self.scope(node)
        if weight and weight.rpartition(".")[0] == scope.path and scope.path:
            return scope.name
        if scope.is_layer and scope.name:
            return scope.name
        if weight:
            path = weight.rpartition(".")[0]
            owner = (
                path
                if not path.startswith(f"{scope.path}.") or not scope.path
                else scope.name + path[len(scope.path) :]
            )
            kind = weight[len(path) + 1 :].removesuffix("weight").strip("_.")
            name = f"{owner}.{kind}" if kind and owner else owner or kind
            if name and self._first.setdefault(name, weight) == weight:
                return name
        return f"{scope.name}." if scope.name else ""


def _plain(operator: str) -> str:
    """An operator without its namespace and without the underscore of one that overwrites."""
    return operator.rpartition(".")[2]
