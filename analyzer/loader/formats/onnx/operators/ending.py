"""Operators whose shapes depend on the data: reading ends there, unless the file gives a shape.

Loop and Scan repeat a graph of their own; Compress takes the cells for which a condition holds.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node


@operator("NonMaxSuppression", "NonZero", "Unique", "Loop", "Scan", "SequenceMap")
def data_dependent(reading: Reading, node: Node) -> None:
    """Nothing is known of what comes out."""
    raise Unsupported
