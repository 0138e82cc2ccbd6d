"""The parameter tensors of a run, in each mode: as many numbers as the cost pass counts, tied ones once."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest

import analyzer
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.work import Work, operations_of
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
  - conv: {filters: 4, kernel: 3, padding: same}
    name: written_otherwise
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
    assert sum(size for size, width, *_ in work.buffers if width is None) <= cost.buffers
    layers = {name: 0 for _, _, name in work.parameters}
    for shape, _, name in work.parameters:
        layers[name] += prod(shape)
    assert layers == {row.name: found for row in analysis.rows if (found := getattr(row, mode).parameters)}


def test_a_tied_layer_has_tensors_of_its_own_only_where_its_positions_differ() -> None:
    """148 numbers at 64 positions and at 16; shared, all four are the 148 of the first."""
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


#: A batch of 2 enters; `words` is only looked up, `mixed` is looked up and multiplied.
LOOKED_UP = """\
inputs: {image: 6, words: 5, mixed: 7}
layers:
  - embedding: {vocabulary: 11, size: 3}
    from: words
  - embedding: {vocabulary: 11, size: 3}
    from: mixed
  - dense: 4
    from: mixed
  - dense: 4
    from: image
"""


def test_inputs_that_are_only_looked_up_are_whole_numbers_of_eight_bytes() -> None:
    """torch's `Embedding` takes int64; the other inputs have the run's format, here of 4 bytes."""
    work = operations_of(analyzer.analyze(LOOKED_UP).network, "shared")
    assert work.indices == {-2}
    assert Tape(work, Run(batch=2)).inputs == [2 * 6 * 4, 2 * 5 * 8, 2 * 7 * 4]


@pytest.mark.parametrize("found", ["nodes", "parameters", "tensors", "buffers", "splits", "indices"])
def test_the_work_of_a_network_is_found_and_not_given(found: str) -> None:
    network = analyzer.analyze(LOOKED_UP).network
    with pytest.raises(TypeError, match=found):
        Work(network, "shared", **{found: []})  # type: ignore[arg-type]
