"""The variants of a sweep by number: the grid, draws from it, and draws of continuous axes."""

from __future__ import annotations

import pickle
import random
from itertools import product

import pytest

from analyzer.settings import SettingError
from analyzer.sweeping.order import MOST, Order, too_many
from analyzer.sweeping.result import Axis

GRID = [Axis("width", range(16, 65, 16)), Axis("depth", [18, 50, 101]), Axis("act", ["relu", "silu"])]
RATE = Axis("rate", (), between=(0.25, 0.5))


def test_the_grid_is_in_mixed_radix() -> None:
    order = Order(GRID)
    found = [order.set_of(id) for id in order.ids]
    names = [axis.name for axis in GRID]
    assert found == [dict(zip(names, values, strict=True)) for values in product(*(axis.values for axis in GRID))]
    assert (order.total, len(order.ids)) == (24, 24)
    assert order.id_of([2, 1, 0]) == 14  # (2·3 + 1)·2 + 0
    assert order.places_of(14) == [2, 1, 0]
    assert all(order.id_of(order.places_of(id)) == id for id in order.ids)


def test_draws_from_the_grid_do_not_repeat() -> None:
    order = Order(GRID, random=10, seed=3)
    assert [*order.ids] == sorted(random.Random(3).sample(range(24), 10))
    assert len(set(order.ids)) == 10
    assert order.set_of(14) == {"width": 48, "depth": 50, "act": "relu"}
    assert [*Order(GRID, random=10, seed=4).ids] != [*order.ids]
    assert [*Order(GRID, random=24).ids] == [*range(24)]


def test_draws_from_more_than_2_to_the_63() -> None:
    axes = [Axis(f"x{place}", range(10**7)) for place in range(4)]  # 10^28 combinations
    order = Order(axes, random=1000)
    assert order.ids == range(1000)
    sets = [tuple(order.set_of(id).values()) for id in order.ids]
    assert len(set(sets)) == 1000
    assert sets == sorted(sets)
    means = [sum(values) / 1000 for values in zip(*sets, strict=True)]
    assert all(abs(mean - 5e6) < 5e5 for mean in means)  # a mean has a deviation of 10^7/√12/√1000 = 91,287
    assert [order.places_of(id) for id in order.ids] == [list(values) for values in sets]
    assert order.set_of(7) == Order(axes, random=1000).set_of(7)


def test_draws_of_continuous_axes_depend_on_seed_and_number() -> None:
    axes = [GRID[0], RATE]
    order = Order(axes, random=2000, seed=5)
    assert order.ids == range(2000)
    sets = [order.set_of(id) for id in order.ids]
    rates = [float(one["rate"]) for one in sets]
    assert all(0.25 <= rate <= 0.5 for rate in rates)
    assert len(set(rates)) == 2000
    assert abs(sum(rates) / 2000 - 0.375) < 0.01  # the mean has a deviation of 0.25/√12/√2000 = 0.0016
    numbers = [sum(one["width"] == width for one in sets) for width in (16, 32, 48, 64)]
    assert min(numbers) > 400  # 500 each, with a deviation of √(2000·¼·¾) = 19
    assert Order(axes, random=10, seed=5).set_of(7) == sets[7]
    assert Order(axes, random=10, seed=6).set_of(7) != sets[7]


def test_a_continuous_axis_may_span_all_floats() -> None:
    order = Order([Axis("x", (), between=(-1.5e308, 1.5e308))], random=100)
    assert all(-1.5e308 <= float(order.set_of(id)["x"]) <= 1.5e308 for id in order.ids)


def test_an_order_is_the_same_in_another_process() -> None:
    for axes, drawn in ((GRID, None), (GRID, 5), ([*GRID, RATE], 5)):
        order = Order(axes, random=drawn, seed=1)
        again = pickle.loads(pickle.dumps(order))
        assert [*again.ids] == [*order.ids]
        assert [again.set_of(id) for id in again.ids] == [order.set_of(id) for id in order.ids]


THOUSAND = [Axis(name, range(1000)) for name in "abc"]


@pytest.mark.parametrize(
    ("axes", "settings", "message"),
    [
        # 10^9 at 400 a second are 2,500,000 seconds, 28.9 days
        (THOUSAND, {}, "1,000,000,000 combinations take about 28 days on one core, at 400 a second; a sweep calculates at most 10,000,000: take larger steps, or draw some with `--random 10000`"),
        ([*GRID, RATE], {}, "the range of `rate` is continuous: it has a decimal point and no step; write a step, such as `0.25:0.5:0.025`, or draw variants with `--random 1000`"),
        (GRID, {"random": 25}, "`--random` 25 is more than the 24 combinations that there are; without it all are calculated"),
        (GRID, {"random": 0}, "`--random`: a whole number of at least 1 is needed, not `0`"),
        (GRID, {"random": 5, "seed": -1}, "`--seed`: a whole number of at least 0 is needed, not `-1`"),
        (GRID, {"random": 5, "seed": "x"}, "`--seed`: a whole number of at least 0 is needed, not `x`"),
        ([RATE], {"random": 10**8}, "`--random` draws at most 10,000,000 variants, not 100,000,000"),
        ([Axis("a", range(10**15)), Axis("b", range(10**6))], {"searched": "a"}, None),
    ],
)  # fmt: skip
def test_mistakes(axes: list[Axis], settings: dict[str, object], message: str | None) -> None:
    with pytest.raises(SettingError) as raised:
        Order(axes, **settings)  # type: ignore[arg-type]
    text = raised.value.text(lambda name: f"--{name}")
    if message is None:
        assert text.startswith("1,000,000,000,000,000,000,000 combinations take about 79,22")  # 10^21 / 400 s / a year
    else:
        assert text == message


def test_an_axis_that_is_searched_does_not_count() -> None:
    order = Order([Axis("width", range(10**9)), GRID[1]], searched="width")
    assert order.set_of(order.id_of([10**9 - 1, 2])) == {"width": 10**9 - 1, "depth": 101}
    with pytest.raises(SettingError, match="1,000,000,000 combinations"):
        Order([Axis("width", range(10**9)), GRID[1]], searched="depth")


def test_the_limit_is_reached() -> None:
    assert len(Order([Axis("width", range(MOST))]).ids) == MOST
    assert "50,000,000 combinations take about 34 hours" in str(too_many(50_000_000))  # 125,000 seconds
