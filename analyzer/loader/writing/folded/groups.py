"""Making groups of parts, and taking them apart again."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from analyzer.loader.writing.folded.parts import Group, Part
from analyzer.loader.writing.folded.shapes import reads_of
from analyzer.loader.writing.folded.units import Units


def group_of(units: Units, region: list[Part], above: int | None) -> Group | None:
    """A group of parts; None where others read in it, or where it reuses parameters of others."""
    start, stop = region[0].start, region[-1].stop
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


def dissolve(lists: Iterable[list[Part]], signs: Collection[int]) -> None:
    """Puts the parts of groups in place of them."""
    for parts in lists:
        if any(isinstance(part, Group) and part.sign in signs for part in parts):
            parts[:] = [
                one
                for part in parts
                for one in (part.parts if isinstance(part, Group) and part.sign in signs else [part])
            ]
