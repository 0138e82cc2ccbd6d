"""The parts of two networks that a comparison shows beside each other, before equal neighbours are put together.

The two trees of names are walked from the top. A block that is the same block in both networks can be one unit: all its
layers that the other network has too are in that block there. Otherwise its parts are looked at, down to single layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.difference.changes import LayerChange
from analyzer.difference.tree import NamedNode
from analyzer.record import Record, field

#: Blocks of blocks are opened down to this level, whether they changed or not: `stage1.2`.
OPENED = 2

#: What follows from the place of a layer.
_FOLLOWS = {"receptive_field"}


class Part(Record):
    """A block, or a layer with what belongs to it: its name's `node`, its `layers` in order.

    `content` is equal for parts that are equal apart from names.
    """

    node: NamedNode
    layers: Sequence[NamedNode]
    content: int


class Unit(Record):
    """What the networks have in one place; None where only the other one has it.

    `change`, `affected` and `layers` are those of a row (pairs.py).
    """

    old: Part | None
    new: Part | None
    layers: Sequence[LayerChange]
    change: str = field(init=False)
    affected: bool = field(init=False)

    def check(self) -> None:
        """Derives what happened from what happened to its layers."""
        whats = {happened(change) for change in self.layers}
        self.affected = whats == {"affected"}
        whats.discard("affected")
        if self.old is None:
            self.change = "added"
        elif self.new is None:
            self.change = "removed"
        else:
            self.change = "moved" if whats == {"moved"} else "changed" if whats else ""

    @property
    def moved(self) -> bool:
        """Whether it has another place: its first layer has one."""
        return any(change.moved for change in self.layers[:1])


def happened(change: LayerChange) -> str:
    """What happened to a layer; one that moved without another difference than what follows from its place is moved."""
    return "moved" if change.moved and change.fields.keys() <= _FOLLOWS else change.what


def units_of(
    old: NamedNode | None, new: NamedNode | None, changes: Mapping[int, LayerChange], *, level: int
) -> list[Unit]:
    """The units of two matched trees, in the order of the new one, a removed one behind the one that preceded it.

    `changes` has the changes of layers by the identity of their nodes. Blocks that changed in part are opened down to
    `level`.
    """
    cut = _Cut(changes, level)
    pairs = [] if new is None else list(cut.pairs(new))
    pairs.sort(key=_new_place)
    if old is None:
        return pairs
    taken = {id(layer) for unit in pairs if unit.old is not None for layer in unit.old.layers}
    removed = sorted((cut.unit(part, None) for part in cut.alone(old, taken)), key=_old_place)
    return _merged(pairs, removed)


def _merged(pairs: Sequence[Unit], removed: Sequence[Unit]) -> list[Unit]:
    """The units with the removed ones in the gaps of the old network that they were in, before what was added there."""
    kept = [unit for unit in pairs if unit.old is not None and not unit.moved]
    ends = [*map(_old_place, kept), None]
    found: list[Unit] = []
    last = gap = 0
    for place in range(-1, len(pairs)):
        unit = pairs[place] if place >= 0 else None
        if unit is not None:
            found.append(unit)
        if unit is None or (unit.old is not None and not unit.moved):
            end = ends[gap]
            gap += 1
            while last < len(removed) and (end is None or _old_place(removed[last]) < end):
                found.append(removed[last])
                last += 1
    return found


def _new_place(unit: Unit) -> int:
    assert unit.new is not None
    return unit.new.layers[0].place


def _old_place(unit: Unit) -> int:
    assert unit.old is not None
    return unit.old.layers[0].place


def _whole(node: NamedNode) -> Part:
    """A node with all below it."""
    return Part(node, list(node.layers()), node.content)


def _bare(node: NamedNode) -> Part:
    """A layer without what is below its name."""
    return Part(node, [node], node.own)


class _Cut:
    """Cuts trees into units."""

    def __init__(self, changes: Mapping[int, LayerChange], level: int) -> None:
        self.changes = changes
        self.level = level

    def unit(self, old: Part | None, new: Part | None) -> Unit:
        """A unit with the changes of its layers: those of the new network, then those that were removed."""
        nodes = [*(new.layers if new is not None else ()), *(old.layers if old is not None else ())]
        return Unit(old, new, [self.changes[id(node)] for node in nodes if id(node) in self.changes])

    def pairs(self, root: NamedNode) -> Iterator[Unit]:
        """The units that the new network is in."""
        left = [(root, 0)]
        while left:
            node, level = left.pop()
            whole = _whole(node)
            if level:
                if all(layer.match is None for layer in whole.layers):
                    yield self.unit(None, whole)
                    continue
                counterpart = _counterpart(whole)
                if counterpart is not None:
                    unit = self.unit(counterpart, whole)
                    if not self._opens(unit, level):
                        yield unit
                        continue
            if node.layer is not None:
                yield self._of_layer(node)
            left.extend((child, level + 1) for child in node.children.values())

    def alone(self, root: NamedNode, taken: set[int]) -> Iterator[Part]:
        """The largest parts of the old network of which no layer is `taken`."""
        left = [(root, 0)]
        while left:
            node, level = left.pop()
            whole = _whole(node)
            free = [layer for layer in whole.layers if id(layer) not in taken]
            if not free:
                continue
            if level and len(free) == len(whole.layers):
                yield whole
                continue
            if node.layer is not None and id(node) not in taken:
                yield _bare(node)
            left.extend((child, level + 1) for child in node.children.values())

    def _of_layer(self, node: NamedNode) -> Unit:
        return self.unit(None if node.match is None else _bare(node.match), _bare(node))

    def _opens(self, unit: Unit, level: int) -> bool:
        """Whether the parts of a unit are shown in its place."""
        assert unit.new is not None
        node = unit.new.node
        if node.layer is not None:
            return False
        if level < OPENED and any(child.layer is None for child in node.children.values()):
            return True
        if not unit.change or level >= self.level:
            return False
        return any(not self._changed(child) for child in node.children.values())

    def _changed(self, node: NamedNode) -> bool:
        """Whether a layer changed in what the new network has under a name."""
        found = (self.changes.get(id(layer)) for layer in node.layers())
        return any(change is not None and change.what != "affected" for change in found)


def _counterpart(part: Part) -> Part | None:
    """The part of the old network that has the same layers, apart from added and removed ones; None without one.

    That is the node that was matched, or one above the match of the first layer that has one.
    """
    matches = [layer.match for layer in part.layers if layer.match is not None]
    wanted = {id(layer) for layer in matches}
    candidates = [] if part.node.match is None else [part.node.match]
    above: NamedNode | None = matches[0]
    while above is not None and above.parent is not None:
        candidates.append(above)
        above = above.parent
    for node in candidates:
        if (node.layer is None) != (part.node.layer is None) or node.size < len(matches):
            continue
        layers = list(node.layers())
        if {id(layer) for layer in layers if layer.match is not None} == wanted:
            return Part(node, layers, node.content)
    return None
