"""The network as boxes with edges: the one tree that the page, the pictures and the icicles are drawn from.

A box is one layer, a block, a run of equal neighbours (`2–36` ×35, whose parts are the single groups), or a chunk:
where more than `MOST_PARTS` boxes would be side by side, they are in chunks of at most so many. A box with parts has a
scope, which holds them and what connects them. An edge is in the lowest scope that holds both of its ends; in the
scopes between there and a layer it continues at a port, which has the name of the layer that the volume comes from.

An item of a scope is a whole number: a part by its place, `0 … n − 1`; the port of a volume that enters `−1 − i`; the
port of a volume that leaves `n + i`, where `i` is its place in `Scope.enters` or `Scope.leaves`.

>>> from analyzer import analyze
>>> conv = {"conv": {"filters": 8, "kernel": 3, "padding": 1, "act": "relu"}}
>>> blocks = {"Basic": {"layers": [{"residual": {"body": [conv, conv]}}]}}
>>> layers = [conv, {"Basic": {}, "name": "stage", "repeat": 3}, {"global_avg_pool": {}}]
>>> scene = scene_of(analyze({"input": "8x8x8", "blocks": blocks, "layers": layers}))
>>> [(box.label, box.kind) for box in scene.root.parts]
[('conv1', 'conv 3×3 +1, relu'), ('stage', 'Basic ×3'), ('global_avg_pool1', 'global_avg_pool')]
>>> run = scene.root.parts[1].parts[0]
>>> run.label, run.times, [(box.label, box.name) for box in run.parts]
('1–3', 3, [('1', 'stage.1'), ('2', 'stage.2'), ('3', 'stage.3')])
>>> scope = run.parts[1].scope
>>> [scene.node(index).name for index in scope.enters]
['stage.1.add1']
>>> [(edge.source, edge.target, scene.node(edge.node).name) for edge in scope.edges][:3]
[(-1, 0, 'stage.1.add1'), (0, 1, 'stage.2.conv2.relu'), (-1, 1, 'stage.1.add1')]
"""

# Longer than most modules: the boxes and what connects them are made together, and neither is of use alone.

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.network import Network, Node
from analyzer.engine.result import Analysis, Row
from analyzer.engine.tree import Group, Run, tree_of
from analyzer.record import Record
from analyzer.reporter.analysis.fold import label_of, run_name
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: A box and what becomes its parts: runs, or for a chunk the boxes that it holds, each with what is in it.
    _Filled: TypeAlias = tuple["Box", "Sequence[Run | _Filled]"]

#: The most boxes side by side; more are in chunks.
MOST_PARTS = 60

#: The most edges that end at an item of a scope, and that begin there; the longest of more are stubs.
MOST_EDGES = 12


class Edge(Record):
    """From one item of a scope to another; the volume of the layer `node` runs along it (inputs count down from −1)."""

    source: int
    target: int
    node: int

    def __init__(self, source: int, target: int, node: int) -> None:
        self.source = source
        self.target = target
        self.node = node


class Scope(Record):
    """What connects the parts of a box.

    enters  the layers outside whose volumes enter, by index; each is a port
    leaves  the layers inside whose volumes leave, by index; each is a port
    edges   from item to item, in the order of their targets
    stubs   edges beyond the most that are drawn, by the item where they end: the layers that they come from
    """

    enters: list[int]
    leaves: list[int]
    edges: list[Edge]
    stubs: dict[int, list[int]]

    def __init__(self) -> None:
        self.enters = []
        self.leaves = []
        self.edges = []
        self.stubs = {}


