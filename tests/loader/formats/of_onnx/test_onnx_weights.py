"""Weights that several slots share: onnxruntime's own attention (ContribOperators.md, 1.32.0), and layers that run twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx_bytes import graph, info, int64s, model, node, tensor

import analyzer

X, Y, T, DEPTH = [info("x", [1, 5, 8])], [info("y")], 5, 8
OPSETS = {"": 17, "com.microsoft": 1}
MICROSOFT = "com.microsoft"
SCORES = 2 * T * T * DEPTH  # h·T·T·(d + e), all heads together


def totals(tmp_path: Path, one: bytes, stored: list[bytes]) -> tuple[int, int]:
    """The parameters and MACs of a network of one node."""
    path = tmp_path / "net.onnx"
    path.write_bytes(model(graph([one], X, Y, stored), OPSETS))
    found = analyzer.analyze(path).totals
    return found.shared.parameters, found.macs


@pytest.mark.parametrize("biases", [True, False])
def test_one_matrix_for_queries_keys_and_values(tmp_path: Path, biases: bool) -> None:
    stored = [tensor("w", [DEPTH, 3 * DEPTH])] + [tensor("b", [3 * DEPTH])] * biases
    one = node("Attention", "x w b" if biases else "x w", "y", "a", MICROSOFT, num_heads=2)
    size = DEPTH * 3 * DEPTH
    assert totals(tmp_path, one, stored) == (size + 3 * DEPTH * biases, T * size + SCORES)


def test_biases_of_queries_keys_and_values_in_one_vector(tmp_path: Path) -> None:
    one = node("MultiHeadAttention", "x x x b", "y", "a", MICROSOFT, num_heads=2)
    assert totals(tmp_path, one, [tensor("b", [3 * DEPTH])]) == (3 * DEPTH, SCORES)


def test_a_recurrent_layer_that_runs_twice_has_one_set_of_weights(tmp_path: Path) -> None:
    """W, R and B are 4·6·(6 + 6 + 2) numbers, whichever of the two layers reads them."""
    nodes = [
        node("LSTM", "x w r b", "s", "first", hidden_size=6),
        node("Squeeze", "s a", "t"),
        node("LSTM", "t w r b", "y", "second", hidden_size=6),
    ]
    stored = [tensor("w", [1, 24, 6]), tensor("r", [1, 24, 6]), tensor("b", [1, 48]), int64s("a", [1])]
    path = tmp_path / "net.onnx"
    path.write_bytes(model(graph(nodes, [info("x", [5, 1, 6])], Y, stored), OPSETS))
    found = analyzer.analyze(path)
    assert (found.totals.shared.parameters, found.totals.macs) == (336, 2 * 5 * 4 * 6 * 12)
    assert not [one for one in found.diagnostics if "please report" in one.message]
