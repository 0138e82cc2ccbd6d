"""Graphs inside of graphs: functions in place of their calls, and the branches of an `If`.

The files are written by hand (`onnx_bytes`); every operator in them keeps the shape, so the layers say what was read.
"""

from __future__ import annotations

import io

import pytest
from onnx_bytes import FLOAT, INT64, InnerTensor, function, graph, info, int64s, model, node, refers, tensor

from analyzer.loader.formats.onnx import operators
from analyzer.loader.formats.onnx.graph import load
from analyzer.loader.formats.onnx.reading import Ended, Reading
from analyzer.loader.formats.sheet import Sheet

operators.load()


def walk(data: bytes) -> Reading:
    """The walk over a whole graph; its inputs have a batch first."""
    read = load(io.BytesIO(data), len(data))
    reading = Reading(read, Sheet("net.onnx", "net"), {})
    for one in read.graph.inputs:
        assert one.dims is not None
        reading.scope.values[one.name] = reading.heart.enter(one.name, [int(dim) for dim in one.dims or []])  # type: ignore[arg-type]
    reading.keep(read.graph.initializers)
    reading.count_uses(read.graph)
    reading.walk(read.graph.nodes)
    return reading


def types(reading: Reading) -> list[str]:
    return [layer.parameters.get("op", layer.type) for layer in reading.sheet.layers]


X = [info("x", [1, 4])]
Y = [info("y", [1, 4])]


def test_a_function_is_read_in_place_of_its_call() -> None:
    """Names inside are the function's own: `t` is in both."""
    inner = function("F", "d", "a", "b", [node("Sigmoid", "t", "b"), node("Relu", "a", "t")])
    data = model(graph([node("F", "x", "t", "", "d"), node("F", "t", "y", "", "d")], X, Y), functions=[inner])
    assert types(walk(data)) == ["relu", "sigmoid", "relu", "sigmoid"]


def test_attributes_of_a_call_reach_the_nodes_and_the_graphs_inside_them() -> None:
    yes = graph([node("Softmax", "a", "r", "", "", refers("axis", "where"))], [], [info("r")])
    constant = node("Constant", "", "c", value=InnerTensor(tensor("", [], 9, b"\x01")))
    chosen = node("If", "c", "b", then_branch=yes, else_branch=graph([node("Relu", "a", "r")], [], [info("r")]))
    inner = function("F", "d", "a", "b", [constant, chosen], "where")
    reading = walk(model(graph([node("F", "x", "y", "f", "d", where=1)], X, Y), functions=[inner]))
    assert types(reading) == ["softmax"]


def test_the_operators_of_a_function_have_its_version() -> None:
    """Softmax without an axis is over the last one since opset 13, over all from the second on before."""
    data = model(
        graph([node("F", "x", "y", "", "d")], [info("x", [1, 2, 3, 4])], [info("y")]),
        {"": 7},
        [function("F", "d", "a", "b", [node("Softmax", "a", "b")])],
    )
    reading = walk(data)
    assert reading.sheet.layers[-1].parameters.get("axis") in (None, "width")


def choice(condition: bytes | None, first: int, second: int) -> bytes:
    """An `If` whose branches add so many numbers of their own."""

    def branch(size: int, operator: str) -> bytes:
        made = [node("Relu", "x", "p"), node(operator, "p", "r")]
        return graph(made, [], [info("r", [1, 4])], [tensor("w", [size, 4])])

    then, other = branch(first, "Relu"), branch(second, "Sigmoid")
    nodes = [node("If", "c", "y", "if", then_branch=then, else_branch=other)]
    inputs = X if condition else [*X, info("c", [1, 1], 9)]
    return model(graph(nodes, inputs, Y, [condition] if condition else []))


@pytest.mark.parametrize(("value", "type", "rest"), [(b"\x01", "relu", 4), (b"\x00", "sigmoid", 4)])
def test_a_known_condition_chooses_the_branch(value: bytes, type: str, rest: int) -> None:
    reading = walk(choice(tensor("c", [1], 9, value), 1, 1))
    assert types(reading)[-1] == type
    assert [(one.label, count) for one, count in reading.branches] == [("if", rest)]
    assert "p" not in reading.scope.values


