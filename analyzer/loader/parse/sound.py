"""After a syntax error: the part of a tree in which more mistakes can be found."""

from __future__ import annotations

from analyzer.loader.parse.grammar import TOP_KEYS
from analyzer.loader.text.read import Read
from analyzer.loader.text.recovery import Doubt, pair_above, without
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Tree

#: Keys that others refer to: where a part of one was lost, a name in another one may be right.
_REFERRED = ("vars", "blocks", "defaults")


def sound_tree(read: Read) -> Tree | None:
    """The tree of a text with a syntax error, good for finding more mistakes in it; None where these might be false."""
    tree = read.tree
    if read.doubtful or not isinstance(tree, Mapping) or tree.flow:
        return None
    for lost in read.lost:
        pair = pair_above(tree, lost)
        key = lost.key if pair is None else pair[0].text
        if key not in TOP_KEYS or key in _REFERRED or (pair is None and tree.get(key) is not None):
            return None
        if pair is None:
            place = Damaged(tree.start, tree.start)
            tree.items.append((Scalar(key, tree.start, tree.start, plain=True), place))
        else:
            try:
                copy = without(tree, lost)
            except Doubt:
                return None
            assert isinstance(copy, Mapping)
            tree = copy
    return tree
