"""Every operator against the onnx wheel's own node tests: the shapes of what comes out (see `make_nodes.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.layers.answers import Flow
from analyzer.layers.building import build
from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.onnx import operators
from analyzer.loader.formats.onnx.folding import FOLDS
from analyzer.loader.formats.onnx.reading import OPERATORS, Ended, Reading, Unsupported
from analyzer.loader.formats.onnx.records import Graph, Model, Node, Tensor, ValueInfo
from analyzer.loader.formats.onnx.values import Constant, of_numbers, unknown
from analyzer.loader.formats.sheet import Sheet
from analyzer.volume import AXES

NODES = [json.loads(line) for line in (Path(__file__).parent / "nodes.jsonl").read_text().splitlines()]

#: Operators whose shapes depend on data, or are in a file's payload or a text: without `value_info` nobody knows them.
ENDS = {
    "ImageDecoder", "NonMaxSuppression", "NonZero", "RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit",
    "TfIdfVectorizer", "Unique", "TreeEnsemble", "Compress",
}  # fmt: skip

#: Operators that become `custom` layers, in every form or in some.
CUSTOM = {
    "AffineGrid", "Attention", "AveragePool", "CausalConvWithState", "DFT", "DeformConv", "GRU", "LSTM", "RNN", "Det", "GridSample", "LpPool", "MaxUnpool", "NegativeLogLikelihoodLoss",
    "LabelEncoder", "LinearAttention", "RoiAlign", "RotaryEmbedding", "STFT", "SoftmaxCrossEntropyLoss",
}  # fmt: skip

#: Its value, a tensor, is not in the list.
LEFT_OUT = {"constant"}

#: Forms that no layer has: the diagonal of a tensor.
WITHOUT = {"einsum_batch_diagonal"}

operators.load()


def run(line: list[Any], batch: int | None) -> tuple[Reading, Node]:
    """The walk over a graph of one node, whose first axis is the batch or not."""
    _, domain, operator, opset, attributes, inputs, outputs = line
    names = [f"i{place}" if given else "" for place, given in enumerate(inputs)]
    results = [f"o{place}" if made else "" for place, made in enumerate(outputs)]
    attributes = {name: value for name, value in attributes.items() if value is not None}
    node = Node(operator, domain, names, results, "node", attributes, "node")
    graph = Graph("", [node], {}, [], [ValueInfo(name, "", None) for name in results if name], {})
    reading = Reading(Model(graph, {}, {domain: opset}, "", "", 8, {}), Sheet("net.onnx", "net"), {})
    for name, given in zip(names, inputs, strict=True):
        if not name:
            continue
        kind, dtype, shape, *numbers = given
        if kind == "data":
            reading.scope.values[name] = reading.heart.enter(name, shape, batch=batch)
        elif kind == "weight":
            reading.scope.values[name] = reading.store(Tensor(name, tuple(shape), dtype, lambda: None))
        else:
            reading.scope.values[name] = of_numbers(numbers[0], shape, dtype) if numbers else unknown(shape, dtype)
    reading.count_uses(graph)
    reading.read(node)
    return reading, node


def lines() -> list[Any]:
    """The nodes that have a volume: four axes at most, none of them empty."""
    found: list[Any] = []
    for line in NODES:
        name, *_, inputs, outputs = line
        data = [given[2] for given in inputs if given and given[0] == "data"]
        if name in LEFT_OUT or any(0 in shape for shape in (*data, *(made[1] for made in outputs if made))):
            continue
        if all(len(shape) <= len(AXES) for shape in data):
            found.append(pytest.param(line, None, id=name))
        if data and all(shape and shape[0] == 1 for shape in data):
            found.append(pytest.param(line, 0, id=f"{name}-batch"))
    return found


@pytest.mark.parametrize(("line", "batch"), lines())
def test_shapes_are_those_of_the_reference(line: list[Any], batch: int | None) -> None:
    operator, outputs = line[2], line[6]
    known = operator in OPERATORS or f"{line[1]}:{operator}" in OPERATORS
    if operator in ENDS:
        if known:
            with pytest.raises(Unsupported):
                run(line, batch)
        return
    if line[0] in WITHOUT:
        with pytest.raises(Unarranged):
            run(line, batch)
        return
    reading, node = run(line, batch)
    for name, made in zip(node.outputs, outputs, strict=True):
        if made:
            value = reading.scope.get(name)
            assert value is not None
            assert list(value.shape) == made[1]
    assert operator in CUSTOM or not reading.sheet.uncovered


def test_the_macs_of_attention_are_those_of_its_two_products() -> None:
    line = next(line for line in NODES if line[0] == "attention_4d_gqa")
    reading, _ = run(line, None)
    (written,) = [layer for layer in reading.sheet.layers if layer.type == "attention"]
    layer = build("attention", {})
    # 2 samples of 9 heads, 4 queries, 6 keys of 8 numbers, 6 values of 8
    assert layer.macs(Flow([one.volume for one in written.inputs], written.volume)) == 2 * 9 * 4 * 6 * (8 + 8)


def test_what_an_operator_makes_of_constants_is_folded() -> None:
    node = Node("Softmax", "", ["mask"], ["scores"], "node", {}, "node")
    graph = Graph("", [node], {}, [], [ValueInfo("scores", "", None)], {})
    reading = Reading(Model(graph, {}, {"": 13}, "", "", 8, {}), Sheet("net.onnx", "net"), {})
    reading.scope.values["mask"] = of_numbers([0.0] * 6, (2, 3), "float32")
    reading.count_uses(graph)
    reading.walk([node])
    made = reading.scope.get("scores")
    assert isinstance(made, Constant)
    assert made.shape == (2, 3)
    assert not reading.sheet.layers


def test_an_empty_part_is_left_out_of_a_concatenation() -> None:
    """As torch.roll by no cells is exported: a slice from 0 to 0 before the rest."""
    nodes = [
        Node("Slice", "", ["x", "zero", "zero", "one"], ["none"], "", {}, "first"),
        Node("Slice", "", ["x", "zero", "three", "one"], ["all"], "", {}, "second"),
        Node("Concat", "", ["none", "all"], ["y"], "", {"axis": 1}, "third"),
    ]
    graph = Graph("", nodes, {}, [], [ValueInfo("y", "", None)], {})
    reading = Reading(Model(graph, {}, {"": 13}, "", "", 8, {}), Sheet("net.onnx", "net"), {})
    reading.scope.values["x"] = reading.heart.enter("x", (1, 3, 4))
    for name, number in (("zero", 0), ("one", 1), ("three", 3)):
        reading.scope.values[name] = of_numbers([number], (1,), "int64")
    reading.count_uses(graph)
    reading.walk(nodes)
    made = reading.scope.get("y")
    assert made is not None
    assert made.shape == (1, 3, 4)
    assert not reading.sheet.layers


def test_sizes_that_depend_on_data_end_the_reading_with_the_reason() -> None:
    node = Node("Slice", "", ["x", "zero", "n"], ["y"], "", {}, "cut")
    graph = Graph("", [node], {}, [], [ValueInfo("y", "", None)], {})
    reading = Reading(Model(graph, {}, {"": 13}, "", "", 8, {}), Sheet("net.onnx", "net"), {})
    reading.scope.values["x"] = reading.heart.enter("x", (1, 3, 4))
    reading.scope.values["n"] = reading.heart.enter("n", (1,), batch=None)
    reading.scope.values["zero"] = of_numbers([0], (1,), "int64")
    reading.count_uses(graph)
    with pytest.raises(Ended) as ended:
        reading.walk([node])
    assert ended.value.why == (
        "the input `n` of `Slice` decides a shape and depends on the data, and the file does not give its shape"
    )


#: Standard operators that are no part of a network: models of another kind, training, control flow beyond `If`.
OTHERS = {
    "ai.onnx.ml:CastMap", "ai.onnx.ml:DictVectorizer", "ai.onnx.ml:LinearClassifier", "ai.onnx.ml:LinearRegressor",
    "ai.onnx.ml:SVMClassifier", "ai.onnx.ml:SVMRegressor", "ai.onnx.ml:TreeEnsemble", "ai.onnx.ml:TreeEnsembleClassifier",
    "ai.onnx.ml:TreeEnsembleRegressor", "ai.onnx.ml:ZipMap",
}  # fmt: skip


def test_every_standard_operator_has_a_function_or_is_folded() -> None:
    """`operators.txt` has the names of `onnx.defs.get_all_schemas_with_history()` of onnx 1.23.2."""
    names = (Path(__file__).parent / "operators.txt").read_text().split()
    known = {*OPERATORS, *FOLDS}
    lacking = {name for name in names if name.removeprefix("ai.onnx.ml:") not in known}
    assert lacking == OTHERS
