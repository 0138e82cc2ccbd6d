"""The placed layers as a tree of groups, and the runs of equal neighbours in it.

A name spells its groups: `stage2.1.conv3` is a layer of the group `stage2.1`, which is a group of `stage2`. The tree
has three kinds of groups: one layer; a layer with the `norm` and `act` that it expands to (`expanded`), each of which
reads the one before it; any other name, which may be a block, a structure, or the repetitions of one. The groups in a
group are its `parts`; they cover its layers in order.

Neighbours are a run where one of them can be shown for all and every number is true of each. Two groups are equal if

- they are the same block or structure, and have equal parts in the same order;
- two layers in the same place have the same type, parameters, volumes, note and number format of weights, are frozen
  alike, and reuse the parameters of another layer alike. So they have equal outputs, weights, biases, MACs and bytes in
  every mode;
- two layers in the same place read layers in the same place: either one group further on, or the very same layer
  before both groups. The same holds for the layers whose parameters they reuse.

Names may differ. So may the receptive field, which grows along a run, and whatever depends on what else is alive.
Each reads the one before it (`chained`), or none reads another, side by side.

>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("image", Volume((32, 32), 16))
>>> conv = CATALOGUE["conv"](filters=16, kernel=3, padding=1)
>>> for number in range(1, 4):
...     node = network.place(f"body.{number}", conv, [node])
...     node = network.place(f"body.{number}.relu", CATALOGUE["relu"](), [node])
>>> body = tree_of(network).parts[0]
>>> [(part.name, part.expanded, part.layers) for part in body.parts]
[('body.1', True, 2), ('body.2', True, 2), ('body.3', True, 2)]
>>> [[part.name for part in run.groups] for run in body.runs]
[['body.1', 'body.2', 'body.3']]
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise

from analyzer.engine.network import Network, Node
from analyzer.layers import Layer
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.tying import Reuse

#: Kinds of parameters that say what a layer reads, or become layers of their own.
_NAMES = (Reference, References, Sugar)

#: Components of a name that make groups; a foreign network may have names of thousands. Those beyond are one.
_DEEPEST = 24


class Group(Record):
    """A name, and the layers under it: `network.nodes[start:stop]`.

    level     components of the name; 0 for the whole network
    block     the block or structure of this name, as in `Network.groups`; None for any other name
    parts     the groups in it; none for one layer
    runs      the same, equal neighbours together; a group that has no equal neighbour is a run of one
    expanded  whether it is a layer with the `norm` and `act` that it expands to
    content   a number; equal for groups that are equal apart from what they read
    """

    name: str
    level: int
    start: int
    stop: int
    block: str | None
    parts: list[Group]
    runs: list[Run]
    expanded: bool
    content: int

    # Written by hand, like that of `Run`: every layer of every network makes one.
    def __init__(
        self, name: str, level: int, start: int, stop: int, block: str | None = None, content: int = 0
    ) -> None:
        self.name = name
        self.level = level
        self.start = start
        self.stop = stop
        self.block = block
        self.parts = []
        self.runs = []
        self.expanded = False
        self.content = content

    def __repr__(self) -> str:
        return f"Group({self.name or 'network'}: {self.layers} layers)"

    @property
    def layers(self) -> int:
        """How many layers it has."""
        return self.stop - self.start


class Run(Record):
    """Equal neighbours, or one group; `chained` if each reads the one before it, otherwise they are side by side."""

    groups: list[Group]
    chained: bool

    def __init__(self, groups: list[Group], chained: bool = True) -> None:
        self.groups = groups
        self.chained = chained

    @property
    def start(self) -> int:
        """The index of its first layer."""
        return self.groups[0].start

    @property
    def stop(self) -> int:
        """The index behind its last layer."""
        return self.groups[-1].stop


def tree_of(network: Network) -> Group:
    """The whole network as a group. A layer costs one step for each component of its name.

    Where layers of one name do not follow each other, each stretch of them is a group of its own.
    """
    nodes = network.nodes
    contents, groups = _Contents(network), network.groups
    root = Group("", 0, 0, len(nodes))
    around: list[Group] = [root]  # the open groups, from the whole network to the last layer
    open_parts: list[str] = []
    for index, node in enumerate(nodes):
        parts = node.name.split(".", _DEEPEST)
        kept = _common(open_parts, parts)
        if kept == len(parts):  # names are unique: this is a group that began without a layer of its own name
            kept -= 1
        while len(around) > kept + 1:
            _close(around.pop(), index, nodes, contents)
        parent = around[-1]
        if kept and not parent.parts:  # the layer before, of whose group this is the second layer
            parent.parts.append(_one_layer(parent, nodes, contents))
        for part in parts[kept:]:
            name = f"{parent.name}.{part}" if parent.level else part
            child = Group(name, parent.level + 1, index, index, groups.get(name))
            parent.parts.append(child)
            around.append(child)
            parent = child
        open_parts = parts
    while around:
        _close(around.pop(), len(nodes), nodes, contents)
    return root


def inside(group: Group) -> Iterator[Group]:
    """The group and all groups in it, each before its parts."""
    left = [group]
    while left:
        group = left.pop()
        yield group
        left.extend(reversed(group.parts))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many components two names have in common at their start."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _one_layer(group: Group, nodes: Sequence[Node], contents: _Contents) -> Group:
    """The layer that has the name of a group."""
    start = group.start
    return Group(group.name, group.level, start, start + 1, content=contents.of_layer(nodes[start]))


def _close(group: Group, stop: int, nodes: Sequence[Node], contents: _Contents) -> None:
    """Completes a group that ends before the layer `stop`."""
    group.stop = stop
    if not group.parts:
        group.content = contents.of_layer(nodes[group.start]) if group.level else 0
        return
    group.expanded = _expands(group, nodes)
    group.content = contents.of_group(group)
    group.runs = list(_runs(group.parts, nodes))


def _expands(group: Group, nodes: Sequence[Node]) -> bool:
    """Whether a group is a layer followed by layers that each read only the one before."""
    if not group.level or group.parts[0].name != group.name:
        return False
    if any(part.parts for part in group.parts):
        return False
    return all(
        len(nodes[index].inputs) == 1 and nodes[index].inputs[0] is nodes[index - 1]
        for index in range(group.start + 1, group.stop)
    )


def _runs(parts: Sequence[Group], nodes: Sequence[Node]) -> Iterator[Run]:
    """The parts, equal neighbours together."""
    groups = [parts[0]]
    run = Run(groups)
    for before, part in pairwise(parts):
        chained = _chained(before, part, nodes) if before.content == part.content else None
        if chained is not None and (len(groups) == 1 or chained == run.chained):
            groups.append(part)
            run.chained = chained
            continue
        yield run
        groups = [part]
        run = Run(groups)
    yield run


def _chained(one: Group, other: Group, nodes: Sequence[Node]) -> bool | None:
    """Whether the second of two equal groups reads the first; None where they do not read alike (see the module)."""
    shift = other.start - one.start
    chained = False
    for index in range(one.start, one.stop):
        mine, theirs = nodes[index], nodes[index + shift]
        for source, other_source in zip(_sources(mine), _sources(theirs), strict=True):
            if other_source.index == source.index + shift and source.index >= min(one.start - 1, 0):
                chained = chained or one.start <= other_source.index < other.start
            elif source is not other_source or source.index >= one.start:
                return None
    return chained


def _sources(node: Node) -> Sequence[Node]:
    """The layers that a layer reads, and the one whose parameters it reuses."""
    return node.inputs if node.tied is None else [*node.inputs, node.tied]


class _Contents:
    """Numbers layers and groups, equal ones alike. Numbers start at 1."""

    def __init__(self, network: Network) -> None:
        nodes = network.nodes
        self._formats = network.formats
        self._numbers: dict[Hashable, int] = {}
        self._written: dict[int, Hashable] = {}
        self._reused: tuple[dict[int, Reuse], ...] = ()
        if any(node.tied is not None for node in nodes):
            from analyzer.engine.tying import reused  # few networks have tied layers

            self._reused = reused(nodes), reused(nodes, local=True)

    def of_group(self, group: Group) -> int:
        """The number of a group whose parts have theirs."""
        key = group.block, group.expanded, *[part.content for part in group.parts]
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def of_layer(self, node: Node) -> int:
        """The number of a layer."""
        flow = node.flow
        quick: tuple[Hashable, ...] = id(flow), node.frozen, node.origin.note
        if node.tied is not None:
            quick += tuple(self._reuses(node.index))
        if self._formats:
            quick += (self._formats.get(node.name),)
        if node.fused:
            quick += (tuple(one.layer.type for one in node.fused),)
        number = self._numbers.get(quick)  # nodes that share a flow have one layer and equal volumes
        if number is None:
            volumes = [(volume.spatial, volume.depth) for volume in (*flow.inputs, flow.output)]
            key = self._parameters(node.layer), *volumes, *quick[1:]
            number = self._numbers[quick] = self._numbers.setdefault(key, len(self._numbers) + 1)
        return number

    def _reuses(self, index: int) -> Iterator[str]:
        """What a tied node reuses in each mode: the rest is its own."""
        for mode in self._reused:
            reuse = mode.get(index)
            yield "nothing" if reuse is None else "all" if reuse.whole else "weights"

    def _parameters(self, layer: Layer) -> Hashable:
        """The type and the parameters that differ from their defaults; names of other layers are not among them."""
        found = self._written.get(id(layer))
        if found is None:
            values = ((one, getattr(layer, one.attribute)) for one in layer.declared.values())
            found = self._written[id(layer)] = (
                layer.type,
                *[
                    (one.name, value)
                    for one, value in values
                    if (one.required or value != one.default) and not isinstance(one.kind, _NAMES)
                ],
            )
        return found
