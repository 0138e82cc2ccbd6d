"""Master weights: what the optimizer keeps and its step makes, calculated by hand; see docs/decisions/master-weights.md."""

from __future__ import annotations

import pytest

import analyzer
from analyzer.engine.memory.sharding.zero import zero_model_states

#: 55 parameters in 2 tensors: 50 weights and 5 biases.
DENSE = "\ninput: 10\nlayers: [{dense: 5}]\n"
SETTINGS = {"dtype": "bfloat16", "optimizer": "adam", "master_weights": True, "device": "24GiB"}


def test_adam_has_sixteen_bytes_a_parameter() -> None:
    found = analyzer.memory(DENSE, **SETTINGS)  # type: ignore[arg-type]
    training = found.held().training
    assert (training.parameters, training.gradients, training.optimizer) == (2 * 55, 2 * 55, 12 * 55)
    assert training.parameters + training.gradients + training.optimizer == zero_model_states(55, 1, 0) == 16 * 55


@pytest.mark.parametrize(
    ("step", "made"),
    [("fused", 4 * 55), ("foreach", 4 * 55 + 4 * 55), ("loop", 4 * 55 + 2 * 4 * 50)],
)
def test_a_step_copies_every_gradient_to_32_bits(step: str, made: int) -> None:
    """Beside the copies, Adam makes one tensor for each; in a loop two of the weights, which is more than of the bias."""
    peak = analyzer.memory(DENSE, step=step, **SETTINGS).held().training.ledger.peaks["step"]  # type: ignore[arg-type]
    assert peak.transient == pytest.approx(made, abs=20)  # the outputs and the loss are alive


def test_without_them_everything_is_in_16_bits() -> None:
    found = analyzer.memory(DENSE, **{**SETTINGS, "master_weights": False})  # type: ignore[arg-type]
    assert found.held().training.optimizer == 2 * 2 * 55


def test_layers_add_up() -> None:
    found = analyzer.memory(DENSE, **SETTINGS).held()  # type: ignore[arg-type]
    layers, rest = found.layers
    assert sum(one.optimizer for one in layers) + rest.optimizer == found.training.optimizer


@pytest.mark.parametrize(("strategy", "stage"), [("zero1", 1), ("zero2", 2), ("zero3", 3)])
def test_zero_divides_what_the_paper_divides(strategy: str, stage: int) -> None:
    """A network of equal tensors, so that whole tensors divide evenly: 4 of 2,500 weights on 4 ranks."""
    text = "\ninput: 50\nlayers: [{dense: {units: 50, bias: false}, repeat: 4}]\n"
    rest = analyzer.memory(text, batch=4, ranks=4, strategy=strategy, **SETTINGS).rank().rest  # type: ignore[arg-type]
    states = zero_model_states(10_000, 4, stage)
    gradients = 2 * 10_000 // (4 if stage > 1 else 1)
    assert rest.parameters + rest.optimizer + gradients == states