class Box(Record):
    """One box: the layers `network.nodes[start:stop]`.

    id      its number, from the whole network (0) on, each box before its parts
    label   its name inside of its parent: `conv2`, `2–36`, `conv1 … conv60` for a chunk
    name    its full name, that of the first group for a run; empty for the network and for chunks of it
    kind    what it is: `conv 3×3 +1, bn, relu`, `Bottleneck`, `Bottleneck ×4`
    times   the number of equal neighbours in it; 1 for anything that is no run
    group   the group of the engine's tree; None for a run of several and a chunk
    parts   the boxes in it; none for one layer
    scope   what connects its parts; None for one layer
    """

    id: int
    label: str
    name: str
    kind: str
    start: int
    stop: int
    times: int
    group: Group | None
    parent: Box | None
    parts: list[Box]
    scope: Scope | None

    # By hand: every layer of a picture makes one.
    def __init__(self, label: str, name: str, kind: str, start: int, stop: int, group: Group | None = None) -> None:
        self.id = 0
        self.label = label
        self.name = name
        self.kind = kind
        self.start = start
        self.stop = stop
        self.times = 1
        self.group = group
        self.parent = None
        self.parts = []
        self.scope = None

    def __repr__(self) -> str:
        return f"Box({self.id}: {self.name or self.label or 'network'}, {self.stop - self.start} layers)"

    @property
    def chunk(self) -> bool:
        """Whether it only holds some of many boxes together."""
        return self.group is None and self.times == 1


class Scene(Record):
    """The boxes of a network by their ids; the first is the whole network. `leaves` has the box of each layer."""

    network: Network
    boxes: list[Box]
    leaves: list[Box]

    @property
    def root(self) -> Box:
        """The whole network."""
        return self.boxes[0]

    def node(self, index: int) -> Node:
        """A layer by its index, or an input of the network."""
        return self.network.nodes[index] if index >= 0 else self.network.inputs[-1 - index]


def scene_of(analysis: Analysis, tree: Group | None = None) -> Scene:
    """The boxes of a network and what connects them. Costs a step for each box, and for each edge and scope on its way.

    `tree` is the tree of its groups, where the caller has it.
    """
    rows = analysis.rows
    root_group = tree_of(analysis.network) if tree is None else tree
    root = Box("", "", plural(len(rows), "layer"), 0, len(rows), root_group)
    boxes: list[Box] = []
    leaves: list[Box] = []
    left: list[_Filled] = [(root, root_group.runs)]
    while left:
        box, content = left.pop()
        box.id = len(boxes)
        boxes.append(box)
        parts = _in_chunks([_filled(one, box, rows) for one in content], box)
        box.parts = [part for part, _ in parts]
        for part in box.parts:
            part.parent = box
        if not parts and box is not root:
            leaves.append(box)
        left.extend(reversed(parts))
    scene = Scene(analysis.network, boxes, leaves)
    _connect(scene)
    return scene


def _filled(one: Run | _Filled, around: Box, rows: Sequence[Row]) -> _Filled:
    """The box of a run with the runs in it; what a chunk holds has its box."""
    return (_box(one, around, rows), _inside(one)) if isinstance(one, Run) else one


def _box(run: Run, around: Box, rows: Sequence[Row]) -> Box:
    """The box of a run, which most often is one group."""
    group = run.groups[0]
    kind = label_of(group, rows)
    if len(run.groups) == 1:
        return Box(_within(group.name, around), group.name, kind, run.start, run.stop, group)
    name, _, _ = run_name(run).rpartition(" ×")
    box = Box(_within(name, around), group.name, kind, run.start, run.stop)
    box.times = len(run.groups)
    return box


def _inside(run: Run) -> Sequence[Run]:
    """The runs that the box of a run has as its parts."""
    if len(run.groups) == 1:
        return run.groups[0].runs
    return [Run([group]) for group in run.groups]


def _within(name: str, around: Box) -> str:
    """A name without that of the box around it: the part that says something there."""
    while around.parent is not None and around.group is None:  # a run and a chunk add nothing to names
        around = around.parent
    stem = f"{around.name}."
    return name[len(stem) :] if name.startswith(stem) else name.rpartition(".")[2] if name == around.name else name


def _in_chunks(parts: list[_Filled], around: Box) -> list[_Filled]:
    """The parts of a box, in chunks where they are many, and in chunks of chunks."""
    size = 1
    while -(-len(parts) // size) > MOST_PARTS:
        size *= MOST_PARTS
    if size == 1:
        return parts
    return [_chunk(parts[place : place + size], around) for place in range(0, len(parts), size)]


def _chunk(parts: list[_Filled], around: Box) -> _Filled:
    """A box for some of many boxes."""
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0][0], parts[-1][0]
    layers = plural(last.stop - first.start, "layer")
    return Box(f"{first.label} … {last.label}", around.name, layers, first.start, last.stop), parts


