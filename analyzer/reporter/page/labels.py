"""Places for names beside dots, so that no name is over another one, over a dot, or outside of the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Left, top, right, bottom.
    Room: TypeAlias = tuple[float, float, float, float]

#: The room between a dot and its name.
_GAP = 4.0

#: Where a name may be: the part of its width and height that is left of and above its dot's edge, the nearest first.
_WAYS = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))


class Label(Record):
    """A name with its size, beside a dot of this centre and radius."""

    x: float
    y: float
    radius: float
    width: float
    height: float


def placed(
    labels: Sequence[Label], dots: Sequence[tuple[float, float, float]], room: Room
) -> Iterator[tuple[float, float] | None]:
    """The left upper corner of each name; None where it has no room.

    >>> list(placed([Label(50, 50, 5, 30, 10), Label(58, 50, 5, 30, 10)], [(50, 50, 5), (58, 50, 5)], (0, 0, 100, 100)))
    [(11.0, 45.0), (67.0, 45.0)]
    """
    taken = [(x - radius, y - radius, x + radius, y + radius) for x, y, radius in dots]
    for label in labels:
        found = next((one for one in _tried(label) if _fits(one, taken, room)), None)
        if found is not None:
            taken.append(found)
        yield None if found is None else found[:2]


def _tried(label: Label) -> Iterator[Room]:
    """The rooms that a name may have, near ones first."""
    for far in (0.0, 12.0, 26.0):
        away = label.radius + _GAP + far
        for across, down in _WAYS:
            left = label.x + across * away - label.width * (1 - across) / 2
            top = label.y + down * away - label.height * (1 - down) / 2
            yield left, top, left + label.width, top + label.height


def _fits(one: Room, taken: Sequence[Room], room: Room) -> bool:
    if one[0] < room[0] or one[1] < room[1] or one[2] > room[2] or one[3] > room[3]:
        return False
    return all(one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1] for other in taken)
