"""The Pareto front: the variants that no other one beats, as one does that is as good in every goal and better in one.

Points are tuples of numbers of which smaller is better. Whole numbers and floats are compared exactly. Equal points are
all on the front or none is. Up to three goals, n points take n log n: after sorting, what comes later cannot beat what
came earlier. More goals are divided, in n (log n)^(goals − 2): the front of the half that is better in the first goal,
and that of the other half without what the first front beats. Source: H. T. Kung, F. Luccio and F. P. Preparata, On
Finding the Maxima of a Set of Vectors, Journal of the ACM 22 (1975).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter, le, mul

from analyzer.diagnostics import listed, nearest
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.sweeping.goals import OF_AXIS, is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias, TypeVar

    from analyzer.sweeping.result import Variant

    T = TypeVar("T")
    Point: TypeAlias = tuple[int | float, ...]

#: So many points are held before those that are beaten are dropped, so that memory grows with the front only.
_HELD = 20_000

#: Up to so many pairs of points are compared one by one, which is faster than dividing them.
_PAIRS = 200

#: A block of a staircase is divided when it has more steps: inserting into a long list takes long.
_STEPS = 1_000


def pareto_front(
    variants: Iterable[Variant], minimize: Sequence[str] = (), maximize: Sequence[str] = ()
) -> list[Variant]:
    """The variants that fit and that no other one beats, in their order.

    `minimize` and `maximize` name amounts, or axes with numbers; an axis that is called like an amount (`depth`) is
    meant as `set.depth`. A variant that lacks one of them is not on the front; an amount of which a part is unknown
    counts as what is known of it. Raises `SettingError` for a goal that a variant does not have, and without a goal.

    >>> from analyzer.sweeping.result import Variant
    >>> found = [Variant(n, {"width": w}, {"macs": m}) for n, (w, m) in enumerate([(8, 30), (16, 20), (32, 90)])]
    >>> [variant.id for variant in pareto_front(found, minimize=["macs"], maximize=["width"])]
    [1, 2]
    """
    minimize, maximize = ([one] if isinstance(one, str) else [*one] for one in (minimize, maximize))
    if not minimize and not maximize:
        raise SettingError("a front needs a goal: `{minimize}` or `{maximize}`", "minimize", "maximize")

    goals = [*((goal, "minimize") for goal in minimize), *((goal, "maximize") for goal in maximize)]
    signs = signs_of(minimize, maximize)

    def points() -> Iterator[tuple[Point, tuple[int, Variant]]]:
        for place, variant in enumerate(variants):
            if variant.error is None and variant.fits:
                numbers = [_number(variant, goal, setting) for goal, setting in goals]
                if None not in numbers:
                    yield tuple(map(mul, signs, numbers)), (place, variant)

    return [variant for _, variant in sorted(front(points()), key=itemgetter(0))]


def _number(variant: Variant, goal: str, setting: str) -> int | float | None:
    """The number of a goal; raises `SettingError` where the variant has neither an amount nor a number of this name."""
    if goal in variant.amounts:
        return variant.amounts[goal]
    value = variant.set.get(goal.removeprefix(OF_AXIS))
    if is_number(value):
        return value  # type: ignore[return-value]  # it is a number
    if value is not None:
        raise SettingError(
            f"`{{{setting}}}`: `{shown(goal)}` is `{shown(str(value))}`, and a goal is a number", setting
        )
    names = [*variant.amounts, *variant.set]
    near = nearest(goal, names)
    help = f"did you mean `{near}`?" if near else f"it has {listed(names, last='and')}"
    raise SettingError(f"`{{{setting}}}`: a variant has no number `{shown(goal)}`; {help}", setting)


def signs_of(minimize: Sequence[str], maximize: Sequence[str]) -> list[int]:
    """What the number of each goal is multiplied by, so that smaller is better."""
    return [1] * len(minimize) + [-1] * len(maximize)


def front(points: Iterable[tuple[Point, T]]) -> list[T]:
    """What belongs to the points that no other one beats, each point given with what belongs to it.

    All points have equally many numbers, at least one. Memory grows with the front, not with the points.

    >>> front([((1, 5), "a"), ((2, 5), "b"), ((2, 1), "c"), ((2, 1.0), "d")])
    ['a', 'c', 'd']
    """
    held: dict[Point, list[T]] = {}
    number, most = 0, _HELD
    for point, what in points:
        if point in held:
            held[point].append(what)
        else:
            held[point] = [what]
        number += 1
        if number >= most:
            held = {point: held[point] for point in unbeaten(sorted(held))}
            number = sum(map(len, held.values()))
            most = max(_HELD, 2 * number)
    return [what for point in unbeaten(sorted(held)) for what in held[point]]


def unbeaten(points: list[Point]) -> list[Point]:
    """Those of different points, sorted, that no other one beats; sorted.

    >>> unbeaten([(1, 9, 9), (2, 3, 4), (2, 4, 4), (3, 1, 9)])
    [(1, 9, 9), (2, 3, 4), (3, 1, 9)]
    """
    goals = len(points[0]) if points else 0
    if goals < 2:
        return points[:1]
    if goals == 2:
        found = points[:1]
        for point in points:
            if point[1] < found[-1][1]:
                found.append(point)
        return found
    if goals == 3:
        stairs = Staircase()
        return [point for point in points if stairs.admits(point[1], point[2])]
    return _divided(points, tuple(range(1, goals)))


class Staircase:
    """Pairs of numbers of which none is at most another one in both: from step to step x grows and y falls.

    The steps are in blocks, each a list of x and one of y.
    """

    __slots__ = ("_firsts", "_xs", "_ys")

    # By hand: it begins empty.
    def __init__(self) -> None:
        self._firsts: list[int | float] = []  # the first x of each block
        self._xs: list[list[int | float]] = []
        self._ys: list[list[int | float]] = []

    def covers(self, x: int | float, y: int | float) -> bool:
        """Whether a step is at most this pair in both numbers."""
        block = bisect_right(self._firsts, x) - 1
        if block < 0:
            return False
        return self._ys[block][bisect_right(self._xs[block], x) - 1] <= y  # the lowest of the steps up to x

    def admits(self, x: int | float, y: int | float) -> bool:
        """Adds a pair that is not covered, in place of the steps that it covers; says whether it did."""
        if self.covers(x, y):
            return False
        if not self._xs:
            self._firsts, self._xs, self._ys = [x], [[x]], [[y]]
            return True
        block = max(bisect_left(self._firsts, x) - 1, 0)
        xs, ys = self._xs[block], self._ys[block]
        place = bisect_left(xs, x)
        end = place + _higher(ys, y, place)
        if end == len(ys):
            self._lower(block + 1, y)
        xs[place:end] = [x]
        ys[place:end] = [y]
        self._firsts[block] = xs[0]
        if len(xs) > _STEPS:
            half = len(xs) // 2
            self._firsts.insert(block + 1, xs[half])
            self._xs[block : block + 1] = xs[:half], xs[half:]
            self._ys[block : block + 1] = ys[:half], ys[half:]
        return True

    def _lower(self, block: int, y: int | float) -> None:
        """Removes the steps that are not lower than y from the beginning of this block and of the next ones."""
        end = block
        while end < len(self._ys) and self._ys[end][-1] >= y:
            end += 1
        for blocks in (self._firsts, self._xs, self._ys):
            del blocks[block:end]
        if block < len(self._ys):
            number = _higher(self._ys[block], y, 0)
            del self._xs[block][:number], self._ys[block][:number]
            self._firsts[block] = self._xs[block][0]


def _higher(ys: list[int | float], y: int | float, place: int) -> int:
    """How many of the falling numbers from a place on are at least y."""
    end = place
    while end < len(ys) and ys[end] >= y:
        end += 1
    return end - place


def _divided(points: list[Point], goals: tuple[int, ...]) -> list[Point]:
    """`unbeaten` of four goals and more, of which `goals` are all but the first."""
    if len(points) ** 2 <= _PAIRS:
        return [one for place, one in enumerate(points) if not _beaten(one, points[:place], goals)]
    half = len(points) // 2
    better = _divided(points[:half], goals)  # in the first goal, or equal there: nothing in the other half beats them
    return better + _divided(sorted(_left(better, points[half:], goals)), goals)


def _beaten(point: Point, others: Iterable[Point], goals: tuple[int, ...]) -> bool:
    of = itemgetter(*goals)
    mine = of(point)
    return any(all(map(le, of(other), mine)) for other in others)


def _left(better: list[Point], points: list[Point], goals: tuple[int, ...]) -> list[Point]:
    """The `points` than which none of `better` is at least as good in these goals, at least three; in any order."""
    if not better or not points:
        return points
    if len(better) * len(points) <= _PAIRS:
        return [point for point in points if not _beaten(point, better, goals)]
    if len(goals) == 3:
        return _above(better, points, goals)
    goal = itemgetter(goals[0])
    values = sorted({*map(goal, better), *map(goal, points)})
    if len(values) == 1:
        return _left(better, points, goals[1:])
    middle = values[len(values) // 2]  # something is below it
    low, high = [one for one in better if goal(one) < middle], [one for one in better if goal(one) >= middle]
    first = _left(low, [point for point in points if goal(point) < middle], goals)
    rest = _left(low, [point for point in points if goal(point) >= middle], goals[1:])
    return first + _left(high, rest, goals)


def _above(better: list[Point], points: list[Point], goals: tuple[int, ...]) -> list[Point]:
    """`_left` of three goals: in the order of the first, a staircase of the other two grows."""
    first, second, third = goals
    order = itemgetter(first)
    stairs = Staircase()
    found = []
    waiting = iter(sorted(better, key=order))
    next_better = next(waiting, None)
    for point in sorted(points, key=order):
        while next_better is not None and next_better[first] <= point[first]:
            stairs.admits(next_better[second], next_better[third])
            next_better = next(waiting, None)
        if not stairs.covers(point[second], point[third]):
            found.append(point)
    return found
