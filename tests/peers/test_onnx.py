"""Random configurations against ONNX: what onnxruntime puts out, and what shape inference says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("onnx", reason="onnx is not installed: layers are not compared with its shape inference")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: layers are not compared with it")

import with_onnx as theirs
from comparison import Tally
from recorded import agrees, seen_alone

pytestmark = pytest.mark.peer


@pytest.mark.parametrize("type_", theirs.COUNTS)
def test_onnxruntime(type_: str, tallied: Callable[[str, Tally], None]) -> None:
    tally = theirs.tally(type_)
    tallied(theirs.NAME, tally)
    agrees(theirs.NAME, type_, tally)


@pytest.mark.parametrize("type_", theirs.COUNTS)
def test_shape_inference(type_: str, tallied: Callable[[str, Tally], None]) -> None:
    tally = theirs.inferred(type_)
    tallied(theirs.INFERENCE, tally)
    agrees(theirs.INFERENCE, type_, tally)


@pytest.mark.parametrize("name", ["NAME", "INFERENCE"])
def test_a_departure_is_listed_only_where_onnx_has_it(name: str) -> None:
    listed = {
        "NAME": {r.reason for r in (*theirs.RESTRICTIONS, *theirs.DEPARTURES)},
        "INFERENCE": {d.reason for d in theirs.INFERENCE_DEPARTURES},
    }[name]
    seen = seen_alone(getattr(theirs, name))
    assert listed == seen or not seen
