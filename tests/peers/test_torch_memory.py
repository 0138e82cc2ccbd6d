"""The memory of a training step and of inference against torch's own, byte by byte: example networks and random ones.

torch runs on fake tensors under a dispatch mode, which adds gradients out of place; the run is asked to do the same.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: memory is not compared with it")

from comparison import Tally  # noqa: E402
from memory_torch import infer, train, train_real  # noqa: E402
from random_networks import Drawn  # noqa: E402
from torch_modules import Module, Unsupported  # noqa: E402

from analyzer.engine.memory.inference import Inference  # noqa: E402
from analyzer.engine.memory.segments import Blocks  # noqa: E402
from analyzer.engine.memory.settings import Run  # noqa: E402
from analyzer.engine.memory.tape import Tape  # noqa: E402
from analyzer.engine.memory.training import Training  # noqa: E402
from analyzer.engine.memory.work import operations_of  # noqa: E402
from analyzer.engine.network import Network  # noqa: E402
from analyzer.loader.expand.expansion import expand  # noqa: E402
from analyzer.loader.parse.file import parse  # noqa: E402

pytestmark = pytest.mark.peer

EXAMPLES = sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml"))

#: What torch does in these that the model leaves out, and by how much at most a peak of training differs for it.
LEFT_OUT = {
    "convnext_tiny": ("copies of channels-last gradients inside a convolution's backward", 0.001),
    "crnn": ("oneDNN's LSTM, whose workspace a fake tensor does not have", 0.0001),
    "swin_tiny": ("the buffer of indices into the table of relative positions, torch's own", 0.0005),
}

#: Runs that the random networks take turns in.
RUNS: list[dict[str, Any]] = [
    {"optimizer": "sgd"},
    {"optimizer": "momentum", "weight_decay": 0.0001, "step": "loop"},
    {"optimizer": "adam", "batch": 3},
    {"optimizer": "adamw", "weight_decay": 0.01, "step": "loop"},
    {"optimizer": "rmsprop", "accumulate": 2},
    {"optimizer": "adafactor"},
    {"optimizer": "adagrad", "step": "fused", "batch": 1},
    {"optimizer": "lion", "step": "loop"},
    {"optimizer": "adam", "step": "loop", "weight_decay": 0.01},
]


def torchs(module: Module, run: Run) -> dict[str, int]:
    """What torch holds."""
    optimizer = {"momentum": "sgdm"}.get(run.optimizer, run.optimizer)
    row = train(
        module,
        module.samples,
        batch=run.batch,
        optimizer=optimizer,
        weight_decay=run.weight_decay,
        step=run.step,
        accumulate=run.accumulate,
        autocast=getattr(torch, run.autocast) if run.autocast else None,
        dtype=None if run.dtype == "float32" else getattr(torch, run.dtype),
        classes=module.classes,
    )
    keys = ("params_bytes", "buffers_bytes", "input_bytes", "grad_bytes", "optimizer_bytes", "saved_activation_bytes")
    return {key: row[key] for key in (*keys, "peak_forward", "peak_backward", "peak_step")}


def ours(network: Network, run: Run) -> dict[str, int]:
    """The same by the model."""
    training = Training(Tape(operations_of(network, "shared"), run))
    peaks = training.ledger.peaks
    return {
        "params_bytes": training.parameters,
        "buffers_bytes": training.buffers,
        "input_bytes": training.input,
        "grad_bytes": training.gradients,
        "optimizer_bytes": training.optimizer,
        "saved_activation_bytes": training.saved,
        "peak_forward": peaks["forward"].bytes,
        "peak_backward": peaks["backward"].bytes,
        "peak_step": peaks["step"].bytes,
    }


def inference(network: Network, batch: int) -> int:
    """The peak of inference by the model."""
    tape = Tape(operations_of(network, "shared"), Run(batch=batch), training=False)
    return Inference(tape).peak.bytes


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_networks(path: Path, tallied: Any) -> None:
    model = parse(path.read_text(encoding="utf-8"), path.name).model
    assert model is not None
    network, _ = expand(model)
    run = Run(batch=2, optimizer="adam", in_place_joins=False)
    try:
        with torch.device("meta"):
            module, again = Module(network), Module(network)
    except Unsupported as error:
        pytest.skip(f"torch has no {error}")
    found, expected = ours(network, run), torchs(module, run)
    tally = Tally()
    tally.agreed += 1
    tallied("memory of training in torch", tally)
    if path.stem in LEFT_OUT:
        for key in ("peak_backward", "peak_step"):
            assert found[key] == pytest.approx(expected[key], rel=LEFT_OUT[path.stem][1])
        return
    assert found == expected
    assert inference(network, 2) == infer(again, again.samples, batch=2)["peak_bytes"]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
@pytest.mark.parametrize("seed", range(200, 206))
def test_other_number_formats(seed: int, dtype: str) -> None:
    drawn = Drawn(seed)
    run = Run(batch=2, optimizer="adamw", dtype=dtype, in_place_joins=False)
    with torch.device("meta"):
        module = Module(drawn.network)
    assert ours(drawn.network, run) == torchs(module, run)


@pytest.mark.parametrize("seed", range(232, 244))
def test_frozen_layers(seed: int) -> None:
    drawn = Drawn(seed)
    for node in drawn.network.nodes[:-1]:
        node.frozen = drawn.rng.random() < 0.5
    run = Run(batch=2, optimizer="adam", in_place_joins=False)
    with torch.device("meta"):
        module = Module(drawn.network)
    assert ours(drawn.network, run) == torchs(module, run)


@pytest.mark.parametrize(
    ("name", "statistics"),
    [("textbook", 0), ("alexnet_torchvision", 0), ("unet", 0), ("vgg11", 0), ("resnet18", 9_600)],
)
def test_autocast(name: str, statistics: int) -> None:
    """Mixed precision on the CPU.

    A fake tensor has the means and deviations of a norm in 16 bits, 2 bytes too few each; where the loss is the peak of
    the forward pass, torch has 8 bytes more there, whatever the batch.
    """
    model = parse((EXAMPLES[0].parent / f"{name}.yaml").read_text(encoding="utf-8"), name).model
    assert model is not None
    network, _ = expand(model)
    run = Run(batch=2, optimizer="adam", in_place_joins=False, autocast="bfloat16")
    with torch.device("meta"):
        module = Module(network)
    expected = torchs(module, run)
    expected["saved_activation_bytes"] += 2 * statistics
    found = ours(network, run)
    assert 0 <= found.pop("peak_backward") - expected.pop("peak_backward") <= 2 * statistics
    assert -8 <= found.pop("peak_forward") - expected.pop("peak_forward") <= 2 * statistics
    assert found == expected


@pytest.mark.parametrize("autocast", [None, "bfloat16"], ids=["float32", "autocast"])
@pytest.mark.parametrize("name", ["resnet18", "mobilenetv2", "unet", "densenet121"])
def test_checkpointed_blocks(name: str, autocast: str | None) -> None:
    """Each block is worked out again, as torch.utils.checkpoint does it."""
    model = parse((EXAMPLES[0].parent / f"{name}.yaml").read_text(encoding="utf-8"), name).model
    assert model is not None
    network, _ = expand(model)
    block = Blocks(network)
    places = [[node.index for node in nodes] for label, nodes in groupby(network.nodes, block) if label is not None]
    run = Run(batch=2, optimizer="sgd", in_place_joins=False, checkpoint="blocks", autocast=autocast)
    with torch.device("meta"):
        module = Module(network, [range(first[0], first[-1] + 1) for first in places])
    found, expected = ours(network, run), torchs(module, run)
    for key in ("saved_activation_bytes", "peak_forward", "peak_backward"):
        assert found[key] == pytest.approx(expected[key], rel=0.001)


@pytest.mark.parametrize("name", ["start", "resnet18", "mobilenetv3_small", "inception3a"])
def test_real_runs_join_in_place(name: str) -> None:
    """A real step on the CPU, every allocation read from torch's profiler, kernels' scratch left out: the default.

    Dropout and the like draw from a generator whose state takes 8 bytes in a real run.
    """
    model = parse((EXAMPLES[0].parent / f"{name}.yaml").read_text(encoding="utf-8"), name).model
    assert model is not None
    network, _ = expand(model)
    module = Module(network)
    row = train_real(module, module.samples, batch=2, classes=module.classes, optimizer="sgd", step="loop")
    found = ours(network, Run(batch=2, optimizer="sgd", step="loop"))
    for key in ("saved_activation_bytes", "peak_backward"):
        assert abs(found[key] - row[key]) <= 8, key


@pytest.mark.parametrize("seed", range(72))
def test_random_networks(seed: int, tallied: Any) -> None:
    drawn = Drawn(seed)
    run = Run(**{"batch": 2, **RUNS[seed % len(RUNS)]}, in_place_joins=False)
    with torch.device("meta"):
        module, again = Module(drawn.network), Module(drawn.network)
    assert ours(drawn.network, run) == torchs(module, run), [node.layer.type for node in drawn.network.nodes]
    assert inference(drawn.network, run.batch) == infer(again, again.samples, batch=run.batch)["peak_bytes"]
    tally = Tally()
    tally.agreed += 1
    tallied("memory of training in torch", tally)
