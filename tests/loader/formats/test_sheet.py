"""The sheet on which readers write: names, the tree, and what is refused."""

from __future__ import annotations

import pytest

from analyzer.layers import SHARED
from analyzer.loader.expand.expansion import expand
from analyzer.loader.formats.sheet import Halted, Place, Sheet
from analyzer.loader.parse.file import parse_read


def small() -> Sheet:
    sheet = Sheet("net.onnx", "net")
    image = sheet.enter("image", (32, 32, 3))
    conv = sheet.write(
        "conv", [image], Place("conv", "/conv"), {"filters": 20, "kernel": [8, 8], "stride": 2, "padding": 1}
    )
    act = sheet.write("relu", [conv])
    sheet.outputs([sheet.write("add", [conv, act], Place("sum"))])
    return sheet


def test_a_sheet_becomes_a_network() -> None:
    parsed = parse_read(small().read(), "net.onnx")
    assert parsed.problems == []
    assert parsed.model is not None
    network, found = expand(parsed.model)
    assert not found
    assert [str(node) for node in network.nodes] == [
        "Node(conv: conv 14x14x20)",
        "Node(relu1: relu 14x14x20)",
        "Node(sum: add 14x14x20)",
    ]
    # the textbook's example: (8·8·3 + 1)·20
    counts = network.nodes[0].layer.parameters(network.nodes[0].flow, SHARED)
    assert counts.weights + counts.biases == 3860


def test_names_are_legal_and_unique() -> None:
    sheet = Sheet("net.onnx", "net")
    source = sheet.enter("input", (8, 8, 3))
    for wanted, name in (
        ("relu", "relu"), ("relu", "relu1"), ("", "relu2"), ("prev", "prev1"), ("a$b c", "a_b_c"), ("x1", "x1"),
        ("x1", "x1_2"), ("\x1b[31m", "_31m"), ("input", "input1"),
    ):  # fmt: skip
        assert sheet.write("relu", [source], Place(wanted)).name == name
    assert sheet.write("relu", [source], Place("layer1.0.")).name == "layer1.0.relu1"


def test_a_layer_that_its_type_refuses_ends_the_sheet() -> None:
    sheet = Sheet("net.onnx", "net")
    image = sheet.enter("image", (4, 4, 3))
    with pytest.raises(Halted):
        sheet.write("conv", [image], Place("big", "/big/Conv"), {"filters": 8, "kernel": [9, 9]})
    parsed = parse_read(sheet.read(), "net.onnx")
    assert parsed.model is not None
    _, found = expand(parsed.model)
    assert [finding.code for finding in found] == ["SHAPE201"]
    assert str(found[0].span) == "net.onnx: /big/Conv"


def test_words_that_yaml_reads_as_numbers_stay_names() -> None:
    sheet = Sheet("net.onnx", "1e3")
    image = sheet.enter("image", (4, 4, 3))
    one = sheet.write("relu", [image], Place("1"))
    sheet.write("add", [one, image], Place("null"))
    parsed = parse_read(sheet.read(), "net.onnx")
    assert parsed.problems == []
