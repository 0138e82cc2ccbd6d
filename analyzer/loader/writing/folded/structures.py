"""Finds the structures of a graph: sums of a body and a shortcut, branches that are joined.

The units are read once, in their order. A layer that joins several is looked at when it comes: where the parts before
it are its branches, one after the other and read by nothing else, they become one part. So inner structures are found
before those around them.
"""

from __future__ import annotations

from itertools import pairwise

from analyzer.loader.parse.grammar import JOINS
from analyzer.loader.writing.folded.parts import Parallel, Part, Residual, Single
from analyzer.loader.writing.folded.units import Unit, Units
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The first input of the network, which its first layer reads.
FIRST_INPUT = -1

#: Parts that one structure may have beside each other: what is longer is a list.
_LONGEST = 2_000

#: Levels of structures in each other that a reader can follow.
_DEEPEST = 6


class Structures(Record):
    """The search; `joins` has for each type of join the parameters that those of structures have."""

    units: Units
    joins: dict[str, dict[str, Any]]
    parts: list[Part] = field(factory=list, init=False)
    place: dict[int, int] = field(factory=dict, init=False)

    def find(self) -> list[Part]:
        """The parts of the whole network."""
        for unit in self.units.all:
            part = self._residual(unit) or self._parallel(unit)
            if part is None and self._activates(unit):
                continue
            if part is None:
                part = Single(unit.index, unit.index + 1)
            self.parts.append(part)
            self.place[part.out] = len(self.parts) - 1
        return self.parts

    def _residual(self, unit: Unit) -> Part | None:
        """The residual that ends with a sum; None where the parts before it are none."""
        if unit.type != "add" or len(unit.reads) != 2 or not self._joins(unit):
            return None
        end, shortcut = unit.reads
        units = self.units
        if end == unit.index - 1 and shortcut < end:
            body = self._after(shortcut, unit.index)
            if body is None or self._output(end) != self._output(shortcut):
                return None
            return self._made(Residual(0, unit.index + 1, self.parts[body:], [], unit.index), body)
        if shortcut != unit.index - 1 or end not in self.place or units.readers[end] != 1:
            return None
        middle = self.place[end] + 1
        source = self._first_read(middle)
        body = None if source is None else self._after(source, unit.index)
        if source is None or body is None or body >= middle or self._output(end) == self._output(source):
            return None
        if not self._chained(middle, source):
            return None
        return self._made(Residual(0, unit.index + 1, self.parts[body:middle], self.parts[middle:], unit.index), body)

    def _parallel(self, unit: Unit) -> Part | None:
        """The branches that end with a join; None where the parts before it are none."""
        if unit.type not in JOINS or len(unit.reads) < 2 or not self._joins(unit):
            return None
        reads = unit.reads
        if reads[-1] != unit.index - 1 or any(a >= b for a, b in pairwise(reads)):
            return None
        if any(one not in self.place or self.units.readers[one] != 1 for one in reads):
            return None
        starts = [self.place[one] + 1 for one in reads[:-1]]
        source = self._first_read(starts[0])
        first = None if source is None else self._after(source, unit.index)
        if source is None or first is None or first >= starts[0]:
            return None
        if any(self._first_read(start) != source for start in starts):
            return None
        begin = self.parts[first].start
        if not all(self._apart(start, begin) for start in starts):
            return None
        edges = [first, *starts, len(self.parts)]
        branches = [self.parts[low:high] for low, high in pairwise(edges)]
        return self._made(Parallel(0, unit.index + 1, branches), first)

    def _joins(self, unit: Unit) -> bool:
        """Whether a layer is what a structure joins with."""
        return unit.tied is None and unit.stored is None and unit.values == self.joins.get(unit.type, {})

    def _after(self, source: int, index: int) -> int | None:
        """The place of the part after `source`, where all from there to the unit `index` is read by that at most."""
        frozen = self.units.all[index].node.frozen
        if source != FIRST_INPUT and source not in self.place:
            return None
        first = self.place[source] + 1 if source >= 0 else 0
        region = self.parts[first:]
        if not region or len(region) > _LONGEST or max(part.depth for part in region) >= _DEEPEST:
            return None
        for part in region:
            if frozen and not all(one.node.frozen for one in self.units.all[part.start : part.stop]):
                return None
            if part.inner >= index or self.units.last[part.out] > index:
                return None
            if self.units.last[part.out] < 0 and not self.units.all[part.out].node.layer.stored:
                return None  # an output of the network
        return first if self._first_read(first) == source else None

    def _chained(self, middle: int, above: int) -> bool:
        """Whether the parts from a place read only the one above each, the first the unit `above`."""
        for part in self.parts[middle:]:
            reads = self.units.all[part.start].reads if isinstance(part, Single) else (part.source,)
            if reads != (above,) or (isinstance(part, Single) and self.units.all[part.start].tied is not None):
                return False
            above = part.out
        return True

    def _apart(self, middle: int, begin: int) -> bool:
        """Whether the parts from a place read nothing of those before it, back to the unit `begin`."""
        first = self.parts[middle].start
        return not any(
            begin <= source < first
            for unit in self.units.all[first : self.parts[-1].stop]
            for source in (*unit.reads, *([] if unit.tied is None else [unit.tied]))
        )

    def _first_read(self, place: int) -> int | None:
        """What the part at a place reads first; None where it reads nothing."""
        part = self.parts[place]
        if isinstance(part, (Residual, Parallel)):
            return part.source
        reads = self.units.all[part.start].reads
        return reads[0] if reads else None

    def _output(self, unit: int) -> object:
        network = self.units.network
        return network.inputs[-1 - unit].output if unit < 0 else self.units.all[unit].end.output

    def _made(self, part: Residual | Parallel, first: int) -> Part:
        """The structure in place of the parts from `first`."""
        units = self.units
        region = self.parts[first:]
        source = self._first_read(first)
        assert source is not None
        part.start, part.source = region[0].start, source
        part.depth = 1 + max(one.depth for one in region)
        part.inner = max(units.last[one] for one in range(part.start, part.out))
        del self.parts[first:]
        return part

    def _activates(self, unit: Unit) -> bool:
        """Whether a unit is the activation after the last part, which is a residual; it is made part of it then."""
        part = self.parts[-1] if self.parts else None
        if not isinstance(part, Residual) or part.act is not None or part.total is None:
            return False
        node, total = unit.node, self.units.all[part.total]
        if node.layer.family != "activation" or unit.reads != (part.out,) or self.units.readers[part.out] != 1:
            return False
        plain = (
            unit.tied is None and unit.stored is None and node.origin.note is None and node.frozen == total.node.frozen
        )
        if not plain or total.node.index in self.units.network.expected or len(unit.nodes) > 1:
            return False
        del self.place[part.out]
        part.act, part.stop = unit.index, unit.index + 1
        part.inner = max(part.inner, unit.index)
        self.place[part.out] = len(self.parts) - 1
        return True
