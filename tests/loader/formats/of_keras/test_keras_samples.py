"""Networks of Keras against Keras' own numbers: `tests/data/foreign/expected.json` says who made them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import analyzer

FOREIGN = Path(__file__).parents[3] / "data" / "foreign"
EXPECTED = json.loads((FOREIGN / "expected.json").read_text())


@pytest.mark.parametrize("name", ["functional.json", "text.json", "sequential.keras", "lambda.json"])
def test_sample(name: str) -> None:
    expected, analysis = EXPECTED[name], analyzer.analyze(str(FOREIGN / name))
    shared = analysis.totals.shared
    assert (shared.parameters, shared.buffers, analysis.totals.macs) == (
        expected["parameters"],
        expected["buffers"],
        expected["macs"],
    )