def _connect(scene: Scene) -> None:
    """Gives every box with parts its scope."""
    wires = _Wires(scene)
    for number in range(len(scene.network.inputs)):
        wires.port(scene.root, wires.enters, -1 - number)
    for node in scene.network.nodes:
        for index in dict.fromkeys(source.index for source in node.inputs):
            wires.join(index, node.index)
    for node in scene.network.outputs:
        wires.leave(node.index)
    for box in scene.boxes:
        if box.parts or box is scene.root:
            box.scope = wires.scope(box)


class _Wires:
    """Edges while they are collected: by the box whose scope they are in, each once."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.enters: dict[int, dict[int, int]] = {}
        self.leaves: dict[int, dict[int, int]] = {}
        self.edges: dict[int, dict[tuple[int, int, int], None]] = {}
        self.place = {part.id: place for box in scene.boxes for place, part in enumerate(box.parts)}
        self.depth = [0] * len(scene.boxes)
        for box in scene.boxes[1:]:
            assert box.parent is not None
            self.depth[box.id] = self.depth[box.parent.id] + 1

    def port(self, box: Box, ports: dict[int, dict[int, int]], node: int) -> int:
        """The place of a port, which is new where the volume of this layer did not pass there before."""
        found = ports.setdefault(box.id, {})
        return found.setdefault(node, len(found))

    def join(self, source: int, target: int) -> None:
        """The volume of one layer, or of an input of the network, is read by another layer."""
        root, end = self.scene.root, self.scene.leaves[target]
        if source < 0:
            while end.parent is not root:
                end = self._down(end, source)
            self._edge(root, -1 - self.port(root, self.enters, source), self.place[end.id], source)
            return
        start = self.scene.leaves[source]
        while start.parent is not end.parent:
            if self.depth[end.id] >= self.depth[start.id]:
                end = self._down(end, source)
            else:
                start = self._up(start, source)
        assert end.parent is not None
        self._edge(end.parent, self.place[start.id], self.place[end.id], source)

    def leave(self, node: int) -> None:
        """The volume of a layer, or of an input, leaves the network."""
        root = self.scene.root
        if node < 0:
            enters = -1 - self.port(root, self.enters, node)
            self._edge(root, enters, len(root.parts) + self.port(root, self.leaves, node), node)
            return
        box: Box | None = self.scene.leaves[node]
        while box is not None and box is not root:
            box = self._up(box, node)

    def _up(self, box: Box, node: int) -> Box:
        """A volume leaves the box around this one; returns that."""
        around = box.parent
        assert around is not None
        port = len(around.parts) + self.port(around, self.leaves, node)
        self._edge(around, self.place[box.id], port, node)
        return around

    def _down(self, box: Box, node: int) -> Box:
        """A volume that this box reads enters the box around it; returns that."""
        around = box.parent
        assert around is not None
        self._edge(around, -1 - self.port(around, self.enters, node), self.place[box.id], node)
        return around

    def _edge(self, scope: Box, source: int, target: int, node: int) -> None:
        self.edges.setdefault(scope.id, {})[source, target, node] = None

    def scope(self, box: Box) -> Scope:
        """The scope of a box: the longest of too many edges at an item become stubs."""
        scope = Scope()
        scope.enters = [*self.enters.get(box.id, ())]
        scope.leaves = [*self.leaves.get(box.id, ())]
        edges = sorted((Edge(*key) for key in self.edges.get(box.id, ())), key=lambda edge: edge.target)
        dropped = {*_beyond(edges, lambda edge: edge.target), *_beyond(edges, lambda edge: edge.source)}
        for edge in edges:
            if id(edge) in dropped:
                scope.stubs.setdefault(edge.target, []).append(edge.node)
            else:
                scope.edges.append(edge)
        return scope


def _beyond(edges: Sequence[Edge], end: Callable[[Edge], int]) -> Iterator[int]:
    """The identities of the longest edges at each item that has too many of them."""
    found: dict[int, list[Edge]] = {}
    for edge in edges:
        found.setdefault(end(edge), []).append(edge)
    for alike in found.values():
        if len(alike) > MOST_EDGES:
            alike.sort(key=lambda edge: edge.target - edge.source)
            yield from map(id, alike[MOST_EDGES:])
