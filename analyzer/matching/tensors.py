"""Shapes of tensors read as volumes: frameworks put the depth first or last, and fold or flatten positions.

A tensor of shape (1, 64, 7, 5) is the volume 7×5×64, and so is (1, 7, 5, 64). Where the numbers of axes differ,
positions or heads are folded: (1, 35, 64), (5, 7, 64) of windows along one axis, (1, 7, 5, 8, 8) of eight heads, (1,
2240) flattened.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from analyzer.matching.observed import Shape
from analyzer.volume import Volume


def is_of(shape: Shape, volume: Volume) -> bool:
    """Whether a tensor of this shape, batch first, can hold this volume.

    >>> is_of((1, 64, 7, 5), Volume((7, 5), 64)), is_of((1, 64, 5, 7), Volume((7, 5), 64))
    (True, False)
    >>> is_of((1, 35, 64), Volume((7, 5), 64)), is_of((5, 7, 64), Volume((7, 5), 64))
    (True, True)
    >>> is_of((4, 64, 7, 5), Volume((4, 7, 5), 64)), is_of((4, 64, 5, 7), Volume((4, 7, 5), 64))
    (True, False)
    """
    if prod(shape) != volume.size:
        return False
    sizes = [size for size in shape if size != 1]
    spatial = [size for size in volume.spatial if size != 1]
    depth = [volume.depth] if volume.depth != 1 else []
    if len(sizes) == len(spatial) + len(depth) and shape[:1] == (1,):
        return sizes in ([*spatial, *depth], [*depth, *spatial])
    if len(sizes) <= 1:
        return True
    parts = {prod(sizes[:place]) for place in range(len(sizes) + 1)}
    windows = [*spatial[:1], *depth, *spatial[1:]]  # (4, 64, 7, 5): four planes in place of a batch
    return volume.depth in parts or volume.positions in parts or sizes == windows


def volumes(shape: Shape, like: Volume) -> Iterator[Volume]:
    """The volumes that a tensor of this shape may be, for a layer that reads one like this in the network.

    >>> list(volumes((1, 64, 7, 5), Volume((9, 9), 64)))
    [Volume(7x5x64), Volume(64x7x5)]
    """
    if is_of(shape, like):
        yield like
    sizes = shape[1:] if shape[:1] == (1,) else shape
    if not sizes or len(sizes) > 4 or 0 in sizes:
        return
    if len(sizes) == like.rank + 1:
        yield Volume((*sizes[1:],), sizes[0])
        if len(sizes) > 1:
            yield Volume((*sizes[:-1],), sizes[-1])
    elif like.rank == 0 or like.depth == sizes[-1] or len(sizes) == 1:
        # tokens in place of a plane, a plane in place of a vector: the depth is last there
        yield Volume((*sizes[:-1],), sizes[-1])
    else:
        yield Volume((*sizes[1:],), sizes[0])


def shown(shape: Shape, like: Volume | None, *, first: bool) -> str:
    """A shape for people: as a volume, the depth last.

    It is read as the volume of the network is, where that has as many axes; otherwise planes have their depth first or
    last, as the framework does, and all others last.

    >>> shown((1, 64, 7, 5), Volume((9, 9), 64), first=True), shown((1, 35, 64), Volume((7, 5), 64), first=True)
    ('7×5×64', '7×5×64')
    >>> shown((1, 197, 768), Volume((7, 7), 64), first=True)
    '197×768'
    """
    for volume in volumes(shape, like) if like is not None else ():
        if volume == like or (like is not None and volume.depth == like.depth and volume.rank == like.rank):
            return volume.pretty()
    sizes = shape[1:] if shape[:1] == (1,) else shape
    if first and len(shape) > 3:
        sizes = (*sizes[1:], sizes[0])
    return "×".join(map(str, sizes))
