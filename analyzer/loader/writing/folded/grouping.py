"""Which parts become blocks: groups that names show, structures that come again, neighbours that come again together.

Only what saves lines becomes one.
"""

from __future__ import annotations

from analyzer.engine.tree import inside, tree_of
from analyzer.loader.parse.grammar import STRUCTURES
from analyzer.loader.writing.folded.columns import Columns
from analyzer.loader.writing.folded.groups import group_of
from analyzer.loader.writing.folded.growing import Growing
from analyzer.loader.writing.folded.neighbours import Neighbours
from analyzer.loader.writing.folded.parts import Group, Part, Single, all_lists
from analyzer.loader.writing.folded.saving import Saving
from analyzer.loader.writing.folded.shapes import Shapes
from analyzer.loader.writing.folded.units import Units
from analyzer.record import Record, field

#: Classes of modules that only hold others.
_CONTAINERS = frozenset((*STRUCTURES, "Sequential", "ModuleList", "ModuleDict"))


class Grouping(Record):
    """The search for blocks; `named` has the groups of the network by their first unit: where they end, name, class."""

    units: Units
    shapes: Shapes
    columns: Columns
    parts: list[Part]
    named: dict[int, list[tuple[int, str, str]]] = field(factory=dict, init=False)

    def group(self) -> list[Part]:
        """The parts, with groups in all their lists."""
        saving = Saving(self.units, self.shapes, self.columns, self.parts)
        self._read_names()
        for parts in list(all_lists(self.parts)):
            self._group_named(parts)
        Growing(self.units, self.shapes, self.columns).find(self.parts)
        saving.settle()
        Neighbours(self.units, self.shapes, self.parts).find()
        saving.settle()
        saving.loop()
        return self.parts

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
        group = group_of(self.units, region, made[first - 1].out if first else None)
        if group is not None:
            group.path, group.kind = name, kind
            made[first:] = [group]
