"""The layers of a network as items: each with the `norm` and `act` after it, its parameters in their plainest form.

What a unit reads are other units by their numbers; the inputs of the network are −1, −2 …
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Network, Node
from analyzer.layers.kinds import Kind, Number, Whole
from analyzer.layers.padding import Padding
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.layers.spatial_kinds import Factors, PaddingKind, Sizes, VolumeKind
from analyzer.loader.writing.stored import Stored
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.layers import Layer

#: Kinds of parameters whose numbers may differ between layers that are alike.
_NUMBERS = (Whole, Number, Sizes, Factors, PaddingKind, VolumeKind)


class Unit(Record):
    """A layer and the rows of its `norm` and `act`.

    nodes   the layer and these rows
    values  its parameters by name, those at their defaults left out, the names of other layers too
    sugars  by `norm` and `act`, the type of that layer and its parameters
    reads   the units that it reads
    named   the parameter that lists what it reads, as `inputs` of `add`; empty where `from` does
    like    the parameter that names the last unit that it reads; empty where none does
    tied    the unit whose parameters it reuses; None where it has its own
    stored  the number format of its weights, where its item says one
    """

    index: int
    nodes: list[Node]
    values: dict[str, Any]
    sugars: dict[str, tuple[str, dict[str, Any]]] = field(factory=dict)
    reads: tuple[int, ...] = ()
    named: str = ""
    like: str = ""
    tied: int | None = None
    stored: str | None = None

    @property
    def node(self) -> Node:
        """The layer itself."""
        return self.nodes[0]

    @property
    def type(self) -> str:
        """The type of the layer."""
        return self.nodes[0].layer.type

    @property
    def end(self) -> Node:
        """The row whose output is that of the item."""
        return self.nodes[-1]


class Units(Record):
    """The units of a network, and who reads each.

    last    the last unit that reads a unit; beyond all units where it is a named output; −1 where none reads it
    readers how many times it is read
    reused  the last unit that reuses its parameters; −1 where none does
    of      the unit of each node, by the node's index
    """

    network: Network
    all: list[Unit]
    last: list[int]
    readers: list[int]
    reused: list[int]
    of: list[int]
    names_outputs: bool


def units_of(network: Network, dtype: str) -> Units:
    """The units of a network, in its order; `dtype` is the number format of weights that have none of their own."""
    stored = Stored(network, dtype)
    between = _read_alone(network)
    owners = {node.tied.index for node in network.nodes if node.tied is not None}
    units: list[Unit] = []
    of: list[int] = []
    for node in network.nodes:
        unit = units[-1] if units else None
        place = None
        if unit is not None and node.index not in owners:
            place = _sugar_of(unit, node, between, stored)
        if unit is not None and place is not None:
            unit.sugars[place] = node.layer.type, plain_values(node.layer)
            unit.nodes.append(node)
        else:
            units.append(Unit(len(units), [node], plain_values(node.layer)))
        of.append(len(units) - 1)
    outputs = network.outputs if _names_outputs(network) else []
    count = len(units)
    last, readers, reused = [-1] * count, [0] * count, [-1] * count
    for unit in units:
        unit.stored = stored.key(unit.nodes)
        unit.reads = tuple(of[one.index] if one.index >= 0 else one.index for one in unit.node.inputs)
        unit.tied = None if unit.node.tied is None else of[unit.node.tied.index]
        if unit.tied is not None:
            reused[unit.tied] = unit.index
        for one in unit.node.layer.declared.values():
            given = one.required or getattr(unit.node.layer, one.attribute) != one.default
            if isinstance(one.kind, References) and given:
                unit.named = one.name
            elif isinstance(one.kind, Reference) and given:
                unit.like = one.name
        for source in (*unit.reads, *([] if unit.tied is None else [unit.tied])):
            if source >= 0:
                last[source] = unit.index
                readers[source] += 1
    for node in outputs:
        if node.index >= 0:
            last[of[node.index]] = count
            readers[of[node.index]] += 1
    return Units(network, units, last, readers, reused, of, bool(outputs))


def _names_outputs(network: Network) -> bool:
    """Whether the outputs are others than the layers that nothing reads, in another order too."""
    if not network.names_outputs:
        return False
    read = {source.index for node in network.nodes for source in node.inputs}
    unread = [node.index for node in (*network.inputs, *network.nodes) if node.index not in read]
    return [node.index for node in network.outputs] != unread


def _read_alone(network: Network) -> list[bool]:
    """Of each node, whether only the node after it reads it and nothing is said of it by itself."""
    alone = [True] * len(network.nodes)
    for node in network.nodes:
        for source in node.inputs:
            if 0 <= source.index < node.index - 1:
                alone[source.index] = False
        if node.tied is not None:
            alone[node.tied.index] = False
    for output in network.outputs:
        if output.index >= 0:
            alone[output.index] = False
    for index in network.expected:
        alone[index] = False
    return alone


def _sugar_of(unit: Unit, node: Node, alone: Sequence[bool], stored: Stored) -> str | None:
    """The parameter (`norm`, `act`) of a unit that a node can be; None where it is an item of its own."""
    before = unit.end
    if len(node.inputs) != 1 or node.inputs[0] is not before or not alone[before.index]:
        return None
    if node.tied is not None or node.origin.note is not None or node.frozen != unit.node.frozen:
        return None
    if not stored.alike([*unit.nodes, node]):
        return None
    places = [one.name for one in unit.node.layer.declared.values() if isinstance(one.kind, Sugar)]
    for place in places[_taken(places, unit) :]:
        kind = unit.node.layer.declared[place].kind
        if isinstance(kind, Sugar) and node.layer.type in kind.types():
            return place
    return None


def _taken(places: Sequence[str], unit: Unit) -> int:
    """How many of the parameters cannot come any more: `norm` is before `act`."""
    return max((places.index(place) + 1 for place in unit.sugars), default=0)


def plain_values(layer: Layer) -> dict[str, Any]:
    """The parameters of a layer in their plainest form, without those at their defaults and names of layers.

    >>> from analyzer.layers import CATALOGUE
    >>> plain_values(CATALOGUE["conv"](filters=8, kernel=[1, 7], stride=[1, 1], padding=[[0, 0], [3, 3]]))
    {'filters': 8, 'kernel': '1x7', 'padding': '0x3'}
    """
    found: dict[str, Any] = {}
    for one in layer.declared.values():
        if isinstance(one.kind, (Reference, References, Sugar)):
            continue
        value = getattr(layer, one.attribute)
        if one.required or value != one.default:
            plain = _plain(one.kind, value)
            if one.required or plain != _plain(one.kind, one.default):
                found[one.name] = plain
    return found


def default_of(layer: type[Layer] | Layer, name: str) -> Any:
    """The default of a parameter in its plainest form; None where it has none."""
    one = layer.declared[name]
    return None if one.required else _plain(one.kind, one.default)


def _plain(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Padding) and value.mode == "explicit" and value.sides is None:
        return _padding(value)
    written = kind.write(value)
    if isinstance(kind, (Sizes, Factors)) and isinstance(written, list):
        if all(one == written[0] for one in written):
            return written[0]
        if all(isinstance(one, int) for one in written):
            return "x".join(map(str, written))
    return written


def _padding(value: Padding) -> Any:
    """Cells as one number, as one for each axis, or as pairs."""
    if isinstance(value.cells, int):
        return value.cells
    if any(before != after for before, after in value.cells):
        return [list(pair) for pair in value.cells]
    cells = [before for before, _ in value.cells]
    return cells[0] if len(set(cells)) == 1 else "x".join(map(str, cells))


def is_number(kind: Kind, value: Any) -> bool:
    """Whether a value may differ between layers that are alike: a number, or sizes such as `3x5`.

    >>> is_number(Sizes(), "3x5"), is_number(PaddingKind(), "same"), is_number(Whole(), True)
    (True, False, False)
    """
    if not isinstance(kind, _NUMBERS) or isinstance(value, bool):
        return False
    if isinstance(value, str):
        return value[:1].isdigit()
    return isinstance(value, (int, float))
