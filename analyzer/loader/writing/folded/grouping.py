"""Which parts become blocks: groups that names show, structures that come again, neighbours that come again together.

Only what saves lines becomes one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from analyzer.engine.tree import inside, tree_of
from analyzer.loader.parse.grammar import STRUCTURES
from analyzer.loader.writing.folded.columns import Columns
from analyzer.loader.writing.folded.labels import is_automatic, label_of, without_number
from analyzer.loader.writing.folded.parts import (
    Group,
    Grown,
    Looped,
    Parallel,
    Part,
    Repeated,
    Residual,
    Single,
    all_lists,
)
from analyzer.loader.writing.folded.shapes import Shapes, outside_of, reads_of
from analyzer.loader.writing.folded.units import Unit, Units
from analyzer.record import Record, field

#: Classes of modules that only hold others.
_CONTAINERS = frozenset((*STRUCTURES, "Sequential", "ModuleList", "ModuleDict"))

#: Rounds in which neighbours are looked for: each makes groups of two of what the one before left.
_ROUNDS = 48

#: Numbers in which the first of several repetitions may differ.
_FEW = 2

#: Equal layers in a body or a branch that become one item; a body of two is easier to compare with others.
_IN_STRUCTURE = 3

#: Members that read all before them, in a row that is written as one item.
_GROWN = 3

#: Lines that a block costs beside its layers: its name, its parameters, its key `layers`.
_HEAD = 3

#: Lines that a sequence costs beside its layers: its key, `repeat`.
_ROW = 2

#: Lines that a block must save.
_LEAST = 2


class Grouping(Record):
    """The search for blocks."""

    units: Units
    shapes: Shapes
    columns: Columns
    parts: list[Part]
    named: dict[int, list[tuple[int, str, str]]] = field(factory=dict, init=False)

    def group(self) -> list[Part]:
        """The parts, with groups in all their lists."""
        self._read_names()
        for parts in list(all_lists(self.parts)):
            self._group_named(parts)
        self._group_grown()
        self._settle()
        self._group_structures()
        self._group_knots()
        self._group_neighbours()
        self._settle()
        self._loop()
        return self.parts

    # Names

    def _read_names(self) -> None:
        """The stretches of units that have a name in the network: by their start, the shortest first."""
        units = self.units
        for group in inside(tree_of(units.network)):
            if not group.level or not group.parts or group.expanded:
                continue
            start, stop = self._first_unit(group.start), units.of[group.stop - 1] + 1
            if stop - start > 1:
                kind = units.network.groups.get(group.name) or ""
                self.named.setdefault(start, []).append((stop, group.name, "" if kind in _CONTAINERS else kind))
        for found in self.named.values():
            found.reverse()
            found.sort(key=lambda one: one[0])

    def _first_unit(self, node: int) -> int:
        unit = self.units.of[node]
        return unit if self.units.all[unit].node.index == node else unit + 1

    def _group_named(self, parts: list[Part]) -> None:
        """Puts the parts of one name into a group, inner names first."""
        made: list[Part] = []
        ends: list[tuple[int, int, str, str]] = []  # the open names: where they end, the place of their first part
        for part in parts:
            for stop, name, kind in reversed(self.named.get(part.start, ())):
                if stop >= part.stop:
                    ends.append((stop, len(made), name, kind))
            made.append(part)
            while ends and ends[-1][0] <= part.stop:
                stop, first, name, kind = ends.pop()
                if stop == part.stop:
                    self._close(made, first, name, kind)
        parts[:] = made

    def _close(self, made: list[Part], first: int, name: str, kind: str) -> None:
        """Makes the parts from `first` a group, if they can be one."""
        region = made[first:]
        only = region[0] if len(region) == 1 else None
        if isinstance(only, Group):
            if not kind or not only.kind:  # a module around the only one in it
                only.path, only.kind = name, only.kind or kind
            return
        if isinstance(only, Single):
            return
        group = self._made(region, made[first - 1].out if first else None)
        if group is not None:
            group.path, group.kind = name, kind
            made[first:] = [group]

    def _made(self, region: list[Part], above: int | None) -> Group | None:
        """A group of parts; None where others read in it, or where it reuses parameters of others."""
        units, start, stop = self.units, region[0].start, region[-1].stop
        for part in region:
            if part.inner >= stop or (part is not region[-1] and units.last[part.out] >= stop):
                return None
        for unit in units.all[start:stop]:
            if (unit.tied is not None and not start <= unit.tied < stop) or units.reused[unit.index] >= stop:
                return None
        group = Group(start, stop, region)
        reads = [read for read in reads_of(region[0], units) if read < start]
        group.source = above if above is not None and (above in reads or not reads) else reads[0] if reads else -1
        group.depth = 1 + max(part.depth for part in region)
        group.inner = max((units.last[one] for one in range(start, stop - 1)), default=-1)
        return group

    # Members that read all before them

    def _group_grown(self) -> None:
        """Finds the groups that each read what all before them put out, as those of a DenseNet."""
        for parts in list(all_lists(self.parts)):
            self._cut_growing(parts)
        self.shapes.sign_all(self.parts)
        for parts in list(all_lists(self.parts)):
            made: list[Part] = []
            place = 0
            while place < len(parts):
                members = self._growing(parts, place)
                first = members[0] if members else None
                if first is not None and len(members) >= _GROWN:
                    grown = Grown(first.start, members[-1].stop, members, first.source)
                    grown.source, grown.depth = first.source, first.depth + 1
                    grown.inner = max(self.units.last[one] for one in range(grown.start, grown.out))
                    for member in members:
                        member.grows = "later" if first is parts[place] else "all"
                    if first is not parts[place]:
                        grown.start, grown.base = parts[place].start, self.units.all[parts[place].start].reads[0]
                        grown.source = grown.base
                    made.append(grown)
                    place += len(members)
                else:
                    made.append(parts[place])
                    place += 1
            parts[:] = made

    def _cut_growing(self, parts: list[Part]) -> None:
        """Makes groups of the layers between joins that each read one more than the join before, where none are."""
        places = {part.out: place for place, part in enumerate(parts)}
        rows: list[list[int]] = []  # the places of such joins, those that belong together in a row
        for place, part in enumerate(parts):
            unit = self.units.all[part.start]
            if not isinstance(part, Single) or unit.type != "concat" or unit.reads[-1] != part.start - 1:
                continue
            before = self.units.all[parts[rows[-1][-1]].start].reads if rows else ()
            if rows and unit.reads[:-1] == before:
                rows[-1].append(place)
            elif len(unit.reads) == 2 and unit.reads[0] in places:
                rows.append([place])
        made: list[Part] = []
        done = 0
        for row in rows:
            if len(row) < _GROWN:
                continue
            first = places[self.units.all[parts[row[0]].start].reads[0]] + 1
            edges = [first, *row]
            groups = [
                self._made(parts[low:high], parts[low - 1].out) if high - low > 1 else None
                for low, high in pairwise(edges)
            ]
            if first < done or None in groups:
                continue
            made += [*parts[done:first], *[group for group in groups if group is not None]]
            done = row[-1]
        parts[:] = [*made, *parts[done:]]

    def _joins(self, part: Part, reads: Sequence[int]) -> bool:
        """Whether a part is a plain layer that joins these units."""
        unit = self.units.all[part.start]
        plain = (
            isinstance(part, Single)
            and unit.type == "concat"
            and not unit.values
            and unit.node.origin.note is None
            and not unit.node.frozen
        )
        return plain and list(unit.reads) == list(reads)

    def _expects(self, part: Part) -> bool:
        """Whether something is expected of a layer in a part."""
        expected = self.units.network.expected
        return bool(expected) and any(unit.end.index in expected for unit in self.units.all[part.start : part.stop])

    def _growing(self, parts: Sequence[Part], place: int) -> list[Group]:
        """The groups from a place on that read what all before them put out, without the layer that joins it."""
        first = parts[place]
        if not isinstance(first, Group) or self._expects(first) or outside_of(first, self.units):
            return []
        base, join = first.source, first.parts[0]
        if self._joins(join, self.units.all[join.start].reads[:1]):
            base = self.units.all[join.start].reads[0]
            inner = self._made(first.parts[1:], join.out) if len(first.parts) > 1 else None
            if inner is None or inner.source != join.out:
                return []
            self.shapes.sign_group(inner, join.out)
            first = inner
        members, reads = [first], [base, first.out]
        for part in parts[place + 1 :]:
            if not isinstance(part, Group) or len(part.parts) < 2 or not self._joins(part.parts[0], reads):
                break
            join = part.parts[0]
            member = self._made(part.parts[1:], join.out)
            if member is None or member.source != join.out or self._expects(part):
                break
            self.shapes.sign_group(member, join.out)
            if member.sign != first.sign or not self.columns.equal(first, member):
                break
            reads.append(part.out)
            members.append(member)
        return members

    # Structures and neighbours

    def _outer_lists(self) -> Iterator[list[Part]]:
        """The lists that are in no group."""
        left = [self.parts]
        while left:
            parts = left.pop()
            yield parts
            for part in parts:
                if not isinstance(part, Group):
                    left.extend(part.lists())

    def _group_structures(self) -> None:
        """Puts each structure that comes again into a group."""
        self.shapes.sign_all(self.parts)
        times: dict[int, int] = {}
        for parts in all_lists(self.parts):
            for part in parts:
                if isinstance(part, (Residual, Parallel)):
                    times[part.sign] = times.get(part.sign, 0) + 1
        for parts in list(self._outer_lists()):
            for place, part in enumerate(parts):
                if isinstance(part, (Residual, Parallel)) and times[part.sign] > 1:
                    group = self._made([part], parts[place - 1].out if place else None)
                    if group is not None:
                        parts[place] = group

    def _group_knots(self) -> None:
        """Puts what is between two layers that all goes through into a group, where it comes again."""
        lists = list(self._outer_lists())
        for parts in lists:
            self._tie_knots(parts)
        self.shapes.sign_all(self.parts)
        times: dict[int, int] = {}
        for parts in lists:
            for part in parts:
                times[part.sign] = times.get(part.sign, 0) + 1
        self._dissolve(lists, {sign for sign, count in times.items() if count == 1})

    def _tie_knots(self, parts: list[Part]) -> None:
        """Puts parts of which later ones read several into groups."""
        made: list[Part] = []
        first, last = 0, -1  # where the stretch begins, and the last unit that reads what is in it
        for place, part in enumerate(parts):
            last = max(last, part.inner)
            if last < part.stop and not (first < place and self._activates(parts, place + 1)):
                region = parts[first : place + 1]
                group = self._made(region, made[-1].out if made else None) if len(region) > 1 else None
                made += region if group is None else [group]
                first, last = place + 1, -1
            last = max(last, self.units.last[part.out])
        made += parts[first:]
        parts[:] = made

    def _activates(self, parts: Sequence[Part], place: int) -> bool:
        """Whether the part at a place is the activation of the one before it, which nothing else reads."""
        part = parts[place] if place < len(parts) else None
        if not isinstance(part, Single) or self.units.all[part.start].node.layer.family != "activation":
            return False
        before = parts[place - 1].out
        return self.units.all[part.start].reads == (before,) and self.units.last[before] == part.start

    @staticmethod
    def _dissolve(lists: Iterable[list[Part]], signs: Collection[int]) -> None:
        """Puts the parts of groups in place of them."""
        for parts in lists:
            if any(isinstance(part, Group) and part.sign in signs for part in parts):
                parts[:] = [
                    one
                    for part in parts
                    for one in (part.parts if isinstance(part, Group) and part.sign in signs else [part])
                ]

    def _group_neighbours(self) -> None:
        """Puts two neighbours that come again into a group, the most frequent first."""
        lists = list(self._outer_lists())
        for _ in range(_ROUNDS):
            self.shapes.sign_all(self.parts)
            times: dict[tuple[int, int], int] = {}
            for parts in lists:
                for place in self._pairs(parts):
                    pair = parts[place].sign, parts[place + 1].sign
                    times[pair] = times.get(pair, 0) + 1
            most = max(times.values(), default=0)
            if most < 2:
                return
            best = next(pair for pair, count in times.items() if count == most)
            for parts in lists:
                self._join(parts, best)

    def _pairs(self, parts: Sequence[Part]) -> Iterator[int]:
        """The places of neighbours that can become a group."""
        for place in range(len(parts) - 1):
            one, other = parts[place], parts[place + 1]
            if one.sign == other.sign or one.out not in reads_of(other, self.units):
                continue
            if any(self._in_run(parts, at) for at in (place, place + 1)):
                continue
            if self._made([one, other], parts[place - 1].out if place else None) is not None:
                yield place

    @staticmethod
    def _in_run(parts: Sequence[Part], place: int) -> bool:
        """Whether a group is beside one that is alike."""
        part = parts[place]
        if not isinstance(part, Group):
            return False
        beside = parts[max(place - 1, 0) : place] + parts[place + 1 : place + 2] if isinstance(parts, list) else ()
        return any(one.sign == part.sign for one in beside)

    def _join(self, parts: list[Part], pair: tuple[int, int]) -> None:
        made: list[Part] = []
        for part in parts:
            before = made[-1] if made else None
            if before is not None and (before.sign, part.sign) == pair and part.out >= 0:
                above = made[-2].out if len(made) > 1 else None
                group = self._made([*_flat(before), *_flat(part)], above)
                if group is not None and before.out in reads_of(part, self.units):
                    made[-1] = group
                    continue
            made.append(part)
        parts[:] = made

    # Lines

    def _settle(self) -> None:
        """Dissolves the groups that save no lines, until all do; equal layers become a repetition in between."""
        while True:
            self._repeat(self.parts, 2)
            for part in [part for parts in all_lists(self.parts) for part in parts]:
                for body in part.lists():
                    self._repeat(body, _IN_STRUCTURE if isinstance(part, (Residual, Parallel)) else 2)
            self.shapes.sign_all(self.parts)
            idle = self._idle()
            if not idle:
                return
            self._dissolve(list(all_lists(self.parts)), idle)

    def _idle(self) -> set[int]:
        """The signs of groups that save no lines: the innermost of them, since an outer one may do without it then."""
        members: dict[int, Group] = {}
        runs = self._runs(members)
        idle = {
            sign
            for sign, group in members.items()
            if not group.grows and (self._is_one_item(group) or not _saves(runs[sign], self._lines(group.parts)))
        }
        least = min((members[sign].depth for sign in idle), default=0)
        return {sign for sign in idle if members[sign].depth == least}

    def _runs(self, members: dict[int, Group] | None = None) -> dict[int, list[int]]:
        """How long the rows are in which each kind of group is written, what is in a group once for all alike."""
        runs: dict[int, list[int]] = {}
        members = {} if members is None else members
        left: list[list[Part]] = [self.parts]
        while left:
            parts = left.pop()
            for stretch in self._stretches(parts):
                part = stretch[0]
                if isinstance(part, Group):
                    runs.setdefault(part.sign, []).append(len(stretch))
                    if part.sign in members:
                        continue
                    members[part.sign] = part
                left.extend(part.lists())
        return runs

    def _near(self, first: Part, part: Part) -> bool:
        """Whether the first repetition may differ so much from the others: in its stride, and what follows from it."""
        count, total = self.columns.differing(first, part)
        return count <= max(_FEW, total // 8)

    def _is_one_item(self, group: Group) -> bool:
        """Whether all that is in a group is one layer, one call or one repetition."""
        items = list(self._stretches(group.parts))
        return len(items) == 1 and isinstance(items[0][0], (Single, Repeated, Looped, Group))

    def _stretches(self, parts: Sequence[Part]) -> Iterator[list[Part]]:
        """Neighbours that one item can be: groups alike and in a row, the first of which may have other numbers."""
        stretch: list[Part] = []
        for part in parts:
            if stretch and isinstance(part, Group) and part.sign == stretch[-1].sign and part.source == stretch[-1].out:
                same = outside_of(stretch[0], self.units) == outside_of(part, self.units)
                if not same or self.units.last[stretch[-1].out] >= part.stop:  # what is between has no name
                    pass
                elif self.columns.equal(stretch[-1], part) or (len(stretch) == 1 and self._near(stretch[0], part)):
                    stretch.append(part)
                    continue
            if stretch:
                yield stretch
            stretch = [part]
        if stretch:
            yield stretch

    def _loop(self) -> None:
        """Makes the groups that come in one row only, all with equal numbers, a part that is repeated."""
        runs = self._runs()
        unequal: set[int] = set()
        for parts in all_lists(self.parts):
            for stretch in self._stretches(parts):
                equal = all(self.columns.equal(stretch[0], one) for one in stretch)
                if isinstance(stretch[0], Group) and (not equal or self.shapes.names_source(stretch[0])):
                    unequal.add(stretch[0].sign)
        for parts in list(all_lists(self.parts)):
            made: list[Part] = []
            for stretch in self._stretches(parts):
                groups = [part for part in stretch if isinstance(part, Group)]
                if groups and len(runs.get(groups[0].sign, ())) == 1 and groups[0].sign not in unequal:
                    made.append(_looped(groups))
                else:
                    made += stretch
            parts[:] = made
        self._settle()

    def _lines(self, parts: Sequence[Part]) -> int:
        """About how many lines a list takes."""
        lines = 0
        for part in parts:
            if isinstance(part, Group):
                lines += 1
            elif isinstance(part, Residual):
                lines += 2 + (part.act is not None) + sum(1 + self._lines(one) for one in part.lists()) - 1
            elif isinstance(part, Parallel):
                lines += 3 + sum(1 + (len(one) > 1) * self._lines(one) for one in part.branches)
            else:
                lines += 1 + isinstance(part, Repeated)
        return lines

    def _repeat(self, parts: list[Part], least: int) -> None:
        """Puts `least` equal layers or more, each of which reads the one before, into one part."""
        made: list[Part] = []
        row: list[Part] = []
        for part in [*parts, None]:
            if part is not None and row and isinstance(part, Single) and self._same(row[-1], part):
                row.append(part)
                continue
            if len(row) >= least:
                repeated = Repeated(row[0].start, row[-1].stop)
                repeated.inner = row[-1].start
                made.append(repeated)
            else:
                made += row
            row = [] if part is None else [part]
        parts[:] = made

    def _written(self, unit: Unit) -> str:
        """The name that the author of a YAML file gave a layer, without the number of its repetition; often none."""
        path = without_number(unit.node.name) if self.units.network.source is None else ""
        label = label_of(path) if path else ""
        return "" if is_automatic(label, (unit.type,)) or label == unit.type else path

    def _same(self, before: Part, part: Part) -> bool:
        """Whether a layer is the same as the one before it, which only it reads."""
        if not isinstance(before, (Single, Repeated)):
            return False
        one, other = self.units.all[before.out], self.units.all[part.start]
        if other.reads != (before.out,) or self.units.readers[before.out] != 1 or len(one.reads) != 1:
            return False
        if one.type != other.type or one.values != other.values or one.sugars != other.sugars:
            return False
        if one.tied is not None or other.tied is not None or one.end.index in self.units.network.expected:
            return False
        if self._written(one) != self._written(other):
            return False
        said = [(unit.node.frozen, unit.node.origin.note, unit.stored, unit.like) for unit in (one, other)]
        return said[0] == said[1]


def _looped(groups: list[Group]) -> Looped:
    looped = Looped(groups[0].start, groups[-1].stop, groups)
    looped.source, looped.depth = groups[0].source, groups[0].depth
    looped.inner = max(part.inner for part in groups)
    return looped


def _flat(part: Part) -> list[Part]:
    """The parts of a group without a name, or the part itself."""
    return part.parts if isinstance(part, Group) and not part.path else [part]


def _saves(runs: Sequence[int], lines: int) -> bool:
    """Whether a block of so many lines, called in runs of these lengths, saves lines."""
    without = sum(runs) * lines
    if len(runs) == 1:  # a sequence, or a structure that is repeated
        return runs[0] > 1 and without - lines - _ROW >= 1
    return without - lines - _HEAD - sum(1 + (run > 1) for run in runs) >= _LEAST
