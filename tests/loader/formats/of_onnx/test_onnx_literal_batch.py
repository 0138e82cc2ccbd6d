"""Shapes of all samples and of one: a batch of 2 is written into some shapes of a file, and is 1 in those calculated."""

from __future__ import annotations

import pytest

from analyzer.loader.formats.onnx import operators
from analyzer.loader.formats.onnx.reading import Reading
from analyzer.loader.formats.onnx.records import Graph, Model, Node, ValueInfo
from analyzer.loader.formats.onnx.values import of_numbers
from analyzer.loader.formats.sheet import Sheet
from analyzer.loader.formats.views import Tensor

operators.load()


def read(*nodes: Node, **constants: list[int]) -> tuple[int, ...]:
    """The shape of `y` for an input 2×16×8×8, of which one sample is read."""
    graph = Graph("", list(nodes), {}, [], [ValueInfo("y", "", None)], {})
    reading = Reading(Model(graph, {}, {"": 18}, "", "", 8, {}), Sheet("net.onnx", "net"), {})
    reading.samples = 2
    reading.scope.values["x"] = reading.heart.enter("x", [1, 16, 8, 8], batch=0, depth=1)
    for name, numbers in constants.items():
        reading.scope.values[name] = of_numbers(numbers, [len(numbers)], "int64")
    reading.count_uses(graph)
    reading.walk(nodes)
    found = reading.scope.values["y"]
    assert isinstance(found, Tensor)
    assert found.batch == 0
    return found.shape


def made(operator: str, inputs: str, output: str, **attributes: int) -> Node:
    return Node(operator, "", inputs.split(), [output], output, attributes, output)


def test_flatten_by_the_shape_of_the_tensor() -> None:
    """torch's `x.flatten(2)` over open axes: the first two sizes of the shape, and −1."""
    nodes = (
        made("Shape", "x", "s", start=0, end=2),
        made("Concat", "s open", "to", axis=0),
        made("Reshape", "x to", "y"),
    )
    assert read(*nodes, open=[-1]) == (1, 16, 64)


@pytest.mark.parametrize(
    ("to", "shape"),
    [
        ([2, 16, -1], (1, 16, 64)),
        ([2, 16, 64], (1, 16, 64)),
        ([0, 16, -1], (1, 16, 64)),
        ([0, 0, -1], (1, 16, 64)),
        ([-1, 64], (16, 64)),
        ([32, -1], (16, 64)),
        ([2, -1], (1, 1024)),
    ],
)
def test_a_shape_that_the_file_gives(to: list[int], shape: tuple[int, ...]) -> None:
    assert read(made("Reshape", "x to", "y"), to=to) == shape
