"""What each layer holds adds up to the numbers of the whole, on every network and in every run."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.engine.memory.held import Held, added

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))

RUNS: list[dict[str, object]] = [
    {},
    {"optimizer": "adafactor", "ema": True, "batch": 4},
    {"optimizer": "adam", "autocast": "float16", "accumulate": 2},
    {"checkpoint": "sqrt", "loss": "mse", "device": "T4"},
    {"loss": "none", "optimizer": "sgd"},
    {"dtype": "int8"},
]


@pytest.mark.parametrize("file", EXAMPLES[::4], ids=lambda file: file.stem)
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_sums_and_peaks(file: Path, run: dict[str, object]) -> None:
    report = analyzer.memory(file, **run)  # type: ignore[arg-type]  # the settings of a run, as users pass them
    for mode in ("shared", "local"):
        held = report.held(mode)
        layers, rest = held.layers
        assert len(layers) == len(report.network.nodes)
        total = added([*layers, rest])
        inference = held.inference_parts()
        assert (total.parameters, total.buffers) == (inference["parameters"], inference["buffers"])
        assert total.inference == held.inference.peak.bytes
        if not held.trains:
            assert total == Held(
                total.parameters, total.buffers, activations=total.activations, inference=total.inference
            )
            continue
        training = held.training
        assert (total.gradients, total.optimizer, total.saved) == (
            training.gradients,
            training.optimizer,
            training.saved,
        )
        assert total.live == held.peak.bytes
        assert min(part.saved for part in (*layers, rest)) >= 0


@pytest.mark.parametrize("file", EXAMPLES[::6], ids=lambda file: file.stem)
def test_activations_are_those_of_the_report(file: Path) -> None:
    rows = analyzer.analyze(file, batch=2).rows
    layers, _ = analyzer.memory(file, batch=2).held().layers
    assert [layer.activations for layer in layers] == [row.own.activation_bytes for row in rows]


def test_by_hand() -> None:
    """Two convolutions 3×3 with padding on 4×4×1, 2 filters each, a batch of 3, adam in float32.

    conv1 has 9·2 + 2 = 20 numbers, conv2 9·2·2 + 2 = 38. Adam keeps two moments of each, and a counter of 4 bytes for
    each of the two tensors. An output has 4·4·2 numbers a sample. conv2 saves its input; conv1 reads the network's
    input, which is nobody's activation. The loss `none` has nothing but the output of conv2.
    """
    text = "input: 4x4x1\nlayers:\n  - conv: {filters: 2, kernel: 3, padding: 1}\n  - conv: {filters: 2, kernel: 3, padding: 1}\n"
    layers, rest = analyzer.memory(text, batch=3, optimizer="adam", loss="none").held().layers
    output = 4 * 4 * 2 * 3 * 4
    assert [layer.parameters for layer in layers] == [80, 152]
    assert [layer.gradients for layer in layers] == [80, 152]
    assert [layer.optimizer for layer in layers] == [2 * 80 + 8, 2 * 152 + 8]
    assert [layer.activations for layer in layers] == [output, output]
    assert [layer.saved for layer in layers] == [0, output]
    assert rest.saved == output
    assert [layer.kept for layer in layers] == [80 * 4 + 8, 152 * 4 + 8 + output]


def test_a_tied_layer_has_no_parameters_of_its_own_and_a_frozen_one_no_gradients() -> None:
    text = "input: 8\nlayers:\n  - {dense: 8, name: a}\n  - {dense: 8, name: b, tied: a}\n  - {dense: 8, name: c, frozen: true}\n"
    layers, _ = analyzer.memory(text).held().layers
    assert [layer.parameters for layer in layers] == [288, 0, 288]  # (8·8 + 8)·4
    assert [layer.gradients for layer in layers] == [288, 0, 0]
