"""Operations that run a graph: its operations are read in their place. `make_wrapped.py` made the programs.

The rows are the sentences of each module, by hand.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import analyzer

ROWS = [json.loads(line) for line in (Path(__file__).parent / "wrapped.jsonl").read_text().splitlines()]

READS = {
    "Unwatched": {"relu1": ["a"], "sigmoid1": ["a"], "add1": ["relu1", "sigmoid1"], "b": ["add1"]},
    "Cast": {"relu1": ["a"], "b": ["relu1"]},
    "Checkpointed": {"tanh1": ["a"], "tanh2": ["tanh1"], "b": ["tanh2"]},
}


def written(program: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("net/models/model.json", json.dumps(program))
    return path


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_wrapped(tmp_path: Path, row: dict[str, Any]) -> None:
    analysis = analyzer.analyze(written(row["program"], tmp_path))
    assert not analysis.uncovered
    assert {one.name: list(one.inputs) for one in analysis.rows if one.name != "a"} == READS[row["name"]]


def test_graph_of_another_form_is_refused(tmp_path: Path) -> None:
    nodes = ROWS[0]["program"]["graph_module"]["graph"]["nodes"]
    (inner,) = (given["arg"] for node in nodes for given in node["inputs"] if "as_graph" in given["arg"])
    nodes = inner["as_graph"]["graph"].pop("nodes")
    with pytest.raises(analyzer.ModelError, match=r"the graph inside of `higher_order\.wrap_with_set_grad_enabled`"):
        analyzer.analyze(written(ROWS[0]["program"], tmp_path))
    inner["as_graph"]["graph"]["nodes"] = nodes
