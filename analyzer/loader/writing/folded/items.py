"""The items of a folded model, made of its parts: what each list of the file has, before it is text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.loader.parse.grammar import STRUCTURES
from analyzer.loader.writing.folded.columns import Columns, Expression, Texts, number_values
from analyzer.loader.writing.folded.labels import Labels, common, ending, is_automatic, label_of, without_number
from analyzer.loader.writing.folded.parts import Group, Grown, Looped, Parallel, Part, Repeated, Residual, Single
from analyzer.loader.writing.folded.shapes import Shapes, outside_of, reads_of
from analyzer.loader.writing.folded.units import Unit, default_of
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.writing.folded.columns import Value


#: No unit: where nothing is above.
_NOTHING = -(10**9)


class Item(Record):
    """One item: a layer, a call of a block, or a structure.

    word    what it is: `conv`, `Bottleneck`, `residual`
    values  its parameters or arguments
    sugars  its `norm` and `act`: the type and the parameters of each
    keys    the keys beside it: `name`, `from`, `repeat` …
    lists   the lists in it, by their keys: `body`, the names of branches
    usual   of a call, the defaults of its parameters
    start   its first unit
    stop    the unit after its last
    outside the units that a call hands on by name
    """

    word: str
    start: int
    stop: int
    values: dict[str, Any] = field(factory=dict)
    sugars: dict[str, tuple[str, dict[str, Any]]] = field(factory=dict)
    keys: dict[str, Any] = field(factory=dict)
    lists: dict[str, list[Item]] = field(factory=dict)
    usual: dict[str, Value] | None = None
    outside: Sequence[int] = ()


class Definition(Record):
    """Makes the items of one definition: of the file's own list, or of a block's body.

    `texts` are the numbers in the order of the slots, `members` the calls of a block, `inputs` the names of the
    network's inputs, none in a block;
    `ranges` the names of groups by their units.
    """

    columns: Columns
    shapes: Shapes
    texts: Texts
    ranges: Mapping[tuple[int, int], str]
    labels: Labels
    members: Sequence[Part] = ()
    source: int = -1
    inputs: Sequence[str] = ()
    outside: Mapping[int, str] = field(factory=dict)
    holders: dict[int, Item] = field(factory=dict, init=False)
    layers: dict[int, Item] = field(factory=dict, init=False)
    turns: dict[int, tuple[Item, int]] = field(factory=dict, init=False)
    kinds: set[str] = field(init=False)

    def check(self) -> None:
        self.kinds = {kind for kind in self.columns.units.network.groups.values() if kind}

    def items(self, parts: Sequence[Part], above: int, around: int = -1, *, frozen: bool = False) -> list[Item]:
        """The items of a list whose first item is below `above`."""
        units, found = self.columns.units, list[Item]()
        for part in parts:
            expect = self.texts.take() if units.network.expected and part.out != around else None
            ice = not frozen and all(one.node.frozen for one in units.all[part.start : part.stop])
            item = self._item(part, above, frozen=frozen or ice)
            if ice:
                item.keys["frozen"] = True
            if expect is not None and not (isinstance(expect, str) and set(expect) <= {"?", "x"}):
                item.keys["expect"] = expect
            item = self._append(found, item, part)
            self.holders[part.out] = item
            above = part.out
        return found

    def _item(self, part: Part, above: int, *, frozen: bool) -> Item:
        if isinstance(part, Repeated):
            times = self.texts.take()
            item = self._layer(part, above)
            item.keys["repeat"] = times
            self.layers[part.out] = item
            return item
        if isinstance(part, Single):
            return self._layer(part, above)
        if isinstance(part, Residual):
            item = self._residual(part, frozen=frozen)
        elif isinstance(part, Parallel):
            item = self._parallel(part, frozen=frozen)
        elif isinstance(part, Looped):
            item = self._looped(part, frozen=frozen)
        elif isinstance(part, Grown):
            item = self._grown(part, above)
        else:
            assert isinstance(part, Group)
            item = self._call(part, above)
        if part.source != above:
            item.keys["from"] = self._named(part.source, above)
        return item

    # Layers

    def _layer(self, part: Part, above: int) -> Item:
        unit = self.columns.units.all[part.start]
        item = Item(unit.type, part.start, part.stop, self._values(unit.type, unit.values))
        for place, (kind, values) in unit.sugars.items():
            item.sugars[place] = kind, self._values(kind, values)
        self._reads(item, unit, above)
        node = unit.node
        if unit.tied is not None:
            owner = self._label(self.layers[unit.tied])
            item.keys["tied"] = {"weights": owner} if node.weights_only else owner
        if node.origin.note is not None:
            item.keys["note"] = node.origin.note
        if unit.stored is not None:
            item.keys["weights_dtype"] = unit.stored
        self.layers[part.start] = item
        return item

    def _values(self, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a layer, those at their defaults left out."""
        from analyzer.layers import CATALOGUE

        declared = CATALOGUE[kind].declared
        numbers = {name: self.texts.take() for name, _ in number_values(kind, values)}
        found = {}
        for name, one in declared.items():
            if isinstance(one.kind, (Reference, References, Sugar)):
                continue
            if name in numbers:
                if one.required or numbers[name] != default_of(CATALOGUE[kind], name):
                    found[name] = numbers[name]
            elif name in values:
                found[name] = values[name]
        return found

    def _reads(self, item: Item, unit: Unit, above: int) -> None:
        """What a layer reads: in its own list, in `from`, or the item above."""
        reads = list(unit.reads)
        if unit.like:
            item.values[unit.like] = self._named(reads.pop(), above)
        if unit.named:
            item.values = {unit.named: list(self._all_named(reads, above)), **item.values}
        elif reads and reads != [above]:
            names = [self._named(read, above) for read in reads]
            item.keys["from"] = names[0] if len(names) == 1 else names

    def _named(self, unit: int, above: int) -> str:
        """The name by which an item reads a unit."""
        if unit == above:
            return "prev"
        if unit in self.outside:
            return Expression(f"${self.outside[unit]}")
        if not self.inputs and unit == self.source:
            return "block_input"
        if unit < 0:
            return self.inputs[-1 - unit]
        if unit in self.turns:
            grown, turn = self.turns[unit]
            return f"{grown.keys['name']}.{turn}"
        return self._label(self.holders[unit])

    def _all_named(self, reads: Sequence[int], above: int) -> Iterator[str]:
        """The names of what a layer reads; one name for all repetitions of an item."""
        place = 0
        while place < len(reads):
            grown, turn = self.turns.get(reads[place], (None, 0))
            many = 0 if grown is None else grown.keys["repeat"]
            if (
                grown is not None
                and turn == 1
                and all(self.turns.get(one, (None,))[0] is grown for one in reads[place : place + many])
            ):
                yield f"{grown.keys['name']}.*"
                place += many
            else:
                yield self._named(reads[place], above)
                place += 1

    def _label(self, item: Item) -> str:
        """The name of an item, which it gets where it has none."""
        if "name" not in item.keys:
            if item.usual is None and not item.lists:
                label = self._layer_label(item)
            else:
                label = self._place(item) or item.word.lower()
            item.keys["name"] = self.labels.free(label)
        name: str = item.keys["name"]
        return name

    def _layer_label(self, item: Item) -> str:
        """The name of a layer; in a block, what its names in all calls end with."""
        units = self.columns.units.all
        first = self.members[0] if self.members else None
        starts = [0]
        if first is not None and first.start <= item.start < first.stop:
            starts = [
                one.start - first.start for one in self.members if one.stop - one.start == first.stop - first.start
            ]
        found = []
        for start in starts:
            path = units[item.start + start].node.name
            found.append(label_of(without_number(path) if "repeat" in item.keys else path))
        return ending(found) or item.word

    # Structures

    def _residual(self, part: Residual, *, frozen: bool) -> Item:
        units = self.columns.units
        item = Item("residual", part.start, part.stop)
        item.lists["body"] = self.items(part.body, part.source, self.columns.around(part), frozen=frozen)
        project = part.project or self.shapes.projects.get(part.sign)
        if not part.project and project and self.texts.skips(len(list(self.columns.slots(project)))):
            project = None
        if project:
            source = reads_of(project[0], units)[0]
            item.lists["project"] = self.items(project, source, frozen=frozen)
        elif project is not None:
            item.values["project"] = "none"
        if part.act is not None:
            act = units.all[part.act]
            item.sugars["act"] = act.type, self._values(act.type, act.values)
        if part.total is not None:
            total = units.all[part.total].node
            if total.origin.note is not None:
                item.keys["note"] = total.origin.note
        return item

    def _parallel(self, part: Parallel, *, frozen: bool) -> Item:
        units = self.columns.units
        joined = units.all[part.out]
        item = Item("parallel", part.start, part.stop, {"join": joined.type})
        for name, branch in zip(self._branches(part), part.branches, strict=True):
            item.lists[name] = self.items(branch, part.source, frozen=frozen)
        if joined.node.origin.note is not None:
            item.keys["note"] = joined.node.origin.note
        return item

    def _branches(self, part: Parallel) -> list[str]:
        """Names for branches: the first word in which their layers' names differ from each other."""
        names = [
            [unit.node.name.split(".") for unit in self.columns.units.all[branch[0].start : branch[-1].stop]]
            for branch in part.branches
        ]
        level = 0
        while all(len(path) > level + 1 and path[level] == names[0][0][level] for paths in names for path in paths):
            level += 1
        labels, found = Labels(), []
        for number, paths in enumerate(names, 1):
            word = common([path[level] if len(path) > level else "" for path in paths])
            plain = (
                not word
                or word.isdigit()
                or is_automatic(word, [unit.type for unit in self.columns.units.all[part.start : part.stop]])
            )
            found.append(labels.free(f"branch{number}" if plain else label_of(word)))
        return found

    def _looped(self, part: Looped, *, frozen: bool) -> Item:
        first = part.members[0]
        only = first.parts[0]
        if len(first.parts) == 1 and isinstance(only, (Residual, Parallel)):
            if self.columns.units.network.expected and only.out != self.columns.around(part):
                self.texts.take()
            item = self._residual(only, frozen=frozen) if isinstance(only, Residual) else self._parallel(only, frozen=frozen)  # fmt: skip
            if isinstance(only, Residual) and any("name" in one.keys for one in _beside(item)):
                item = Item("sequence", part.start, part.stop, lists={"sequence": [item]})
        else:
            item = Item("sequence", part.start, part.stop)
            item.lists["sequence"] = self.items(first.parts, part.source, self.columns.around(part), frozen=frozen)
        item.start, item.stop = part.start, part.stop
        item.keys["repeat"] = len(part.members)
        self._entitle(item)
        return item

    # Calls

    def _call(self, part: Group, above: int) -> Item:
        block = self.columns.blocks[part.sign]
        item = Item(block.name, part.start, part.stop)
        item.usual = {one.name: one.default for one in block.parameters}
        for one in block.parameters:
            value = self.texts.take()
            if value != one.default:
                item.values[one.name] = value
        item.outside = outside_of(part, self.columns.units)
        for name, unit in zip(block.outside, item.outside, strict=True):
            item.values[name] = self._named(unit, above)
        return item

    def _grown(self, part: Grown, above: int) -> Item:
        """The call that is repeated, each repetition on what all before it put out."""
        if self.columns.units.network.expected:
            self.texts.take()  # nothing is expected of a member
        item = self._call(part.members[0], above)
        item.start, item.stop, item.outside = part.start, part.stop, (part.start,)
        item.keys["repeat"] = len(part.members)
        name = self._label(item)
        item.values[self.columns.blocks[part.members[0].sign].grows] = [self._named(part.base, _NOTHING), f"{name}.*"]
        for turn, member in enumerate(part.members, 1):
            self.turns[member.out] = item, turn
        return item

    def _append(self, items: list[Item], item: Item, part: Part) -> Item:
        """Adds an item to a list, or to the repetitions of the call before it."""
        before = items[-1] if items else None
        if before is not None and part.source == before.stop - 1 and self._repeats(before, item):
            before.stop = item.stop
            before.keys.update(item.keys)
            before.keys["repeat"] = before.keys.get("repeat", 1) + 1
            return before
        items.append(item)
        return item

    def _repeats(self, before: Item, item: Item) -> bool:
        """Whether a call is one more repetition of the call before; only the first may have arguments of its own."""
        if before.usual is None or before.word != item.word:
            return False
        if not before.keys.keys() <= {"repeat", "first", "frozen", "from"} or not item.keys.keys() <= {
            "frozen",
            "expect",
        }:
            return False
        if [*before.outside] != [*item.outside]:
            return False
        if (
            before.keys.get("frozen") != item.keys.get("frozen")
            or self.columns.units.last[before.stop - 1] >= item.stop
        ):
            return False
        if before.values == item.values:
            return True
        if "repeat" in before.keys or item.usual is None:
            return False
        names = [name for name in {**before.values, **item.values} if before.values.get(name) != item.values.get(name)]
        if any(name in item.values or item.usual.get(name) is None for name in names):
            return False
        before.keys["first"] = {name: before.values.pop(name) for name in names}
        return True

    def _entitle(self, item: Item) -> None:
        """Gives a call, or what is repeated, the name of its group."""
        if "name" not in item.keys:
            place = self._place(item)
            if place:
                item.keys["name"] = self.labels.free(place)

    def _place(self, item: Item) -> str:
        """The name of the group that an item is; empty where it has none but an automatic one."""
        path = self.ranges.get((item.start, item.stop), "")
        if not path:
            units = self.columns.units.all[item.start : item.stop]
            path = common([unit.node.name for unit in units])
        label = label_of(path) if path else ""
        return "" if is_automatic(label, (item.word, *self.kinds, *STRUCTURES)) else label

    def entitle(self, items: Sequence[Item]) -> None:
        """Gives the calls of a list the names of their groups, and the layers of a YAML file's own list their names.

        Names of other programs' layers are too many, and those in blocks are mostly for what reads them.
        """
        kept = self.inputs and self.columns.units.network.source is None
        for item in items:
            if item.usual is not None:
                self._entitle(item)
            elif kept and not item.lists and "name" not in item.keys:
                label = self._layer_label(item)
                if not is_automatic(label, (item.word,)) and label != item.word:
                    item.keys["name"] = self.labels.free(label)

    def label_output(self, unit: int) -> str:
        """The name of an item whose output is one of the network."""
        return self._label(self.holders[unit])


def _beside(item: Item) -> Iterator[Item]:
    """The items whose names are on one level with that of an item: those in a residual."""
    if item.word == "residual":
        for items in item.lists.values():
            for one in items:
                yield one
                yield from _beside(one)
