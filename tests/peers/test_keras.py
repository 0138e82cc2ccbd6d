"""Random configurations against Keras 3: outputs or refusals, weights, biases, buffers, MACs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("torch", reason="torch is not installed: Keras, which runs on it here, is not compared")
pytest.importorskip("keras", reason="Keras is not installed: layers are not compared with it")

import with_keras as theirs
from comparison import Tally
from recorded import agrees, seen_alone

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::UserWarning")]


@pytest.mark.parametrize("type_", theirs.CALLS)
def test_layers(type_: str, tallied: Callable[[str, Tally], None]) -> None:
    tally = theirs.tally(type_)
    tallied(theirs.NAME, tally)
    agrees(theirs.NAME, type_, tally)


def test_a_restriction_is_listed_only_where_keras_has_it() -> None:
    assert {r.reason for r in theirs.RESTRICTIONS} == seen_alone(theirs.NAME) or not seen_alone(theirs.NAME)
