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
    def looks_depth_first(self) -> bool:
        """Whether it is 2-D, its first axis could be the depth of an image, and the other two are a square.

        >>> Volume((3, 224), 224).looks_depth_first
        True
        """
        return self.rank == 2 and self.spatial[0] in _DEPTHS and self.spatial[1] == self.depth > _SIDE

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
