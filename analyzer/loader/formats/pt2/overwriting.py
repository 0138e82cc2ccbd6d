"""Operators that overwrite what they read: the tensors that the overwritten cells are a part of change too.

A program of `torch.export` has them as Python wrote them: after `x[:, :8] += y`, the name of `x` stands for other
numbers. Only those names are given a new value that an operation reads later.

Sources: torch/export (training IR); aten/src/ATen/native/TensorShape.cpp for what shares its numbers (2.13.0).
"""

from __future__ import annotations

from collections.abc import Callable

from analyzer.loader.formats.pt2.made import contents
from analyzer.loader.formats.pt2.program import Node, Program, Ref
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Value: TypeAlias = Tensor | Fixed

    #: What puts numbers into some cells of a tensor at a node: the tensor, the numbers.
    Put: TypeAlias = Callable[[Node, Value | None, Value], Value | None]

    #: The tensor that cells are a part of, and the operations that say which.
    Cells: TypeAlias = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]

#: What gives some cells of a tensor, or all of them, under another name.
_PARTS = frozenset(("aten.slice", "aten.select", "aten.narrow", "aten.alias", "aten.detach"))


class Overwriting:
    """Which names stand for cells of others, and which are read later.

    `silent` are the cells that are only overwritten: nothing reads their numbers.
    """

    # By hand: it is made by looking at every node.
    def __init__(self, program: Program) -> None:
        nodes = program.nodes
        self._infos = program.infos
        self.silent: set[str] = set()
        self._sources: dict[str, str] = {}
        self._cells: dict[str, Cells] = {}
        self._last: dict[str, int] = dict.fromkeys(program.outputs, len(nodes))
        self._place = 0
        self._idle = not any(overwrites(node) for node in nodes)
        if not self._idle:
            for place in range(len(nodes) - 1, -1, -1):
                self._look(nodes[place], place)

    def _look(self, node: Node, place: int) -> None:
        """Notes which names a node reads, from the last node to the first."""
        if node.operator in _PARTS and node.output not in self._last:
            self.silent.add(node.output)
            return
        for arg in contents(node).values():
            for one in arg if isinstance(arg, list) else (arg,):
                if isinstance(one, Ref):
                    self._last.setdefault(one.name, place)

    def follow(self, node: Node, values: dict[str, Value], put: Put) -> None:
        """Gives the names behind what a node has overwritten their new values."""
        if self._idle:
            return
        self._place += 1
        source = _first(node)
        if source is None:
            return
        if node.operator in _PARTS:
            name, path = self._cells.get(source, (source, ()))
            own = tuple(repr(one) for one in list(node.args.values())[1:])
            whole = node.operator in ("aten.alias", "aten.detach") or self._same(node.output, source)
            self._sources[node.output] = source
            self._cells[node.output] = name, path if whole else (*path, (node.operator, own))
        elif overwrites(node):
            self._overwrite(node, source, values, put)

    def _overwrite(self, node: Node, source: str, values: dict[str, Value], put: Put) -> None:
        written = node.args.get("src")
        again = isinstance(written, Ref) and self._cells.get(written.name) == self._cells.get(source, ("", ()))
        if node.output:
            self._cells[node.output] = self._cells.get(source, (source, ()))
            self._sources[node.output] = source
        value = values.get(node.output)
        while value is not None:
            values[source] = value
            above = self._sources.get(source)
            if above is None or again or not self._read_later(above):
                return
            while above in self.silent:
                above = self._sources[above]
            value = put(node, values.get(above), value)
            source = above

    def _same(self, one: str, other: str) -> bool:
        """Whether two tensors of the program have the same shape."""
        infos = self._infos
        return one in infos and other in infos and infos[one].shape == infos[other].shape

    def _read_later(self, name: str) -> bool:
        """Whether a later operation reads a tensor, or one that it is a part of."""
        found: str | None = name
        while found is not None:
            if self._last.get(found, -1) >= self._place:
                return True
            found = self._sources.get(found)
        return False


def overwrites(node: Node) -> bool:
    """Whether a node overwrites its first tensor."""
    return node.operator.endswith("_") and not node.operator.endswith("__")


def _first(node: Node) -> str | None:
    first = next(iter(node.args.values()), None)
    return first.name if isinstance(first, Ref) else None


def put(
    heart: Tensors, as_tensor: Callable[[Value], Tensor], place: Place, whole: Value | None, part: Value
) -> Value | None:
    """A tensor with new numbers in some of its cells; None where it stays what it is."""
    if whole is None or (isinstance(whole, Fixed) and isinstance(part, Fixed)):
        return None
    if whole.shape == part.shape:
        return part
    beside = [heart.volume(part)] if isinstance(part, Tensor) else []
    x = whole if isinstance(whole, Tensor) else like(heart, as_tensor, whole, part)
    return heart.pointwise("elementwise", x, place, {"op": "scatter"}, beside)


def like(heart: Tensors, as_tensor: Callable[[Value], Tensor], whole: Fixed, part: Value) -> Tensor:
    """Fixed numbers as a tensor that has the batch where the part that is put into it has it."""
    batch = part.batch if isinstance(part, Tensor) else None
    if batch is None or batch >= len(whole.shape) or whole.shape[batch] != 1:
        return as_tensor(whole)
    x = as_tensor(Fixed(whole.shape[:batch] + whole.shape[batch + 1 :], whole.dtype, whole.origins))
    heart.arranged(x, [[axis] for axis in (*range(1, x.rank), 0)])  # the second axis is the depth
    return heart.batched(x, batch)
