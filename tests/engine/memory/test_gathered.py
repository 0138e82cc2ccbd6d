"""Which parameters are gathered together on several devices: ZeRO-3 goes layer by layer, FSDP block by block."""

from __future__ import annotations

import pytest
from loading import network

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.settings import Run

PLAIN = """
input: 4096
layers:
  - linear: {units: 4096, bias: false}
    repeat: 6
"""
BLOCKS = """
input: 4096
blocks:
  One:
    layers:
      - linear: {units: 4096, bias: false}
layers:
  - One
  - One
  - One
  - One
  - One
  - One
"""
PAIRS = """
input: 4096
blocks:
  Two:
    layers:
      - linear: {units: 4096, bias: false}
      - linear: {units: 4096, bias: false}
layers:
  - Two
  - Two
  - Two
"""


def analysis(text: str, strategy: str) -> MemoryAnalysis:
    return MemoryAnalysis(network(text), Run(batch=8, optimizer="adam"), strategy=strategy, ranks=8)


@pytest.mark.parametrize("text", [PLAIN, BLOCKS, PAIRS], ids=["plain", "blocks", "pairs"])
def test_zero3_gathers_layer_by_layer(text: str) -> None:
    """6·4096² parameters on 8 ranks, 64 MiB a layer.

    In the last layer's backward pass: 48 MiB of parameters, 96 MiB of Adam's state, 40 MiB of gradients of the five
    layers before, a layer and its gradients whole, and its own gradients as they are made.
    """
    peak = analysis(text, "zero3").rank().peak
    assert (peak.gathered, peak.buckets) == (4096**2 * 4, 4096**2 * 4)
    assert peak.bytes == 394313747
    assert peak.bytes < analysis(text, "zero2").rank().peak.bytes


@pytest.mark.parametrize(
    ("text", "strategy", "said"),
    [
        (PLAIN, "zero3", "each layer"),
        (BLOCKS, "zero3", "each layer"),
        (BLOCKS, "fsdp", "each outermost block"),
        (PLAIN, "fsdp", "the whole network, which has no blocks"),
        (PLAIN, "fsdp-no-reshard", "the whole network, which has no blocks"),
        (BLOCKS, "zero2", None),
    ],
)
def test_the_units_are_named(text: str, strategy: str, said: str | None) -> None:
    assert analysis(text, strategy).assumptions().get("units") == said
