"""Finds groups that each read what all before them put out, as the layers of a DenseNet do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analyzer.loader.writing.folded.columns import Columns
from analyzer.loader.writing.folded.groups import group_of
from analyzer.loader.writing.folded.parts import Group, Grown, Part, Single, all_lists
from analyzer.loader.writing.folded.shapes import Shapes, outside_of
from analyzer.loader.writing.folded.units import Units
from analyzer.record import Record

#: Members that read all before them, in a row that is written as one item.
_GROWN = 3


class Growing(Record):
    """The search in a network."""

    units: Units
    shapes: Shapes
    columns: Columns

    def find(self, parts: list[Part]) -> None:
        """Finds the groups that each read what all before them put out, as those of a DenseNet."""
        for inside in list(all_lists(parts)):
            self._cut_growing(inside)
        self.shapes.sign_all(parts)
        for inside in list(all_lists(parts)):
            self._collect(inside)

    def _collect(self, parts: list[Part]) -> None:
        """Makes the members in a list one part."""
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
                group_of(self.units, parts[low:high], parts[low - 1].out) if high - low > 1 else None
                for low, high in pairwise(edges)
            ]
            if first < done or None in groups:
                continue
            made += [*parts[done:first], *[group for group in groups if group is not None]]
            done = row[-1]
        parts[:] = [*made, *parts[done:]]

    def _growing(self, parts: Sequence[Part], place: int) -> list[Group]:
        """The groups from a place on that read what all before them put out, without the layer that joins it."""
        first = parts[place]
        if not isinstance(first, Group) or self._expects(first) or outside_of(first, self.units):
            return []
        base, join = first.source, first.parts[0]
        if self._joins(join, self.units.all[join.start].reads[:1]):
            base = self.units.all[join.start].reads[0]
            inner = group_of(self.units, first.parts[1:], join.out) if len(first.parts) > 1 else None
            if inner is None or inner.source != join.out:
                return []
            self.shapes.sign_group(inner, join.out)
            first = inner
        members, reads = [first], [base, first.out]
        for part in parts[place + 1 :]:
            if not isinstance(part, Group) or len(part.parts) < 2 or not self._joins(part.parts[0], reads):
                break
            join = part.parts[0]
            member = group_of(self.units, part.parts[1:], join.out)
            if member is None or member.source != join.out or self._expects(part):
                break
            self.shapes.sign_group(member, join.out)
            if member.sign != first.sign or not self.columns.equal(first, member):
                break
            reads.append(part.out)
            members.append(member)
        return members

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
