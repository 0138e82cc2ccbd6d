"""Inputs of ONNX graphs: the batch, the depth, open axes, and what `--input` and `--set` give. Volumes are by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onnx_bytes import INT64, graph, info, model, node, tensor

import analyzer
from analyzer import ModelError
from analyzer.settings import SettingError

RELU = node("Relu", "x", "y")
CONV = [node("Conv", "x w", "y", pads=[1, 1, 1, 1])]
W = [tensor("w", [4, 3, 3, 3])]


def inputs(
    folder: Path, nodes: list[bytes], given: list[bytes], stored: list[bytes] | None = None, **asked: Any
) -> dict[str, str]:
    """The volumes that enter a graph, by name."""
    path = folder / "net.onnx"
    path.write_bytes(model(graph(nodes, given, [info("y")], stored or [])))
    found = analyzer.analyze(path, **asked)
    return {one.name: str(one.output) for one in found.network.inputs}


@pytest.mark.parametrize("first", [1, "batch", "N"])
def test_a_first_axis_that_is_open_or_1_is_the_batch(tmp_path: Path, first: int | str) -> None:
    assert inputs(tmp_path, CONV, [info("x", [first, 3, 8, 10])], W) == {"x": "8x10x3"}


def test_a_convolution_behind_a_transposition_takes_the_last_axis(tmp_path: Path) -> None:
    nodes = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Conv", "t w", "y")]
    assert inputs(tmp_path, nodes, [info("x", [1, 8, 10, 3])], W) == {"x": "8x10x3"}


def test_without_an_opinion_the_last_axis_is_the_depth(tmp_path: Path) -> None:
    assert inputs(tmp_path, [RELU], [info("x", [1, 5, 7])]) == {"x": "5x7"}


def test_another_first_axis_is_an_axis(tmp_path: Path) -> None:
    assert inputs(tmp_path, [RELU], [info("x", [6, 7])]) == {"x": "6x7"}


STATES = [info("x", ["batch", 7]), info("s", [2, "batch", 7])]
SUM = [node("ReduceSum", "s", "r", axes=[0, 1], keepdims=0), node("Add", "x r", "y")]


@pytest.mark.parametrize("asked", [{}, {"input": {"s": "2x7"}}, {"input": {"s": "2x1x7"}}])
def test_a_named_batch_is_one_sample_on_every_axis(tmp_path: Path, asked: dict[str, Any]) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(model(graph(SUM, STATES, [info("y")]), {"": 11}))
    found = analyzer.analyze(path, **asked)
    assert [str(one.output) for one in found.network.inputs] == ["7", "2x7"]


OPEN = [info("x", ["batch", 3, "height", "width"])]


@pytest.mark.parametrize(
    ("asked", "volume"),
    [
        ("6x9x3", "6x9x3"),
        ({"x": "6x9x3"}, "6x9x3"),
        ("1x6x9x3", "6x9x3"),
        ({"height": "6", "width": "9"}, "6x9x3"),
    ],
)
def test_open_axes_are_given(tmp_path: Path, asked: Any, volume: str) -> None:
    assert inputs(tmp_path, CONV, OPEN, W, input=asked) == {"x": volume}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (None, "the input `x` has axes without a size: height, width"),
        ({"height": "6"}, "the input `x` has an axis without a size: width"),
        ("6x9", "the input `x` has 3 axes without the batch, ?x?x3, but 6x9 has 2"),
        ("6x9x4", "the file fixes the input `x` to ?x?x3, not 6x9x4"),
    ],
)
def test_what_is_wrong_with_a_size(tmp_path: Path, asked: Any, message: str) -> None:
    with pytest.raises(ModelError) as error:
        inputs(tmp_path, CONV, OPEN, W, input=asked)
    assert [problem.message for problem in error.value.diagnostics] == [message]


def test_the_help_is_an_option_that_works(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        inputs(tmp_path, CONV, OPEN, W)
    help = error.value.diagnostics[0].help
    assert help == "give the volume, depth last: `--input 224x224x3`, or `--input height=64` for one named axis"
    assert inputs(tmp_path, CONV, OPEN, W, input="224x224x3") == {"x": "224x224x3"}


def test_a_name_that_the_graph_lacks(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="has no input `hight`; did you mean `height`"):
        inputs(tmp_path, CONV, OPEN, W, input={"hight": "6", "width": "9", "height": "6"})


NUMBER = [info("x", [1, 4]), info("n", [], INT64)]
REPEAT = [node("Unsqueeze", "n", "s", axes=[0]), node("Concat", "one s", "r", axis=0), node("Tile", "x r", "y")]


def test_an_input_of_one_number_is_a_variable(tmp_path: Path) -> None:
    """The last axis of 4 is repeated n times."""
    path = tmp_path / "net.onnx"
    one = tensor("one", [1], INT64, (1).to_bytes(8, "little"))
    path.write_bytes(model(graph(REPEAT, NUMBER, [info("y")], [one]), {"": 11}))
    found = analyzer.analyze(path, set={"n": 3})
    assert [str(node.output) for node in found.network.outputs] == ["12"]
