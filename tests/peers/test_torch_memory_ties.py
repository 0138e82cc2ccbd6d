"""The memory of tied layers, blocks and transposed weights against torch's own, byte by byte."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: memory is not compared with it")

from test_torch_memory_layers import compare  # noqa: E402

pytestmark = pytest.mark.peer

NETWORKS = {
    "siamese": """
        inputs: {left: 13x13x3, right: 13x13x3}
        blocks: {Branch: {layers: [{conv: {filters: 6, kernel: 4, norm: batch_norm, act: relu}}, {max_pool: 2}, {dense: 3}]}}
        layers: [{Branch: , name: a}, {Branch: , from: right, name: b, tied: a}, {subtract: [a, b]}]
    """,
    "projection": """
        input: 12
        layers:
          - {embedding: {vocabulary: 30, size: 8}, name: table}
          - layer_norm
          - {linear: {units: 8, act: gelu}}
          - {linear: {units: 30, bias: false}, tied: table}
    """,
    "projection_with_a_bias": """
        input: 12
        layers: [{embedding: {vocabulary: 30, size: 8}, name: table}, {linear: 8, name: l}, {linear: 30, tied: table}]
    """,
    "decoder": """
        input: 12x12x3
        layers:
          - {conv: {filters: 8, kernel: 3, stride: 2, padding: 1, act: relu}, name: a}
          - {conv: {filters: 5, kernel: 3, act: relu}, name: b}
          - {conv_transpose: {filters: 8, kernel: 3, act: relu}, tied: b}
          - {conv_transpose: {filters: 3, kernel: 3, stride: 2, padding: 1, output_padding: 1}, tied: a}
    """,
    "dense_decoder": """
        input: 40
        layers:
          - {dense: {units: 20, act: relu}, name: a}
          - {dense: {units: 7, act: relu}, name: b}
          - {dense: {units: 20, act: relu}, tied: b}
          - {dense: 40, tied: a}
    """,
    "structures": """
        input: 9x9x6
        layers:
          - {residual: {body: [{conv: {filters: 6, kernel: 3, padding: 1, norm: batch_norm, act: relu}}, {conv: {filters: 6, kernel: 1}}]}, name: r}
          - {residual: {body: [{conv: {filters: 6, kernel: 3, padding: 1, norm: batch_norm, act: relu}}, {conv: {filters: 6, kernel: 1}}]}, tied: r, repeat: 2}
          - {parallel: {join: concat, branches: {a: [{depthwise_conv: {kernel: 3, padding: 1}}], b: [relu]}}, name: p}
          - {conv: {filters: 6, kernel: 1}}
          - {parallel: {join: concat, branches: {a: [{depthwise_conv: {kernel: 3, padding: 1}}], b: [relu]}}, tied: p}
          - {dense: 3}
    """,
    "heads": """
        inputs: {p3: 9x9x6, p4: 5x5x6}
        blocks: {Head: {layers: [{conv: {filters: 6, kernel: 3, padding: 1, act: relu}, repeat: 2}, {conv: {filters: 4, kernel: 3}}]}}
        layers: [{Head: , name: a}, {Head: , from: p4, tied: a}]
    """,
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_ties(name: str, tallied: Any) -> None:
    compare(NETWORKS[name], tallied)
