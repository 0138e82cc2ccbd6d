"""Reading the values of one axis of a sweep: a list, a range, one value; or the volumes of an input.

A range has both ends in it, where its steps arrive at the upper one: `16:128:16`, `0.1:0.5:0.1`, `16:256:*2`. Its
arithmetic is exact: `0.1:0.3:0.1` ends at 0.3. Whole numbers without a step go by 1. Numbers with a decimal point and
without a step are the ends of a continuous axis. Every mistake is a `Refusal` (VALUE101) that completes the sentence
"the axis …".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import isinf, log, log1p

from analyzer.diagnostics import Refusal
from analyzer.layers.kinds import written
from analyzer.loader.parse.axis import Axis
from analyzer.loader.parse.inputs import refuse_volume
from analyzer.loader.text.tree import given_value
from analyzer.record import Record
from analyzer.source import shown
from analyzer.units import count
from analyzer.volume import Volume, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.parse.axis import Value

#: How an axis is written, for messages.
FORMS = "a list such as `16,32,64`, a range such as `16:128:16`, or one value"

#: The ends of a range are between −10^15 and 10^15, and it has at most so many values.
_LARGEST = 10**15

#: The most values of a geometric range: they are calculated one from another, and not when they are asked for.
_POWERS = 10_000

#: The most values that a message writes out.
_FEW = 12

#: A number as YAML 1.2's core schema reads it; the last groups are its decimals and its exponent.
_NUMBER = r"([-+]?)(?:([0-9]+)(\.[0-9]*)?|(\.[0-9]+))(?:[eE]([-+]?[0-9]{1,3}))?"
#: No longer number is read.
_DIGITS = 40


class Decimals(Sequence[float]):
    """The numbers of `steps` divided by `divisor`, a power of ten: each is the float nearest to the exact decimal.

    >>> [*Decimals(range(1, 4), 10)], Decimals(range(1, 4), 10)[1:]
    ([0.1, 0.2, 0.3], Decimals(range(2, 4), 10))
    """

    __slots__ = ("divisor", "steps")

    # By hand: it is a sequence, and compared with others of its class.
    def __init__(self, steps: range, divisor: int) -> None:
        self.steps = steps
        self.divisor = divisor

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, place: Any) -> Any:
        steps = self.steps[place]
        return Decimals(steps, self.divisor) if isinstance(steps, range) else steps / self.divisor

    def __eq__(self, other: object) -> bool:
        return other.__class__ is Decimals and (self.steps, self.divisor) == (other.steps, other.divisor)

    def __hash__(self) -> int:
        return hash((self.steps, self.divisor))

    def __repr__(self) -> str:
        return f"Decimals({self.steps!r}, {self.divisor})"


class Number(Record):
    """A written number: exactly `digits` divided by 10 to the `power`; `whole`: without a point and an exponent."""

    digits: int
    power: int
    whole: bool


def read_axis(name: str, text: str) -> Axis:
    """The axis `name` with the values in a text.

    >>> read_axis("width", "16:64:16").values, [*read_axis("rate", "0.1:0.3:0.1").values]
    (range(16, 65, 16), [0.1, 0.2, 0.3])
    >>> read_axis("width", "16:128:*2").values, read_axis("act", "relu, silu").values
    ([16, 32, 64, 128], ['relu', 'silu'])
    >>> read_axis("rate", "0.1:1").between
    (0.1, 1.0)
    """
    text = text.strip()
    items = [item.strip() for item in text.split(",")]
    if not text:
        raise _refusal(f"must be {FORMS}, not nothing")
    _refuse_signs(text)
    if len(items) == 1:
        parts = text.split(":")
        if len(parts) > 1 and (not parts[0].strip() or _number(parts[0].strip())):  # a name may have colons
            return _range(name, text, parts)
    return Axis(name, list_of([_value_in(text, item) for item in items]))


def list_of(values: Iterable[Value]) -> list[Value]:
    """The values of a list. Raises `Refusal` where there is none, and where one appears twice."""
    found = {}
    for place, value in enumerate(values):
        key = value.__class__ is bool, value
        if key in found:
            raise _refusal(f"has twice the value {_said(value)}", help="write each value once", at=(place,))
        found[key] = value
    if not found:
        raise _refusal(f"must be {FORMS}, not an empty list")
    return [*found.values()]


def value_in(item: object) -> Value:
    """One value of an axis: a finite number or a word; a text is read as it would be in a file."""
    try:
        value: Value | None = given_value(item)
    except ValueError:
        value = None
    if value is None or (isinstance(value, str) and _is_infinite(value)):
        raise _refusal(f"must have finite numbers or words, not `{shown(str(item))}`")
    return word_in(value) if isinstance(value, str) else value


def word_in(word: str) -> str:
    """A word as it is written. Raises `Refusal` for an expression."""
    if "$" in word:
        help = "a variable under `vars` may be an expression of those above it"
        raise _refusal(f"must have plain values, not the expression `{shown(word)}`", help=help)
    return word


def item_in(text: str) -> Value:
    """The value of an item of a list. Raises `Refusal` for a range, and for what `value_in` refuses."""
    ends = text.split(":")
    if len(ends) > 1 and all(_number(end.strip()) for end in ends[:2]):
        axis = read_axis("", text)
        few = axis.between is None and len(axis.values) <= _FEW
        help = f"write its values: `{','.join(map(str, axis.values))}`" if few else "write it alone, without a list"
        raise _refusal(f"has in its list the range `{shown(text)}`", help=help)
    return value_in(text)


def read_volumes(name: str, texts: Iterable[object]) -> Axis:
    """The axis `name` with these volumes of an input, in the form in which reports show a volume.

    >>> read_volumes("input", ["32×32×3", "64x64x3"]).values
    ['32x32x3', '64x64x3']
    """
    volumes: list[Value] = []
    for place, text in enumerate(texts):
        said = str(text).strip()
        refusal = refuse_volume(said)
        if refusal is not None:
            if ":" in said:
                refusal.help = "volumes are a list, such as `128x128x3,224x224x3`; there is no range of them"
            refusal.at = (place,)
            raise refusal
        volumes.append(str(Volume.of([size or 0 for size in read_sizes(said) or ()])))
    return Axis(name, list_of(volumes), volume=True)


def _said(value: Value) -> str:
    return written(value) if isinstance(value, (bool, str)) else f"`{value}`"


def _refusal(message: str, help: str | None = None, at: tuple[int, ...] = ()) -> Refusal:
    return Refusal(message, code="VALUE101", help=help, at=at)


def _refuse_signs(text: str) -> None:
    """Refuses signs around and between values that other languages have."""
    bare = re.fullmatch(r"(?:range)?[\[({](.*)[\])}]", text)
    if bare is not None:
        meant = bare[1].replace(" ", "") if not text.startswith("range") else bare[1].replace(" ", "").replace(",", ":")
        raise _refusal(f"must be written without brackets, not `{shown(text)}`", help=f"write `{shown(meant)}`")
    short = len(text) <= 3 * _DIGITS  # the search takes the square of the length
    between = re.fullmatch(r"(\S+?)\s*(?:\.{2,3}|…|[-–—]|to)\s*(\S+)", text) if short else None
    if between is not None and _number(between[1]) and _number(between[2]) and not _number(text):
        meant = f"{between[1]}:{between[2]}"
        raise _refusal(f"must be a range such as `16:128:16`, not `{shown(text)}`", help=f"write `{shown(meant)}`")


def _value_in(text: str, item: str) -> Value:
    """A value of the list `text`."""
    if not item:
        meant = ",".join(one.strip() for one in text.split(",") if one.strip())
        raise _refusal(f"has an empty value in `{shown(text)}`", help=f"write `{shown(meant)}`" if meant else None)
    return item_in(item)


def _is_infinite(word: str) -> bool:
    """Whether a word is what other programs read as a number that is not finite, or one beyond a float's range."""
    if word.lower().lstrip("+-.") in ("nan", "inf", "infinity"):
        return True
    try:
        return isinf(float(word))
    except ValueError:
        return False


