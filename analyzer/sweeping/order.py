"""The variants of a sweep, by number: all combinations of a grid, or some that are drawn at random.

The number of a combination is mixed radix over the axes in their order, the last axis the fastest.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from math import prod

from analyzer.settings import SettingError, whole
from analyzer.units import count, lasting, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.axis import Axis, Value

#: The most variants of one sweep.
MOST = 10_000_000

#: Variants that one core calculates in a second, for the expected time: a network of about 100 layers.
_PER_SECOND = 400

#: A larger number of combinations is no length of a sequence, and its numbers are too large for a database.
_LARGEST = 2**63 - 1


class Order:
    """Which variants there are.

    axes     the axes; a continuous one has no places
    total    the number of combinations of the grid; continuous axes do not count
    ids      the numbers of the variants, ascending

    With `random` these are as many variants, drawn with the seed `seed`: from the grid without repetition, and, where
    an axis is continuous, each by itself. Their numbers are then those of the draws, 0, 1, 2 …, and so are those of a
    grid of more than 2^63 combinations.

    >>> from analyzer.loader.parse.axis import Axis
    >>> order = Order([Axis("width", range(16, 33, 8)), Axis("depth", [18, 50])])
    >>> [*order.ids], order.set_of(3), order.id_of([1, 1])
    ([0, 1, 2, 3, 4, 5], {'width': 24, 'depth': 50}, 3)
    """

    # By hand: it draws.
    def __init__(
        self, axes: Sequence[Axis], random: int | None = None, seed: int = 0, *, searched: str | None = None
    ) -> None:
        """Raises `SettingError` for too many variants. `searched` is an axis of which few values are calculated."""
        self.axes = axes
        self.total = prod(len(axis.values) for axis in axes if axis.between is None)
        self._seed = whole("seed", seed, least=0)
        self._sizes = [len(axis.values) for axis in axes]
        self._continuous = [axis.name for axis in axes if axis.between is not None]
        self._drawn: Sequence[int] | None = None
        self.ids: Sequence[int]
        if random is None:
            if self._continuous:
                raise SettingError(_continuous(next(axis for axis in axes if axis.between is not None)), "random")
            size = prod(len(axis.values) for axis in axes if axis.name != searched)
            if size > MOST or self.total > _LARGEST:
                raise too_many(size if size > MOST else self.total)
            self.ids = range(self.total)
            return
        number = whole("random", random)
        if number > MOST:
            raise SettingError(f"`{{random}}` draws at most {count(MOST)} variants, not {count(number)}", "random")
        if self._continuous:
            self.ids = range(number)
            return
        if number > self.total:
            message = (
                f"`{{random}}` {count(number)} is more than the {plural(self.total, 'combination')} that there are"
            )
            raise SettingError(f"{message}; without it all are calculated", "random")
        drawn = sorted(_drawn(self.total, number, seed))
        if self.total > _LARGEST:
            self._drawn, self.ids = drawn, range(number)
        else:
            self.ids = array("q", drawn)

    def set_of(self, id: int) -> dict[str, Value]:
        """The value on each axis of a variant, by name."""
        if self._continuous:
            return self._draw(id)
        return {axis.name: axis.values[place] for axis, place in zip(self.axes, self.places_of(id), strict=True)}

    def places_of(self, id: int) -> list[int]:
        """The places of a variant's values on the axes, none of them continuous."""
        number = id if self._drawn is None else self._drawn[id]
        places = []
        for size in reversed(self._sizes):
            number, place = divmod(number, size)
            places.append(place)
        return places[::-1]

    def id_of(self, places: Sequence[int]) -> int:
        """The number of the combination with these places on the axes of the grid."""
        number = 0
        for size, place in zip(self._sizes, places, strict=True):
            number = number * size + place
        return number

    def _draw(self, number: int) -> dict[str, Value]:
        """A draw: it depends on the seed and its number only, so that any process can draw it."""
        from random import Random  # takes as long to import as a small network to calculate

        draw = Random(f"{self._seed}/{number}")
        values: dict[str, Value] = {}
        for axis in self.axes:
            if axis.between is None:
                values[axis.name] = axis.values[draw.randrange(len(axis.values))]
            else:
                low, high = axis.between
                part = draw.random()
                values[axis.name] = low * (1 - part) + high * part
        return values


def too_many(size: int) -> SettingError:
    """The error about more combinations than a sweep calculates."""
    message = (
        f"{count(size)} combinations take about {lasting(size / _PER_SECOND)} on one core, at {_PER_SECOND} a second"
    )
    limit = f"a sweep calculates at most {count(MOST)}"
    return SettingError(f"{message}; {limit}: take larger steps, or draw some with `{{random}} 10000`", "random")


def _continuous(axis: Axis) -> str:
    """The message about a continuous axis where nothing is drawn."""
    low, high = axis.between or (0.0, 0.0)
    step = f"{low:g}:{high:g}:{high / 10 - low / 10:g}"
    message = f"the range of `{axis.name}` is continuous: it has a decimal point and no step"
    return f"{message}; write a step, such as `{step}`, or draw variants with `{{random}} 1000`"


def _drawn(total: int, number: int, seed: int) -> Iterable[int]:
    """Different numbers below `total`."""
    from random import Random  # see `_draw`

    draw = Random(seed)
    if total <= _LARGEST:
        return draw.sample(range(total), number)
    found: set[int] = set()
    while len(found) < number:  # as `sample` does, which counts no further than 2^63
        found.add(draw.randrange(total))
    return found
