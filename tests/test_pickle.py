"""What the API returns and raises can be pickled: for other processes, and to be kept."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import TypeVar

import pytest

import analyzer
from analyzer.layers import readings
from analyzer.loader.expand.scope import MISSING
from analyzer.loader.parse.description import UNKNOWN

MODELS = sorted((Path(__file__).parents[1] / "example_models").glob("*.yaml"))
TEXTBOOK = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n"
#: Every layer but the first reads the one before it: a pickle that followed the inputs would nest as deeply.
CHAIN = "input: 8x8x3\nlayers:\n" + "  - conv: {filters: 3, kernel: 3, padding: 1}\n" * 2_000

T = TypeVar("T")


def again(thing: T) -> T:
    """The thing as another process gets it."""
    return pickle.loads(pickle.dumps(thing))  # type: ignore[no-any-return]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_an_analysis_and_its_model(path: Path) -> None:
    model = analyzer.load(path)
    analysis = analyzer.analyze(model)
    assert again(analysis).to_dict() == analysis.to_dict()
    assert analyzer.analyze(again(model)).to_dict() == analysis.to_dict()


def test_a_deep_network() -> None:
    model = analyzer.load(CHAIN)
    analysis = analyzer.analyze(model)
    assert again(analysis).to_dict() == analysis.to_dict()
    network = again(analysis.network)
    assert [node.inputs[0].name for node in network.nodes[-2:]] == ["conv1998", "conv1999"]
    assert network.nodes[-1].inputs[0] is network.nodes[-2]
    assert len(again(model).layers) == 2_000


@pytest.mark.parametrize("calculated", [False, True])
def test_a_memory_analysis(calculated: bool) -> None:
    found = analyzer.memory(TEXTBOOK, batch=4, optimizer="adam", checkpoint="sqrt", device="RTX 4090")
    if calculated:
        assert found.held().peak.bytes
        assert found.held().timeline
        assert found.largest
    same = again(found)
    assert (same.held().peak.bytes, same.largest) == (found.held().peak.bytes, found.largest)
    assert same.held().timeline == found.held().timeline
    assert same.run == found.run


def test_a_deep_memory_analysis() -> None:
    found = analyzer.memory(CHAIN)
    assert again(found).held().peak.bytes == found.held().peak.bytes == again(found).held().peak.bytes


def test_a_difference() -> None:
    found = analyzer.diff(TEXTBOOK, TEXTBOOK.replace("filters: 20", "filters: 10"))
    same = again(found)
    assert (same.counts(), same.changed_totals(), same.equal) == (found.counts(), found.changed_totals(), False)
    assert [change.fields for change in same.layers] == [change.fields for change in found.layers]


def test_findings_and_errors() -> None:
    (finding,) = analyzer.check(TEXTBOOK + "budget: {params: 1K}\n")
    assert again(finding).to_dict() == finding.to_dict()
    assert str(again(finding).span) == str(finding.span)
    text = "input: 8x8x3\nlayers:\n  - max_pool: 9\n  - from: input\n    conv: {filters: 1, kernel: 11}\n"
    with pytest.raises(analyzer.ModelError) as wrong:
        analyzer.analyze(text)
    error = again(wrong.value)
    assert (str(error), error.text) == (str(wrong.value), text)
    assert [found.to_dict() for found in error.diagnostics] == [found.to_dict() for found in wrong.value.diagnostics]
    with pytest.raises(analyzer.FileError) as missing:
        analyzer.load("not-there.yaml")
    assert str(again(missing.value)) == str(missing.value)


@pytest.mark.parametrize("name", ["KEPT", "WHOLE", "FIRST"])
def test_what_is_compared_by_identity_keeps_it(name: str) -> None:
    known: object = getattr(readings, name)
    assert again(known) is known
    assert copy.deepcopy([known])[0] is known


def test_sentinels_keep_their_identity() -> None:
    for cells in readings.Cells:
        assert again(cells) is cells
    assert again(UNKNOWN) is UNKNOWN
    assert again(MISSING) is MISSING


def test_a_reading_without_a_name() -> None:
    inner = readings.Reading(2, -1, 1, spread=2)
    outer = again(readings.Reading(3, 0, 4, 2, axis=1, through=inner))
    assert (outer.scale, outer.low, outer.high, outer.divisor, outer.spread, outer.axis) == (3, 0, 4, 2, 1, 1)
    assert outer.through is not None
    assert (outer.through.low, outer.through.spread) == (-1, 2)
