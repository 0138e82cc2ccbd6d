"""The groups of a network as bodies of classes: what each calls in its forward pass, reads and returns.

A group whose layers follow each other becomes a scope, which is called as one. The layers of any other group are called
by the scope around it, which reaches into the group: `self.head.conv`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.engine.network import Network, Node
from analyzer.engine.tree import Group, inside, tree_of
from analyzer.loader.writing.code.template import Built
from analyzer.record import Record, field


class Item(Record):
    """One step of a forward pass: a layer, or a scope that is called.

    path    the names that lead from the scope to what is called; several where the scope reaches into a group
    index   its layer's place in the network; −1 for a scope, and for a tensor that is only constructed
    built   what the layer becomes; None for a scope
    scope   the scope that is called; None for a layer
    reads   the indexes of the layers and inputs that it reads
    moves   what is written behind each of them, to move its depth to another place
    gives   the indexes of the layers that it puts out
    again   the item of the same scope that is called once more; None where it is constructed
    """

    path: tuple[str, ...]
    index: int
    built: Built | None
    scope: Scope | None
    reads: Sequence[int]
    moves: Sequence[str] = ()
    gives: Sequence[int] = ()
    again: Item | None = None


class Scope(Record):
    """The body of a class, or of a sequence.

    name      the path of its group; empty for the network
    block     the class or block of the group in the source, where it has one
    items     its steps in order
    inputs    the indexes of the layers and inputs that it reads from outside
    outputs   the indexes of its layers that are read outside
    height    the levels of scopes in it
    varied    whether it joins all of its inputs, however many they are, and reads none alone
    """

    name: str
    block: str | None
    start: int
    stop: int
    items: list[Item] = field(factory=list)
    inputs: list[int] = field(factory=list)
    outputs: list[int] = field(factory=list)
    height: int = 0
    varied: bool = False

    @property
    def first(self) -> int:
        """The number of the first step that is no tensor."""
        return next((number for number, item in enumerate(self.items) if item.gives or item.scope), 0)


class Scopes:
    """Makes the scopes of a network.

    built     what each layer becomes
    moves     what moves the depth of what each layer reads, as in `Item`
    tensors   what is constructed beside the layers of a group, with its name there, by the name of the group
    exact     whether the names of modules must be those of the source, whose weights are loaded by them
    """

    # By hand: it finds out first which groups are in one piece.
    def __init__(
        self,
        network: Network,
        built: Sequence[Built],
        moves: Sequence[Sequence[str]],
        tensors: Mapping[str, Sequence[tuple[str, Built]]],
        *,
        exact: bool,
    ) -> None:
        self.network = network
        self.built = built
        self.moves = moves
        self.tensors = dict(tensors)
        self.exact = exact
        self.last = _last_readers(network)
        self.tree = tree_of(network)
        self.pieces: dict[str, int] = {}
        for group in inside(self.tree):
            if group.parts:
                self.pieces[group.name] = self.pieces.get(group.name, 0) + 1

    def whole(self) -> Scope:
        """The scope of the whole network."""
        found = self._scope(self.tree, ())
        found.inputs = [node.index for node in self.network.inputs]
        found.outputs = [node.index for node in self.network.outputs]
        found.varied = False  # its inputs have names
        return found

    def _scope(self, group: Group, path: tuple[str, ...]) -> Scope:
        block = (group.block or "").partition(" ×")[0] or None if group.level else None
        scope = Scope(group.name, block, group.start, group.stop)
        scope.items = list(self._items(group, path))
        scope.inputs = _read_outside(self.network.nodes[group.start : group.stop], group.start)
        scope.outputs = [index for index in range(group.start, group.stop) if self.last[index] >= group.stop]
        scope.height = 1 + max((item.scope.height for item in scope.items if item.scope is not None), default=-1)
        scope.varied = _is_varied(scope)
        return scope

    def _items(self, group: Group, path: tuple[str, ...]) -> Iterator[Item]:
        """The steps for the parts of a group; `path` leads from the scope to the group."""
        for name, built in self.tensors.pop(group.name, ()):
            yield Item((*path, name), -1, built, None, ())
        for part in group.parts:
            if part.name == group.name:  # the layer that has the name of its group
                yield self._layer(part.start, path or (self.network.nodes[part.start].layer.type,))
                continue
            own = (*path, part.name.rpartition(".")[2])
            if not part.parts:
                yield self._layer(part.start, own)
            elif self._is_called(part):
                scope = self._scope(part, ())
                if self._can_be_called(scope, part):
                    yield Item(own, -1, None, scope, scope.inputs, gives=scope.outputs)
                else:
                    yield from self._reached(scope, own)
            else:
                yield from self._items(part, own)

    def _layer(self, index: int, path: tuple[str, ...]) -> Item:
        node = self.network.nodes[index]
        reads = [source.index for source in node.inputs]
        return Item(path, index, self.built[index], None, reads, self.moves[index], [index])

    def _is_called(self, group: Group) -> bool:
        """Whether a group is in one piece, and not the children of a layer."""
        if self.pieces[group.name] > 1:
            return False
        own = self.network.names.get(group.name)
        return not self.exact or own is None or not self.built[own.index].call

    def _can_be_called(self, scope: Scope, group: Group) -> bool:
        """Whether a scope can be a module: something reads it, and its parts have names that a class can have."""
        if not scope.outputs or (group.expanded and not is_chain(scope)):
            return False
        numbered = any(item.path[0].isdigit() and _is_made(item) for item in scope.items)
        return not numbered or is_chain(scope)

    def _reached(self, scope: Scope, path: tuple[str, ...]) -> Iterator[Item]:
        """The steps of a scope that is no module, for the scope around it; numbered layers in a chain are one step."""
        numbered = [place for place, item in enumerate(scope.items) if item.path[0].isdigit() and _is_made(item)]
        chain = self._chain(scope, numbered[0], numbered[-1] + 1) if numbered else None
        for place, item in enumerate(scope.items):
            if chain is None or not numbered[0] <= place <= numbered[-1]:
                yield item.but(path=(*path, *item.path))
            elif place == numbered[0]:
                yield Item(path, -1, None, chain, chain.inputs, gives=chain.outputs)

    def _chain(self, scope: Scope, start: int, stop: int) -> Scope | None:
        """Some steps of a scope as one, if all are numbered, and each only reads the one before it."""
        items = scope.items[start:stop]
        if len(items) == len(scope.items) or not all(item.path[0].isdigit() for item in items):
            return None
        indexes = [index for item in items for index in layers_of(item)]
        found = Scope(scope.name, None, indexes[0], indexes[-1] + 1, items)
        found.inputs = _read_outside(self.network.nodes[found.start : found.stop], found.start)
        found.outputs = [index for index in indexes if self.last[index] >= found.stop]
        found.height = 1 + max((item.scope.height for item in items if item.scope is not None), default=-1)
        return found if is_chain(found) else None


def is_chain(scope: Scope) -> bool:
    """Whether each step only reads the one before it, and nothing else is read or put out."""
    if len(scope.inputs) != 1 or len(scope.outputs) != 1:
        return False
    before = scope.inputs[0]
    for item in scope.items:
        if item.again is not None or list(item.reads) != [before] or len(item.gives) != 1 or len(item.path) != 1:
            return False
        if item.built is not None and not (item.built.call and item.built.forward == "{self}({0})"):
            return False
        if any(item.moves):
            return False
        before = item.gives[0]
    return before == scope.outputs[0]


def layers_of(item: Item) -> range:
    """The indexes of the layers of a step."""
    if item.scope is not None:
        return range(item.scope.start, item.scope.stop)
    return range(item.index, item.index + 1) if item.index >= 0 else range(0)


def has_tensors(node: Node) -> bool:
    """Whether a layer has weights, biases or buffers."""
    counts = node.layer.parameters(node.flow, node.layer.declared_sharing)
    return bool(counts.weights or counts.biases or counts.buffers)


def _is_made(item: Item) -> bool:
    """Whether a step constructs something."""
    return item.scope is not None or (item.built is not None and bool(item.built.call))


def _is_varied(scope: Scope) -> bool:
    """Whether the first step joins all inputs of a scope, and no other step reads one."""
    if len(scope.inputs) < 2 or not scope.items:
        return False
    first = scope.items[scope.first]
    if first.built is None or "{all}" not in first.built.forward or "{0}" in first.built.forward:
        return False
    if list(first.reads) != scope.inputs or any(first.moves):
        return False
    outside = set(scope.inputs)
    return not any(outside.intersection(item.reads) for item in scope.items[scope.first + 1 :])


def _last_readers(network: Network) -> list[int]:
    """The index of the last layer that reads each layer; behind the last layer for an output."""
    last = [-1] * len(network.nodes)
    for node in network.nodes:
        for source in node.inputs:
            if source.index >= 0:
                last[source.index] = node.index
    for node in network.outputs:
        if node.index >= 0:
            last[node.index] = len(network.nodes)
    return last


def _read_outside(nodes: Sequence[Node], start: int) -> list[int]:
    """What layers read from before them, each once, in the order of its first reader."""
    return list(dict.fromkeys(source.index for node in nodes for source in node.inputs if source.index < start))
