"""Hints about a volume that lacks the spatial axes which a layer needs."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

from analyzer.engine.network import Node
from analyzer.layers import Layer
from analyzer.loader.expand.hint_words import either, line_of, output_of, ways_back
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.trial import Trial
from analyzer.volume import AXES, Volume

#: A vector of a square of at least this side may be an image.
_SIDE = 16

#: The largest depth of an image; a larger one may be an axis.
_COLOURS = 4

#: The depth of a map that a generator begins with is a multiple of this.
_DEEP = 16

#: The factors of a longer vector are not looked for.
_LARGEST = 1_000_000


def other_axes(puzzle: Puzzle, read: list[Node], trial: Trial) -> None:
    """The volumes of the same elements that the layer reads, and where they are written."""
    layer = puzzle.layer
    if layer is None or len(read) != 1:
        return
    source = read[0]
    flat = _flattened(layer, source)
    tiers = (
        [one for one in volumes if output_of(layer, [one]) is not None] for volumes in _volumes(layer, source.output)
    )
    fitting = [] if flat is not None else next(filter(None, tiers), [])
    if flat is not None:
        puzzle.found.help = f"leave out {line_of(flat)}: it reads {flat.flow.input.pretty()}"
    elif fitting:
        puzzle.found.help = f"{_where(source)} {either([_written(source, volume) for volume in fitting[:2]])}"


def _where(source: Node) -> str:
    if not source.inputs:
        return "write"
    return f"in {line_of(source)}, write" if source.layer.regroups else "before it, add"


def _written(source: Node, volume: Volume) -> str:
    order = " x ".join(volume.axes)
    return f"`{'reshape' if source.inputs else source.name}: {volume}`" + ("" if _obvious(source) else f" ({order})")


def _obvious(source: Node) -> bool:
    """Whether the author chose no shape here, so that the order of the axes is no news."""
    return bool(source.inputs) and not source.layer.regroups


def _flattened(layer: Layer, source: Node) -> Node | None:
    """The layer that took the axes away, where the volume before it fits."""
    for node in ways_back(source):
        if not node.inputs or not node.layer.passes:
            return None
        if node.layer.view:
            volume = node.flow.input
            if volume.rank > source.output.rank and output_of(layer, [volume]) is not None:
                return node
    return None


def _volumes(layer: Layer, volume: Volume) -> Iterator[list[Volume]]:
    """Volumes with the elements of `volume` and more axes, those that are likely together, the likeliest first."""
    size = volume.depth
    if volume.rank:
        if volume.rank + 1 < len(AXES) and size > _COLOURS:
            yield [Volume((*volume.spatial, size), 1)]
        return
    cells = [Volume((1,), size), Volume((1, 1), size)]
    if layer.grows:
        yield [*_maps(size), *reversed(cells)]
        return
    planes = next((d for d in (1, 3, 4) if size % d == 0 and isqrt(size // d) ** 2 == size // d), None)
    side = isqrt(size // planes) if planes else 0
    image = [Volume((side, side), planes)] if planes and side > 1 else []
    yield [Volume((size,), 1), *(image if side >= _SIDE else [])]
    yield cells
    yield list(dict.fromkeys([*image, *_plane(size)]))


def _maps(size: int) -> Iterator[Volume]:
    """Small squares of many planes, from which a generator grows an image."""
    for side in (7, 8, 4, 6, 5):
        if size % (_DEEP * side**2) == 0:
            yield Volume((side, side), size // side**2)


def _plane(size: int) -> Iterator[Volume]:
    """The rectangle that is nearest to a square, with a depth of 1."""
    sides = range(isqrt(min(size, _LARGEST)), 1, -1)
    side = next((side for side in sides if size % side == 0), None)
    if side is not None:
        yield Volume((size // side, side), 1)
