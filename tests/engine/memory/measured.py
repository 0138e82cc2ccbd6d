"""The networks and the measurements that the memory model is held against (tests/data/memory.json)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.work import Work, operations_of
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse

DATA = Path(__file__).parents[2] / "data"

#: What the measurements call an optimizer.
OPTIMIZERS = {"sgd": "sgd", "sgdm": "momentum", "adam": "adam"}


@cache
def measured() -> dict[str, Any]:
    """The file."""
    content: dict[str, Any] = json.loads((DATA / "memory.json").read_text(encoding="utf-8"))
    return content


@cache
def work(name: str, mode: str = "shared") -> Work:
    """What a measured network runs as."""
    path = DATA / "memory" / f"{name}.yaml"
    read = parse(path.read_text(encoding="utf-8"), path.name)
    model, problems = read.model, read.problems
    assert model is not None, problems
    assert not problems
    network, found = expand(model)
    assert not found, found
    return operations_of(network, mode)


def run_of(row: dict[str, Any], **changes: Any) -> Run:
    """The run that a row of `training_op_level` was measured in."""
    settings = {
        "batch": row["batch"],
        "optimizer": OPTIMIZERS[row["optimizer"]],
        "weight_decay": row["weight_decay"],
        "step": "foreach" if row["foreach"] else "loop",
    }
    return Run(**{**settings, **changes})
