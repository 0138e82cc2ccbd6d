"""Finds what comes again where names show no groups: structures, knots of layers, neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.loader.writing.folded.groups import dissolve, group_of
from analyzer.loader.writing.folded.parts import Group, Parallel, Part, Residual, Single, all_lists
from analyzer.loader.writing.folded.shapes import Shapes, reads_of
from analyzer.loader.writing.folded.units import Units
from analyzer.record import Record

#: Rounds in which neighbours are looked for: each makes groups of two of what the one before left.
_ROUNDS = 48


class Neighbours(Record):
    """The search in the lists of a network that are in no group."""

    units: Units
    shapes: Shapes
    parts: list[Part]

    def find(self) -> None:
        """Puts what comes again into groups, larger ones of smaller ones."""
        self._group_structures()
        self._group_knots()
        self._group_neighbours()

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
                    group = group_of(self.units, [part], parts[place - 1].out if place else None)
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
        dissolve(lists, {sign for sign, count in times.items() if count == 1})

    def _tie_knots(self, parts: list[Part]) -> None:
        """Puts parts of which later ones read several into groups."""
        made: list[Part] = []
        first, last = 0, -1  # where the stretch begins, and the last unit that reads what is in it
        for place, part in enumerate(parts):
            last = max(last, part.inner)
            if last < part.stop and not (first < place and self._activates(parts, place + 1)):
                region = parts[first : place + 1]
                group = group_of(self.units, region, made[-1].out if made else None) if len(region) > 1 else None
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
            if group_of(self.units, [one, other], parts[place - 1].out if place else None) is not None:
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
                group = group_of(self.units, [*_flat(before), *_flat(part)], above)
                if group is not None and before.out in reads_of(part, self.units):
                    made[-1] = group
                    continue
            made.append(part)
        parts[:] = made


def _flat(part: Part) -> list[Part]:
    """The parts of a group without a name, or the part itself."""
    return part.parts if isinstance(part, Group) and not part.path else [part]
