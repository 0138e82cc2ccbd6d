"""Numbers parts so that equal numbers mean: alike up to the numbers in their layers.

Two parts are alike if they have the same structure, layers of the same types with the same words and switches, and read
layers in the same places. A residual that keeps the shape has no use for `project`, so it is alike to one that has it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from analyzer.layers import CATALOGUE
from analyzer.loader.writing.folded.parts import Group, Grown, Looped, Parallel, Part, Repeated, Residual, Single
from analyzer.loader.writing.folded.units import Unit, Units, default_of, is_number
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Shapes(Record):
    """Signs of parts; `projects` has for the sign of a residual the `project` of one that has it."""

    units: Units
    numbers: dict[Hashable, int] = field(factory=dict, init=False)
    words: dict[int, int] = field(factory=dict, init=False)
    projects: dict[int, list[Part]] = field(factory=dict, init=False)

    def sign_all(self, parts: list[Part]) -> None:
        """Gives every part of a list, and of the lists in it, its sign and its depth; inner ones first."""
        self.projects.clear()
        levels: list[list[tuple[Part, int]]] = []
        self._collect(parts, -1, 0, levels)
        for level in reversed(levels):
            for part, _ in level:
                part.depth = max((1 + one.depth for inside in part.lists() for one in inside), default=0)
            residuals = [(part, above) for part, above in level if isinstance(part, Residual)]
            self._sign_residuals(residuals)
            for part, above in level:
                if not isinstance(part, Residual):
                    part.sign = self._sign(part, above)

    def sign_group(self, group: Group, above: int) -> None:
        """Gives a group of parts that have theirs its sign; `above` is the unit above it."""
        group.sign = self._sign(group, above)

    def _collect(self, parts: list[Part], above: int, depth: int, levels: list[list[tuple[Part, int]]]) -> None:
        """The parts of each level with what is above them. A list is as deep as its structures, which is not much."""
        while len(levels) <= depth:
            levels.append([])
        for part in parts:
            levels[depth].append((part, above))
            for inside in part.lists():
                self._collect(inside, part.source, depth + 1, levels)
            above = part.out

    def _number(self, *key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers) + 1)

    def _sign(self, part: Part, above: int) -> int:
        if isinstance(part, Single):
            return self._number("unit", self._word(part.start), self._reads(part.start, above))
        if isinstance(part, Repeated):
            return self._number("repeated", self._word(part.start), self._reads(part.start, above))
        refs = tuple(self._references(part))
        inside = tuple(tuple(one.sign for one in parts) for parts in part.lists())
        if isinstance(part, Parallel):
            joined = self.units.all[part.out]
            return self._number("parallel", joined.type, self._said(joined), inside, refs, part.source == above)
        if isinstance(part, Looped):
            return self._number("looped", len(part.members), inside, refs, part.source == above)
        if isinstance(part, Grown):
            return self._number("grown", len(part.members), inside, refs, part.source == above)
        assert isinstance(part, Group)
        return self._number("group", part.grows, inside, refs, part.source == above)

    def _sign_residuals(self, residuals: Sequence[tuple[Part, int]]) -> None:
        """Signs the residuals of one level: those without `project` are alike to those with the only one there is."""
        kinds: dict[int, set[int | None]] = {}
        plain: list[tuple[Residual, int, int | None]] = []
        for part, above in residuals:
            assert isinstance(part, Residual)
            act = None if part.act is None else self._word(part.act)
            said = "" if part.total is None else self._said(self.units.all[part.total])
            body = tuple(one.sign for one in part.body)
            base = self._number("residual", body, tuple(self._references(part)), act, said, part.source == above)
            project = None
            if part.project:
                project = self._number("project", tuple(one.sign for one in part.project))
            elif part.total is None:
                project = 0
            plain.append((part, base, project))
            kinds.setdefault(base, set()).add(project)
        for part, base, project in plain:
            known = kinds[base] - {None}
            alike = len(known) == 1
            part.sign = self._number("alike", base) if alike else self._number("residual", base, project)
            if part.project or part.total is None:
                self.projects.setdefault(part.sign, part.project)

    def _said(self, unit: Unit) -> Hashable:
        """What is said of a layer beside its parameters."""
        return unit.node.frozen, unit.node.origin.note, unit.stored

    def _word(self, index: int) -> int:
        """The number of a unit's type, words and switches."""
        found = self.words.get(index)
        if found is None:
            unit = self.units.all[index]
            sugars = [(place, self._fixed(kind, values)) for place, (kind, values) in unit.sugars.items()]
            key = self._fixed(unit.type, unit.values), *sugars, *(self._said(unit),), unit.named, unit.like
            found = self.words[index] = self._number("word", *key)
        return found

    @staticmethod
    def _fixed(kind: str, values: dict[str, Any]) -> Hashable:
        """What of a layer's parameters is no number, and which numbers a layer alike must have too."""
        declared = CATALOGUE[kind].declared
        fixed = []
        for name, value in values.items():
            if not is_number(declared[name].kind, value):
                fixed.append((name, repr(value)))
            elif not declared[name].required and not is_number(declared[name].kind, default_of(CATALOGUE[kind], name)):
                fixed.append((name, ""))
        return kind, *fixed

    def _reads(self, index: int, above: int) -> Hashable:
        """How a unit reads: in the order, whether each is the part above; what it is tied to, by distance."""
        unit = self.units.all[index]
        tied = None if unit.tied is None else (index - unit.tied, unit.node.weights_only)
        return tuple(read == above for read in unit.reads), tied

    def names_source(self, part: Part) -> bool:
        """Whether a layer in a part reads the source of the part by name: only a block has a name for it."""
        return any(reference == "source" for reference in self._references(part))

    def _references(self, part: Part) -> Iterator[Hashable]:
        """The places of all that is read in a part by name: in it, its source, or the first, second … elsewhere."""
        places: dict[int, int] = {}
        outside: dict[int, int] = {}
        for one, above in walk(part):
            places.setdefault(one.out, len(places))
            for read in reads_of(one, self.units):
                if read == above:
                    continue
                if read in places:
                    yield places[read]
                elif read == part.source:
                    yield "source"
                else:
                    yield "outside", outside.setdefault(read, len(outside))


def walk(part: Part) -> Iterator[tuple[Part, int]]:
    """The parts in a part, outer ones first, each with what is above it; `project` is left out."""
    for place, parts in enumerate(part.lists()):
        if place and isinstance(part, Residual):
            return
        above = part.source
        for one in parts:
            yield one, above
            yield from walk(one)
            above = one.out


def reads_of(part: Part, units: Units) -> Sequence[int]:
    """What a part itself reads: a unit what it names or reads, any other part its source."""
    return units.all[part.start].reads if isinstance(part, (Single, Repeated)) else (part.source,)


def outside_of(part: Part, units: Units) -> list[int]:
    """The units outside of a part that are read in it by name, its source left out, in the order of reading."""
    found: dict[int, None] = {}
    for one, above in walk(part):
        for read in reads_of(one, units):
            if read not in (above, part.source) and not part.start <= read < part.stop:
                found.setdefault(read)
    return list(found)
