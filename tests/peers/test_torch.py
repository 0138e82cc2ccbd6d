"""Random configurations of every layer type against torch: outputs or refusals, weights, biases, buffers, MACs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("torch", reason="torch is not installed: layers are not compared with it")

import with_torch as windows
import with_torch_layers as layers
from comparison import Tally
from recorded import agrees, seen_alone

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore:Using padding='same'")]


@pytest.mark.parametrize("type_", windows.COUNTS)
def test_windows(type_: str, tallied: Callable[[str, Tally], None]) -> None:
    """1-D, 2-D and 3-D, every axis with sizes of its own."""
    tally = windows.tally(type_)
    tallied(windows.NAME, tally)
    agrees(windows.NAME, type_, tally)


@pytest.mark.parametrize("type_", layers.PEERS)
def test_layers(type_: str, tallied: Callable[[str, Tally], None]) -> None:
    tally = layers.tally(type_)
    tallied(windows.NAME, tally)
    agrees(windows.NAME, type_, tally)


def test_a_restriction_is_listed_only_where_torch_has_it() -> None:
    listed = {r.reason for r in (*windows.RESTRICTIONS, *layers.DEPARTURES)}
    assert listed == seen_alone(windows.NAME) or not seen_alone(windows.NAME)
