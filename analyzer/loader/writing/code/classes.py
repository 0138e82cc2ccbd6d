"""Scopes that are equal up to numbers become one class, whose constructor takes the numbers that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence

from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.layout import literal
from analyzer.loader.writing.code.names import Names, class_name, legal
from analyzer.loader.writing.code.scopes import Item, Scope, has_tensors, is_chain, layers_of
from analyzer.loader.writing.code.template import Built, Code
from analyzer.record import Record, field

#: Groups with these names in a source are containers and no classes.
_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict", "Module", "parallel", "sequence", "residual")

#: Where a number of a scope is: the places of the steps that lead to it, and its name there.
Slot = tuple[Hashable, ...]


class Words(Record):
    """What a library calls the arguments of its constructors.

    positional  the names of the arguments that are written without one, by what is constructed
    defaults    the defaults of arguments, as they are written: by what is constructed, then by the argument
    """

    positional: Mapping[str, Sequence[str]]
    defaults: Mapping[str, Mapping[str, str]]

    def default(self, call: str, argument: Hashable) -> str | None:
        """The default of an argument; None where it has none that is known."""
        return self.defaults.get(call, {}).get(str(argument))


class Parameter(Record):
    """An argument of a class: its name, its default as it is written, and where it is used."""

    name: str
    default: str | None
    slots: Sequence[Slot]


class Kind(Record):
    """Scopes of equal structure: a class if it has a name, otherwise sequences that are written where they are used.

    texts     what is written at each place: a literal, or the name of a parameter
    in_line   whether it has no class
    numbered  whether it is a class of numbered layers, each of which only reads the one before it
    """

    name: str
    members: list[Scope] = field(factory=list)
    parameters: list[Parameter] = field(factory=list)
    texts: dict[Slot, str] = field(factory=dict)
    in_line: bool = False
    numbered: bool = False

    @property
    def first(self) -> Scope:
        """The scope that is written for all."""
        return self.members[0]


class Classes:
    """The kinds of all scopes in a scope, those that others use first.

    >>> from analyzer.loader.writing.code.scopes import Scopes
    >>> from analyzer.layers import CATALOGUE
    >>> from analyzer.volume import Volume
    >>> network, built = Network(), []
    >>> node = network.enter("x", Volume((), 8))
    >>> network.groups = {"a": "Pair", "b": "Pair"}
    >>> for name, units in (("a.one", 4), ("a.two", 4), ("b.one", 6), ("b.two", 4)):
    ...     node = network.place(name, CATALOGUE["linear"](units=units), [node])
    ...     built.append(Built("Linear", (node.flow.input.depth, units)))
    >>> whole = Scopes(network, built, [[""]] * 4, {}, exact=True).whole()
    >>> found = Classes(network, whole, Words({"Linear": ("in_features", "out_features")}, {}), "Net", exact=True)
    >>> [(kind.name, [one.name for one in kind.parameters]) for kind in found.kinds]
    [('Pair', ['in_features', 'hidden_features']), ('Net', [])]
    """

    # By hand: it goes through the scopes from the smallest to the largest.
    def __init__(
        self, network: Network, whole: Scope, words: Words, name: str, taken: Sequence[str] = (), *, exact: bool
    ) -> None:
        self.network = network
        self.words = words
        self.names = Names((name, *taken))
        self.of: dict[int, Kind] = {}  # by the identity of a scope; all scopes are alive as long as this is
        self.kinds: list[Kind] = []
        levels: list[list[Scope]] = [[] for _ in range(whole.height + 1)]
        for scope in _inside(whole):
            levels[scope.height].append(scope)
        for level in levels:
            self._level(level, whole, name, exact=exact)

    def _level(self, scopes: Sequence[Scope], whole: Scope, name: str, *, exact: bool) -> None:
        """Finds the kinds of all scopes of one height."""
        kinds: dict[Hashable, Kind] = {}
        for scope in scopes:
            self._find_again(scope)
            key = "whole" if scope is whole else self._key(scope)
            kind = kinds.get(key)
            if kind is None:
                kind = kinds[key] = Kind("")
                if scope is not whole and is_chain(scope):
                    digits = {item.path[0].isdigit() for item in scope.items}
                    strange = exact and any(legal(item.path[0]) != item.path[0] for item in scope.items)
                    kind.in_line = scope.block in (None, *_CONTAINERS) or (strange and digits != {True})
                    kind.numbered = digits == {True} and not kind.in_line
                if not kind.in_line:
                    kind.name = name if scope is whole else self._named(scope)
            kind.members.append(scope)
            self.of[id(scope)] = kind
        for kind in kinds.values():
            self._settle(kind)
            if not kind.in_line:
                self.kinds.append(kind)

    def _named(self, scope: Scope) -> str:
        parts = scope.name.split(".")
        word = next((part for part in reversed(parts) if not part.isdigit()), "block")
        if scope.block is not None and scope.block not in _CONTAINERS:
            wanted = class_name(scope.block)
        else:
            wanted = class_name(word if word == parts[-1] else f"{word}_block")
        name, number = wanted, 1
        while name in self.names:
            number += 1
            name = f"{wanted}{number}"
        return self.names.new(name)

    def _key(self, scope: Scope) -> Hashable:
        """What is equal for scopes that can be one class."""
        places: dict[int, Hashable] = {index: (-1, number) for number, index in enumerate(scope.inputs)}
        parts: list[Hashable] = [scope.block, scope.varied or len(scope.inputs)]
        positions = {id(item): number for number, item in enumerate(scope.items)}
        for number, item in enumerate(scope.items):
            reads = "all" if scope.varied and number == scope.first else tuple(places[index] for index in item.reads)
            again = None if item.again is None else positions[id(item.again)]
            parts.append((*self._made(item), reads, tuple(item.moves) if reads != "all" else (), again))
            places.update((index, (number, place)) for place, index in enumerate(item.gives))
        return (*parts, tuple(places[index] for index in scope.outputs))

    def _made(self, item: Item) -> tuple[Hashable, ...]:
        if item.built is None:
            assert item.scope is not None  # an item is a layer or a scope
            return item.path, id(self.of[id(item.scope)])
        built = item.built
        needed = frozenset(name for name in built.named if self.words.default(built.call, name) is None)
        path = item.path if built.call else ()
        return path, built.call, len(built.positional), needed, built.forward, tuple(sorted(built.values))

    def _find_again(self, scope: Scope) -> None:
        """Finds the steps that call what another step of the scope has constructed."""
        if not any(":" in item.path[-1] for item in scope.items) and not any(
            self.network.nodes[index].tied is not None for item in scope.items for index in layers_of(item)
        ):
            return
        by_path: dict[tuple[str, ...], Item] = {}
        by_layer: dict[int, Item] = {}
        for item in scope.items:
            base = (*item.path[:-1], item.path[-1].rpartition(":")[0])
            owner = by_path.get(base) if base[-1] else None
            owner = (
                owner
                if owner is not None
                else next(
                    (
                        by_layer[tied.index]
                        for index in layers_of(item)
                        if (tied := self.network.nodes[index].tied) is not None and tied.index in by_layer
                    ),
                    None,
                )
            )
            if owner is not None and self._is_same(owner, item):
                item.again = owner if owner.again is None else owner.again
            by_path.setdefault(item.path, item)
            by_layer.update((index, item) for index in layers_of(item))

    def _is_same(self, owner: Item, item: Item) -> bool:
        """Whether an item can call what another one has constructed: it has equal numbers, and reuses all weights."""
        if owner.built is not None and item.built is not None:
            if not item.built.call or constructed(owner.built) != constructed(item.built):
                return False
        elif owner.scope is None or item.scope is None or not self._is_equal(owner.scope, item.scope):
            return False
        pairs = zip(layers_of(owner), layers_of(item), strict=True)
        return all(_reuses(self.network.nodes[mine], self.network.nodes[theirs]) for theirs, mine in pairs)

    def _is_equal(self, one: Scope, other: Scope) -> bool:
        kind = self.of[id(one)]
        return (
            kind is self.of[id(other)]
            and self.arguments(one) == self.arguments(other)
            and len(_range(one)) == len(_range(other))
        )

    def arguments(self, scope: Scope) -> dict[Slot, str]:
        """What a scope is constructed with: the arguments of its class, or all numbers of a sequence in line."""
        kind = self.of[id(scope)]
        slots = self._slots(scope)
        if kind.in_line:
            return slots
        return {(one.name,): self._value(scope, slots, one.slots[0]) for one in kind.parameters}

    def _slots(self, scope: Scope) -> dict[Slot, str]:
        """Every number of a scope, as it is written."""
        found: dict[Slot, str] = {}
        for number, item in enumerate(scope.items):
            if item.built is not None:
                if item.again is None:
                    found.update(((number, place), written(value)) for place, value in enumerate(item.built.positional))
                    found.update(((number, name), written(value)) for name, value in item.built.named.items())
                found.update(((number, "forward", name), written(value)) for name, value in item.built.values.items())
            elif item.scope is not None and item.again is None:
                found.update(((number, *slot), text) for slot, text in self.arguments(item.scope).items())
        return found

    def _value(self, scope: Scope, slots: Mapping[Slot, str], slot: Slot) -> str:
        """What a scope has at a place: what is written there, or the default."""
        text = slots.get(slot)
        if text is None:
            text = self._default(scope, slot)
        assert text is not None  # only arguments with a known default may be missing
        return text

    def _default(self, scope: Scope, slot: Slot) -> str | None:
        """The default of the argument at a place."""
        item, rest = _item_at(scope, slot)
        if item.built is not None:
            return self.words.default(item.built.call, rest[0])
        assert item.scope is not None  # an item is a layer or a scope
        kind = self.of[id(item.scope)]
        return next((one.default for one in kind.parameters if (one.name,) == rest), None)

    def _settle(self, kind: Kind) -> None:
        """Finds what differs between the members of a kind, and gives it names."""
        slots = [self._slots(scope) for scope in kind.members]
        if len(slots) == 1 or kind.in_line:
            kind.texts = slots[0]
            return
        differ: dict[tuple[str, ...], list[Slot]] = {}
        for slot in dict.fromkeys(slot for one in slots for slot in one):
            values = tuple(self._value(scope, one, slot) for scope, one in zip(kind.members, slots, strict=True))
            if len(set(values)) == 1:
                kind.texts[slot] = values[0]
            else:
                differ.setdefault(values, []).append(slot)
        self._name_parameters(kind, differ)

    def _name_parameters(self, kind: Kind, differ: Mapping[tuple[str, ...], list[Slot]]) -> None:
        every = [self._argument(kind.first, slot) for slot in self._slots(kind.first)]
        ends = (
            min((step for step, _, _ in every), default=0),
            max((step for step, _, name in every if name.startswith("out_")), default=0),
        )
        names = _named_parameters(
            [[self._argument(kind.first, slot) for slot in slots] for slots in differ.values()], ends
        )
        for (values, slots), name in zip(differ.items(), names, strict=True):
            default = self._default(kind.first, slots[0])
            common, times = Counter(values).most_common(1)[0]
            if default is None or default not in values:
                default = common if default is not None and 2 * times > len(values) else None
            kind.parameters.append(Parameter(name, default, slots))
            kind.texts.update((slot, name) for slot in slots)
        kind.parameters.sort(key=lambda one: one.default is not None)

    def _argument(self, scope: Scope, slot: Slot) -> tuple[int, str, str]:
        """The step that an argument is for, the name of what is constructed there, and the name of the argument."""
        item, rest = _item_at(scope, slot)
        name = rest[-1]
        if item.built is not None and isinstance(name, int):
            known = self.words.positional.get(item.built.call, ())
            name = known[name] if name < len(known) else f"{item.built.call.rpartition('.')[2].lower()}_{name}"
        step = slot[0]
        assert isinstance(step, int)  # the number of the step comes first
        return step, legal(item.path[-1]), str(name)


def _named_parameters(uses: Sequence[Sequence[tuple[int, str, str]]], ends: tuple[int, int]) -> list[str]:
    """A name for each parameter, from the arguments that it is used for; `ends` are the steps that read and put out."""
    names = Names()
    found: dict[int, str] = {}
    first, last = ends
    for number, one in enumerate(uses):
        reads = next((name for step, _, name in one if step == first and name.startswith("in_")), None)
        puts = next((name for step, _, name in one if step == last and name.startswith("out_")), None)
        if reads and puts and "channels" not in names and "features" not in names:
            found[number] = names.new(reads.removeprefix("in_"))
        elif reads and reads not in names:
            found[number] = names.new(reads)
        elif puts and puts not in names:
            found[number] = names.new(puts)
    for number, one in enumerate(uses):
        if number not in found:
            _, owner, name = one[0]
            plain = name.removeprefix("out_").removeprefix("in_")
            wanted = legal(name if plain == name else f"hidden_{plain}")
            found[number] = names.new(
                wanted if wanted not in names else f"{owner.strip('_')}_{name}".lstrip("0123456789_") or wanted
            )
    return [found[number] for number in range(len(uses))]


def constructed(built: Built) -> tuple[str, list[str], dict[str, str]]:
    """What a template constructs, as it is written."""
    return built.call, [written(one) for one in built.positional], {k: written(v) for k, v in built.named.items()}


def written(value: object) -> str:
    """A value of a template as Python."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, (tuple, list)) and any(isinstance(one, Code) for one in value):
        inside = ", ".join(map(written, value)) + ("," if len(value) == 1 and isinstance(value, tuple) else "")
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return literal(value)


def _item_at(scope: Scope, slot: Slot) -> tuple[Item, Slot]:
    """The innermost step that a place leads to, through sequences in line, and the rest of the place."""
    item = _step(scope, slot[0])
    rest = slot[1:]
    while item.scope is not None and len(rest) > 1:
        item, rest = _step(item.scope, rest[0]), rest[1:]
    return item, rest


def _step(scope: Scope, number: Hashable) -> Item:
    assert isinstance(number, int)  # a place is made of the numbers of steps, and of a name at its end
    return scope.items[number]


def _inside(whole: Scope) -> Iterator[Scope]:
    left = [whole]
    while left:
        scope = left.pop()
        yield scope
        left.extend(item.scope for item in reversed(scope.items) if item.scope is not None)


def _range(scope: Scope) -> range:
    return range(scope.start, scope.stop)


def _reuses(node: Node, owner: Node) -> bool:
    """Whether a layer has no parameters of its own, where it takes all those of its counterpart."""
    if not has_tensors(node):
        return True
    if node.tied is None or node.weights_only:
        return False
    return node.tied is owner or node.tied is owner.tied