@pytest.mark.parametrize(
    ("first", "second", "type", "rest"), [(1, 1, "relu", 4), (2, 1, "relu", 4), (1, 2, "sigmoid", 4)]
)
def test_an_unknown_condition_takes_the_branch_with_more_elements(
    first: int, second: int, type: str, rest: int
) -> None:
    reading = walk(choice(None, first, second))
    assert types(reading)[-1] == type
    assert [count for _, count in reading.branches] == [rest]


def test_a_stored_tensor_in_a_function_is_stored_once() -> None:
    """Both calls have the one tensor of four elements."""
    weight = node("Constant", "", "w", value=InnerTensor(tensor("", [1, 4], FLOAT, bytes(16))))
    inner = function("F", "d", "a", "b", [weight, node("Relu", "a", "b")])
    reading = walk(model(graph([node("F", "x", "t", "", "d"), node("F", "t", "y", "", "d")], X, Y), functions=[inner]))
    assert [one.tensor.size for one in reading.stored] == [4]
    assert types(reading) == ["relu", "relu"]


def test_a_loop_is_a_custom_layer_with_its_weights_where_the_file_gives_its_shape() -> None:
    body = graph(
        [node("Mul", "s w", "r"), node("Identity", "go", "again")],
        [info("i", [], INT64), info("go", [], 9), info("s", [1, 4])],
        [info("again"), info("r")],
        [tensor("w", [1, 4])],
    )
    nodes = [node("Loop", "n  x", "y", "loop", body=body)]
    reading = walk(model(graph(nodes, X, Y, [int64s("n", [3])])))
    (layer,) = reading.sheet.layers
    assert (layer.type, layer.parameters["weights"], str(layer.volume)) == ("custom", 4, "4")
    assert [one.use for one in reading.stored] == ["numbers", "weights"]
    with pytest.raises(Ended, match="the file does not give its shape"):
        walk(model(graph(nodes, X, [info("y")], [int64s("n", [3])])))


def test_where_the_reading_ends_the_nodes_behind_are_counted_through_all_graphs() -> None:
    branch = graph([node("NonZero", "x", "p"), node("Relu", "p", "r")], [], [info("r")])
    nodes = [
        node("If", "c", "q", then_branch=branch, else_branch=branch),
        node("Relu", "q", "t"),
        node("Relu", "t", "y"),
    ]
    with pytest.raises(Ended) as caught:
        walk(model(graph(nodes, X, Y, [tensor("c", [1], 9, b"\x01")])))
    assert caught.value.behind == 3


def test_weights_that_are_put_together_of_several_tensors_are_all_counted() -> None:
    """As torch exports a recurrent layer without folding; and a tensor of which two parts are read counts once."""
    nodes = [node("Concat", "a b", "w", axis=0), node("Mul", "x w", "y")]
    reading = walk(model(graph(nodes, [info("x", [1, 5, 4])], Y, [tensor("a", [2, 4]), tensor("b", [3, 4])])))
    assert [one.use for one in reading.stored] == ["parameter", "parameter"]
    assert [layer.volume.size for layer in reading.sheet.layers if layer.type == "parameter"] == [20]
    starts = [int64s("s0", [0]), int64s("s1", [1]), int64s("s2", [5])]
    nodes = [node("Slice", "w s0 s1", "first"), node("Slice", "w s1 s2", "rest"), node("Mul", "x first", "t"), node("Mul", "t rest", "y")]  # fmt: skip
    reading = walk(model(graph(nodes, [info("x", [1, 4, 4])], Y, [tensor("w", [5, 4]), *starts])))
    counts = [
        layer.parameters.get("count", layer.volume.size) for layer in reading.sheet.layers if layer.type == "parameter"
    ]
    assert sum(counts) == 20
