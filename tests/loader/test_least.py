"""The least number of layers of a description, by hand, and that it is never more than what is placed."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.loader.expand.least import first_beyond
from analyzer.loader.text.limits import LIMITS

HEAD = """
input: 8x8x4
vars: {n: 3}
blocks:
  Pair: {layers: [relu, {conv: {filters: 4, kernel: 1, norm: batch_norm, act: relu}}]}
  Four: {layers: [Pair, Pair]}
layers:
"""


def least(layers: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> int | None:
    model = analyzer.load(HEAD + layers)
    monkeypatch.setattr(LIMITS, "layers", limit)
    found = first_beyond(model)
    return None if found is None else found[1]


@pytest.mark.parametrize(
    ("layers", "count"),
    [
        ("  - relu\n", 1),
        ("  - Pair\n", 4),  # relu, conv and its two rows
        ("  - Four:\n    repeat: 5\n", 40),
        ("  - sequence: [relu, relu]\n    repeat: {c: [1, 2, 3]}\n", 6),
        ("  - parallel: {branches: {a: [relu], b: [relu, relu]}}\n", 4),  # and the join
        ("  - residual: {body: [relu, relu], project: none}\n", 2),  # the sum is not certain
    ],
)
def test_counted_by_hand(layers: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert least(layers, count - 1, monkeypatch) == count
    assert least(layers, count, monkeypatch) is None


@pytest.mark.parametrize("layers", ["  - relu:\n    repeat: $n\n", "  - relu:\n    when: $n > 1\n"])
def test_what_hangs_on_an_expression_counts_as_nothing(layers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert least(layers, 0, monkeypatch) is None


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml")), ids=lambda p: p.stem
)
def test_never_more_than_what_is_placed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = analyzer.load(path)
    placed = len(analyzer.analyze(model).rows)
    monkeypatch.setattr(LIMITS, "layers", placed)
    assert first_beyond(model) is None
