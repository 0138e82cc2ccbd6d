"""A scale: which values an axis of a chart shows, where each is, and its ticks.

Ticks are round numbers in the unit of the field: 5 M, 64 MiB. They say no more digits than they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, log2, log10

from analyzer.record import Record
from analyzer.units import memory, short

#: A span of more than this is shown with a logarithmic scale: two decades.
_DECADES = 100

#: The most steps between ticks, and how much of the span is left free at each end.
_STEPS, _FREE = 7, 0.05

#: No span is finer than this part of its values: a float could not tell its ends apart.
_FINEST = 1e-12

#: A line is shown where it is not further from the values than this part of their span.
_NEAR = 0.35

#: Ticks up to this are counts with all their digits.
_PLAIN = 10_000

#: The nearest that two ticks come to each other, as a part of the span.
_APART = 0.045

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_DECIMAL = ("", "K", "M", "G", "T", "P")


class Scale(Record):
    """The values from `low` to `high` along an axis, as a power each or evenly, with ticks as (value, text)."""

    low: float
    high: float
    log: bool
    ticks: Sequence[tuple[float, str]]

    def at(self, value: float) -> float:
        """Where a value is: 0 at the low end, 1 at the high one."""
        low, high = _spread(self.low, self.log), _spread(self.high, self.log)
        return (_spread(value, self.log) - low) / (high - low)

    def shows(self, value: float) -> bool:
        """Whether a value is between the ends."""
        return self.low <= value <= self.high


def scale_of(
    low: float, high: float, *, unit: str, lines: Iterable[float] = (), values: Sequence[float] = (), whole: bool = True
) -> Scale:
    """The scale of values between two ends, for a `unit` that is `count`, `bytes` or `number`.

    It also shows those `lines`, the values of limits, that are near enough. `values` are the only ones that there are,
    and have a tick each; without them the ticks are round. `whole` says that there is nothing between whole numbers.
    """
    log = low > 0 and high / low > _DECADES
    ends = sorted([low, high, *(line for line in lines if _near(line, low, high))])
    first, last = _wider(ends[0], ends[-1], log)
    scale = Scale(first, last, log, ())
    ticks: list[tuple[float, str]]
    if values:
        ticks = [(value, spelled(value, unit)) for value in sorted(values) if scale.shows(value)]
    elif log:
        ticks = [(value, spelled(value, unit)) for value in _powers(first, last, unit)]
    else:
        step = _step(last - first, unit, whole)
        ticks = [(value, _to_step(value, step, last, unit)) for value in _multiples(first, last, step)]
    return Scale(first, last, log, list(_apart(ticks, scale)))


def scale_of_words(words: Sequence[str]) -> Scale:
    """The scale of words, each at its place."""
    low, high = -0.5, len(words) - 0.5
    ticks = _apart(((float(place), word) for place, word in enumerate(words)), Scale(low, high, False, ()))
    return Scale(low, high, False, list(ticks))


def spelled(value: float, unit: str) -> str:
    """A value with three digits in its unit, without zeros at its end.

    >>> spelled(5_000_000, "count"), spelled(64 * 2**20, "bytes"), spelled(0.125, "number")
    ('5 M', '64 MiB', '0.125')
    """
    if unit == "number":
        return f"{value:,.0f}" if value == int(value) else f"{value:.6g}"
    number, _, prefix = (memory if unit == "bytes" else short)(int(value)).partition(" ")
    return f"{_trimmed(number)} {prefix}" if prefix else number


def _spread(value: float, log: bool) -> float:
    return log10(value) if log else float(value)


def _near(line: float, low: float, high: float) -> bool:
    """Whether a line is near enough to values, so that they still have most of the room."""
    log = low > 0 and high / low > _DECADES
    if log and line <= 0:
        return False
    first, last, at = (_spread(value, log) for value in (low, high, line))
    room = _NEAR * (last - first or abs(last) or 1)
    return first - room <= at <= last + room


def _wider(low: float, high: float, log: bool) -> tuple[float, float]:
    """The ends with free room beside them; equal ends have room too."""
    if log:
        part = float(high / low) ** _FREE
        return low / part, high * part
    free = _FREE * (high - low) or 0.1 * abs(high) or 1
    free = max(free, abs(high) * _FINEST)
    return low - free, high + free


def _powers(low: float, high: float, unit: str) -> Iterator[float]:
    """Round values of a logarithmic scale: powers of 2 for bytes, otherwise of 10, with 2 and 5 where these are few."""
    base, log = (2, log2) if unit == "bytes" else (10, log10)
    first, last = floor(log(low)), ceil(log(high))
    apart = max(1, ceil((last - first) / _STEPS))
    factors = (1, 2, 5) if base == 10 and log(high) - log(low) <= 3 else (1,)
    for power in range(first, last + 1):
        if power % apart == 0:
            for factor in factors:
                value = float(f"{factor}e{power}") if base == 10 else 2.0**power
                if low <= value <= high:
                    yield value


def _step(span: float, unit: str, whole: bool) -> float:
    """A round step of which at most `_STEPS` are in the span."""
    if unit == "bytes":
        return 2.0 ** max(0, ceil(log2(span / _STEPS)))
    power = floor(log10(span / _STEPS))
    steps = (float(f"{factor}e{power}") for factor in (1, 2, 5, 10))
    step = next(step for step in steps if step * _STEPS >= span * 0.999999)
    return max(1, step) if whole else step


def _multiples(low: float, high: float, step: float) -> Iterator[float]:
    for times in range(ceil(low / step), floor(high / step) + 1):
        yield times * step


def _to_step(value: float, step: float, high: float, unit: str) -> str:
    """A multiple of a step, with the digits that tell it from its neighbours.

    All ticks have the prefix of the highest one, or a smaller one where three decimals do not show the step.
    """
    if not value:
        return "0"
    if unit == "number":
        return f"{value:,.{max(0, -floor(log10(step)))}f}"
    if unit == "count" and high < _PLAIN:
        return f"{value:,.0f}"
    base, prefixes = (1024, _BINARY) if unit == "bytes" else (1000, _DECIMAL)
    power = 0
    while base ** (power + 1) <= min(high, 1000 * step) and power < len(prefixes) - 1:
        power += 1
    text = _trimmed(f"{value / base**power:,.3f}")
    return f"{text} {prefixes[power]}".rstrip()


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _apart(ticks: Iterable[tuple[float, str]], scale: Scale) -> Iterator[tuple[float, str]]:
    """The ticks that are not too near to the one before."""
    before = None
    for value, text in ticks:
        at = scale.at(value)
        if before is None or at - before >= _APART:
            yield value, text
            before = at
