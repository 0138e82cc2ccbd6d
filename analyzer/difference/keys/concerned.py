"""Which layers are made with a key: those that have it, and those that it reaches through variables and parameters.

Each change has a bit. A name has the bits of all that its value is made of, and a layer those of the names in its
expressions, so one walk over the layers of a network serves all changes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from analyzer.difference.keys.change import Marked
from analyzer.difference.keys.items import bodies_of
from analyzer.engine.network import Network, Node
from analyzer.loader.expressions.expression import Expression
from analyzer.loader.parse.description import Argument, CallItem, Item, LayerItem, Model, ResidualItem, Template
from analyzer.record import Record, field
from analyzer.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    #: The bits of names.
    Names = Mapping[str, int]

    #: A description, and the network that was made from it.
    Side = tuple[Model, Network]

#: The most names of layers that all changes together list.
MOST = 1_000_000


def concerned(old: Side, new: Side, changes: Sequence[Marked], renamed: Callable[[str], str]) -> list[list[str] | None]:
    """For each change the names of the layers that are made with it, or None for all where they are too many.

    `renamed` gives the name that a layer of the old network has in the new one.
    """
    layers: list[dict[str, None]] = [{} for _ in changes]
    listed = _list(layers, *new, changes, 1, str)
    # A layer of which a key changed is in both networks, so its name in the new one says enough.
    left = [change for change in changes if not (layers[change.mark] and _is_own(change))]
    if not listed or not _list(layers, *old, left, 0, renamed):
        return [None] * len(changes)
    return [list(names) for names in layers]


def _is_own(change: Marked) -> bool:
    source = change.sources[1]
    return source is not None and source[0] in ("own", "first")


def _list(
    layers: list[dict[str, None]],
    model: Model,
    network: Network,
    changes: Sequence[Marked],
    side: int,
    spell: Callable[[str], str],
) -> bool:
    """Adds the layers of one side, each under the name that `spell` gives; False where they are too many."""
    marks: dict[Hashable, int] = {}
    for change in changes:
        source = change.sources[side]
        if source is not None:
            marks[source] = marks.get(source, 0) | 1 << change.mark
    if not marks:
        return True
    walk = _Walk(model, network, marks)
    found = [(node.name, bits) for node in network.nodes if (bits := walk.of(node))]
    if sum(bits.bit_count() for _, bits in found) > MOST:
        return False
    for name, bits in found:
        spelled = spell(name)
        while bits:
            lowest = bits & -bits
            layers[lowest.bit_length() - 1][spelled] = None
            bits ^= lowest
    return True


class _Inside(Record):
    """What a list of layers sees: the bits of its names, and those of all around it."""

    names: Names
    around: int


class _Place(Record):
    """An item of the description: the structures around it in its list, from the outermost, and the block it is in."""

    item: Item
    parents: Sequence[Item]
    block: str = ""


class _Walk(Record):
    """The bits of the layers of one network. `marks` has the bits of each source; see `Written`."""

    model: Model
    network: Network
    marks: dict[Hashable, int]
    places: dict[tuple[int, int], _Place] = field(factory=dict, init=False)
    inside: dict[str, _Inside] = field(factory=dict, init=False)
    known: dict[tuple[int, str, bool], int] = field(factory=dict, init=False)

    def check(self) -> None:
        """Finds the items, and the bits of the variables."""
        names: dict[str, int] = {}
        for name, template in self.model.vars.items():
            names[name] = self.marks.get(("var", name), 0) | _used(template, names)
        self.inside[""] = _Inside(names, 0)
        for items, block in [(self.model.layers, ""), *((one.body, name) for name, one in self.model.blocks.items())]:
            self._enter(items, (), block)

    def _enter(self, items: Sequence[Item], parents: tuple[Item, ...], block: str) -> None:
        for item in items:
            self.places.setdefault(_start(item.span), _Place(item, parents, block))
            for body in bodies_of(item).values():
                self._enter(body, (*parents, item), block)

    def of(self, node: Node) -> int:
        """The bits of a layer; none for the rows that `norm` and `act` add, which belong to the layer before."""
        span = node.origin.span
        place = None if span is None else self.places.get(_start(span))
        if place is None or self._is_row(node):
            return 0
        path = self._call_around(node.origin.path)
        first = _is_first(node.name, node.origin.path)
        key = id(place), path, first
        bits = self.known.get(key)
        if bits is None:
            inside = self._inside(path)
            names, around = self._around(place, inside)
            bits = self.known[key] = around | self._own(place.item, names, first=first)
        return bits

    def _is_row(self, node: Node) -> bool:
        stem = node.name.rpartition(".")[0]
        head = self.network.names.get(stem)
        return head is not None and head.name == stem and head.origin.span is node.origin.span

    def _call_around(self, path: str) -> str:
        """The innermost call of a block that a path is in."""
        while path and path not in self.network.sites:
            path = path.rpartition(".")[0]
        return path

    def _inside(self, path: str) -> _Inside:
        """What the body of the block sees that is called at `path`."""
        chain = []
        while path not in self.inside:  # from the inside out, since calls nest deeply
            chain.append(path)
            path = self._call_around(path.rpartition(".")[0])
        for path in reversed(chain):
            outer = self.inside[self._call_around(path.rpartition(".")[0])]
            place = self.places[_start(self.network.sites[path])]
            assert isinstance(place.item, CallItem)
            names, around = self._around(place, outer)
            self.inside[path] = self._called(place.item, names, around, first=path.endswith(".1"))
        return self.inside[path]

    def _called(self, call: CallItem, names: Names, around: int, *, first: bool) -> _Inside:
        block = self.model.blocks[call.block]
        seen = dict(self.inside[""].names)
        for name, default in block.params.items():
            bits = 0
            if first and name in call.first:
                bits = self._argument(call, f"first.{name}") | _used(call.first[name], names)
            elif name in call.arguments:
                bits = self._argument(call, name) | _used(call.arguments[name], names)
            elif default is not None:
                bits = self.marks.get(("parameter", call.block, name), 0) | _used(default, seen)
            seen[name] = bits
        return _Inside(seen, around | self.marks.get(("block", call.block), 0))

    def _argument(self, call: CallItem, name: str) -> int:
        return self.marks.get(("argument", id(call), name), 0)

    def _around(self, place: _Place, inside: _Inside) -> tuple[Names, int]:
        """The names that an item sees, and the bits that all it makes has from it and from what is around it."""
        names, around = inside.names, inside.around
        for item in (*place.parents, place.item):
            around |= self.marks.get(("item", id(item)), 0)
            for template in (item.source, item.when, item.tied):
                around |= _used(template, names)
            if isinstance(item.repeat, dict):
                lists = {name: _used(template, names) for name, template in item.repeat.items()}
                for bits in lists.values():
                    around |= bits
                names = {**names, **lists}
            else:
                around |= _used(item.repeat, names)
        return names, around

    def _own(self, item: Item, names: Names, *, first: bool) -> int:
        """The bits that a layer has from its own keys."""
        bits = self.marks.get(("own", id(item)), 0)
        if isinstance(item, LayerItem):
            bits |= self._arguments(item, item.arguments, names)
            if first and item.first:
                bits |= self.marks.get(("first", id(item)), 0) | self._arguments(item, item.first, names)
        elif isinstance(item, ResidualItem) and item.act is not None:
            bits |= self._arguments(None, {"act": item.act}, names)
        return bits

    def _arguments(self, item: LayerItem | None, arguments: dict[str, Argument], names: Names) -> int:
        """The bits of parameters: of the defaults among them, of their expressions, of the layers that they add."""
        usual = {} if item is None else self.model.defaults.get(item.type.type, {})
        bits = 0
        for name, argument in arguments.items():
            if item is not None and usual.get(name) is argument:
                bits |= self.marks.get(("default", item.type.type, name), 0)
            if argument.template.dynamic:
                bits |= _used(argument.template, names)
            if isinstance(argument.value, LayerItem):
                bits |= self._arguments(argument.value, argument.value.arguments, names)
        return bits


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _is_first(name: str, path: str) -> bool:
    """Whether a layer is the first of several repetitions of itself."""
    return name.removeprefix(f"{path}." if path else "").endswith(".1")


def _used(template: Template | None, names: Names) -> int:
    """The bits of the names in the expressions of a value."""
    return 0 if template is None or not template.dynamic else _in(template.value, names)


def _in(value: Any, names: Names) -> int:
    bits = 0
    if isinstance(value, Expression):
        for name in value.names:
            bits |= names.get(name, 0)
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            bits |= _in(part, names)
    return bits
