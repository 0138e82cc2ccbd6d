"""Axes of a framework's tensor as digits of the axes of a volume.

An index of a volume's axis is a number in mixed radix: in an axis of 6 = 2·3 cells, index 5 has the digits 1 and 2. A
reshape and a transposition of a tensor move digits, and no element. A tensor is therefore a volume and, for each of its
own axes, the digits that make its index, the most significant first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import prod

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias


class Digit(Record, eq=True):
    """The digit `(index // stride) % size` of an axis, `axis`, of a volume."""

    axis: int
    stride: int
    size: int

    # By hand: readers compare digits at every operation.
    def __eq__(self, other: object) -> bool:
        return (
            other.__class__ is Digit
            and self.axis == other.axis
            and self.stride == other.stride
            and self.size == other.size
        )

    def __hash__(self) -> int:
        return hash((self.axis, self.stride, self.size))


if TYPE_CHECKING:
    #: The digits of one axis, or of one axis of a volume, the most significant first.
    Digits: TypeAlias = tuple[Digit, ...]

#: The batch: a digit of one sample, of no volume.
BATCH = Digit(-1, 1, 1)


class Undivided(Exception):
    """An axis cannot be divided where it is asked for: 6 into 4 and a rest."""


def size_of(digits: Iterable[Digit]) -> int:
    """The size of an axis with these digits."""
    return prod(digit.size for digit in digits)


def joined(digits: Iterable[Digit]) -> Digits:
    """The digits of an axis without the batch and those of size 1, neighbours of one axis put together.

    >>> joined([Digit(0, 3, 2), Digit(0, 1, 3), BATCH, Digit(1, 1, 1)])
    (Digit(axis=0, stride=1, size=6),)
    """
    found: list[Digit] = []
    for digit in digits:
        if digit.size == 1:
            continue
        above = found[-1] if found else None
        if above is not None and above.axis == digit.axis and above.stride == digit.stride * digit.size:
            found[-1] = Digit(digit.axis, digit.stride, above.size * digit.size)
        else:
            found.append(digit)
    return tuple(found)


def divided(digits: Sequence[Digit], sizes: Sequence[int]) -> list[Digits]:
    """The digits divided among axes of these sizes, the first of which is the most significant.

    The batch goes to the axis that begins where it is. Raises `Undivided` where the borders of axes are not those of
    digits, or may not become ones.

    >>> divided([Digit(0, 1, 6)], [2, 3])
    [(Digit(axis=0, stride=3, size=2),), (Digit(axis=0, stride=1, size=3),)]
    """
    left = [digit for digit in reversed(digits) if digit.size > 1 or digit == BATCH]
    axes: list[Digits] = []
    for size in sizes:
        axis: list[Digit] = []
        if left and left[-1] == BATCH:
            axis.append(left.pop())
        while size > 1:
            if not left:
                raise Undivided
            digit = left.pop()
            if digit == BATCH:
                axis.append(digit)
                continue
            if size % digit.size == 0:
                axis.append(digit)
                size //= digit.size
                continue
            if digit.size % size:
                raise Undivided
            rest = digit.size // size
            axis.append(Digit(digit.axis, digit.stride * rest, size))
            left.append(Digit(digit.axis, digit.stride, rest))
            size = 1
        axes.append(joined_with_batch(axis))
    if any(digit != BATCH for digit in left):
        raise Undivided
    if left and axes:
        axes[-1] = (*axes[-1], BATCH)
    return axes


def joined_with_batch(digits: Iterable[Digit]) -> Digits:
    """The same as `joined`, but the batch is kept, at its place among the digits."""
    digits = tuple(digits)
    if BATCH not in digits:
        return joined(digits)
    at = digits.index(BATCH)
    return (*joined(digits[:at]), BATCH, *joined(digits[at + 1 :]))


def part(digits: Sequence[Digit], stride: int, size: int) -> Digits:
    """The digits of that digit of an axis which has this stride and size. Raises `Undivided` where it is not whole.

    >>> part([Digit(2, 1, 12)], 3, 4)
    (Digit(axis=2, stride=3, size=4),)
    """
    whole = size_of(digits)
    if whole % (stride * size):
        raise Undivided
    return joined(divided(joined(digits), (whole // (stride * size), size, stride))[1])


def refined(first: Sequence[Digits], second: Sequence[Digits]) -> tuple[list[Digits], list[Digits]]:
    """Two groupings of the same digits, divided until both have the same digits. Raises `Undivided` where none are."""
    cuts: dict[int, set[int]] = {}
    for digit in (digit for group in (*first, *second) for digit in group):
        cuts.setdefault(digit.axis, set()).update((digit.stride, digit.stride * digit.size))
    ordered = {axis: sorted(strides) for axis, strides in cuts.items()}
    for strides in ordered.values():
        if any(large % small for small, large in pairwise(strides)):
            raise Undivided
    return [_cut(group, ordered) for group in first], [_cut(group, ordered) for group in second]


def _cut(group: Digits, cuts: dict[int, list[int]]) -> Digits:
    found = []
    for digit in group:
        strides = [s for s in cuts[digit.axis] if digit.stride <= s <= digit.stride * digit.size]
        pairs = list(pairwise(strides))
        found += [Digit(digit.axis, small, large // small) for small, large in reversed(pairs)]
    return tuple(found)
