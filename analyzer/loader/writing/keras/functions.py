"""Groups of layers that are equal up to numbers, which become functions.

A function is made of a group that appears twice or more, alike but for the values in its lines. It reads any number of
tensors and may return several. A group that appears only inside of another one, once, is written out there.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence, Set

from analyzer.engine.network import Network, Node
from analyzer.engine.tree import Group, inside, tree_of
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.lines import Line, line_of, reads
from analyzer.record import Record, field

#: What separates the parts of a name without dots.
_PARTS = re.compile(r"(?<=[^_])_(?=[^_])")

#: The values that a function may return; groups that give more are no blocks, though their names begin alike.
_MOST_RETURNED = 3

#: What equal groups have in common.
Key = Hashable


class Call(Record):
    """A step of a body: one layer, or a group that a function is called for.

    key  the function's; None for a layer
    """

    start: int
    stop: int
    key: Key = None


class Alike(Record):
    """Groups that are equal up to numbers.

    groups   all of them, in the order of the network
    outside  for each of them, the indexes of what it reads from outside, each once, in the order of reading
    gives    offsets of the layers that are read outside of one of them
    """

    groups: list[Group] = field(factory=list)
    outside: list[tuple[int, ...]] = field(factory=list)
    gives: tuple[int, ...] = ()


class Found(Record):
    """The groups of a network that become functions.

    tree   all groups
    lines  what each layer becomes, taken apart
    alike  the groups that become functions, by what they have in common; larger ones first
    keys   what a group has in common with others, by the place in memory of a group that becomes a function
    """

    tree: Group
    lines: list[Line]
    alike: dict[Key, Alike]
    keys: dict[int, Key]

    def calls(self, group: Group) -> Iterator[Call]:
        """The steps of a group's body."""
        for part in group.parts:
            key = self.keys.get(id(part))
            if key is not None and key in self.alike:
                yield Call(part.start, part.stop, key)
            elif part.parts:
                yield from self.calls(part)
            else:
                yield Call(part.start, part.stop)


def _parted(network: Network) -> Network:
    """The network with a dot for each `_` of its names, where few have one: Keras names `conv2_block1_1_relu`.

    Names keep their length, so that the name of a group says where it ends in those of its layers.
    """
    if 2 * sum("." in node.name for node in network.nodes) >= len(network.nodes):
        return network
    parted = Network()
    parted.nodes = [node.but(name=_PARTS.sub(".", node.name)) for node in network.nodes]
    return parted


def without_functions(network: Network, built: Sequence[Built]) -> Found:
    """A network of which no group becomes a function: for names that do not begin with those of their groups."""
    tree = Group("", 0, 0, len(network.nodes))
    tree.parts = [Group(node.name, 1, node.index, node.index + 1) for node in network.nodes]
    return Found(tree, [line_of(one) for one in built], {}, {})


def found(network: Network, built: Sequence[Built], alone: Set[int]) -> Found:
    """The groups of a network that become functions; `alone` are layers that are in none of them."""
    tree = tree_of(_parted(network))
    lines = [line_of(one) for one in built]
    finder = _Finder(network, lines, alone)
    every, keys = finder.every(tree)
    counted = Found(tree, lines, every, keys)
    _keep_repeated(counted)
    return counted


def _keep_repeated(counted: Found) -> None:
    """Leaves the groups that are called at two places or more, counting a place in a function once."""
    every, kept = counted.alike, {}
    calls: dict[Key, int] = {}

    def enter(group: Group) -> None:
        for call in counted.calls(group):
            if call.key is not None:
                calls[call.key] = calls.get(call.key, 0) + 1

    enter(counted.tree)
    for key, alike in sorted(every.items(), key=_outer_first):
        if calls.get(key, 0) > 1:
            kept[key] = alike
        if key in calls:
            enter(alike.groups[0])
    counted.alike = kept


def _outer_first(one: tuple[Key, Alike]) -> tuple[int, int]:
    """Sorts groups before those in them, which may be as large."""
    group = one[1].groups[0]
    return -group.layers, group.level


class _Finder:
    """Says of each group what it has in common with others."""

    # By hand: it finds out first who reads each layer last.
    def __init__(self, network: Network, lines: Sequence[Line], alone: Set[int]) -> None:
        self.network = network
        self.lines = lines
        self.last = self._last_readers()
        self.bound = self._bound() | alone

    def _last_readers(self) -> list[int]:
        nodes = self.network.nodes
        last = [-1] * len(nodes)
        for node in nodes:
            for source in reads(node, self.network):
                if source.index >= 0:
                    last[source.index] = node.index
        for node in self.network.outputs:
            if node.index >= 0:
                last[node.index] = len(nodes)
        return last

    def _bound(self) -> set[int]:
        """Layers that share their parameters: they are constructed once, outside of any function."""
        tied = [node for node in self.network.nodes if node.tied is not None]
        return {node.index for node in tied} | {node.tied.index for node in tied if node.tied is not None}

    def every(self, tree: Group) -> tuple[dict[Key, Alike], dict[int, Key]]:
        """All groups of two layers or more that appear twice or more, and what each has in common with others."""
        alike: dict[Key, Alike] = {}
        keys: dict[int, Key] = {}
        for group in inside(tree):
            if not group.level or group.layers < 2 or not group.parts or not self._is_worth(group):
                continue
            if self.bound and not self.bound.isdisjoint(range(group.start, group.stop)):
                continue
            outside, gives, key = self._key(group)
            if not 0 < len(gives) <= _MOST_RETURNED:
                continue
            keys[id(group)] = key
            one = alike.setdefault(key, Alike(gives=gives))
            one.groups.append(group)
            one.outside.append(outside)
        return {key: one for key, one in alike.items() if len(one.groups) > 1}, keys

    def _is_worth(self, group: Group) -> bool:
        """Whether a group is more than a sum with its activation, which are two lines everywhere.

        Its names must begin alike, also where a dot is written for `_` here.
        """
        nodes = self.network.nodes[group.start : group.stop]
        name = nodes[0].name[: len(group.name)]
        alike = all(node.name.startswith(name) for node in nodes)
        return alike and (group.layers > 2 or nodes[0].layer.linear)

    def _key(self, group: Group) -> tuple[tuple[int, ...], tuple[int, ...], Key]:
        """What a group reads from outside, the offsets of what it gives, and what it has in common with its like."""
        nodes = self.network.nodes[group.start : group.stop]
        outside: dict[int, int] = {}
        rows = []
        for node in nodes:
            wires = [self._wire(source, group.start, outside) for source in reads(node, self.network)]
            rows.append((node.name[len(group.name) :], node.frozen, self.lines[node.index].shape, tuple(wires)))
        gives = tuple(index - group.start for index in range(group.start, group.stop) if self.last[index] >= group.stop)
        return tuple(outside), gives, (tuple(rows), gives)

    @staticmethod
    def _wire(source: Node, start: int, outside: dict[int, int]) -> int:
        """A layer of the group by its offset, what is outside by a negative number."""
        if source.index >= start:
            return source.index - start
        return -1 - outside.setdefault(source.index, len(outside))
