"""The view of memory: its point in words, its numbers, and the tensors as columns for the script."""

from __future__ import annotations

import re
from html import unescape
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.history import CATEGORIES
from analyzer.reporter.options import Options
from analyzer.reporter.page.lives import lives
from analyzer.reporter.page.memory import data, section
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import scene_of

EXAMPLES = Path(__file__).parents[3] / "example_models"

Row = tuple[str, str, int, int, int]


def view(model: object, reason: str = "", **run: Any) -> tuple[str, dict[str, Any] | None]:
    """The text of the view, and its data."""
    analysis = analyzer.analyze(model)  # type: ignore[arg-type]  # as users pass a model
    memory = None if reason else analyzer.memory(model, **run)  # type: ignore[arg-type]
    reviewed = Reviewed(analysis=analysis, memory=memory, reason=reason)
    scene = scene_of(analysis)
    markup = "".join(section(reviewed, scene, Options()))
    assert " style=" not in markup
    return unescape(re.sub(r"<[^>]*>", " ", markup)), data(reviewed, scene, Options())


def decoded(found: dict[str, Any], mode: str, report: MemoryAnalysis) -> list[Row]:
    """The tensors as the columns say them, by the docstring of the module."""
    network = report.network
    own = found["modes"][mode]
    shape = own if "born" in own else found
    marks = [*accumulate(shape["marks"]), *own["step"]]
    last = len(marks) - 1
    places = own["sizes"]
    if "at" in own:
        places = [*next(iter(found["modes"].values()))["sizes"]]
        for row, place in zip(accumulate(own["at"]), own["sizes"], strict=True):
            places[row] = place
    before, maker, makers, lived = len(marks) - len(own["step"]), 0, [], []
    for born, lasts, step in zip(accumulate(shape["born"]), shape["lasts"], shape["maker"], strict=True):
        maker = step + (marks[born] if born < before else maker)
        makers.append(maker)
        lived.append((born, born + lasts))
    layers = [*accumulate(shape["whole"]["layer"]), *makers]
    lived = [(0, last)] * len(shape["whole"]["kind"]) + lived
    names = {place: node.name for place, node in enumerate(network.nodes)} | {len(network.nodes): "loss"}
    names |= {-1 - number: node.name for number, node in enumerate(network.inputs)}
    return [
        (names[layer], CATEGORIES[int(kind)], found["sizes"][place], *life)
        for layer, kind, place, life in zip(
            layers, shape["whole"]["kind"] + shape["kind"], places, lived, strict=True
        )
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "cudaconvnet_local", "gpt2", "crnn", "textbook"])
@pytest.mark.parametrize("run", [{"optimizer": "adam"}, {"accumulate": 2, "checkpoint": "sqrt"}], ids=str)
def test_the_columns_say_what_the_tensors_are(name: str, run: dict[str, Any]) -> None:
    report = analyzer.memory(EXAMPLES / f"{name}.yaml", **run)
    found = lives(report)
    for mode in report.modes:
        wanted = [(one.layer, one.category, one.bytes, one.born, one.died) for one in report.held(mode).tensors]
        assert sorted(decoded(found, mode, report)) == sorted(wanted)
        assert sum(found["phases"]) == len(report.held(mode).timeline)


def test_modes_that_differ_in_sizes_only_share_their_columns() -> None:
    found = lives(analyzer.memory(EXAMPLES / "resnet50.yaml"))
    assert found["modes"]["local"].keys() == {"step", "sizes", "at"}


def test_the_point_in_words() -> None:
    """The numbers of docs/memory.md."""
    text, found = view(EXAMPLES / "resnet50.yaml", batch=32, optimizer="adam", device="24GiB")
    words = " ".join(text.split())
    assert "training peak 2.9 GiB in backward at stage4.1.conv4 shared 76.2 GiB in step at conv1 locally" in words
    assert "inference peak 475.6 MiB at stage2.1.conv4 shared" in words
    assert "on 24GiB fits, 4.7 GiB to 5.3 GiB needed of 24.0 GiB shared does not fit, " in words
    judged = analyzer.memory(EXAMPLES / "resnet50.yaml", batch=32, optimizer="adam", device="24GiB")
    assert "inference on 24GiB fits, 2.2 GiB to 2.3 GiB needed" in words
    assert judged.largest is not None
    assert f"Batch {judged.largest[0]} is safe, {judged.largest[1]} may run out of memory" in words
    assert "includes 1.7 GiB for the process" in words
    assert "batch 32 · float32 · adam" in words
    assert found is not None
    assert found["device"] == ["24GiB", 24 * 2**30]


def test_a_format_that_nobody_trains_in_has_no_step_and_says_why() -> None:
    text, found = view(EXAMPLES / "lenet5.yaml", dtype="int8")
    assert found is None
    assert "Nobody trains a network in int8, so there is no training step to show." in text
    assert "Memory of inference" in text
    assert "inference peak" in text


def test_without_memory_the_reason_is_the_view() -> None:
    text, found = view(EXAMPLES / "lenet5.yaml", reason="`--batch 3` does not divide among 2 ranks")
    assert "--batch 3" in text
    assert found is None


def test_ranks_have_their_numbers_beside_those_of_one_device() -> None:
    text, _ = view(EXAMPLES / "resnet18.yaml", ranks=2, batch=4, strategy="fsdp")
    assert "The step is that of one device with the whole batch. Divided by fsdp, each of 2 ranks needs" in text
    assert "training, each of 2 ranks" in text


def test_a_network_without_trained_parameters_has_no_backward_pass() -> None:
    text, found = view({"input": "8x8x3", "layers": ["relu", {"max_pool": 2}]})
    assert "training peak" in text
    assert found is not None
    assert found["phases"][1] == 0
