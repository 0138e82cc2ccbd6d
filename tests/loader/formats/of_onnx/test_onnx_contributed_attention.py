"""onnxruntime's own attention operators, which ONNX calls alike and which have weights (ContribOperators.md, 1.32.0)."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx_bytes import graph, info, model, node, tensor

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
