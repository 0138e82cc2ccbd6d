"""What reports say of a network that another program wrote, and of layers whose numbers are not calculated.

Few networks have any of it, so this is imported where there is something to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.engine.network import Source
from analyzer.units import count, plural

#: The formats as people call them.
FORMATS = {"onnx": "ONNX", "keras": "Keras", "h5": "Keras (HDF5)", "darknet": "Darknet", "caffe": "Caffe"}

#: Names and operators that a note lists; it counts the others.
_LISTED = 8


def read_from(source: Source) -> list[str]:
    """The format that a network was read from, and the program that wrote it.

    >>> read_from(Source("onnx", "pytorch", "2.13.0")), read_from(Source("keras", "keras"))
    (['ONNX', 'written by pytorch 2.13.0'], ['Keras'])
    """
    written = " ".join(filter(None, (source.producer, source.version)))
    if written.lower() == source.format:
        written = ""  # a program that writes its own format, without its version
    return [FORMATS.get(source.format, source.format), *([f"written by {written}"] if written else [])]


def authored(names: Sequence[str], uncovered: Mapping[str, int], assumed: str = "") -> str:
    """The meaning of the mark `*`: layers whose numbers were given, or that only the file of another program has.

    `assumed` is what a report assumes of them.

    >>> authored(["a", "b", "c"], {"GridSample": 2, "Einsum": 1})
    '* 3 layers that the catalogue does not have: GridSample ×2, Einsum ×1'
    """
    layers = plural(len(names), "layer")
    if uncovered:
        operators = [f"{name} ×{count(times)}" for name, times in uncovered.items()]
        return f"* {layers} that the catalogue does not have{assumed and f', {assumed}'}: {_some(operators)}"
    return f"* {layers} with numbers given in the file, {assumed or 'not computed'}: {_some(names)}"


def unknown_macs(names: Sequence[str]) -> str:
    """Which MACs are missing from sums.

    >>> unknown_macs(["grid1"])
    'the MACs of 1 layer are unknown (grid1): sums marked ≥ leave them out'
    """
    layers = plural(len(names), "layer")
    return f"the MACs of {layers} are unknown ({_some(names)}): sums marked ≥ leave them out"


def _some(words: Sequence[str]) -> str:
    """The first words of a list, and how many more it has."""
    if len(words) <= _LISTED + 1:
        return ", ".join(words)
    return f"{', '.join(words[:_LISTED])} and {count(len(words) - _LISTED)} more"
