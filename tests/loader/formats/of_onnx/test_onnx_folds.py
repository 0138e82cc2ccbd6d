"""What is calculated of constants, against the onnx wheel's own node tests (see `make_folds.py`)."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from onnx_bytes import graph, info, model

from analyzer.loader.formats.onnx.folding import fold
from analyzer.loader.formats.onnx.folding.given import Budget
from analyzer.loader.formats.onnx.graph import load
from analyzer.loader.formats.onnx.records import DTYPES, MOST_ELEMENTS, Node
from analyzer.loader.formats.onnx.values import Constant, of_numbers, unknown

FOLDS = [json.loads(line) for line in (Path(__file__).parent / "folds.jsonl").read_text().splitlines()]

#: By how much results may differ: that of numpy from C's functions of one number, in the precision of the format.
CLOSE = {"float16": 1e-3, "bfloat16": 1e-2, "float32": 1e-6, "float64": 1e-9}


def read(data: bytes) -> list[Node]:
    return load(io.BytesIO(data), len(data)).graph.nodes


def constant(tensor: Any) -> Constant:
    number, shape, values = tensor
    return of_numbers([float(one) if isinstance(one, str) else one for one in values], shape, DTYPES[number])


@pytest.mark.parametrize("line", [pytest.param(line, id=line[0]) for line in FOLDS])
def test_numbers_are_those_of_the_reference(line: Any) -> None:
    name, opset, data, names, inputs, outputs = line
    node = read(model(graph([b64decode(data)], [info(one) for one in set(names) if one]), {"": opset}))[0]
    found = fold(node, [constant(one) if one else None for one in inputs], opset)
    assert found is not None
    for made, wanted in zip(found, outputs, strict=False):
        if wanted is None:
            continue
        expected = constant(wanted)
        assert made is not None
        assert (made.shape, made.dtype) == (expected.shape, expected.dtype)
        close = CLOSE.get(made.dtype, 0)
        if "empty_set" in name and made.numbers() is None:
            continue  # the largest of nothing
        assert made.numbers() == pytest.approx(expected.numbers(), rel=close, abs=close, nan_ok=True)


def node(operator: str, *inputs: str, **attributes: Any) -> Node:
    return Node(operator, "", inputs, ["out"], "", attributes, operator)


def folded(made: Node, *values: Constant, budget: Budget | None = None) -> Constant:
    found = fold(made, values, 17, budget)
    assert found is not None
    assert found[0] is not None
    return found[0]


def test_numbers_are_those_of_the_format() -> None:
    """In float32, 0.29 · 100 is 29, so the size is 29; in float64 it is 28.999999999999996."""
    scale, size = of_numbers([0.29], [1], "float32"), of_numbers([100], [1], "float32")
    product = folded(node("Mul", "a", "b"), scale, size)
    assert folded(node("Cast", "a", to=7), folded(node("Floor", "a"), product)).numbers() == [29]
    scale, size = of_numbers([0.29], [1], "float64"), of_numbers([100], [1], "float64")
    product = folded(node("Mul", "a", "b"), scale, size)
    assert folded(node("Cast", "a", to=7), folded(node("Floor", "a"), product)).numbers() == [28]


def test_what_has_no_number_is_not_known() -> None:
    nothing = of_numbers([float("nan"), float("inf")], [2], "float32")
    assert folded(node("Cast", "a", to=7), nothing).numbers() is None
    assert folded(node("Sqrt", "a"), of_numbers([-1.0], [1], "float32")).numbers() is None
    assert (
        folded(node("Pow", "a", "b"), of_numbers([-8.0], [1], "float32"), of_numbers([1 / 3], [1], "float32")).numbers()
        is None
    )
    assert folded(node("Div", "a", "b"), of_numbers([1], [1], "int64"), of_numbers([0], [1], "int64")).numbers() is None
    assert (
        folded(node("Gather", "a", "b"), of_numbers([1], [1], "int64"), of_numbers([1], [1], "int64")).numbers() is None
    )


def test_too_many_elements_have_a_shape_and_no_numbers() -> None:
    sizes = of_numbers([MOST_ELEMENTS + 1], [1], "int64")
    large = folded(node("ConstantOfShape", "a"), sizes)
    assert (large.shape, large.numbers()) == ((MOST_ELEMENTS + 1,), None)
    most = folded(node("ConstantOfShape", "a"), of_numbers([MOST_ELEMENTS], [1], "int64"))
    assert most.numbers() == [0.0] * MOST_ELEMENTS
    for made, values in (
        (node("Range", "a", "b", "c"), [of_numbers([n], [], "int64") for n in (0, 10**12, 1)]),
        (node("Tile", "a", "b"), [of_numbers([1, 2], [2], "int64"), of_numbers([10**12], [1], "int64")]),
        (node("OneHot", "a", "b", "c"), [most, of_numbers([10**6], [], "int64"), of_numbers([0, 1], [2], "int64")]),
        (node("Expand", "a", "b"), [of_numbers([1], [1], "int64"), of_numbers([10**6, 10**6], [2], "int64")]),
        (node("Pad", "a", "b"), [of_numbers([1], [1], "int64"), of_numbers([10**12, 0], [2], "int64")]),
        (node("Gather", "a", "b"), [unknown([2, 10**6], "int64"), of_numbers([0, 1], [2], "int64")]),
    ):
        start = perf_counter()
        assert folded(made, *values).numbers() is None
        assert perf_counter() - start < 0.5


def test_a_shape_beyond_all_bounds_is_none() -> None:
    for sizes in ([10**9, 10**9], [-1]):
        assert fold(node("ConstantOfShape", "a"), [of_numbers(sizes, [len(sizes)], "int64")], 17) is None


def test_long_chains_are_calculated_without_recursion() -> None:
    value = of_numbers([0], [1], "int64")
    for _ in range(5000):
        value = folded(node("Add", "a", "b"), value, of_numbers([1], [1], "int64"))
    assert value.numbers() == [5000]


def test_a_budget_of_elements() -> None:
    budget = Budget(10)
    four = of_numbers([1, 2, 3, 4], [4], "int64")
    results = [folded(node("Neg", "a"), four, budget=budget).numbers() for _ in range(3)]
    assert results == [[-1, -2, -3, -4], [-1, -2, -3, -4], None]


def test_powers_and_products_of_whole_numbers_stay_in_64_bits() -> None:
    """10⁹ to the power of 10⁹, and a product of 10⁵ numbers, have no place anywhere: they wrap, as C has them."""
    start = perf_counter()
    base = of_numbers([10**9 + 7], [1], "int64")
    assert folded(node("Pow", "a", "b"), base, of_numbers([3], [1], "int64")).numbers() == [
        ((10**9 + 7) ** 3 + 2**63) % 2**64 - 2**63
    ]
    assert folded(node("Pow", "a", "b"), base, base).numbers() is not None
    assert folded(node("Pow", "a", "b"), of_numbers([-2], [1], "int64"), of_numbers([3], [1], "int64")).numbers() == [
        -8
    ]
    many = of_numbers([10**9 + 7] * MOST_ELEMENTS, [MOST_ELEMENTS], "int64")
    assert folded(node("ReduceProd", "a"), many).numbers() is not None
    assert folded(node("CumProd", "a", "b"), many, of_numbers([0], [], "int64")).numbers() is not None
    assert folded(node("BitShift", "a", "b", direction="LEFT"), base, of_numbers([10**15], [1], "int64")).numbers() == [
        0
    ]
    assert perf_counter() - start < 2
