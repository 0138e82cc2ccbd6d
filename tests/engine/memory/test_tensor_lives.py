"""The tensors of a training step: at every position of the timeline they add up to what is alive, by category."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from loading import network

import analyzer
from analyzer.engine.memory.history import CATEGORIES, History, Life
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.settings import Run

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))

RUNS: list[dict[str, object]] = [
    {"optimizer": "adam", "device": "T4"},
    {"optimizer": "adafactor", "ema": True, "step": "loop", "batch": 4},
    {"optimizer": "nesterov", "autocast": "float16", "accumulate": 2, "weight_decay": 0.1},
    {"checkpoint": "sqrt", "loss": "mse"},
    {"checkpoint": "blocks", "loss": "none", "optimizer": "sgd", "autocast": "bfloat16"},
    {"optimizer": "adamw", "step": "loop", "in_place_joins": False},
]


def alive(lives: list[Life], positions: int) -> list[dict[str, int]]:
    """The bytes alive by category at every position."""
    sums = [dict.fromkeys(CATEGORIES, 0) for _ in range(positions + 1)]
    for life in lives:
        sums[life.born][life.category] += life.bytes
        sums[life.died + 1][life.category] -= life.bytes
    for before, here in pairwise(sums):
        for category in CATEGORIES:
            here[category] += before[category]
    assert not any(sums.pop().values())
    return sums


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: EXAMPLES[number].stem)
def test_tensors_add_up_at_every_position(number: int) -> None:
    """Each example in a run of its own; so all runs meet many networks."""
    report = analyzer.memory(EXAMPLES[number], **RUNS[number % len(RUNS)])  # type: ignore[arg-type]  # as users pass them
    known = {node.name for node in (*report.network.inputs, *report.network.nodes)} | {"loss", "cuBLAS"}
    for mode in ("shared", "local"):
        held = report.held(mode)
        timeline, lives = held.timeline, held.tensors
        last = len(timeline) - 1
        sums = alive(lives, len(timeline))
        assert [sum(parts.values()) for parts in sums] == [bytes for _, _, bytes in timeline]
        peak = max(range(len(timeline)), key=lambda position: timeline[position][2])
        assert sums[peak] == held.training_parts()
        assert timeline[peak][:2] == (held.peak.phase, held.peak.layer)
        assert all(0 <= life.born <= life.died <= last and life.bytes > 0 and life.layer in known for life in lives)
        assert all(
            (life.born, life.died) == (0, last)
            for life in lives
            if life.category in ("parameters", "buffers", "optimizer", "input")
        )


def rows(text: str, run: Run) -> list[tuple[str, str, int, int, int]]:
    lives = ModeMemory(network(text), "shared", run).tensors
    return [(life.layer, life.category, life.bytes, life.born, life.died) for life in lives]


def test_by_hand() -> None:
    """Two samples of float32 through 10 → 5, a ReLU and a mean square; plain SGD in place.

    Positions: forward of dense1 0, relu1 1, loss 2; backward of loss 3, relu1 4, dense1 5; the step 6. 55 parameters
    take 220 bytes, the input 2·10·4 = 80, targets and each activation 2·5·4 = 40, a loss 4.
    """
    assert rows("input: 10\nlayers: [dense: 5, relu]\n", Run(batch=2, optimizer="sgd", loss="mse")) == [
        ("dense1", "parameters", 220, 0, 6),
        ("input", "input", 80, 0, 6),
        ("loss", "input", 40, 0, 6),
        ("dense1", "transient", 40, 0, 1),  # its output, until relu1 has read it
        ("relu1", "transient", 40, 0, 1),  # of the step before, until the new one exists
        ("loss", "transient", 4, 0, 2),  # likewise
        ("relu1", "saved", 40, 1, 4),  # its output, which its backward pass and that of the loss need
        ("loss", "transient", 4, 2, 6),
        ("loss", "transient", 40, 3, 4),  # the gradient of relu1's output, which the loss makes
        ("loss", "transient", 4, 3, 5),  # the gradient that the backward pass begins with
        ("relu1", "transient", 40, 4, 5),  # the gradient of dense1's output
        ("dense1", "transient", 20, 5, 5),  # gradients of parameters while they are made
        ("dense1", "transient", 200, 5, 5),
        ("relu1", "transient", 40, 5, 6),  # its output again, which the training loop still refers to
        ("dense1", "gradients", 200, 6, 6),
        ("dense1", "gradients", 20, 6, 6),
    ]


def test_what_stays_has_a_row_for_each_layer() -> None:
    """conv1 has 2·9 weights and 2 biases, conv2 2·2·9 and 2; Adam has two moments and two counters of 4 bytes.

    The EMA is a copy; of several passes the gradients stay.
    """
    run = Run(optimizer="adam", loss="none", accumulate=2, ema=True)
    layers = "layers: [conv: {filters: 2, kernel: 3}, batch_norm, conv: {filters: 2, kernel: 3}]"
    found = rows(f"input: 6x6x1\n{layers}\n", run)
    last = max(died for *_, died in found)
    assert [row[:3] for row in found if row[3:] == (0, last) and row[1] != "transient"] == [
        ("conv1", "parameters", 80),
        ("batch_norm1", "parameters", 16),
        ("conv2", "parameters", 152),
        ("batch_norm1", "buffers", 24),  # mean and variance of two channels, and a counter of 8 bytes
        ("conv1", "gradients", 80),
        ("batch_norm1", "gradients", 16),
        ("conv2", "gradients", 152),
        ("conv1", "optimizer", 80 + 160 + 8),
        ("batch_norm1", "optimizer", 16 + 32 + 8),
        ("conv2", "optimizer", 152 + 304 + 8),
        ("input", "input", 144),
    ]


def test_the_tensors_of_the_step_belong_to_the_layers_whose_parameters_they_are_for() -> None:
    """Adam's `foreach` step makes a tensor for each parameter."""
    layers = "layers: [dense: 3, dense: 2]"
    found = rows(f"input: 4\n{layers}\n", Run(optimizer="adam"))
    last = max(died for *_, died in found)
    assert [row[:3] for row in found if row[3] == last and row[1] == "transient"] == [
        ("dense1", "transient", 48),
        ("dense1", "transient", 12),
        ("dense2", "transient", 24),
        ("dense2", "transient", 8),
    ]


def test_a_sum_of_gradients_takes_the_place_of_the_first_one() -> None:
    """A tied layer: the gradient that arrives first is a view, so the sum is a third tensor (`Simulation._collect`)."""
    ledger = History(0)
    first, second = ledger.new(8), ledger.new(8)
    ledger.mark("dense2")
    ledger.collect(first)
    whole = ledger.new(8)
    ledger.mark("dense1")
    ledger.collect(whole, first)
    ledger.drop(second)
    ledger.mark("optimizer")
    assert ledger.gradients == 8
    assert ledger.lives() == [
        Life("dense2", "transient", 8, 0, 0),
        Life("dense2", "transient", 8, 0, 1),
        Life("dense1", "transient", 8, 1, 1),
        Life("dense2", "gradients", 8, 1, 1),
        Life("dense1", "gradients", 8, 2, 2),
    ]
