"""Which groups save lines: the others are taken apart, and equal layers become one item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.loader.writing.folded.columns import Columns
from analyzer.loader.writing.folded.groups import dissolve
from analyzer.loader.writing.folded.labels import is_automatic, label_of, without_number
from analyzer.loader.writing.folded.parts import Group, Looped, Parallel, Part, Repeated, Residual, Single, all_lists
from analyzer.loader.writing.folded.shapes import Shapes, outside_of
from analyzer.loader.writing.folded.units import Unit, Units
from analyzer.record import Record

#: Numbers in which the first of several repetitions may differ.
_FEW = 2

#: Equal layers in a body or a branch that become one item; a body of two is easier to compare with others.
_IN_STRUCTURE = 3

#: Lines that a block costs beside its layers: its name, its parameters, its key `layers`.
_HEAD = 3

#: Lines that a sequence costs beside its layers: its key, `repeat`.
_ROW = 2

#: Lines that a block must save.
_LEAST = 2


class Saving(Record):
    """The lines of a network."""

    units: Units
    shapes: Shapes
    columns: Columns
    parts: list[Part]

    def settle(self) -> None:
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
            dissolve(list(all_lists(self.parts)), idle)

    def loop(self) -> None:
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
        self.settle()

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

    def _near(self, first: Part, part: Part) -> bool:
        """Whether the first repetition may differ so much from the others: in its stride, and what follows from it."""
        count, total = self.columns.differing(first, part)
        return count <= max(_FEW, total // 8)

    def _is_one_item(self, group: Group) -> bool:
        """Whether all that is in a group is one layer, one call or one repetition."""
        items = list(self._stretches(group.parts))
        return len(items) == 1 and isinstance(items[0][0], (Single, Repeated, Looped, Group))

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

    def _written(self, unit: Unit) -> str:
        """The name that the author of a YAML file gave a layer, without the number of its repetition; often none."""
        path = without_number(unit.node.name) if self.units.network.source is None else ""
        label = label_of(path) if path else ""
        return "" if is_automatic(label, (unit.type,)) or label == unit.type else path


def _looped(groups: list[Group]) -> Looped:
    looped = Looped(groups[0].start, groups[-1].stop, groups)
    looped.source, looped.depth = groups[0].source, groups[0].depth
    looped.inner = max(part.inner for part in groups)
    return looped


def _saves(runs: Sequence[int], lines: int) -> bool:
    """Whether a block of so many lines, called in runs of these lengths, saves lines."""
    without = sum(runs) * lines
    if len(runs) == 1:  # a sequence, or a structure that is repeated
        return runs[0] > 1 and without - lines - _ROW >= 1
    return without - lines - _HEAD - sum(1 + (run > 1) for run in runs) >= _LEAST