def _number(text: str) -> Number | None:
    """A written number; None where a text is none, or too long a one."""
    match = re.fullmatch(_NUMBER, text, re.ASCII) if len(text) <= _DIGITS else None
    if match is None:
        return None
    sign, before, after, fraction, exponent = match.groups()
    decimals = (after or fraction or "")[1:]
    power = len(decimals) - int(exponent or 0)
    digits = int(sign + (before or "") + decimals) if before or decimals else 0
    plain = after is None and fraction is None and exponent is None
    return Number(digits * 10 ** max(0, -power), max(0, power), plain)


def _range(name: str, text: str, parts: Sequence[str]) -> Axis:
    """The axis with the range in a text, given its parts between colons."""
    low, high, step, *more = (*(part.strip() for part in parts), "")
    said = f"`{shown(text)}`"
    factor = step.startswith("*")
    read = [_number(part) for part in (low, high, *([step.removeprefix("*").strip()] if step else []))]
    numbers = [number for number in read if number is not None]
    if more not in ([], [""]) or len(numbers) < len(read) or (len(parts) == 3 and not step):
        multiplies = step[:1] in ("/", "x", "×") or step[:2] == "**" or step[-1:] in ("*", "x", "×")
        help = f"write `{low}:{high}:*2` for a factor" if multiplies else None
        raise _refusal(f"must be a range such as `16:128:16` or `16:128:*2`, not {said}", help=help)
    power = max(number.power for number in numbers)
    first, last, *steps = (number.digits * 10 ** (power - number.power) for number in numbers)
    whole, divisor = all(number.whole for number in numbers), 10**power
    if max(abs(first), abs(last)) > _LARGEST * divisor:
        raise _refusal(f"has a range with an end beyond 10^15: {said}")
    if first > last:
        meant = f"{high}:{low}" + (f":{step.removeprefix('-')}" if step else "")
        raise _refusal(
            f"has an empty range, since {low} is above {high}: {said}", help=f"write `{meant}`; a range goes up"
        )
    if factor:
        return Axis(name, _powers(said, f"{low}:{high}", (first, last, divisor), numbers[2], whole=whole))
    if not steps and not whole and first < last:
        return Axis(name, (), between=(first / divisor, last / divisor))
    by = steps[0] if steps else divisor
    if by <= 0:
        what = "the step 0" if by == 0 else "a step below 0"
        fixed = f"write `{low}:{high}:{step.removeprefix('-')}`; a range goes up"
        alone = f"a step is above 0; `{low}:{high}` goes by 1" if whole else "a step is above 0"
        raise _refusal(f"has a range with {what}: {said}", help=fixed if by else alone)
    size = (last - first) // by + 1
    if size > _LARGEST:
        raise _refusal(f"has a range of more than 10^15 values: {said}", help="a larger step has fewer")
    found = range(first, last + 1, by)
    return Axis(name, found if whole else Decimals(found, divisor))


def _powers(said: str, ends: str, range: tuple[int, int, int], factor: Number, *, whole: bool) -> list[Value]:
    """The values of a geometric range: its lower end, and each `factor` times the one before.

    `range` are its ends, and what both are divided by. The powers are exact; only the values are rounded.
    """
    low, high, divisor = range
    by, unit = factor.digits, 10**factor.power
    if low <= 0:
        help = f"a step such as `{ends}:16` adds"
        raise _refusal(f"has a range that multiplies, so it must begin above 0: {said}", help=help)
    if by <= unit:
        what = "multiplies by 1" if by == unit else "multiplies by less than 1"
        raise _refusal(f"has a range that {what}: {said}", help=f"a factor is above 1: `{ends}:*2`")
    size = int((log(high) - log(low)) / log1p((by - unit) / unit)) + 1
    if size > _POWERS:
        message = f"has a range of about {count(size)} values: {said}"
        raise _refusal(message, help=f"a larger factor has fewer; {count(_POWERS)} are possible")
    values: list[Value] = []
    while low <= high:
        values.append(low if whole else low / divisor)
        low, high, divisor = low * by, high * unit, divisor * unit
    return values
