"""Receptive fields by walking: for an output cell the set of input cells that it is made of, tap by tap.

Independent of the pass: no intervals, phases or readings, but sets of cells (as bits of a whole number) from each layer's
definition, cell by cell. Cells beyond a volume's ends are walked through like real ones, since padding is not clipped;
behind a merge of paths with different strides there is no such line of cells, and only real ones count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, floor

#: Cell 0 is this bit.
ORIGIN = 1 << 13

Taps = Callable[[int], Iterator[int]]


class Line:
    """One axis of a placed layer: what each of its cells is made of.

    `rate`: how far what is seen moves from one cell to the next; None behind paths whose strides differ.
    """

    def __init__(self, length: int, rate: Fraction | None, parts: list[tuple[Line, Taps]]) -> None:
        self.length = length
        self.rate = rate
        self.parts = parts
        self.known: dict[int, int] = {}

    def cells(self, cell: int) -> int:
        """The input cells under one cell, as bits."""
        found = self.known.get(cell)
        if found is None:
            found = 0
            for source, taps in self.parts:
                for tap in taps(cell):
                    if source.rate is not None or 0 <= tap < source.length:
                        found |= source.cells(tap)
            self.known[cell] = found
        return found

    def range(self, cell: int) -> tuple[int, int] | None:
        """The first and the last input cell under one cell; None where it is made of nothing."""
        bits = self.cells(cell)
        return ((bits & -bits).bit_length() - 1 - ORIGIN, bits.bit_length() - 1 - ORIGIN) if bits else None


class Entry(Line):
    """An axis of the network's input."""

    def __init__(self, length: int) -> None:
        super().__init__(length, Fraction(1), [])

    def cells(self, cell: int) -> int:
        assert -ORIGIN < cell < ORIGIN
        return 1 << (cell + ORIGIN)


def window(source: Line, length: int, kernel: int, stride: int, dilation: int, before: int) -> Line:
    def taps(u: int) -> Iterator[int]:
        return (u * stride - before + t * dilation for t in range(kernel))

    return Line(length, None if source.rate is None else source.rate * stride, [(source, taps)])


def scattered(source: Line, length: int, kernel: int, stride: int, dilation: int, before: int) -> Line:
    """Input cell i adds to the output cells i·S + t·d − P."""

    def taps(u: int) -> Iterator[int]:
        for t in range(kernel):
            if (u + before - t * dilation) % stride == 0:
                yield (u + before - t * dilation) // stride

    return Line(length, None if source.rate is None else source.rate / stride, [(source, taps)])


def resampled(source: Line, length: int, factor: Fraction, mode: str) -> Line:
    """Sampled at x = (u + ½)/s − ½ with a triangle (linear) or a cubic of 4 cells; the nearest of ⌊u/s⌋; means of bins."""
    half = Fraction(1, 2)
    every_whole = (1 / factor).denominator == 1 and (1 / factor) % 2 == 1

    def taps(u: int) -> Iterator[int]:
        if mode == "nearest":
            yield floor(u / factor)
        elif mode == "area":
            yield from range(floor(u / factor), ceil((u + 1) / factor))
        else:
            x = (u + half) / factor - half
            if every_whole or (mode != "bicubic" and x == floor(x)):
                yield floor(x)
            elif mode == "bicubic":
                yield from range(floor(x) - 1, floor(x) + 3)
            else:
                yield from (floor(x), floor(x) + 1)

    return Line(length, None if source.rate is None else source.rate / factor, [(source, taps)])


def moved(source: Line, length: int, by: int, step: int = 1) -> Line:
    """Cells taken from the front (`by` above 0) or added there, every `step`-th."""
    return window(source, length, 1, step, 1, -by)


def shuffled(source: Line, length: int, factor: int) -> Line:
    def taps(u: int) -> Iterator[int]:
        yield u // factor

    return Line(length, None if source.rate is None else source.rate / factor, [(source, taps)])


def merged(sources: list[Line], length: int) -> Line:
    """The cells in the same place; cut around the centre where a source is longer, its one cell where it is broadcast."""
    parts: list[tuple[Line, Taps]] = []
    rates = set()
    for source in sources:
        if source.length == 1 < length:
            rates.add(None if source.rate is None else Fraction(0))
            parts.append((source, lambda u: iter((0,))))
        else:
            rates.add(source.rate)
            before = (source.length - length) // 2
            parts.append((source, lambda u, before=before: iter((u + before,))))  # type: ignore[misc]
    rate = rates.pop() if len(rates) == 1 else None
    return Line(length, rate, parts)
