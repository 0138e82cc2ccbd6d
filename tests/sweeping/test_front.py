"""The Pareto front, held against its definition: a point is on it if no other one is at most it in every goal."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from analyzer.settings import SettingError
from analyzer.sweeping import front as module
from analyzer.sweeping.front import Staircase, front, pareto_front, unbeaten
from analyzer.sweeping.result import Problem, Variant
from analyzer.units import AtLeast

if TYPE_CHECKING:
    from analyzer.sweeping.front import Point


def by_definition(points: list[Point]) -> list[Point]:
    """The front of different points, each compared with each."""
    return sorted(
        one
        for one in points
        if not any(other != one and all(a <= b for a, b in zip(other, one, strict=True)) for other in points)
    )


@pytest.mark.parametrize("goals", range(1, 7))
@pytest.mark.parametrize("small", [False, True], ids=["as it is", "in small parts"])
def test_the_front_is_that_of_the_definition(goals: int, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if small:  # so that few points reach every branch
        monkeypatch.setattr(module, "_PAIRS", 1)
        monkeypatch.setattr(module, "_STEPS", 3)
        monkeypatch.setattr(module, "_HELD", 7)
    draw = Random(goals)
    for _ in range(150):
        most = draw.choice([1, 3, 10, 10**6])
        points = [tuple(draw.randint(0, most) for _ in range(goals)) for _ in range(draw.randint(1, 100))]
        expected = by_definition(sorted({*points}))
        assert unbeaten(sorted({*points})) == expected
        assert sorted(front((point, place) for place, point in enumerate(points))) == [
            place for place, point in enumerate(points) if point in expected
        ]


def test_equal_points_are_all_on_the_front_or_none() -> None:
    points = [((1, 2), "a"), ((1, 2.0), "b"), ((2, 1), "c"), ((2, 2), "d"), ((2, 2), "e")]
    assert front(points) == ["a", "b", "c"]
    assert front([]) == []


def test_no_more_points_are_held_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beaten is dropped on the way: of 10,000 points on a line, never more than 50 are held."""
    held: list[int] = []

    def counted(points: list[Point]) -> list[Point]:
        held.append(len(points))
        return unbeaten(points)

    monkeypatch.setattr(module, "_HELD", 50)
    monkeypatch.setattr(module, "unbeaten", counted)
    assert front(((10_000 - place, 10_000 - place), place) for place in range(10_000)) == [9_999]
    assert max(held) <= 50
    assert sorted(front(((place, -place), place) for place in range(1_000))) == list(range(1_000))


def test_numbers_are_compared_exactly() -> None:
    """2^53 + 1 is no float: the nearest one is 2^53, which is less."""
    large = 2**53
    assert front([((float(large), 1), "float"), ((large + 1, 1), "int")]) == ["float"]
    assert front([((2**70 + 1, 0), "more"), ((2**70, 0), "less")]) == ["less"]


def test_a_staircase_over_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that covers others takes their place, in its block and in those behind it."""
    monkeypatch.setattr(module, "_STEPS", 4)
    stairs = Staircase()
    assert all(stairs.admits(x, 100 - x) for x in range(0, 100, 2))
    assert [stairs.covers(7, 94), stairs.covers(7, 93)] == [True, False]
    assert stairs.admits(11, 0)  # covers the steps from 12 on
    assert not stairs.admits(50, 50)
    assert [stairs.covers(12, 0), stairs.covers(10, 89)] == [True, False]
    assert stairs.admits(0, 0)  # covers all
    assert not stairs.admits(0, 0)
    assert [stairs.covers(0, 0), stairs.covers(-1, 10**9)] == [True, False]


class Counted(int):
    """A number that counts how often numbers of its class are compared."""

    compared = 0

    def __lt__(self, other: int) -> bool:
        Counted.compared += 1
        return int(self) < int(other)

    def __le__(self, other: int) -> bool:
        Counted.compared += 1
        return int(self) <= int(other)

    def __gt__(self, other: int) -> bool:
        return Counted(other) < self

    def __ge__(self, other: int) -> bool:
        return Counted(other) <= self


def comparisons(goals: int, number: int) -> int:
    """How many comparisons the front of so many points takes that are all on it: their numbers add up to 0."""
    draw = Random(0)
    firsts = {tuple(draw.randrange(10**9) for _ in range(goals - 1)) for _ in range(number)}
    points: list[Point] = [(*map(Counted, first), Counted(-sum(first))) for first in sorted(firsts)]
    Counted.compared = 0
    assert len(unbeaten(points)) == len(points) == number
    return Counted.compared


@pytest.mark.parametrize(("goals", "most"), [(2, 4.1), (3, 6), (4, 8), (5, 10)])
def test_time_is_not_quadratic_where_all_are_on_the_front(goals: int, most: float) -> None:
    """Of four times the points: 4 log 4n / log n as many up to three goals; where all pairs are compared it is 16."""
    assert comparisons(goals, 2_000) < most * comparisons(goals, 500)


def variants() -> list[Variant]:
    """Widths 8 to 40: the middle one is beaten, one does not fit, one is no network, one lacks the amount."""
    return [
        Variant(0, {"width": 8, "act": "relu", "depth": 3}, {"macs": 30, "depth": 9}),
        Variant(1, {"width": 16, "act": "relu", "depth": 2}, {"macs": 20, "depth": 9}),
        Variant(2, {"width": 24, "act": "silu", "depth": 1}, {"macs": 10, "depth": 9}, False, ["depth"]),
        Variant(3, {"width": 32, "act": "relu", "depth": 1}, {}, False, [], Problem("SHAPE201", "too large")),
        Variant(4, {"width": 40, "act": "relu", "depth": 1}, {"macs": None, "depth": 9}),
        Variant(5, {"width": 40, "act": "relu", "depth": 1}, {"macs": AtLeast(40), "depth": 9}),
    ]


def test_the_front_of_variants_is_of_those_that_fit_and_know_their_amounts() -> None:
    assert [one.id for one in pareto_front(variants(), minimize=["macs"])] == [1]
    assert [one.id for one in pareto_front(iter(variants()), minimize="macs", maximize=["width"])] == [1, 5]
    assert [one.id for one in pareto_front(variants(), maximize=["depth", "set.depth"])] == [0]


@pytest.mark.parametrize(
    ("goals", "said"),
    [
        ({}, "a front needs a goal: `minimize` or `maximize`"),
        ({"minimize": ["mac"]}, "`minimize`: a variant has no number `mac`; did you mean `macs`?"),
        ({"maximize": ["act"]}, "`maximize`: `act` is `relu`, and a goal is a number"),
    ],
)
def test_goals_that_are_no_numbers_are_refused(goals: dict[str, list[str]], said: str) -> None:
    with pytest.raises(SettingError) as refused:
        pareto_front(variants(), **goals)
    assert str(refused.value).startswith(said)
