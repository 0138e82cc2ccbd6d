"""Nodes in an order of computation, functions that call each other, versions: and the mistakes in each.

The files are written by hand (`onnx_bytes`), so what is expected follows from what each test writes.
"""

from __future__ import annotations

import io
from time import perf_counter

import pytest
from onnx_bytes import function, graph, info, int64s, model, node

from analyzer.loader.formats.onnx.graph import load
from analyzer.loader.formats.onnx.records import Model
from analyzer.loader.formats.onnx.wire import Damaged


def read(data: bytes) -> Model:
    return load(io.BytesIO(data), len(data))


def chain(
    *nodes: bytes, end: str = "y", opsets: dict[str, int] | None = None, functions: list[bytes] | None = None
) -> bytes:
    """A model with an input `x` and an output."""
    return model(graph(nodes, [info("x", [1, 3])], [info(end)]), opsets, functions or [])


def names(data: bytes) -> list[str]:
    return [one.name for one in read(data).graph.nodes]


def test_nodes_keep_the_order_of_the_file_where_it_is_one() -> None:
    assert names(chain(node("A", "x", "p", "a"), node("B", "x", "q", "b"), node("C", "p q", "y", "c"))) == [
        "a",
        "b",
        "c",
    ]


def test_nodes_follow_what_they_read() -> None:
    assert names(chain(node("C", "p q", "y", "c"), node("B", "p", "q", "b"), node("A", "x", "p", "a"))) == [
        "a",
        "b",
        "c",
    ]


def test_a_graph_inside_a_node_reads_names_of_the_graphs_around_it() -> None:
    branch = graph([node("Relu", "p", "r", "inner")], [], [info("r")])
    data = chain(node("If", "x", "y", "if", then_branch=branch, else_branch=branch), node("A", "x", "p", "a"))
    assert names(data) == ["a", "if"]


def test_a_long_chain_from_its_end_is_put_in_order_in_linear_time() -> None:
    nodes = [node("Relu", f"t{i}", f"t{i + 1}", str(i)) for i in range(20_000)]
    data = model(graph(nodes[::-1], [info("t0")], [info("t20000")]))
    start = perf_counter()
    assert names(data) == [str(i) for i in range(20_000)]
    assert perf_counter() - start < 5


MISTAKES = {
    "missing": (chain(node("A", "z", "y", "a")), "`a` reads `z`, which no node produces", "a"),
    "missing inside": (
        chain(node("If", "x", "y", "if", then_branch=graph([node("B", "z", "r", "b")], [], [info("r")]))),
        "`b` reads `z`, which no node produces",
        "b",
    ),
    "missing output": (chain(node("A", "x", "z", "a")), "no node produces the output `y`", ""),
    "cycle": (chain(node("A", "x q", "p", "a"), node("B", "p", "q", "b"), node("C", "q", "y", "c")), "reads what follows from it", "b"),
    "itself": (chain(node("A", "y", "y", "a")), "`a` reads what follows from it", "a"),
    "twice": (chain(node("A", "x", "y", "a"), node("B", "x", "y", "b")), "`y` is an output of `a` and of `b`", "b"),
    "given": (chain(node("A", "x", "x", "a"), end="x"), "`x` is an output of `a` and is given already", "a"),
    "recursion": (
        chain(node("F", "x", "y", "f", "d"), functions=[function("F", "d", "i", "o", [node("F", "i", "o", "f", "d")])]),
        "the function `F` calls itself",
        "",
    ),
    "mutual recursion": (
        chain(
            node("F", "x", "y", "f", "d"),
            functions=[
                function("F", "d", "i", "o", [node("G", "i", "o", "g", "d")]),
                function("G", "d", "i", "o", [node("F", "i", "o", "f", "d")]),
            ],
        ),
        "calls itself",
        "",
    ),
    "missing in a function": (
        chain(node("F", "x", "y", "f", "d"), functions=[function("F", "d", "i", "o", [node("A", "x", "o", "a")])]),
        "`a` reads `x`, which no node produces",
        "a",
    ),
    "new": (
        chain(node("A", "x", "y"), opsets={"": 29}),
        "its operators are those of opset 29 of ai.onnx, newer than 28, the newest",
        "",
    ),
    "old": (chain(node("A", "x", "y"), opsets={"": 6}), "opset 6 of ai.onnx, older than 7, the oldest that is read", ""),
    "new trees": (chain(node("A", "x", "y", "", "ai.onnx.ml"), opsets={"": 17, "ai.onnx.ml": 9}), "opset 9 of ai.onnx.ml, newer than 5", ""),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message", "label"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_name_the_node(data: bytes, message: str, label: str) -> None:
    with pytest.raises(Damaged, match=message.replace("(", r"\(")) as caught:
        read(data)
    assert caught.value.label == label


def test_a_version_counts_only_where_a_node_uses_its_domain() -> None:
    read(chain(node("A", "x", "y"), opsets={"": 28, "ai.onnx.ml": 99}))
    read(chain(node("A", "x", "y", "", "org.example"), opsets={"org.example": 99, "": 6}))


def test_an_output_may_be_an_input_or_an_initializer() -> None:
    read(model(graph([], [info("x")], [info("x"), info("w")], [int64s("w", [1])])))


def doubling(count: int) -> bytes:
    """Functions each of which calls the next twice."""
    made = [
        function(f"F{i}", "d", "i", "o", [node(f"F{i + 1}", "i", "m", "", "d"), node(f"F{i + 1}", "m", "o", "", "d")])
        for i in range(count)
    ]
    made.append(function(f"F{count}", "d", "i", "o", [node("Relu", "i", "o")]))
    return chain(node("F0", "x", "y", "", "d"), functions=made)


def test_functions_that_explode_and_those_that_are_deep() -> None:
    read(doubling(10))
    with pytest.raises(Damaged, match="with those of its functions; at most 100,000 are read"):
        read(doubling(50))
    with pytest.raises(Damaged, match="functions call each other more than 64 deep"):
        read(doubling(100))
