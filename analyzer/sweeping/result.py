"""What a sweep finds, as plain data: axes, variants, answers, and what one step changes."""

from __future__ import annotations

from analyzer.loader.parse.axis import INPUT, Axis
from analyzer.record import Record, field
from analyzer.units import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from analyzer.loader.parse.axis import Value
    from analyzer.loader.parse.description import Limit

__all__ = ["INPUT", "Axis", "Counts", "Found", "Move", "Problem", "Swept", "Value", "Variant", "column_of"]

#: The columns of a table of variants beside those of its axes and its amounts.
_COLUMNS = ("id", "at_least", "fits", "breaks", "front", "error")


def column_of(axis: str, amounts: Sequence[str]) -> str:
    """What an axis is called as a column of a table of variants: its name, unless another column has it.

    >>> column_of("width", ["params", "depth"]), column_of("depth", ["params", "depth"]), column_of("id", [])
    ('width', 'set.depth', 'set.id')
    """
    return f"set.{axis}" if axis.lower() in (*_COLUMNS, *amounts) else axis


class Problem(Record, eq=True):
    """Why a variant is no network: the code and the message of its first mistake."""

    code: str
    message: str


class Variant(Record, eq=True):
    """One choice of a value on each axis, and what the network costs.

    id        its number: mixed radix over the axes in their order, the last axis the fastest; with a continuous axis,
              or more than 2^63 combinations, the number of the draw
    set       the value on each axis, by its name
    amounts   by the key of a budget: a whole number, an `AtLeast` where a part is unknown, None where the network has
              no such amount; empty where it is no network
    fits      whether it breaks no limit; False where it is no network
    breaks    the keys of the limits that it breaks
    error     why it is no network; None where it is one
    front     whether it is on the Pareto front of the variants that fit; False where no front was asked for
    """

    id: int
    set: dict[str, Value]
    amounts: dict[str, int | None]
    fits: bool = True
    breaks: list[str] = field(factory=list)
    error: Problem | None = None
    front: bool = False

    @property
    def at_least(self) -> list[str]:
        """The keys of the amounts of which a part is unknown."""
        return [key for key, amount in self.amounts.items() if amount is not None and not exact(amount)]


class Counts(Record, eq=True):
    """How many variants there are, how many of them fit, and how many are no network; the others break a limit."""

    variants: int
    fit: int
    wrong: int


class Found(Record):
    """The largest (or smallest) value of an axis that fits, for one choice of the values of the other axes.

    set       the values of the other axes
    axis      the axis that is asked about
    largest   whether the largest is asked for, otherwise the smallest
    best      the variant with that value; None where no value fits
    next      the variant with the next value of the axis, which does not fit; None where `best` has its last value.
              Where no value fits it is the one at the other end, the nearest to fitting that the axis has
    """

    set: dict[str, Value]
    axis: str
    largest: bool
    best: Variant | None
    next: Variant | None


class Move(Record):
    """One step of one axis from the file's value, and by how much it changes each amount.

    axis      the axis
    before    the variant of the file, `after` that of one step up or down
    """

    axis: str
    before: Variant
    after: Variant

    @property
    def error(self) -> Problem | None:
        """Why there is no change to tell: what is wrong with the network after the step, or with that of the file."""
        return self.after.error or self.before.error

    def pair(self, key: str) -> tuple[int, int] | None:
        """An amount before and after; None where either has none, or a part of it is unknown."""
        before, after = self.before.amounts.get(key), self.after.amounts.get(key)
        return (before, after) if before is not None and after is not None and exact(before) and exact(after) else None

    def by(self, key: str) -> int | None:
        """The change of an amount; None where `pair` is None."""
        pair = self.pair(key)
        return None if pair is None else pair[1] - pair[0]

    def percent(self, key: str) -> float | None:
        """The change of an amount in percent of what it was; None where it was 0, or `pair` is None."""
        pair = self.pair(key)
        return 100 * (pair[1] - pair[0]) / pair[0] if pair is not None and pair[0] else None

    def per_parameter(self, *keys: str) -> float | None:
        """The change of some amounts together for each parameter that the step adds, or takes away.

        None where the step leaves the parameters as many as they were, or `pair` of an amount is None.
        """
        parameters, changes = self.by("params"), [self.by(key) for key in keys]
        known = [change for change in changes if change is not None]
        return sum(known) / parameters if parameters and len(known) == len(keys) else None

    @property
    def macs_per_parameter(self) -> float | None:
        """MACs of a sample for each parameter; see `per_parameter`."""
        return self.per_parameter("macs")

    @property
    def bytes_per_parameter(self) -> float | None:
        """Bytes of weights and activations for each parameter; see `per_parameter`."""
        return self.per_parameter("weight_memory", "activation_memory")


class Swept(Record):
    """A finished sweep, as reports read it.

    file      the model's file, `name` the model
    axes      in the order of the command line and of the file
    amounts   the keys of the amounts that were calculated, in the order of the columns
    limits    those that hold for every variant, by key; one of the file's may depend on variables, and then differs
    counts    of all variants
    rows      an iterator over all variants, by id; it may be called again
    minimize, maximize   what the front was asked for: amounts, or axes with numbers
    front     how many variants are on the front; None where no front was asked for
    found     the answers of `--largest` and `--smallest`, which may be read again; None where neither was asked for
    moves     the steps of `--sensitivity`, the biggest change first; None where it was not asked for
    run       the settings of the run that were given, in words; the others are those of the file
    """

    file: str
    name: str
    axes: Sequence[Axis]
    amounts: Sequence[str]
    limits: Mapping[str, Limit]
    counts: Counts
    rows: Callable[[], Iterator[Variant]]
    minimize: Sequence[str] = ()
    maximize: Sequence[str] = ()
    front: int | None = None
    found: Iterable[Found] | None = None
    moves: Sequence[Move] | None = None
    run: str = ""
