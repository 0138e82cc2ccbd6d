"""What the data of a sweep says by itself: which numbers are bounds, and what one step changes."""

from __future__ import annotations

import pytest
from swept import variant, wrong

from analyzer.sweeping.result import Move, column_of
from analyzer.units import UNKNOWN


def test_a_step_against_a_calculation_by_hand() -> None:
    """From 8 units to 16: 16·19 + 10 − 162 = 152 parameters, 8·18 = 144 MACs, 4·152 + 4·8 = 640 bytes."""
    move = Move("width", variant(1), variant(2))
    assert (move.by("params"), move.by("macs")) == (152, 144)
    assert move.percent("macs") == 100
    assert move.macs_per_parameter == pytest.approx(144 / 152)
    assert move.bytes_per_parameter == pytest.approx(640 / 152)


def test_a_step_down_costs_as_much_for_each_parameter() -> None:
    up, down = Move("width", variant(1), variant(2)), Move("width", variant(2), variant(1))
    assert down.by("params") == -152
    assert down.macs_per_parameter == up.macs_per_parameter
    assert down.bytes_per_parameter == up.bytes_per_parameter


def test_what_is_not_known_is_not_told() -> None:
    bound = variant(2, amounts={"params": 314, "macs": 288 + UNKNOWN, "depth": None})
    move = Move("width", variant(1), bound)
    for key in ("macs", "depth", "flops"):
        assert (move.pair(key), move.by(key), move.percent(key)) == (None, None, None)
    assert (move.macs_per_parameter, move.bytes_per_parameter) == (None, None)
    assert (bound.at_least, variant(2).at_least) == (["macs"], [])


def test_a_step_that_adds_no_parameter_has_no_cost_for_each() -> None:
    more = variant(1, amounts={"params": 162, "macs": 288})
    move = Move("stride", variant(1), more)
    assert (move.by("params"), move.by("macs")) == (0, 144)
    assert move.macs_per_parameter is None


def test_there_is_no_percentage_of_nothing() -> None:
    move = Move("width", variant(0, amounts={"params": 0}), variant(0, amounts={"params": 5}))
    assert (move.by("params"), move.percent("params")) == (5, None)


def test_a_step_to_no_network_says_why() -> None:
    move = Move("act", variant(1), wrong(1))
    assert move.error == wrong(1).error
    assert move.by("params") is None
    assert Move("width", variant(1), variant(2)).error is None


@pytest.mark.parametrize("name", ["id", "fits", "breaks", "front", "error", "at_least", "params", "Params", "ID"])
def test_an_axis_that_is_called_as_another_column(name: str) -> None:
    assert column_of(name, ["params"]) == f"set.{name}"
    assert column_of("macs", ["params"]) == "macs"
