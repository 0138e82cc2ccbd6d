"""Placing a layer: its expressions worked out, its inputs found by name, `norm` and `act` as rows of their own."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import LAYER, Refusal
from analyzer.engine.network import Network, Node, Origin
from analyzer.layers import CATALOGUE, Layer
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.loader.expand.findings import Findings
from analyzer.loader.expand.scope import MISSING, Dependent, LayerWord, Missing, Names, Scope, Values
from analyzer.loader.parse.description import Argument, Item, LayerItem, Model, build
from analyzer.loader.text.limits import LIMITS
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Placer:
    """Places the layers of a description in a network, under their names."""

    def __init__(self, model: Model, findings: Findings) -> None:
        self.model = model
        self.findings = findings
        self.network = Network()
        self.names = Names()
        self.entry: Node | Missing = MISSING
        #: Whether a block or structure around the layer is frozen.
        self.frozen = False

    def layer(
        self,
        item: LayerItem,
        name: str,
        sources: Sequence[Node | Missing],
        above: Node | Missing,
        scope: Scope,
        values: Values,
        *,
        first: bool,
    ) -> Node | Missing:
        """Places a layer and the rows that its `norm` and `act` stand for."""
        arguments = {**item.arguments, **item.first} if first and item.first else item.arguments
        read: Sequence[Node | Missing] = sources
        volume = volume_of(sources[0])
        try:
            layer = _make(item, arguments, values, volume)
            read = self._read(item, arguments, sources, above, scope, values)
            sugar = [self.sugar(arguments[n], values, volume) for n in _sugared(item.type) if n in arguments]
            tied = self._owner(item, scope, values)
            nodes = [node for node in read if isinstance(node, Node)]
            if len(nodes) < len(read):
                return MISSING
            origin = Origin(item.span, scope.path, item.note)
            node = self.place(scope.prefix + name, layer, nodes, origin, tied=tied, frozen=item.frozen)
        except Refusal as refusal:
            self.findings.layer(refusal, item, arguments, scope.prefix + name, read, scope, values)
            return MISSING
        except Dependent:
            return MISSING
        for row in sugar:
            if row is not None:
                added = self.sugar_row(row, f"{name}.{row.type.type}", node, item, scope, values)
                if isinstance(added, Missing):
                    return MISSING
                node = added
        return node

    def place(
        self,
        name: str,
        layer: Layer,
        nodes: Sequence[Node],
        origin: Origin,
        *,
        tied: Node | None = None,
        frozen: bool = False,
    ) -> Node:
        if len(self.network.nodes) >= LIMITS.layers:
            raise Refusal(
                f"{LAYER} is one more than the {LIMITS.layers:,} layers that a network may have", code="LIMIT106"
            )
        if name in self.names.owners or name in self.names.inputs:
            raise Refusal(
                f"a second layer is called {LAYER}",
                code="NAME103",
                help="a `residual` adds no level to names: leave the name out, or put it in a `sequence`",
            )
        node = self.network.place(name, layer, nodes, origin, tied=tied, frozen=frozen or self.frozen)
        self.names.owners[name] = node
        return node

    def sugar_row(
        self, row: LayerItem, name: str, source: Node, item: Item, scope: Scope, values: Values
    ) -> Node | Missing:
        """Places a layer that stands in an argument of `item`."""
        full = scope.prefix + name
        try:
            layer = _make(row, row.arguments, values, source.output)
            return self.place(full, layer, [source], Origin(item.span, scope.path), frozen=item.frozen)
        except Refusal as refusal:
            self.findings.layer(refusal, row, row.arguments, full, [source], scope, values)
        except Dependent:
            pass
        return MISSING

    def _read(
        self,
        item: LayerItem,
        arguments: dict[str, Argument],
        sources: Sequence[Node | Missing],
        above: Node | Missing,
        scope: Scope,
        values: Values,
    ) -> Sequence[Node | Missing]:
        """The nodes that a layer reads, those of its own list included."""
        for argument in arguments.values():
            kind = argument.declaration.kind
            if not isinstance(kind, (Reference, References)):
                continue
            named = kind.read(values.evaluate(argument.template, volume_of(above)))
            names = named if isinstance(named, tuple) else (named,)
            found = []
            for place, name in enumerate(names):
                try:
                    found.append(self.names.resolve(name, scope, above, self.entry))
                except Refusal as refusal:
                    refusal.parameter = argument.declaration.name
                    refusal.at = (place,) if isinstance(named, tuple) else ()
                    raise
            return found if isinstance(named, tuple) else [*sources, *found]
        return sources

    def sugar(self, argument: Argument, values: Values, volume: Volume | None) -> LayerItem | None:
        """The layer that `norm` or `act` stands for, or None."""
        if not argument.template.dynamic:
            row: LayerItem | None = argument.value
            return row
        kind = argument.declaration.kind
        assert isinstance(kind, Sugar)
        try:
            read = kind.read(values.evaluate(argument.template, volume))
        except Refusal as refusal:
            refusal.parameter = argument.declaration.name
            raise
        if read is None:
            return None
        tree = argument.template.tree
        made = LayerItem(tree, tree.span(self.model.file), CATALOGUE[read[0]])
        made.arguments = self.model.defaults.get(read[0], {})
        build(made, {})
        return made

    def _owner(self, item: LayerItem, scope: Scope, values: Values) -> Node | None:
        if item.tied is None:
            return None
        try:
            name = values.evaluate(item.tied, None)
            if name.__class__ is LayerWord:
                return self.names.owner(str(name), scope.caller or scope)
            return self.names.owner(str(name), scope)
        except Refusal as refusal:
            refusal.parameter = "tied"
            raise


_SUGARED: dict[str, tuple[str, ...]] = {}


def _sugared(kind: type[Layer]) -> tuple[str, ...]:
    """The parameters of a type that stand for rows of their own, in the order of the rows: the norm, the activation."""
    if kind.type not in _SUGARED:
        names = (name for name, declaration in kind.declared.items() if isinstance(declaration.kind, Sugar))
        _SUGARED[kind.type] = tuple(names)
    return _SUGARED[kind.type]


def _make(item: LayerItem, arguments: dict[str, Argument], values: Values, volume: Volume | None) -> Layer:
    """The layer of an item, its expressions worked out."""
    if arguments is item.arguments and item.ready is not None:
        return item.ready
    read: dict[str, Any] = {}
    worked_out = []
    for argument in arguments.values():
        declaration = argument.declaration
        if not argument.template.dynamic or isinstance(declaration.kind, Sugar):
            read[declaration.attribute] = argument.value
            continue
        try:
            value = values.evaluate(argument.template, volume)
            worked_out.append(str(value))
            read[declaration.attribute] = declaration.kind.read(value)
        except Refusal as refusal:
            refusal.parameter = declaration.name
            raise
    key = (arguments is item.arguments, *worked_out)
    layer = item.made.get(key)
    if layer is None:
        layer = item.made[key] = item.type(**read)
    return layer


def volume_of(node: Node | Missing) -> Volume | None:
    """The volume behind a node; None where a mistake left it open."""
    return node.output if isinstance(node, Node) else None
