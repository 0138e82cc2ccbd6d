"""Operators whose shapes depend on the data: reading ends there, unless the file gives a shape.

Loop and Scan repeat a graph of their own, whose tensors are weights of the `custom` layer.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node


@operator("NonMaxSuppression", "NonZero", "Unique", "Loop", "Scan", "SequenceMap")
def data_dependent(reading: Reading, node: Node) -> None:
    """Nothing is known of what comes out."""
    raise Unsupported(f"what comes out of `{node.operator}` depends on the data")
