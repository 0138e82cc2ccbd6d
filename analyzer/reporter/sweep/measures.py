"""What a chart of variants can have on its axes: each amount, and each axis of the sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.checks.budget.words import in_units
from analyzer.engine.amounts import AMOUNTS
from analyzer.record import Record, field
from analyzer.reporter.sweep.scale import Scale, scale_of, scale_of_words
from analyzer.reporter.sweep.words import written
from analyzer.source import shown
from analyzer.sweeping.goals import OF_AXIS
from analyzer.sweeping.result import column_of
from analyzer.units import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.description import Limit
    from analyzer.sweeping.result import Axis, Swept, Value, Variant

#: An axis with at most this many values has a tick for each.
_FEW = 12

#: The most characters of a word beside a tick.
_WORD = 24


class Line(Record):
    """A limit: its value, whether it is the most that is allowed or the least, and its words: `≤ 5M`."""

    value: int
    most: bool
    words: str


class Measure(Record, kw_only=True):
    """One thing that a chart can have on an axis.

    name       the key of the amount, or the name of the axis
    axis       the axis of the sweep; None for an amount
    title      the name as people see it: `set.depth` is the axis, where there is an amount `depth` too
    attribute  the attribute of a point with the value, without `data-`
    unit       `count`, `bytes`, `number`, or `words` where the values are words
    better     the direction that is wanted: −1 for less, 1 for more, 0 where nothing says it
    lines      its limits
    words      the places of the words, in their order
    values     the values of an axis of numbers, where they are few
    whole      whether there is nothing between whole numbers
    """

    name: str
    axis: Axis | None = None
    title: str
    attribute: str
    unit: str
    better: int
    lines: Sequence[Line] = ()
    words: Mapping[str, int] = field(factory=dict)
    values: Sequence[float] = ()
    whole: bool = True

    def value(self, variant: Variant) -> Value | None:
        """Its value of a variant, as it is; None where the variant has none."""
        return variant.amounts.get(self.name) if self.axis is None else variant.set.get(self.name)

    def number(self, variant: Variant) -> float | None:
        """Where a variant is on its axis; a word is at its place among the words.

        None where the variant has no value, or nothing of it is known.
        """
        value = self.value(variant)
        if value is None or isinstance(value, str) or self.unit == "words":
            return None if value is None else self.words.get(plain(value))
        return value if value or exact(value) else None

    def scale(self, low: float, high: float) -> Scale:
        """The scale of values between two ends."""
        if self.unit == "words":
            return scale_of_words(list(self.labels()))
        lines = [line.value for line in self.lines]
        return scale_of(low, high, unit=self.unit, lines=lines, values=self.values, whole=self.whole)

    def labels(self) -> Iterator[str]:
        """The words as they are beside a tick."""
        if self.axis is not None:
            yield from (shown(written(value, self.axis), _WORD) for value in self.axis.values)


def measures_of(swept: Swept) -> list[Measure]:
    """Everything that a chart of a sweep can show: the amounts, then the axes, in their orders."""
    taken: set[str] = set()
    better = {**dict.fromkeys(swept.minimize, -1), **dict.fromkeys(swept.maximize, 1)}
    found = [_amount(key, better.get(key, 0), swept.limits.get(key), taken) for key in swept.amounts]
    for axis in swept.axes:
        goals = [goal for goal in better if goal not in AMOUNTS and goal.removeprefix(OF_AXIS) == axis.name]
        found.append(_axis(axis, better[goals[0]] if goals else 0, swept.amounts, taken))
    return found


def chosen(swept: Swept, measures: Sequence[Measure]) -> tuple[Measure, Measure]:
    """What x and y are: the first two goals of the front, then amounts, with the first axis where there is one amount.

    Amounts that are limited come before the others, so that their limits are in the picture.
    """
    amounts = {one.name: one for one in measures if one.axis is None}
    axes = {one.name: one for one in measures if one.axis is not None}
    wanted = [*swept.minimize, *swept.maximize][:2]
    goals = [amounts[goal] if goal in amounts else axes[goal.removeprefix(OF_AXIS)] for goal in wanted]
    others = sorted((one for one in amounts.values() if one not in goals), key=lambda one: not one.lines)
    others = sorted(others[: 2 - len(goals)], key=measures.index)  # in the order of the columns again
    found = [*goals, *others]
    if len(found) < 2:
        found = [*sorted((one for one in axes.values() if one not in goals), key=_dullness)[:1], *found]
    return found[0], found[min(1, len(found) - 1)]


def _dullness(measure: Measure) -> tuple[bool, bool]:
    """How little an axis says as x: one value least of all, then words."""
    axis = measure.axis
    return axis is not None and axis.between is None and len(axis.values) == 1, measure.unit == "words"


def _amount(key: str, wanted: int, limit: Limit | None, taken: set[str]) -> Measure:
    lines = list(_lines(limit))
    if not wanted and len(lines) == 1:
        wanted = -1 if lines[0].most else 1
    return Measure(name=key, title=key, attribute=_attribute(key, taken), unit=AMOUNTS[key], better=wanted, lines=lines)


def _lines(limit: Limit | None) -> Iterator[Line]:
    """The values of a limit, as they were written."""
    if limit is not None and limit.least is not None:
        yield Line(limit.least, False, f"≥ {in_units(limit.least, unit=limit.least_unit)[0]}")
    if limit is not None and limit.most is not None:
        yield Line(limit.most, True, f"≤ {in_units(limit.most, unit=limit.unit)[0]}")


def _axis(axis: Axis, wanted: int, keys: Sequence[str], taken: set[str]) -> Measure:
    """An axis of the sweep; its values are numbers, or words."""
    column = column_of(axis.name, keys)
    few = len(axis.values) <= _FEW
    numbers: list[float] = []
    words: dict[str, int] = {}
    whole = axis.between is None and isinstance(axis.values[0], int)
    if few or isinstance(axis.values, (list, tuple)):  # otherwise a range, which may have millions
        numbers = [value for value in axis.values if not isinstance(value, (str, bool))]
        whole = all(isinstance(number, int) for number in numbers) and axis.between is None
        if len(numbers) < len(axis.values):
            words = {plain(value): place for place, value in enumerate(axis.values)}
    return Measure(
        name=axis.name,
        axis=axis,
        title=shown(column),
        attribute=_attribute(column, taken),
        unit="words" if words else "number",
        better=wanted,
        words=words,
        values=numbers if few and not words else (),
        whole=whole,
    )


def plain(value: Value) -> str:
    """A value as a text for programs; the known part of an amount.

    >>> plain(True), plain(64), plain("128x128x3")
    ('true', '64', '128x128x3')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, int) else str(value)


def _attribute(name: str, taken: set[str]) -> str:
    """The name of an attribute: in lower case, other signs than letters, digits and `.-_` replaced; each only once."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in ".-_") else "_" for sign in name.lower())
    number, found = 1, plain
    while found in taken:
        number += 1
        found = f"{plain}-{number}"
    taken.add(found)
    return found
