"""ONNX files as records: what is read, what is skipped, and what is no ONNX.

The sample was made by onnx itself (tests/data/foreign/make_samples.py), so its names, shapes and attributes are those of that script.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from onnx_bytes import graph, model, node, tensor

from analyzer.loader.formats.onnx.graph import load
from analyzer.loader.formats.onnx.records import Model, Tensor
from analyzer.loader.formats.onnx.wire import Damaged

SAMPLES = Path(__file__).parents[3] / "data" / "foreign"


def read(data: bytes) -> Model:
    return load(io.BytesIO(data), len(data))


@pytest.fixture
def sample() -> bytes:
    return (SAMPLES / "hand.onnx").read_bytes()


def test_a_graph(sample: bytes) -> None:
    model = read(sample)
    assert (model.ir_version, model.opsets) == (8, {"": 17})
    graph = model.graph
    assert [node.operator for node in graph.nodes][:5] == ["Conv", "Relu", "Conv", "BatchNormalization", "Add"]
    assert graph.nodes[0].inputs == ["x", "w", "b"]
    assert graph.nodes[0].attributes == {"pads": [1, 1, 1, 1]}
    assert graph.initializers["w"].shape == (4, 4, 3, 3)
    assert (graph.initializers["q"].dtype, graph.initializers["q"].numbers()) == ("int8", [1] * 288)
    assert [(info.name, info.dims) for info in graph.inputs] == [("x", ["batch", 4, 15, 15])]
    constant = next(node for node in graph.nodes if node.operator == "Constant").attributes["value"]
    assert isinstance(constant, Tensor)
    assert constant.numbers() == pytest.approx([0.01 * i for i in range(40)])


def test_endless_numbers_and_lengths() -> None:
    for data in (b"\x08" + b"\xff" * 20, b"\x3a\xff\xff\xff\xff\x0f", b"\x00\x01", b"\x0b", b""):
        with pytest.raises(Damaged):
            read(data)


def test_nested_graphs() -> None:
    """A node with a graph with a node with a graph …, as deep as no exporter goes."""
    inner = graph([])
    for _ in range(70):
        inner = graph([node("If", "", "", then_branch=inner)])
    with pytest.raises(Damaged, match="nested more than 64"):
        read(model(inner))


def test_sizes_beyond_all_bounds() -> None:
    for dims in ([2**56, 2**56], [10**16], [-1, 3], [0, 2**56]):
        with pytest.raises(Damaged, match="has the sizes"):
            read(model(graph([], initializers=[tensor("w", dims)])))


def test_long_lists_of_attributes_are_not_read() -> None:
    value = read(model(graph([node("A", "", "", a=[1] * 5000)]))).graph.nodes[0].attributes["a"]
    assert repr(value) == "TooMany(count=4097)"
