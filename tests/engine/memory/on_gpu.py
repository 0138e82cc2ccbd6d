"""Steps measured on a GPU (tests/data/gpu/steps.json), and what the model says of them.

`gpu_rows.py` says what their modes mean. Another file of benchmarks/gpu_measure.py has rows of the same form.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from gpu_rows import DECAYS, MODES, content_of
from measured import DATA, OPTIMIZERS, work

from analyzer.engine.memory.devices import CARDS, Card
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.settings import Run

#: The card that the steps of the project were measured on.
CARD = "H200"

#: What was measured there.
STEPS = DATA / "gpu" / "steps.json"


def _words(name: str) -> set[str]:
    """The words of a card's name, without amounts of memory."""
    return {word for word in re.split(r"[^a-z0-9]+", name.lower()) if not re.fullmatch(r"[0-9]+gb", word)}


def card_of(env: dict[str, Any]) -> str:
    """The card of `CARDS` that a file was measured on; the amount of memory where that has no such card."""
    there = _words(env["device"])
    cards = [card for card in CARDS if card.compute == tuple(env["cc"]) and _words(card.name) <= there]

    def likeness(card: Card) -> tuple[int, int]:
        return len(_words(card.name)), -abs(card.size * 2**30 - env["total"])

    return max(cards, key=likeness).name if cards else f"{env['total']} B"


@cache
def steps(file: Path = STEPS) -> list[dict[str, Any]]:
    """The rows, without those where cuDNN tries its algorithms first (`cudnn.benchmark`).

    Raises ValueError where no row is of a network of tests/data/memory.
    """
    content = content_of(file)
    known = {path.stem for path in (DATA / "memory").glob("*.yaml")}
    card = card_of(content["env"])
    rows = [{"card": card, **row} for row in content["rows"] if row.get("model") in known and not row.get("benchmark")]
    if not rows:
        raise ValueError(f"{file} has no row of a network of tests/data/memory ({', '.join(sorted(known))})")
    return rows


def rows_of(kind: str, file: Path = STEPS) -> list[dict[str, Any]]:
    """The rows of a kind: `train`, `infer`, `maxbatch`."""
    return [row for row in steps(file) if row["kind"] == kind]


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
        "device": row["card"],
        **MODES[row["mode"]],
    }
    return Run(**{**settings, **changes})


def held(row: dict[str, Any], **changes: Any) -> ModeMemory:
    """What the model says of a row."""
    return ModeMemory(work(row["model"]).network, "shared", run_on_gpu(row, **changes))
