"""Steps measured on a GPU (tests/data/gpu/steps.json), and what the model says of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from measured import DATA, OPTIMIZERS, work

from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.settings import Run

#: The card that the steps were measured on.
CARD = "H200"

#: What a mode of the measurement is, as settings of a run.
MODES: dict[str, dict[str, Any]] = {
    "fp32": {},
    "amp_bf16": {"autocast": "bfloat16"},
    "amp_fp16": {"autocast": "float16"},
    "amp_bf16_cl": {"autocast": "bfloat16", "layout": "channels_last"},
}

#: The weight decay of an optimizer there, where it is not 0.
DECAYS = {"sgdm": 1e-4, "adamw": 0.01}


@cache
def steps() -> list[dict[str, Any]]:
    """The rows, without those where cuDNN tries its algorithms first (`cudnn.benchmark`)."""
    rows: list[dict[str, Any]] = json.loads((DATA / "gpu" / "steps.json").read_text(encoding="utf-8"))["rows"]
    return [row for row in rows if not row.get("benchmark")]


def rows_of(kind: str) -> list[dict[str, Any]]:
    """The rows of a kind: `train`, `infer`, `maxbatch`."""
    return [row for row in steps() if row["kind"] == kind]


def run_on_gpu(row: dict[str, Any], **changes: Any) -> Run:
    """The run that a row was measured in.

    Where the optimizer had no state, `GradScaler` had skipped all its steps: the scale that it begins with overflows.
    """
    written = row.get("optimizer", "sgd")
    if row.get("optimizer_bytes") == 0:
        written = "sgd"
    settings = {
        "batch": row.get("batch", 1),
        "optimizer": OPTIMIZERS.get(written, written),
        "weight_decay": DECAYS.get(written, 0),
        "device": CARD,
        **MODES[row["mode"]],
    }
    return Run(**{**settings, **changes})


def held(row: dict[str, Any], **changes: Any) -> ModeMemory:
    """What the model says of a row."""
    return ModeMemory(work(row["model"]).network, "shared", run_on_gpu(row, **changes))
