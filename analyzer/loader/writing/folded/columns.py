"""The numbers of parts that are alike: those that differ become parameters of a block, in as few as there can be.

A column has the number at one place in each member of a block; None where a member has no such place. Equal columns
are one parameter. Multiples of a parameter are written as such, and so are multiples of the depth that a layer reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.layers import CATALOGUE
from analyzer.loader.expressions.expression import valid_name
from analyzer.loader.writing.folded.parts import Group, Looped, Part, Repeated, Residual, Single, all_lists
from analyzer.loader.writing.folded.units import Unit, Units, default_of, is_number
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: A number, sizes such as `3x5`, or None.
    Value: TypeAlias = int | float | str | None


class Expression(str):
    """A value that an expression of the language gives."""

    __slots__ = ()


class Slot(Record):
    """A place of a number: the parameter that it is the value of, and the depth that its layer reads (0: none).

    A slot of the name `expect` has the sizes that are expected.
    """

    name: str
    value: Value
    depth: int = 0


class Parameter(Record):
    """A parameter of a block: its name, its value in each member, and its default (None: required)."""

    name: str
    values: list[Value]
    default: Value = None


class Block(Record):
    """A block: the groups that are calls of it, its parameters, and what its body says at the place of each number.

    `outside` are the parameters that name layers, `grows` the one that lists what all repetitions so far put out.
    """

    members: list[Group]
    parameters: list[Parameter] = field(factory=list, init=False)
    texts: list[Value] = field(factory=list, init=False)
    places: dict[int, int] = field(factory=dict, init=False)
    name: str = field(default="", init=False)
    outside: list[str] = field(factory=list, init=False)
    grows: str = field(default="", init=False)

    def arguments(self, group: Group) -> list[tuple[str, Value]]:
        """The values of the parameters in one call."""
        place = self.places[group.start]
        return [(one.name, one.values[place]) for one in self.parameters]


class Columns(Record):
    """The numbers of a network; `blocks` by the sign of their groups, `projects` as in `Shapes`."""

    units: Units
    projects: Mapping[int, Sequence[Part]]
    blocks: dict[int, Block] = field(factory=dict, init=False)
    known: dict[int, list[Slot]] = field(factory=dict, init=False)

    def of_unit(self, index: int) -> list[Slot]:
        """The numbers of a unit; kept, since parts are compared many times."""
        if index not in self.known:
            self.known[index] = list(unit_slots(self.units.all[index]))
        return self.known[index]

    def slots(self, parts: Sequence[Part], around: int = -1) -> Iterator[Slot]:
        """The numbers of a list in the order of its text; the item around it says what is expected of `around`."""
        expected = self.units.network.expected
        for part in parts:
            if expected and part.out != around:
                node = self.units.all[part.out].end
                yield Slot("expect", sizes_of(expected.get(node.index, (None,) * len(node.output.sizes))))
            if isinstance(part, (Single, Repeated)):
                if isinstance(part, Repeated):
                    yield Slot("repeat", part.stop - part.start)
                own = self.of_unit(part.start)
                yield from map(_deep, own) if isinstance(part, Repeated) else own
            elif isinstance(part, Group) and part.sign in self.blocks:
                for name, value in self.blocks[part.sign].arguments(part):
                    yield Slot(name, value)
            else:
                yield from self._inside(part)

    def _inside(self, part: Part) -> Iterator[Slot]:
        for inside in part.lists():
            for slot in self.slots(inside, self.around(part)):
                yield _deep(slot) if isinstance(part, Looped) else slot
        if isinstance(part, Residual):
            project = self.projects.get(part.sign)
            if project and not part.project:
                for slot in self.slots(project):
                    yield Slot(slot.name, None)
            if part.act is not None:
                yield from self.of_unit(part.act)

    @staticmethod
    def around(part: Part) -> int:
        """The unit whose output is that of a part and of the last part in it."""
        return part.out if not isinstance(part, Residual) or part.total is None else -1

    def equal(self, one: Part, other: Part) -> bool:
        """Whether two parts that are alike have equal numbers, or one of them has none at that place."""
        return not self.differing(one, other)[0]

    def differing(self, one: Part, other: Part) -> tuple[int, int]:
        """How many numbers of two parts that are alike differ, and how many numbers they have."""
        pairs = list(zip(self.slots([one], one.out), self.slots([other], other.out), strict=False))
        return sum(a.value != b.value and a.value is not None and b.value is not None for a, b in pairs), len(pairs)

    def find_blocks(self, parts: list[Part]) -> None:
        """Makes a block of each kind of group, inner ones first."""
        members: dict[int, list[Group]] = {}
        for inside in all_lists(parts):
            for part in inside:
                if isinstance(part, Group):
                    members.setdefault(part.sign, []).append(part)
        for sign, groups in sorted(members.items(), key=lambda one: (one[1][0].depth, one[1][0].start)):
            block = Block(groups)
            block.places = {group.start: place for place, group in enumerate(groups)}
            self._fill(block)
            self.blocks[sign] = block

    def _fill(self, block: Block) -> None:
        """Finds the parameters of a block and the texts of its body."""
        rows = [list(self.slots(group.parts, group.out)) for group in block.members]
        columns = [list(column) for column in zip(*rows, strict=True)]
        texts: list[Value] = [None] * len(columns)
        varying = []
        for place, column in enumerate(columns):
            known = {slot.value for slot in column if slot.value is not None}
            if len(known) > 1:
                varying.append(place)
            else:
                texts[place] = next(iter(known), None)
        bases: dict[int, list[Slot]] = {}  # the columns that are parameters, by their place
        for place in sorted(varying, key=lambda place: _weight(columns[place])):
            if _text(columns[place], bases, dict.fromkeys(bases, "p")) is None:
                bases[place] = columns[place]
        names = _names([(place, columns[place][0].name) for place in sorted(bases)])
        for place in sorted(bases):
            values = [slot.value for slot in bases[place]]
            usual = None if _kin(names[place], "filters") else _usual(values)
            block.parameters.append(Parameter(names[place], _filled(values), usual))
        block.parameters.sort(key=lambda one: one.default is not None)
        named = {place: names[place] for place in bases}
        for place in varying:
            texts[place] = _text(columns[place], bases, named)
        for place, column in enumerate(columns):  # where only some have a number, it may follow from a parameter too
            if texts[place] is not None and place not in varying and any(slot.value is None for slot in column):
                alike = {one: base for one, base in bases.items() if base[0].name == column[0].name}
                found = _text([Slot(slot.name, slot.value) for slot in column], alike, named)
                texts[place] = texts[place] if found is None or "//" in found else found
        block.texts = texts


def _deep(slot: Slot) -> Slot:
    """The slot of a layer that is repeated: it reads another depth each time."""
    return Slot(slot.name, slot.value)


class Texts(Record):
    """What a definition says at the places of its numbers, to be taken one by one."""

    values: Sequence[Value]
    at: int = 0

    def take(self) -> Value:
        """The next text."""
        self.at += 1
        return self.values[self.at - 1]

    def skips(self, count: int) -> bool:
        """Whether the next texts are nothing in every member; they are left out then."""
        nothing = all(value is None for value in self.values[self.at : self.at + count])
        self.at += count * nothing
        return nothing


def sizes_of(sizes: Sequence[int | None]) -> str:
    """Sizes as `expect` says them; `?` for any.

    >>> sizes_of((56, 56, None))
    '56x56x?'
    """
    return "x".join("?" if size is None else str(size) for size in sizes)


def unit_slots(unit: Unit) -> Iterator[Slot]:
    """The numbers of a unit, those at their defaults too."""
    depth = unit.node.inputs[0].output.depth if unit.node.inputs and not unit.named else 0
    for kind, values in ((unit.type, unit.values), *unit.sugars.values()):
        for name, value in number_values(kind, values):
            yield Slot(name, value, depth)
        depth = 0


def number_values(kind: str, values: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    """The parameters of a layer that may differ between layers that are alike."""
    for name, one in CATALOGUE[kind].declared.items():
        value = values[name] if name in values else None if one.required else default_of(CATALOGUE[kind], name)
        if isinstance(value, (int, float, str)) and is_number(one.kind, value):
            yield name, value


def _weight(column: Sequence[Slot]) -> tuple[bool, bool, float]:
    """The order in which columns become parameters: complete ones first, small numbers before their multiples."""
    values = [slot.value for slot in column]
    numbers = [value for value in values if isinstance(value, (int, float))]
    return None in values, len(numbers) < len(values), sum(numbers)


#: Parameters whose numbers can follow from each other: depths, and sizes of a window.
_KIN = (("filters", "units", "groups", "size", "heads"), ("kernel", "padding", "dilation"))


def _kin(one: str, other: str) -> bool:
    """Whether a number of one parameter can follow from one of another; the names of arguments have numbers behind."""
    one, other = one.rstrip("0123456789"), other.rstrip("0123456789")
    return one == other or any(one in names and other in names for names in _KIN)


def _text(column: Sequence[Slot], bases: Mapping[int, Sequence[Slot]], names: Mapping[int, str]) -> Expression | None:
    """A column as an expression of parameters, or of the depth that its layer reads; None where there is none."""
    values = [slot.value for slot in column]
    kin = [
        (f"${names[place]}", [slot.value for slot in base])
        for place, base in bases.items()
        if base is column or _kin(base[0].name, column[0].name)
    ]
    for name, base in kin:
        if all(value is None or value == other for value, other in zip(values, base, strict=True)):
            return Expression(name)
    for name, base in kin:
        found = _multiple(values, base, name)
        if found is not None:
            return found
    if not _kin(column[0].name, "filters"):
        return None
    depths: list[Value] = [slot.depth or None for slot in column]
    if all(depth is not None or value is None for depth, value in zip(depths, values, strict=True)):
        return _multiple(values, depths, "$D")
    return None


def _multiple(values: Sequence[Value], base: Sequence[Value], name: str) -> Expression | None:
    """Numbers as the same multiple, or the same part, of others."""
    pairs = [(value, other) for value, other in zip(values, base, strict=True) if value is not None]
    if not all(type(value) is int and type(other) is int and value > 0 and other > 0 for value, other in pairs):
        return None
    value, other = pairs[0]
    assert isinstance(value, int)
    assert isinstance(other, int)
    if value % other == 0:
        times = value // other
        if all(a == times * b for a, b in pairs if isinstance(b, int)):
            return Expression(name if times == 1 else f"{times}*{name}")
    parts = -(-other // value)
    if parts > 1 and all(a == b // parts for a, b in pairs if isinstance(b, int)):
        return Expression(f"{name}//{parts}")
    return None


def _names(wanted: Sequence[tuple[int, str]]) -> dict[int, str]:
    """A name for each parameter: that of the number, with a number of its own where it comes again."""
    found: dict[int, str] = {}
    taken: set[str] = set()
    for place, word in wanted:
        stem = {"repeat": "times"}.get(word, word).rstrip("0123456789") or "number"
        name, number = stem, 1
        while name in taken or not valid_name(name):
            number += 1
            name = f"{stem}{number}"
        taken.add(name)
        found[place] = name
    return found


def _usual(values: Sequence[Value]) -> Value:
    """The value that most members have, as a default; None where no value is that frequent."""
    known = [value for value in values if value is not None]
    best = max(dict.fromkeys(known), key=known.count)
    return best if 2 * known.count(best) > len(known) else None


def _filled(values: Sequence[Value]) -> list[Value]:
    """The values, with the most frequent one where a member has none."""
    known = [value for value in values if value is not None]
    best = max(dict.fromkeys(known), key=known.count)
    return [best if value is None else value for value in values]
