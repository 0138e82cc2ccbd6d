"""Changes that lower the peak: only those that save something worth having."""

from __future__ import annotations

from pathlib import Path

import pytest
from loading import network

from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.proposals import changes
from analyzer.engine.memory.settings import Run

EXAMPLES = Path(__file__).parents[3] / "example_models"

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


#: Two blocks, so that every change is possible.
BLOCKS = """
input: 32x32x3
blocks:
  Two:
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
layers: [{Two: , repeat: 4}, dense: 10]
"""


def test_the_best_two_go_together() -> None:
    """Not the first two of the list where these are two kinds of checkpoints."""
    text = (EXAMPLES / "resnet50.yaml").read_text(encoding="utf-8")
    held = ModeMemory(network(text), "shared", Run(batch=8))
    pair, *alone = changes(held)
    assert pair.words == "the best two together"
    first, *others = [change.option for change in alone]
    assert (first.split()[0], others[0].split()[0]) == ("--checkpoint", "--checkpoint")
    beside = [option for option in others if option.split()[0] != first.split()[0]]
    assert pair.option == f"{first} {beside[0]}"
    assert pair.bytes == held.needed(pair.run)
    assert 100 * (alone[0].bytes - pair.bytes) >= held.needed()


def test_a_change_that_saves_nothing_by_itself_may_save_beside_another() -> None:
    """Adam in `foreach` has the peak in its step: only another step lowers it, and then the backward pass has it."""
    text = BLOCKS.replace("dense: 10", "dense: 500")
    run = Run(batch=16, optimizer="adam")
    found = {change.option: change for change in changes(ModeMemory(network(text), "shared", run))}
    assert list(found) == ["--step fused --checkpoint blocks", "--step fused"]


def test_no_pair_that_saves_no_more_than_one_of_its_halves() -> None:
    """Beside the fused step nothing else saves: parameters, gradients and state are what there is."""
    run = Run(optimizer="adam", loss="mse")
    assert list(options(ONE_DENSE, run)) == ["--step fused"]


def test_mixed_precision_in_the_format_that_the_card_calculates_in() -> None:
    """Turing (compute capability 7.5) has no bfloat16."""
    for device, half in (("T4", "float16"), ("A10", "bfloat16"), ("24GiB", "bfloat16"), (None, "bfloat16")):
        found = options(BLOCKS, Run(batch=64, device=device))
        assert f"--autocast {half}" in found, device


def test_the_passes_are_counted() -> None:
    held = ModeMemory(network(BLOCKS), "shared", Run(batch=64, accumulate=4))
    words = {change.option: change.words for change in changes(held)}
    assert words["--batch 32 --accumulate 8"] == "half the batch, 8 times"


@pytest.mark.parametrize("batch", [1, 8, 64])
def test_each_saves_at_least_a_hundredth(batch: int) -> None:
    run = Run(optimizer="adam", loss="mse", batch=batch)
    now = ModeMemory(network(ONE_DENSE), "shared", run).needed()
    assert all(100 * (now - peak) >= now for peak in options(ONE_DENSE, run).values())
