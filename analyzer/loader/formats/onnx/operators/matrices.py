"""Products with matrices of the file, and with those that the network calculates.

Sources: ONNX' MatMul, Gemm, MatMulInteger, QLinearMatMul (1.23.2); onnxruntime's FusedMatMul, FusedGemm, QGemm,
DynamicQuantizeMatMul, MatMulIntegerToFloat, MatMulNBits (ContribOperators.md, 1.32.0).
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.operators.activations import fused
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator, part
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import Constant
from analyzer.loader.formats.onnx.weights import biased, held, held_or_none, name_of, weighted
from analyzer.loader.formats.sheet import Weights, Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@operator("MatMul", "FusedMatMul", "TransposeMatMul")
def matmul(reading: Reading, node: Node) -> None:
    """A layer where the file has the second matrix, or the first; otherwise a `matmul`."""
    first, second = reading.value(node, 0), reading.value(node, 1)
    heart = reading.heart
    turned = [node.int("transA", 0), node.int("transB", 0)]
    if _is_matrix(second) and not turned[0]:
        assert isinstance(second, Constant)
        x = reading.tensor(node, 0)
        units = second.shape[0 if turned[1] else 1]
        reading.give(node, linear(reading, node, x, units, second, None))
        return
    if _is_matrix(first) and isinstance(second, Tensor) and second.rank > 1 and not any(turned):
        assert isinstance(first, Constant)
        order = [*range(second.rank - 2), second.rank - 1, second.rank - 2]
        made = linear(reading, node, heart.transpose(second, order), first.shape[0], first, None, name="")
        reading.give(node, heart.transpose(made, order))
        return
    a, b = reading.tensor(node, 0), reading.tensor(node, 1)
    a, b = (_turned(reading, x) if turn else x for x, turn in zip((a, b), turned, strict=True))
    reading.give(node, heart.matmul(a, b, reading.place(node)))


def _is_matrix(value: object) -> bool:
    """Whether a value is a matrix of the file: weights."""
    return isinstance(value, Constant) and len(value.shape) == 2 and (bool(value.origins) or value.filled)


def _turned(reading: Reading, x: Tensor) -> Tensor:
    return reading.heart.transpose(x, [*range(x.rank - 2), x.rank - 1, x.rank - 2])


def linear(
    reading: Reading,
    node: Node,
    x: Tensor,
    units: int,
    weights: Constant,
    biases: Constant | None,
    *,
    name: str | None = None,
) -> Tensor:
    """The product of the last axis with a matrix of the file; `dense` or `linear`."""
    place = reading.place(node, name_of(weights))
    parameters: dict[str, Any] = {"units": units} if biases is not None else {"units": units, "bias": False}

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return reading.heart.linear(x, place, given, tied=tied)

    made = weighted(reading, parameters, weights, [biases], write)
    if biases is None and name is None:
        reading.products[node.outputs[0]] = reading.sheet.layers[-1], made.rank - 1
    return made


@operator("Gemm", "FusedGemm")
def gemm(reading: Reading, node: Node) -> None:
    """`A·B + C`, each of A and B maybe transposed. C is the biases where it has one number for each column."""
    b, c = reading.value(node, 1), reading.value(node, 2)
    x = reading.tensor(node, 0)
    x = _turned(reading, x) if node.int("transA", 0) else x
    if not _is_matrix(b):
        second = reading.tensor(node, 1)
        second = _turned(reading, second) if node.int("transB", 0) else second
        made = reading.heart.matmul(x, second, reading.place(node))
    else:
        assert isinstance(b, Constant)
        units = b.shape[0 if node.int("transB", 0) else 1]
        vector = isinstance(c, Constant) and c.size == units and (len(c.shape) < 2 or c.shape[-1] == units)
        made = linear(reading, node, x, units, b, c if vector and isinstance(c, Constant) else None)
        if vector:
            reading.products.pop(node.outputs[0], None)
            c = None
    if c is not None:
        operand = reading.operand(node, 2)
        place = reading.place(node)
        if isinstance(operand, Tensor):
            made = reading.heart.merge("add", [made, operand], place)
        else:
            made = reading.heart.pointwise("elementwise", made, place, {"op": "add"})
    reading.give(node, fused(reading, node, made))


def _quantised(
    reading: Reading, node: Node, weights: int, biases: int | None, scales: tuple[int, ...], turned: bool = False
) -> None:
    """A product of whole numbers: the places of its weights, of its biases and of scales and zero points."""
    x, b = reading.tensor(node, 0), reading.value(node, weights)
    for place in scales:
        reading.numbers_of(node, place)
    if not _is_matrix(b):
        reading.give(node, reading.heart.matmul(x, reading.tensor(node, weights), reading.place(node)))
        return
    assert isinstance(b, Constant)
    vector = held_or_none(reading, node, biases) if biases is not None else None
    reading.give(node, linear(reading, node, x, b.shape[0 if turned else 1], b, vector))


@operator("MatMulInteger")
def matmul_integer(reading: Reading, node: Node) -> None:
    """`A, B, zero points`."""
    _quantised(reading, node, 1, None, (2, 3))


@operator("QLinearMatMul")
def qlinear_matmul(reading: Reading, node: Node) -> None:
    """`a, scale, zero point, b, scale, zero point, y's`."""
    _quantised(reading, node, 3, None, (1, 2, 4, 5, 6, 7))


@operator("DynamicQuantizeMatMul")
def dynamic_quantize_matmul(reading: Reading, node: Node) -> None:
    """`A, B, scale, zero point, biases`."""
    _quantised(reading, node, 1, 4, (2, 3))


@operator("MatMulIntegerToFloat")
def matmul_integer_to_float(reading: Reading, node: Node) -> None:
    """`A, B, scales, zero points, biases`."""
    _quantised(reading, node, 1, 6, (2, 3, 4, 5))


@operator("QGemm")
def qgemm(reading: Reading, node: Node) -> None:
    """`A, scale, zero point, B, scale, zero point, C, y's`."""
    _quantised(reading, node, 3, 6, (1, 2, 4, 5, 7, 8), bool(node.int("transB", 0)))


@operator("MatMulNBits")
def matmul_n_bits(reading: Reading, node: Node) -> None:
    """Weights of few bits, packed into bytes: K × N of them."""
    x, packed = reading.tensor(node, 0), held(reading, node, 1)
    rows, units = node.int("K", 0), node.int("N", 0)
    if not rows or x.shape[-1] != rows:
        raise Unsupported
    for place in (2, 3, 4):
        reading.numbers_of(node, place)
    weights = Constant((rows, units), packed.dtype, lambda: None, packed.origins)
    reading.give(node, linear(reading, node, x, units, weights, held_or_none(reading, node, 5)))


@part("Add")
def add(reading: Reading, node: Node) -> bool:
    """The biases of a product."""
    return biased(reading, node)


@part("Mul")
def scaled(reading: Reading, node: Node) -> bool:
    """The scales of a quantised product give its values back their size."""
    values = [reading.scope.get(name) for name in node.inputs]
    for at in (0, 1):
        x, scale = values[at], values[1 - at]
        if isinstance(x, Tensor) and isinstance(scale, Constant) and scale.scale:
            if node.inputs[at] in reading.products and reading.uses.get(node.inputs[at], 0) == 1:
                reading.products[node.outputs[0]] = reading.products[node.inputs[at]]
            reading.give(node, x)
            return True
    return False


@part("Cast")
def cast(reading: Reading, node: Node) -> bool:
    """A product in another number format is still that product."""
    if node.inputs[0] in reading.products and reading.uses.get(node.inputs[0], 0) == 1:
        reading.products[node.outputs[0]] = reading.products[node.inputs[0]]
    return False
