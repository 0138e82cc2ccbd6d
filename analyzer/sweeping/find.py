"""The largest, or the smallest, value of an axis that fits, for each choice of the values of the other axes.

On an axis of at most `ALL` values every variant is calculated, and the answer is the last value that fits: an amount
need not rise with the value. On a longer one the answer is found by bisection, and checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, product
from math import inf, prod

from analyzer.diagnostics import listed, nearest
from analyzer.record import Record
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.sweeping.ascending import Unordered, ascending
from analyzer.sweeping.bisection import Bisection, Line
from analyzer.sweeping.order import MOST, too_many
from analyzer.sweeping.result import Axis, Found, Variant
from analyzer.units import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.loader.parse.description import Limit
    from analyzer.sweeping.bisection import Evaluate
    from analyzer.sweeping.order import Order

#: An axis of at most this many values has all of them calculated; on a longer one bisection finds the answer.
ALL = 2_000

#: How many variants are asked for at once; they are in memory together.
_AT_ONCE = 10_000

#: How many choices of the other axes are bisected side by side.
_BESIDE = 128


class Search(Record):
    """What is asked: the largest or the smallest value of an axis that fits.

    `places` are those of the values on the axis: from the smallest value to the largest, or the other way round where
    the smallest is asked for, so that the answer is always the last one that fits.
    """

    axis: Axis
    largest: bool
    places: Sequence[int]

    @property
    def long(self) -> bool:
        """Whether the axis has more values than are all calculated."""
        return len(self.places) > ALL


def searches(
    axes: Sequence[Axis],
    *,
    largest: Sequence[str] = (),
    smallest: Sequence[str] = (),
    limited: bool,
    random: int | None = None,
) -> list[Search]:
    """What `--largest` and `--smallest` ask, each axis once, those of `largest` first.

    `limited` says whether anything limits the network, `random` how many variants are drawn (None: there are all).
    Raises `SettingError` for a question that has no answer.
    """
    asked = [("largest", name) for name in dict.fromkeys(largest)]
    asked += [("smallest", name) for name in dict.fromkeys(smallest)]
    return [_search(axes, option, name, limited=limited, random=random) for option, name in asked]


def _search(axes: Sequence[Axis], option: str, name: str, *, limited: bool, random: int | None) -> Search:
    named = {axis.name: axis for axis in axes}
    axis = named.get(name)
    if axis is None:
        near = nearest(name, named)
        known = f"the {'axis is' if len(named) == 1 else 'axes are'} {listed(named, last='and')}"
        help = f"did you mean `{near}`?" if near else known
        raise SettingError(f"`{{{option}}}`: no axis is called `{shown(name)}`; {help}", option)
    if not limited:
        reason = "asks what fits, and nothing limits the network; give it a limit with"
        raise SettingError(f"`{{{option}}}` {reason} `{{budget}}`, or a `budget` in the file", option, "budget")
    if random is not None:
        reason = f"asks for every value of `{name}`, and `{{random}}` draws only some; leave one of the two out"
        raise SettingError(f"`{{{option}}}` {reason}", option, "random")
    try:
        places = ascending(axis.values, volume=axis.volume)
    except Unordered as unordered:
        raise SettingError(f"`{{{option}}}`: the values of `{name}` have no order: {unordered}", option) from None
    return Search(axis, option == "largest", places if option == "largest" else places[::-1])


def answers(
    order: Order,
    search: Search,
    evaluate: Evaluate,
    *,
    limits: Mapping[str, Limit],
    seed: int | None,
    tell: Callable[[str], None],
) -> Iterator[Found]:
    """The answer for each choice of the values of the other axes, by their ids.

    With a `seed` it is found by bisection, and the seed decides which values check it; otherwise all values are
    calculated. `limits` are those that hold for every variant. `tell` is called once, with a sentence, where a value
    contradicts bisection: for that choice, and others of which a value does so, all values are then calculated. Raises
    `SettingError` where these are too many.
    """
    lines = _lines(order, search)
    if seed is None:
        yield from _walked(lines, search, evaluate)
        return
    from random import Random  # only a long axis needs it

    random, bisection = Random(seed), Bisection(limits, search.largest, evaluate)
    told = False
    while beside := list(islice(lines, _BESIDE)):
        bisection.find(beside)
        bisection.verify(beside, random)
        for line in beside:
            if line.contradiction is None:
                yield Found(line.set, search.axis.name, search.largest, line.best, line.next)
                continue
            if not told:
                told = True
                tell(_contradiction(search, line, *line.contradiction))
            if len(line.places) > MOST:
                raise too_many(len(line.places))
            yield from _walked(iter([line]), search, evaluate)


def _lines(order: Order, search: Search) -> Iterator[Line]:
    """A line along the axis for each choice of the values of the other axes."""
    at = [axis.name for axis in order.axes].index(search.axis.name)
    others = [axis for axis in order.axes if axis.name != search.axis.name]
    step = prod(len(axis.values) for axis in order.axes[at + 1 :])
    for places in product(*(range(len(axis.values)) for axis in others)):
        chosen = {axis.name: axis.values[place] for axis, place in zip(others, places, strict=True)}
        yield Line(chosen, order.id_of((*places[:at], 0, *places[at:])), step, search.places)


def _walked(lines: Iterator[Line], search: Search, evaluate: Evaluate) -> Iterator[Found]:
    """The answers after a walk along the whole of each line."""
    together = max(1, _AT_ONCE // len(search.places))
    while some := list(islice(lines, together)):
        variants = _in_turn(chain.from_iterable(line.ids() for line in some), evaluate)
        for line in some:
            best: Variant | None = None
            next: Variant | None = None
            for variant in islice(variants, len(line.places)):
                if variant.fits:
                    best, next = variant, None
                elif next is None:
                    next = variant
            yield Found(line.set, search.axis.name, search.largest, best, next)


def _in_turn(ids: Iterator[int], evaluate: Evaluate) -> Iterator[Variant]:
    """The variants in the order of `ids`, some at a time."""
    while some := list(islice(ids, _AT_ONCE)):
        found = {variant.id: variant for variant in evaluate(sorted(some))}
        yield from (found[id] for id in some)


def _contradiction(search: Search, line: Line, variant: Variant, other: Variant | None) -> str:
    """What is said of a variant that does not suit another one, or where no variant is a network (None)."""
    name = search.axis.name
    said = " and ".join(f"`{name}={one.set[name]}` {_outcome(one)}" for one in (variant, other) if one is not None)
    beside = ", ".join(f"{axis}={value}" for axis, value in line.set.items())
    where = f" (with {beside})" if beside else ""
    return (
        f"bisection cannot answer: {said}{where}; all {count(len(line.places))} values of `{name}` must be calculated"
    )


def _outcome(variant: Variant) -> str:
    """What became of a variant: the end of a sentence."""
    if variant.error is not None:
        return "is no network"
    return "fits" if variant.fits else f"breaks {listed(variant.breaks, last='and')}"


def nearest_miss(variants: Iterable[Variant], limits: Mapping[str, Limit]) -> Variant | None:
    """Of the variants that break a limit, the one that breaks its limits by the smallest ratio; None if there is none.

    The ratio is that of the limit it breaks worst: amount ÷ most, or least ÷ amount. Of equal ones it is the first. A
    variant that breaks a limit that is not in `limits` is not compared: nobody knows by how much.
    """
    nearest: Variant | None = None
    least = inf
    for variant in variants:
        if variant.breaks and limits.keys() >= set(variant.breaks):
            ratio = max(_ratio(variant.amounts[key], limits[key]) for key in variant.breaks)
            if nearest is None or ratio < least:
                nearest, least = variant, ratio
    return nearest


def _ratio(amount: int | None, limit: Limit) -> float:
    """How many times too large or too small an amount that breaks its limit is."""
    if amount is None:
        return inf
    if limit.most is not None and amount > limit.most:
        return int(amount) / limit.most if limit.most else inf
    return (limit.least or 0) / int(amount) if amount else inf
