"""Placing a layer: its expressions evaluated, its inputs found by name, `norm` and `act` as rows of their own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node, Origin, Refused
from analyzer.layers import CATALOGUE, Layer
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.layers.spatial_kinds import NUMBERS
from analyzer.loader.expand.frame import Frame, volume_of
from analyzer.loader.expand.graph_keys import name_of
from analyzer.loader.expand.scope import MISSING, Missing
from analyzer.loader.expand.state import Expansion, resolve_all
from analyzer.loader.expand.values import Dependent, Values, spliced
from analyzer.loader.expressions.nodes import calculated
from analyzer.loader.parse.description import Argument, Item, LayerItem, Made, build
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.layers.kinds import Kind


def place_layer(run: Expansion, item: LayerItem, frame: Frame) -> Node | Missing:
    """Places a layer and the rows that its `norm` and `act` add."""
    arguments = {**item.arguments, **item.first} if frame.first and item.first else item.arguments
    read = frame.sources
    volume = volume_of(frame.source)
    layer = None
    try:
        layer = _layer(run.model.made, item, arguments, frame.values, volume)
        if run.changes and id(item) in run.changes:
            layer = item.type.of_read({**layer.__dict__, **run.changes[id(item)]})
        read = _inputs(run, item, arguments, frame)
        rows = [
            row_of(run, arguments[n], frame.values, volume) for n in _parameters(item.type, Sugar) if n in arguments
        ]
        tied = _owner(run, item, frame)
        nodes = [node for node in read if isinstance(node, Node)]
        if len(nodes) < len(read):
            return MISSING
        origin = Origin(item.span, _path(run, item, frame), item.note)
        end = place(run, frame.path, layer, nodes, origin, tied=tied, weights_only=item.weights_only, item=item)
    except Refusal as refusal:
        run.mistakes.layer(refusal, item, arguments, frame, read, layer)
        _refused(run, frame.path, layer, read)
        return MISSING
    except Dependent:
        return MISSING
    if run.traces and isinstance(frame.source, Node):
        from analyzer.loader.expand.facts import trace_layer  # only where sizes are tried

        trace_layer(run, end, frame.source, arguments, partial(_layer, run.model.made, item, arguments, frame.values))
    for row in rows:
        if row is not None:
            added = place_row(run, row, f"{frame.name}.{row.type.type}", end, item, frame)
            if isinstance(added, Missing):
                return MISSING
            end = added
    return end


def place(
    run: Expansion,
    name: str,
    layer: Layer,
    nodes: Sequence[Node],
    origin: Origin,
    *,
    tied: Node | None = None,
    weights_only: bool = False,
    item: Item | None = None,
) -> Node:
    """Places a layer under its full name, and ties it to its counterpart where a group around it is tied.

    `item` is the item that the layer belongs to, unless it joins what others put out.
    """
    run.size.place(name, origin.note, nodes if tied is None else [*nodes, tied])
    frozen = run.frozen or (item is not None and item.frozen)
    node = run.network.place(name, layer, nodes, origin, tied=tied, weights_only=weights_only, frozen=frozen)
    weights = run.weights_dtype if item is None else item.weights_dtype or run.weights_dtype
    if weights is not None:
        run.network.formats[name] = weights
    if run.tying is not None:
        from analyzer.loader.expand.ties import tie_next  # few networks have tied groups

        tie_next(run, node)
    return node


def _path(run: Expansion, item: Item, frame: Frame) -> str:
    """The groups around a layer: those of its scope, and those that a path as its name leads through."""
    path = frame.scope.path
    if item.name is None or "." not in item.name:
        return path
    name = item.name.rpartition(".")[0]
    while name and frame.scope.prefix + name in run.names.layers:  # a layer is no group
        name = name.rpartition(".")[0]
    return f"{frame.scope.prefix}{name}" if name else path


def _refused(run: Expansion, name: str, layer: Layer | None, read: Sequence[Node | Missing]) -> None:
    """Notes a layer that was refused, for an explanation of the network up to it."""
    nodes = [node for node in read if isinstance(node, Node)]
    if layer is not None and nodes and len(nodes) == len(read):
        run.network.refused.append(Refused(name, layer, nodes, len(run.network.nodes)))


def place_row(run: Expansion, row: LayerItem, name: str, source: Node, item: Item, frame: Frame) -> Node | Missing:
    """Places a layer that is an argument of `item`, such as its activation, behind `source`."""
    layer = None
    try:
        layer = _layer(run.model.made, row, row.arguments, frame.values, source.output)
        origin = Origin(item.span, _path(run, item, frame))
        return place(run, frame.scope.prefix + name, layer, [source], origin, item=item)
    except Refusal as refusal:
        own = Frame(frame.scope, frame.values, source, (source,), name)
        run.mistakes.layer(refusal, row, row.arguments, own, own.sources, layer)
        _refused(run, frame.scope.prefix + name, layer, [source])
    except Dependent:
        pass
    return MISSING


def row_of(run: Expansion, argument: Argument, values: Values, volume: Volume | None) -> LayerItem | None:
    """The layer that `norm` or `act` adds, or None."""
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
    made = LayerItem(tree, tree.span(run.model.file), CATALOGUE[read[0]])
    made.arguments = run.model.defaults.get(read[0], {})
    build(made, {})
    return made


def _inputs(run: Expansion, item: LayerItem, arguments: dict[str, Argument], frame: Frame) -> Sequence[Node | Missing]:
    """The nodes that a layer reads, those of its own list included."""
    for parameter in _parameters(item.type, (Reference, References)):
        argument = arguments.get(parameter)
        if argument is None:
            continue
        written = frame.values.evaluate(argument.template, volume_of(frame.above))
        named = _read(argument, written)
        names = named if isinstance(named, tuple) else (named,)
        try:
            found = resolve_all(run, names, frame)
        except Refusal as refusal:
            refusal.parameter = argument.declaration.name
            if names is not named or len(names) != len(written):  # the places are not those of the file
                refusal.at = ()
            raise
        return found if names is named else [*frame.sources, *found]
    return () if item.type.stored and item.source is None else frame.sources


def _owner(run: Expansion, item: LayerItem, frame: Frame) -> Node | None:
    """The layer whose parameters `tied` reuses."""
    if item.tied is None:
        return None
    try:
        return run.names.owner(name_of(frame.values.evaluate(item.tied, None)), frame.scope, frame.turn)
    except Refusal as refusal:
        refusal.parameter = "tied"
        raise


def _read(argument: Argument, value: Any) -> Any:
    """The value of a parameter; a list of names in a list of names is part of it: `concat: [$skips, prev]`."""
    kind = argument.declaration.kind
    if isinstance(kind, References) and isinstance(value, list):
        value = spliced(value)
    elif value.__class__ is str and isinstance(kind, NUMBERS):
        number = calculated(value)
        value = value if number is None else number
    return kind.read(value)


_PARAMETERS: dict[tuple[type[Layer], object], tuple[str, ...]] = {}


def _parameters(layer: type[Layer], kinds: type[Kind] | tuple[type[Kind], ...]) -> tuple[str, ...]:
    """The parameters of a type that are of some kinds, in their order; cached, since every layer asks for them."""
    key = layer, kinds
    if key not in _PARAMETERS:
        declared = layer.declared.items()
        _PARAMETERS[key] = tuple(name for name, declaration in declared if isinstance(declaration.kind, kinds))
    return _PARAMETERS[key]


def _layer(made: Made, item: LayerItem, arguments: dict[str, Argument], values: Values, volume: Volume | None) -> Layer:
    """The layer of an item, its expressions evaluated; one object for equal values, so that it is costed once.

    `made` keeps it for the repetitions of the item, and for later expansions of its description.
    """
    if arguments is item.arguments and item.ready is not None:
        return item.ready
    read: dict[str, Any] = {}
    evaluated = []
    for argument in arguments.values():
        declaration = argument.declaration
        if isinstance(declaration.kind, Sugar):
            continue  # it becomes a layer of its own
        if not argument.template.dynamic:
            read[declaration.attribute] = argument.value
            continue
        try:
            value = values.evaluate(argument.template, volume)
            evaluated.append(str(value))
            read[declaration.attribute] = _read(argument, value)
        except Refusal as refusal:
            refusal.parameter = declaration.name
            raise
    key = (item, arguments is item.arguments, *evaluated)
    layer = made.get(key)
    if layer is None:
        layer = item.type.of_read(read)
        made.keep(key, layer)
    return layer
