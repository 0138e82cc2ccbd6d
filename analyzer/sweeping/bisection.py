"""Bisection along an axis: the border behind which no value fits.

The last value of the line decides what is wrong behind the border: the limits that it breaks, each at its most or at
its least. Bisection takes for granted that there is one border: every value behind it breaks one of these limits so,
or is no network, and no value before it does. A value before it may break other limits: where an amount must be
neither too large nor too small, only some values next to the border fit. Values on both sides are drawn and
calculated. One that does not suit contradicts the border, and so does what is no network before a network: a value
that fits may hide there.
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

    set             the values of the other axes
    start, step     the id of the variant at the first place of the axis, and the distance to that of the next place
    places          the places of the axis in the order in which they are walked
    wrong           what is wrong behind the border: keys of limits, each with whether it is broken at its most
    low, high       how many steps lead to the variants on both sides of the border, as far as bisection knows; where
                    there is none −1, and the number of places
    before, behind  these variants; None where there is none
    next            the variant behind the best one; where nothing fits the first one of the line
    network         of the variants that were calculated and are networks, the last one, and the steps that lead to it
    refused         of those that are no network, the first one, and the steps that lead to it
    contradiction   two variants of which one contradicts the border; the second is None where no variant is a network
    """

    set: dict[str, Value]
    start: int
    step: int
    places: Sequence[int]
    wrong: frozenset[tuple[str, bool]] = field(factory=frozenset, init=False)
    low: int = field(default=-1, init=False)
    high: int = field(default=0, init=False)
    before: Variant | None = field(default=None, init=False)
    behind: Variant | None = field(default=None, init=False)
    next: Variant | None = field(default=None, init=False)
    network: tuple[int, Variant] | None = field(default=None, init=False)
    refused: tuple[int, Variant] | None = field(default=None, init=False)
    contradiction: tuple[Variant, Variant | None] | None = field(default=None, init=False)

    def check(self) -> None:
        self.high = len(self.places)

    def id(self, steps: int) -> int:
        """The id of the variant this many steps from the first one."""
        return self.start + self.step * self.places[steps]

    def ids(self) -> Iterator[int]:
        """The ids of all its variants, in the order of the line."""
        return (self.start + self.step * place for place in self.places)

    @property
    def best(self) -> Variant | None:
        """The variant at the border; None where it does not fit, and so none does."""
        return self.before if self.before is not None and self.before.fits else None

    def narrow(self, steps: int, variant: Variant, *, behind: bool) -> None:
        """Moves one side of what is not known to a variant."""
        if behind:
            self.high, self.behind = steps, variant
        else:
            self.low, self.before = steps, variant

    def see(self, steps: int, variant: Variant) -> None:
        """Remembers whether a variant is a network, and where."""
        if variant.error is None:
            if self.network is None or steps > self.network[0]:
                self.network = steps, variant
        elif self.refused is None or steps < self.refused[0]:
            self.refused = steps, variant

    def compare(self) -> None:
        """Notices what is no network before a network, or where none of the variants is one."""
        if self.refused is not None and (self.network is None or self.refused[0] < self.network[0]):
            self.contradiction = self.refused[1], None if self.network is None else self.network[1]


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
        for line, steps, variant in self._seen((line, len(line.places) - 1) for line in lines):
            line.wrong = self._broken(variant) or frozenset((key, self.largest) for key in self.limits)
            line.narrow(steps, variant, behind=not variant.fits)
        while halved := [(line, (line.low + line.high) // 2) for line in lines if line.high - line.low > 1]:
            for line, steps, variant in self._seen(halved):
                line.narrow(steps, variant, behind=self._is_behind(variant, line))
        for line in lines:
            line.next = line.behind
        for line, _, variant in self._seen((line, 0) for line in lines if line.best is None and line.low >= 0):
            line.next = variant

    def verify(self, lines: Sequence[Line], random: Random) -> None:
        """Notices what contradicts a border.

        Each line is checked at places of its own that `random` draws, but for one whose last variant fits, since that
        is an answer. A variant contradicts that is on the other side, or that fits where the one at the border does
        not.
        """
        checked = [line for line in lines if line.behind is not None]
        drawn = [(line, steps) for line in checked for steps in random.sample(range(len(line.places)), CHECKED)]
        for line, steps, variant in self._seen(drawn):
            behind = steps > line.low
            if self._is_behind(variant, line) != behind or (variant.fits and line.best is None):
                line.contradiction = variant, line.behind if behind else line.before
        for line in checked:
            line.compare()

    def _seen(self, places: Iterable[tuple[Line, int]]) -> Iterator[tuple[Line, int, Variant]]:
        """The variants this many steps along their lines, each with its line and its steps."""
        asked = {line.id(steps): (line, steps) for line, steps in places}
        for variant in self.evaluate(sorted(asked)) if asked else ():
            line, steps = asked[variant.id]
            line.see(steps, variant)
            yield line, steps, variant

    def _is_behind(self, variant: Variant, line: Line) -> bool:
        return variant.error is not None or not line.wrong.isdisjoint(self._broken(variant))

    def _broken(self, variant: Variant) -> frozenset[tuple[str, bool]]:
        """The limits that a variant breaks, each with whether it is broken at its most."""
        return frozenset((key, self._at_most(key, variant.amounts.get(key))) for key in variant.breaks)

    def _at_most(self, key: str, amount: int | None) -> bool:
        limit = self.limits.get(key)
        return limit is None or amount is None or (limit.most is not None and amount > limit.most)
