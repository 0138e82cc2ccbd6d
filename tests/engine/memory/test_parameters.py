"""The parameter tensors of a run, in each mode: as many numbers as the cost pass counts, tied ones once."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest

import analyzer
from analyzer.engine.memory.work import operations_of
from analyzer.engine.result import MODES

EXAMPLES = Path(__file__).parents[3] / "example_models"

#: A layer tied to one that reads and puts out equal volumes, and one tied to a layer at another size.
TIED = """\
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: first
  - batch_norm
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: alike
    tied: first
  - batch_norm: {}
    name: norm_alike
    tied: batch_norm1
  - max_pool: 2
  - batch_norm: {}
    name: norm_smaller
    tied: batch_norm1
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: smaller
    tied: first
  - conv: {filters: 4, kernel: 3, padding: 1, sharing: local}
    name: own
"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", [TIED, "resnet18", "deepface", "densenet121", "vit_b16", "dcgan_generator", "crnn"])
def test_as_many_as_the_cost_pass_counts(text: str, mode: str) -> None:
    analysis = analyzer.analyze(text if "\n" in text else EXAMPLES / f"{text}.yaml")
    work = operations_of(analysis.network, mode)
    cost = getattr(analysis.totals, mode)
    assert sum(prod(shape) for shape, _, _ in work.parameters) == cost.parameters
    assert sum(size for size, width, _ in work.buffers if width is None) <= cost.buffers
    layers = {name: 0 for _, _, name in work.parameters}
    for shape, _, name in work.parameters:
        layers[name] += prod(shape)
    assert layers == {row.name: found for row in analysis.rows if (found := getattr(row, mode).parameters)}


def test_a_tied_layer_has_tensors_of_its_own_only_where_its_positions_differ() -> None:
    """148 numbers at 64 positions and at 16; shared, all three are the 148 of the first."""
    nodes = analyzer.analyze(TIED).network
    owners = {mode: [name for _, _, name in operations_of(nodes, mode).parameters] for mode in MODES}
    assert owners["shared"] == ["first", "first", "batch_norm1", "batch_norm1", "own", "own"]
    assert owners["declared"] == owners["shared"]
    assert owners["local"] == [
        name for name in ("first", "batch_norm1", "norm_smaller", "smaller", "own") for _ in range(2)
    ]  # fmt: skip
    sizes = {
        mode: [prod(shape) for shape, _, name in operations_of(nodes, mode).parameters if name == "own"]
        for mode in MODES
    }
    assert sizes == {"shared": [144, 4], "local": [144 * 16, 4 * 16], "declared": [144 * 16, 4 * 16]}
