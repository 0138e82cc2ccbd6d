"""What the numbers of a memory analysis assume, as its reports state it."""

from __future__ import annotations

from analyzer.dtypes import is_quantized
from analyzer.engine.memory.devices import read_device
from analyzer.engine.memory.settings import TRAINED, Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LOSSES = {
    "cross_entropy": "mean cross-entropy on int64 targets",
    "mse": "mean squared error on targets as the outputs",
    "none": "none: a gradient arrives at the outputs",
}


def assumptions(run: Run, *, trains: bool = True) -> dict[str, Any]:
    """The assumptions by their keys in the JSON report; a setting that is not used is left out.

    `trains`: whether the run is one of training, where its number format is one for that.
    """
    always = {
        "kernels": "those of CUDA" if run.device else "those of the CPU",
        "slices": "views",
        "local": "a locally connected layer reads its input where it lies",
    }
    if not trains or run.dtype not in TRAINED:
        return {"counted": "input, and buffers with their counters", **always}
    counted = (
        "input and targets, buffers with their counters, outputs and loss of the step before until they are replaced"
    )
    named = run.checkpoint is None or isinstance(run.checkpoint, str)
    record = {
        "step": "second",
        "gradients": "kept from pass to pass" if run.accumulate > 1 else "none before the step",
        "loss": _LOSSES[run.loss],
        "counted": counted,
        "masks": "bytes, as on CUDA" if run.device else "numbers of the activations' format, as on the CPU",
        "kernels": always["kernels"],
        "slices": always["slices"],
        "joins": "in place where a gradient has no other owner" if run.in_place_joins else "out of place",
        "local": always["local"],
        "optimizer": run.optimizer,
        "weight_decay": run.weight_decay,
        "optimizer_step": run.step,
        "autocast": run.autocast,
        "accumulate": run.accumulate,
        "ema": run.ema,
        "master_weights": run.master_weights,
        "checkpoint": run.checkpoint if named else list(run.checkpoint or ()),
        "layout": run.layout if run.device else None,
        "tf32": run.tf32 and read_device(run.device).tf32 if run.device else None,
    }
    return {key: value for key, value in record.items() if value is not None}


def on_microcontroller(dtype: str) -> dict[str, str]:
    """What the numbers of a microcontroller assume, by their keys in the JSON report."""
    quantized = "int32 biases, a float32 scale for each filter" if is_quantized(dtype) else f"biases in {dtype}"
    return {
        "fused": "relu, relu6, hard_tanh, norms and scales into the layer before",
        "flash": f"weights, {quantized}",
        "beside": "the runtime, its records (TensorFlow Lite Micro: a few KiB of RAM, and 8 bytes for each filter), the rest of a file",
    }
