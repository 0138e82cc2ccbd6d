"""Which variants a chart draws: the front, and a fair choice of the others, however many there are.

The rows are read once, in their order. Of those that fit a random choice is kept, and another one of those that break a
limit, so that each is as likely as any other of its kind. The random numbers have a fixed seed: the same sweep gives
the same chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappush, heapreplace

from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.reporter.sweep.measures import Measure
    from analyzer.sweeping.result import Swept, Variant

#: Values that a chart writes: so many points have few values, or fewer have many. A value takes about 25 bytes.
_VALUES = 10_000

#: The most points, and the fewest. The front has them first; a quarter of them is for the others at least.
_MOST, _FEWEST = 2_500, 500


class Points(Record, kw_only=True):
    """The variants that are drawn, each list in the order of their numbers.

    front      those on the front
    fits       others that break no limit
    breaks     those that break one
    counts     how many there are of each of the three
    broken     how many break each limit, by its key
    ends       of each measure: the least and the greatest number of all variants, and of those that fit; words have
               none
    wrong      the first variant that is no network
    """

    front: Sequence[Variant]
    fits: Sequence[Variant]
    breaks: Sequence[Variant]
    counts: tuple[int, int, int]
    broken: Mapping[str, int]
    ends: Sequence[tuple[Ends, Ends]]
    wrong: Variant | None

    @property
    def drawn(self) -> int:
        """How many are drawn."""
        return len(self.front) + len(self.fits) + len(self.breaks)

    @property
    def left_out(self) -> int:
        """How many are networks and are not drawn."""
        return sum(self.counts) - self.drawn


class Ends(Record):
    """The least and the greatest of numbers that come one by one; None before the first."""

    low: float | None = None
    high: float | None = None

    def take(self, number: float) -> None:
        """Takes one number."""
        if self.low is None or self.high is None:
            self.low = self.high = number
        elif number < self.low:
            self.low = number
        elif number > self.high:
            self.high = number


class _Choice(Record):
    """A random choice of at most so many of the variants that come one by one."""

    most: int
    seen: int = 0
    kept: list[tuple[float, int, Variant]] = field(factory=list)

    def take(self, variant: Variant, number: float) -> None:
        """Takes one variant with its random number: those with the greatest numbers stay."""
        self.seen += 1
        if len(self.kept) < self.most:
            heappush(self.kept, (number, variant.id, variant))
        elif number > self.kept[0][0]:
            heapreplace(self.kept, (number, variant.id, variant))

    def variants(self, most: int) -> list[Variant]:
        """At most so many of those that stayed, in the order of their numbers."""
        kept = sorted(self.kept, reverse=True)[:most]
        return sorted((variant for _, _, variant in kept), key=lambda variant: variant.id)


def points_of(swept: Swept, measures: Sequence[Measure]) -> Points:
    """The variants that a chart draws, and the ends of their numbers."""
    from random import Random  # a sweep that draws no chart does not pay for it

    most = min(_MOST, max(_FEWEST, _VALUES // max(1, len(measures))))
    front, fits, breaks = (_Choice(most) for _ in range(3))
    ends = [(Ends(), Ends()) for _ in measures]
    numbers = [(one.number, *both) for one, both in zip(measures, ends, strict=True) if one.unit != "words"]
    wrong = None
    broken: dict[str, int] = {}
    draw = Random(0).random
    for variant in swept.rows():
        if variant.error is not None:
            wrong = wrong or variant
            continue
        kind = front if variant.front else fits if variant.fits else breaks
        kind.take(variant, draw())
        for key in variant.breaks:
            broken[key] = broken.get(key, 0) + 1
        for number_of, every, fitting in numbers:
            number = number_of(variant)
            if number is not None:
                every.take(number)
                if variant.fits:
                    fitting.take(number)
    others = max(most // 4, most - len(front.kept))
    half = others // 2  # neither kind may hide the other: few fit where limits are tight
    return Points(
        front=front.variants(most),
        fits=fits.variants(max(half, others - len(breaks.kept))),
        breaks=breaks.variants(max(half, others - len(fits.kept))),
        counts=(front.seen, fits.seen, breaks.seen),
        broken=broken,
        ends=ends,
        wrong=wrong,
    )
