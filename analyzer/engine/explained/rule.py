"""What a layer type does, in a sentence: the first paragraph of its docstring, which has its rule.

>>> from analyzer.layers import CATALOGUE
>>> rule(CATALOGUE["max_pool"])
'The largest value of each window.'
"""

from __future__ import annotations

from analyzer.layers import Layer

#: Why a layer has no MACs, by the first of its traits that is true.
_NO_MACS = (
    ("looks_up", "it looks up rows of a table and multiplies nothing"),
    ("merges", "it sums no products"),
    ("pools", "it has no weights to multiply with"),
    ("activates", "a function of each cell sums no products"),
    ("scales", "it multiplies each cell, but sums no products"),
)


def rule(layer: type[Layer]) -> str:
    """The sentences that say what a layer type does, without its sources."""
    paragraph = (layer.__doc__ or "").strip().partition("\n\n")[0]
    sentences = " ".join(paragraph.split())
    for end in (" Source: ", " Sources: "):
        sentences = sentences.partition(end)[0]
    return sentences


def why_no_macs(layer: Layer) -> str:
    """Why a layer has no MACs."""
    traits = {
        "looks_up": layer.looks_up,
        "merges": layer.merges,
        "pools": layer.pools,
        "activates": layer.activates,
        "scales": layer.scales,
    }
    words = next((words for trait, words in _NO_MACS if traits[trait]), "")
    return f"none: {words}" if words else "none"
