"""The layer that gives a volume other axes: the simplest that does it, and none where the axes are those asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isqrt, prod

from analyzer.loader.formats.digits import Digit, Undivided, refined, size_of
from analyzer.loader.formats.sheet import Place, Sheet, Written
from analyzer.record import Record, field
from analyzer.volume import AXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.formats.digits import Digits

#: The most axes of a volume, its depth included.
MOST_AXES = len(AXES)


def fitted(sizes: Sequence[int]) -> list[int]:
    """The sizes of a volume for these of a tensor: at least one; the first ones put together where they are too many.

    >>> fitted([]), fitted([2, 3, 4, 5, 6])
    ([1], [6, 4, 5, 6])
    """
    more = max(len(sizes) - MOST_AXES, 0)
    return [prod(sizes[: more + 1]), *sizes[more + 1 :]]


class Unarranged(Exception):
    """No volume has the axes that a layer needs, such as five of them. What needs them becomes a `custom` layer."""


class Base(Record):
    """A volume that tensors are views of.

    `groups` are the digits of each of its axes, the depth last. `written` is the layer that puts it out; None for a
    tensor that may still have any axes, such as a trained one, until `settle` writes it for its first reader.
    """

    written: Written | None
    groups: tuple[Digits, ...]
    settle: Callable[[Sequence[int]], Written] | None = None
    #: The same elements with other axes, by the groups of digits.
    arranged: dict[tuple[Digits, ...], Written] = field(factory=dict, init=False)

    @classmethod
    def of(cls, written: Written) -> Base:
        """A volume by itself: each of its axes is one digit."""
        return cls(written, axes_of(written))


def axes_of(written: Written) -> tuple[Digits, ...]:
    """A digit for each axis of a volume; axes of one cell have none."""
    return tuple((Digit(axis, 1, size),) if size > 1 else () for axis, size in enumerate(written.volume.sizes))


def arrange(sheet: Sheet, base: Base, wanted: Sequence[Digits], place: Place) -> Written:
    """The volume whose axes are these groups of the digits of `base`, the depth last.

    Raises `Unarranged` where they are too many, or cannot be had by moving whole digits.
    """
    groups = tuple(wanted)
    if not 1 <= len(groups) <= MOST_AXES:
        raise Unarranged
    if base.written is None:
        assert base.settle is not None
        base.written, base.groups = base.settle([size_of(group) for group in groups]), groups
    if groups == base.groups:
        return base.written
    if groups not in base.arranged:
        beside = Place(place.name[: place.name.rfind(".") + 1], place.label, place.line, place.file)
        type, parameters = _layer(base, groups)
        base.arranged[groups] = sheet.write(type, [base.written], beside, parameters)
    return base.arranged[groups]


def _layer(base: Base, groups: tuple[Digits, ...]) -> tuple[str, dict[str, Any]]:
    """The type and the parameters of the layer that leads from the axes of `base` to others."""
    try:
        old, new = refined(base.groups, groups)
    except Undivided:
        raise Unarranged from None
    before, after = [d for group in old for d in group], [d for group in new for d in group]
    if sorted(before, key=_order) != sorted(after, key=_order):
        raise Unarranged  # digits of another volume, or some of them: a mistake of the reader
    if before == after:
        return ("flatten", {}) if len(new) == 1 else ("reshape", {"to": "x".join(str(size_of(g)) for g in new)})
    return _permuted(old, new) or _shuffled(old, new) or _by_pixels(old, new) or _rearranged(old, new)


def _order(digit: Digit) -> tuple[int, int]:
    return digit.axis, digit.stride


def _permuted(old: list[Digits], new: list[Digits]) -> tuple[str, dict[str, Any]] | None:
    """The axes in another order."""
    if len(old) != len(new):
        return None
    names = (*AXES[len(old) - 1], "depth")
    free = list(range(len(old)))
    order = []
    for group in new:
        axis = next((axis for axis in free if old[axis] == group), None)
        if axis is None:
            return None
        free.remove(axis)
        order.append(names[axis])
    return "permute", {"order": order}


def _shuffled(old: list[Digits], new: list[Digits]) -> tuple[str, dict[str, Any]] | None:
    """The planes of groups interleaved."""
    if old[:-1] != new[:-1] or len(old[-1]) != 2 or new[-1] != old[-1][::-1]:
        return None
    return "channel_shuffle", {"groups": old[-1][0].size}


def _by_pixels(old: list[Digits], new: list[Digits]) -> tuple[str, dict[str, Any]] | None:
    """Depth moved into space, the blocks of each axis alike; or back."""
    if len(old) != 3 or len(new) != 3:
        return None
    for type, deep, wide in (("pixel_shuffle", old, new), ("pixel_unshuffle", new, old)):
        rest, cells = deep[-1][:-2], deep[-1][-2:]
        if len(cells) != 2 or cells[0].size != cells[1].size or isqrt(size_of(cells)) != cells[0].size:
            continue
        if wide == [(*deep[0], cells[0]), (*deep[1], cells[1]), rest]:
            return type, {"factor": cells[0].size}
    return None


def _rearranged(old: list[Digits], new: list[Digits]) -> tuple[str, dict[str, Any]]:
    """Any other order of digits, in einops' words."""
    names: dict[Digit, str] = {}
    sizes: dict[str, int] = {}
    letters = (
        ("h", "w", "c")
        if len(old) == 3
        else ("t", "h", "w", "c")[-len(old) :]
        if len(old) > 2
        else ("l", "c")[-len(old) :]
    )
    for letter, group in zip(letters, old, strict=True):
        for number, digit in enumerate(group, 1):
            names[digit] = letter if len(group) == 1 else f"{letter}{number}"
            if number > 1:
                sizes[names[digit]] = digit.size
    pattern = f"{_side(old, names)} -> {_side(new, names)}"
    return "rearrange", {"pattern": pattern, "sizes": sizes} if sizes else {"pattern": pattern}


def _side(groups: list[Digits], names: dict[Digit, str]) -> str:
    words = (" ".join(names[digit] for digit in group) if group else "1" for group in groups)
    return " ".join(f"({word})" if " " in word else word for word in words)
