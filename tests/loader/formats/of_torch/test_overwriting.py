"""Operators that overwrite what they read: who reads the new numbers. `make_overwriting.py` made the programs.

The paths below are the sentences of each module, by hand.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import analyzer

ROWS = [json.loads(line) for line in (Path(__file__).parent / "overwriting.jsonl").read_text().splitlines()]

#: What the last convolution is made of, layer by layer backwards, and the rows that nothing reads.
PATHS = {
    "Whole": (["b", "relu1", "a"], []),
    "Part": (["b", "elementwise1", "a", "add1", "slice1", "slice2", "a", "a"], []),
    "Constant": (["b", "elementwise1", "a"], []),
    "Filled": (["b", "elementwise1", "parameter1", "a"], []),
    "Everything": (["b", "sigmoid1", "a"], []),
    "Unread": (["b", "tanh1", "a"], ["elementwise1"]),
}


def read(row: dict[str, Any], tmp_path: Path) -> analyzer.Analysis:
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("net/models/model.json", json.dumps(row["program"]))
    return analyzer.analyze(path)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_overwritten(tmp_path: Path, row: dict[str, Any]) -> None:
    analysis = read(row, tmp_path)
    assert not analysis.uncovered
    inputs = {one.name: list(one.inputs) for one in analysis.rows}
    path, front = [], ["b"]
    while front:
        path.append(front.pop(0))
        front += [name for name in inputs[path[-1]] if name in inputs]
    unread = set(inputs) - {name for names in inputs.values() for name in names} - {"b"}
    assert (path, sorted(unread)) == PATHS[row["name"]]
    _, depth, height, width = row["output"]
    assert str(analysis.rows[-1].output) == f"{height}x{width}x{depth}"
