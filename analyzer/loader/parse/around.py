"""What precedes an item of a list, for helps that depend on it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.loader.parse.grammar import GRAPH_KEYS
from analyzer.loader.parse.parser import Parser
from analyzer.loader.text.tree import Mapping, Scalar, Tree
from analyzer.volume import read_sizes

#: Types after which torch and Keras apply a dense layer to each position: they make or read sequences of vectors.
_SEQUENCES = (
    "linear", "layer_norm", "rms_norm", "multi_head_attention", "embedding", "position_table", "class_token", "reshape",
    "permute", "lstm", "gru", "rnn",
)  # fmt: skip

#: Types that say nothing about it: the layer before decides.
_SILENT = ("activation", "regularization", "merge")


def is_pointwise_place(parser: Parser, place: Tree) -> bool:
    """Whether a dense layer at this place is likely meant for each position: behind attention, say, or an embedding."""
    for word in _words_before(parser, place):
        type = word if word in CATALOGUE else (found_elsewhere(word) or "").partition(":")[0]
        if type in _SEQUENCES:
            return True
        if type in CATALOGUE and CATALOGUE[type].family not in _SILENT:
            return False
    template = next(iter(parser.model.inputs.values()), None)
    sizes = read_sizes(template.value) if template is not None and isinstance(template.value, str) else None
    return sizes is not None and len(sizes) == 2


def _words_before(parser: Parser, place: Tree) -> Iterator[str]:
    """The words of the items before a place, the nearest one first, in its list and in those around it."""
    for tree in reversed(parser.lists):
        before = [item for item in tree.items if _start(item) < _start(place)]
        for item in reversed(before):
            keys = [key.text for key, _ in item.items] if isinstance(item, Mapping) else []
            words = [item.text] if isinstance(item, Scalar) else [key for key in keys if key not in GRAPH_KEYS]
            if words and not (item is before[-1] and _holds(item, place)):
                yield words[0].partition("(")[0]


def _holds(item: Tree, place: Tree) -> bool:
    """Whether an item is the one at a place, or the one around it."""
    end = item.end.line, item.end.column
    return _start(item) <= _start(place) < end


def _start(tree: Tree) -> tuple[int, int]:
    return tree.start.line, tree.start.column
