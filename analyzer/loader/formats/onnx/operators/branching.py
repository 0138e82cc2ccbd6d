"""If: the branch that a known condition chooses, otherwise the one that stores more numbers.

What the other branch stores is counted beside the network: `Reading.branches`.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.order import tensors_inside
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Graph, Node, is_float
from analyzer.loader.formats.onnx.values import NUMBERS, Constant


@operator("If")
def branches(reading: Reading, node: Node) -> None:
    """The nodes of one of its branches."""
    first, second = node.attributes.get("then_branch"), node.attributes.get("else_branch")
    if not isinstance(first, Graph) or not isinstance(second, Graph):
        raise Unsupported
    condition = reading.value(node, 0)
    numbers = None
    if isinstance(condition, Constant):
        numbers = condition.numbers()
        reading.used(condition, NUMBERS)
    taken = first if _weights(first) >= _weights(second) else second
    if numbers:
        taken = first if numbers[0] else second
    rest = sum(tensor.size for tensor in tensors_inside(second if taken is first else first))
    if rest:
        reading.branches.append((node, rest))
    reading.branch(node, taken)


def _weights(graph: Graph) -> int:
    """The numbers with fractions that a graph stores; integers where they are weights of a quantised layer."""
    trained = ("int8", "uint8", "int4", "uint4")
    return sum(t.size for t in tensors_inside(graph) if is_float(t.dtype) or t.dtype in trained)
