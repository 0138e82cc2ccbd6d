"""Changes that lower the peak: only those that save something worth having."""

from __future__ import annotations

import pytest
from loading import network

from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.proposals import changes
from analyzer.engine.memory.settings import Run

#: cybertronai/gradient-checkpointing#42, smaller: almost all weights are in one dense layer.
ONE_DENSE = """
input: 65x320x3
layers:
  - conv: {filters: 32, kernel: 3, padding: same, act: elu}
  - dense: {units: 100, act: elu}
  - dense: 1
"""


def options(text: str, run: Run) -> dict[str, int]:
    held = ModeMemory(network(text), "shared", run)
    return {change.option: change.bytes for change in changes(held)}


def test_no_change_that_saves_next_to_nothing() -> None:
    """The peak is in Adam's step: autocast saves 2 bytes there, the fused step a third of them."""
    run = Run(optimizer="adam", loss="mse")
    held = ModeMemory(network(ONE_DENSE), "shared", run)
    assert list(options(ONE_DENSE, run)) == ["--step fused"]
    assert 0 < held.needed() - held.needed(run.but(autocast="bfloat16")) < held.needed() // 100


@pytest.mark.parametrize("batch", [1, 8, 64])
def test_each_saves_at_least_a_hundredth(batch: int) -> None:
    run = Run(optimizer="adam", loss="mse", batch=batch)
    now = ModeMemory(network(ONE_DENSE), "shared", run).needed()
    assert all(100 * (now - peak) >= now for peak in options(ONE_DENSE, run).values())
