"""Volumes: the shapes of what flows between layers, without the batch.

A volume has up to three spatial axes and a depth, written height x width x depth:
`32x32x3` (2-D), `16000x1` (1-D), `16x112x112x3` (3-D, time first), `512` (a vector, no spatial axis).
"""

from __future__ import annotations

from math import prod

#: The names of the spatial axes, by the number of them.
AXES: tuple[tuple[str, ...], ...] = ((), ("length",), ("height", "width"), ("time", "height", "width"))

#: No axis and no volume may be larger (docs/language.md, "Limits").
LARGEST = 10**15

#: The depths of images: grey, colour, colour with transparency.
_DEPTHS = (1, 3, 4)

#: A larger square is almost always an image.
_SIDE = 8

#: The sides of other rectangles that are taken for an image of several colours, and of one.
_SIDES = {3: 16, 4: 16, 1: 100}

#: The largest ratio of the sides of such a rectangle.
_RATIO = 3.5

#: The sides of the frames of a video.
_FRAME = 32


class Volume:
    """A volume of whole numbers: spatial sizes (in the order of `AXES`) and a depth.

    >>> str(Volume((32, 32), 3))
    '32x32x3'
    """

    __slots__ = ("depth", "spatial")

    # By hand: every layer of a network makes one.
    def __init__(self, spatial: tuple[int, ...], depth: int) -> None:
        if depth < 1 or (spatial and min(spatial) < 1) or len(spatial) >= len(AXES):
            sizes = "x".join(map(str, (*spatial, depth)))
            raise ValueError(f"a volume has up to three spatial axes and a depth, each at least 1, not {sizes}")
        self.spatial = spatial
        self.depth = depth

    @classmethod
    def of(cls, sizes: tuple[int, ...] | list[int]) -> Volume:
        """The volume of these axis sizes, depth last."""
        return cls(tuple(sizes[:-1]), sizes[-1])

    @property
    def rank(self) -> int:
        """The number of spatial axes: 0 for a vector."""
        return len(self.spatial)

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of all axes, depth last."""
        return (*AXES[len(self.spatial)], "depth")

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of all axes, depth last."""
        return (*self.spatial, self.depth)

    @property
    def positions(self) -> int:
        """The number of spatial positions."""
        return prod(self.spatial)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.spatial) * self.depth

    @property
    def reordered(self) -> Volume | None:
        """The volume that it means if its depth, or a batch, was written first; None where it does not look so.

        >>> Volume((3, 224), 224).reordered
        Volume(224x224x3)
        >>> Volume((1, 3, 224), 224).reordered
        Volume(224x224x3)
        """
        if self.rank == 2 and _looks_first(self.sizes):
            return Volume((self.spatial[1], self.depth), self.spatial[0])
        if self.rank < 3:
            return None
        first, second, third = self.spatial
        if _looks_first((second, third, self.depth)):
            return Volume((third, self.depth), second)
        if first in _DEPTHS and third == self.depth >= _FRAME and second > _SIDE:
            return Volume((second, third, self.depth), first)
        batch = first == 1 and self.depth in _DEPTHS and min(second, third) > _SIDE
        return Volume((second, third), self.depth) if batch else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Volume) and self.spatial == other.spatial and self.depth == other.depth

    def __hash__(self) -> int:
        return hash((self.spatial, self.depth))

    def __str__(self) -> str:
        return "x".join(map(str, self.sizes))

    def __repr__(self) -> str:
        return f"Volume({self})"

    def pretty(self) -> str:
        """The volume with multiplication signs, for people: `32×32×3`."""
        return "×".join(map(str, self.sizes))


def _looks_first(sizes: tuple[int, ...]) -> bool:
    """Whether the first of three sizes could be the depth of an image, and the other two its sides."""
    first, *sides = sizes
    if first not in _DEPTHS or min(sides) <= _SIDE:
        return False
    return sides[0] == sides[1] or (min(sides) >= _SIDES[first] and max(sides) <= _RATIO * min(sides))


def pretty_sizes(sizes: tuple[int, ...]) -> str:
    """Spatial sizes for people: `5×5`, or `5` for one axis."""
    return "×".join(map(str, sizes))


def read_sizes(text: str) -> list[int | None] | None:
    """The sizes of axes written in `text` with `x` or `×`, None for a `?`. Returns None if `text` is not a volume.

    >>> read_sizes("56x56x?")
    [56, 56, None]
    """
    sizes: list[int | None] = []
    for part in text.replace("×", "x").split("x"):
        if part == "?":
            sizes.append(None)
        elif part.isascii() and part.isdigit() and len(part) <= 40:
            sizes.append(int(part))
        else:
            return None
    return sizes
