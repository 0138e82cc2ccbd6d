"""Bisection along an axis: the border behind which no value fits.

The last value of the line decides what is wrong behind the border: the limits that it breaks, each at its most or at
its least. Bisection takes for granted that there is one border: every value behind it breaks one of these limits so,
or is no network, and no value before it does. A value before it may break other limits: where an amount must be
neither too large nor too small, only some values next to the border fit. Values on both sides are drawn and
calculated, and one that does not suit contradicts the border.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from analyzer.loader.parse.description import Limit
    from analyzer.sweeping.result import Value, Variant

    #: Calculates the variants of these ids, and gives them in any order.
    Evaluate = Callable[[Sequence[int]], Iterable[Variant]]

#: How many values check a border.
CHECKED = 64


class Line(Record):
    """The variants along one axis, with one choice of the values of the other axes.

    set            the values of the other axes
    start, step    the id of the variant at the first place of the axis, and the distance to that of the next place
    places         the places of the axis in the order in which they are walked
    wrong          what is wrong behind the border: keys of limits, each with whether it is broken at its most
    low, high      how many steps lead to the variants on both sides of the border, as far as bisection knows: −1, and
                   the number of places, where there is none
    before, behind these variants; None where there is none
    next           the variant behind the best one; where nothing fits the first one of the line
    """

    set: dict[str, Value]
    start: int
    step: int
    places: Sequence[int]
    wrong: frozenset[tuple[str, bool]] = field(factory=frozenset, init=False)
    low: int = field(default=-1, init=False)
    high: int = field(default=-1, init=False)
    before: Variant | None = field(default=None, init=False)
    behind: Variant | None = field(default=None, init=False)
    next: Variant | None = field(default=None, init=False)

    def check(self) -> None:
        self.high = len(self.places)

    def id(self, steps: int) -> int:
        """The id of the variant this many steps from the first one."""
        return self.start + self.step * self.places[steps]

    def ids(self) -> Iterator[int]:
        """The ids of all its variants, in the order of the line."""
        return (self.start + self.step * place for place in self.places)

    @property
    def middle(self) -> int:
        """How many steps lead to the middle of what is not known."""
        return (self.low + self.high) // 2

    @property
    def best(self) -> Variant | None:
        """The variant at the border; None where it does not fit, and so none does."""
        return self.before if self.before is not None and self.before.fits else None


class Bisection(Record):
    """How borders are found on lines of the same length, side by side, so that several processes have work.

    limits     those that hold for every variant; one that is not among them counts as broken at its most
    largest    whether the lines go from the smallest value to the largest
    evaluate   what calculates variants
    """

    limits: Mapping[str, Limit]
    largest: bool
    evaluate: Evaluate

    def find(self, lines: Sequence[Line]) -> None:
        """Finds the borders; where the last variant of a line fits, no other one is calculated."""
        last = {line.id(len(line.places) - 1): line for line in lines}
        for variant in self.evaluate(sorted(last)):
            line = last[variant.id]
            if variant.fits:
                line.low, line.before = len(line.places) - 1, variant
                continue
            line.high, line.behind = len(line.places) - 1, variant
            line.wrong = self._broken(variant) or frozenset((key, self.largest) for key in self.limits)
        while halved := {line.id(line.middle): line for line in lines if line.high - line.low > 1}:
            for variant in self.evaluate(sorted(halved)):
                line = halved[variant.id]
                if self._is_behind(variant, line):
                    line.high, line.behind = line.middle, variant
                else:
                    line.low, line.before = line.middle, variant
        for line in lines:
            line.next = line.behind
        if unfit := {line.id(0): line for line in lines if line.best is None and line.low >= 0}:
            for variant in self.evaluate(sorted(unfit)):
                unfit[variant.id].next = variant

    def contradicting(self, lines: Sequence[Line], random: Random) -> dict[int, tuple[Variant, Variant | None]]:
        """The first variant that contradicts a border, and the one at the border that it contradicts, by line.

        Each line is checked at places of its own that `random` draws; one of which the last variant fits needs no
        check. A variant contradicts that is on the other side, or that fits where the one at the border does not.
        """
        drawn: dict[int, tuple[int, bool]] = {}
        for number, line in enumerate(lines):
            for steps in random.sample(range(len(line.places)), CHECKED) if line.behind is not None else ():
                drawn[line.id(steps)] = number, steps > line.low
        found: dict[int, tuple[Variant, Variant | None]] = {}
        for variant in sorted(self.evaluate(sorted(drawn)), key=lambda variant: variant.id):
            number, behind = drawn[variant.id]
            line = lines[number]
            if self._is_behind(variant, line) != behind or (variant.fits and line.best is None):
                found.setdefault(number, (variant, line.behind if behind else line.before))
        return found

    def _is_behind(self, variant: Variant, line: Line) -> bool:
        return variant.error is not None or not line.wrong.isdisjoint(self._broken(variant))

    def _broken(self, variant: Variant) -> frozenset[tuple[str, bool]]:
        """The limits that a variant breaks, each with whether it is broken at its most."""
        return frozenset((key, self._at_most(key, variant.amounts.get(key))) for key in variant.breaks)

    def _at_most(self, key: str, amount: int | None) -> bool:
        limit = self.limits.get(key)
        return limit is None or amount is None or (limit.most is not None and amount > limit.most)
