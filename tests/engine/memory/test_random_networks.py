"""A training step and inference of 146 random networks, byte by byte as torch has them (tests/data/random_memory.json).

`python tests/peers/recorded_memory.py` records them; `tests/peers/test_torch_memory.py` compares with torch anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import build, volume

from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.optimizers import OPTIMIZERS, STEPS
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "random_memory.json").read_text(encoding="utf-8")
)["rows"]


def network_of(row: dict[str, Any]) -> Network:
    """The network of a row; a layer reads others by their index, the input by −1."""
    network = Network()
    nodes = {-1: network.enter("input", volume(row["input"]))}
    for number, layer in enumerate(row["layers"]):
        made = build(layer["type"], layer.get("with"))
        reads = [nodes[place] for place in layer["reads"]]
        nodes[number] = network.place(f"layer{number}", made, reads, frozen=layer.get("frozen", False))
    return network


def label(row: dict[str, Any]) -> str:
    return "-".join([str(row["seed"]), *map(str, row["run"].values())])


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_as_torch_has_it(row: dict[str, Any]) -> None:
    network = network_of(row)
    training = Training(Tape(operations_of(network, "shared"), Run(**row["run"], in_place_joins=False)))
    peaks = training.ledger.peaks
    assert {
        "params_bytes": training.parameters,
        "buffers_bytes": training.buffers,
        "input_bytes": training.input,
        "grad_bytes": training.gradients,
        "optimizer_bytes": training.optimizer,
        "saved_activation_bytes": training.saved,
        "peak_forward": peaks["forward"].bytes,
        "peak_backward": peaks["backward"].bytes,
        "peak_step": peaks["step"].bytes,
    } == row["torch"]
    assert peaks["step"].gradients == row["torch"]["grad_bytes"]
    assert peaks["step"].saved == 0  # the backward pass has freed all of it
    if "inference" in row:
        tape = Tape(operations_of(network, "shared"), Run(batch=row["run"]["batch"]), training=False)
        assert Inference(tape).peak.bytes == row["inference"]


def test_every_optimizer_and_step_was_recorded() -> None:
    """With and without weight decay; some layers are frozen, some losses squared, some gradients accumulated."""
    found = {
        (row["run"]["optimizer"], row["run"].get("step", "foreach"), bool(row["run"].get("weight_decay")))
        for row in ROWS
    }
    steps = [
        (name, step) for name, rule in OPTIMIZERS.items() for step in STEPS if step != "fused" or rule.fused
    ]  # fmt: skip
    assert found == {(*step, decays) for step in steps for decays in (False, True)}
    assert any(layer.get("frozen") for row in ROWS for layer in row["layers"])
    assert {row["run"].get("loss", "cross_entropy") for row in ROWS} == {"cross_entropy", "mse"}
    assert {row["run"].get("accumulate", 1) for row in ROWS} == {1, 2, 3}
