"""What reports say of layers whose numbers are not calculated.

Few networks have such layers, so this is imported where there is something to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.units import count, plural

#: Names and operators that a note lists; it counts the others.
_LISTED = 8


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
