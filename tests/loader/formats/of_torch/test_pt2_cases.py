"""Small programs of torch.export, one or more for each operator, against the numbers that torch 2.13.0 gave.

`make_cases.py` wrote them. `compact.py` says what a line is.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import pytest
from compact import expanded

from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.loader.expand.expansion import expand
from analyzer.loader.formats import read

CASES = [
    json.loads(line)
    for file in sorted(Path(__file__).with_name("cases").glob("*.jsonl"))
    for line in file.read_text().splitlines()
]


def cells(sizes: Sequence[int]) -> list[int]:
    """Sizes without their order and without axes of one cell: a volume has its depth last, and at most four axes."""
    found = sorted(size for size in sizes if size != 1)
    return found if len(found) <= 4 else [prod(found)]


def of_one_sample(shape: list[int], samples: int) -> list[int]:
    """A shape without the batch, which is the axis that has all samples."""
    shape = list(shape)
    if samples > 1 and samples in shape:
        shape.remove(samples)
    return cells(shape)


def analysed(case: dict[str, Any], folder: Path) -> Analysis:
    """The analysis of a case, as a file."""
    file = folder / "case.pt2"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("case/models/model.json", json.dumps(expanded(case)))
    model, problems = read(str(file))
    assert model is not None, problems
    network, found = expand(model)
    assert not found
    return analyze_network(network)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_numbers_are_those_of_torch(case: dict[str, Any], tmp_path: Path) -> None:
    analysis = analysed(case, tmp_path)
    network = analysis.network
    totals = analysis.totals
    assert bool(analysis.uncovered) == case.get("custom", False), analysis.uncovered
    assert (totals.shared.parameters, totals.shared.buffers) == (case["parameters"], case["buffers"])
    if not case.get("custom"):
        assert totals.macs == case["macs"]
    samples = 2 if case["name"].endswith(".two") else 1
    wanted = [of_one_sample(shape, samples) for shape in case["outputs"]]
    outputs = [cells(node.output.sizes) for node in network.outputs]
    outputs = [one if one in wanted else [prod(one)] for one in outputs]
    # what two outputs have in common is one layer, such as the largest cells and where they are
    assert all(wanted.count(one) >= outputs.count(one) for one in outputs)
    assert {str(one) for one in wanted} == {str(one) for one in outputs}


def test_regions_in_regions_are_read_in_their_place(tmp_path: Path) -> None:
    graph: dict[str, Any] = {
        "reads": ["%x"], "nodes": [["aten.relu.default", {"self": "%x"}, ["%y"]]], "gives": ["%y"],
        "tensors": {"x": "1x8", "y": "1x8"},
    }  # fmt: skip
    for _ in range(60):
        region = {"0": False, "1": {"as_graph": {"name": "inner", "graph": graph}}, "2": "%x"}
        graph = {**graph, "nodes": [["higher_order.wrap_with_set_grad_enabled", region, ["%y"]]]}
    analysis = analysed({"keeps": [], **graph}, tmp_path)
    assert [node.layer.type for node in analysis.network.nodes if node.inputs] == ["relu"]
