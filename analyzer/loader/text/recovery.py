"""Reading on after a YAML syntax error: the lines of the broken item or key are left out, and the rest is read again.

The lines are made empty, so that every place in the rest stays what it is. Each broken region has one error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as AnySequence

from analyzer.loader.text.read import Lost
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree

_KEY = r"[ ]*([A-Za-z_]+)[ ]*:"


def indentation(line: str) -> int:
    """The number of spaces before the text of a line."""
    return len(line) - len(line.lstrip(" "))


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def lost_around(lines: AnySequence[str], line: int) -> Lost:
    """The region that a mistake on a line makes unreadable: the item or key that begins there, with its contents."""
    text = lines[line]
    column, item = indentation(text), text.lstrip().startswith("-")
    end = line + 1
    while end < len(lines):
        below = indentation(lines[end])
        listed = below == column and not item and lines[end].lstrip().startswith("- ")
        if not (_is_empty(lines[end]) or below > column or listed):
            break
        end += 1
    key = re.match(_KEY, text)
    return Lost(line, end, column, item, key.group(1) if key is not None else None)


def is_apart(lost: Lost, before: AnySequence[Lost], lines: AnySequence[str]) -> bool:
    """Whether lines that could be read lie between a region and those before it, so that it has a cause of its own."""
    end = max((one.end for one in before), default=0)
    return not before or any(not _is_empty(line) for line in lines[end : lost.first])


def emptied(lines: AnySequence[str], lost: AnySequence[Lost]) -> str:
    """The text without the lines of some regions; the others keep their numbers."""
    kept = list(lines)
    for one in lost:
        for number in range(one.first, one.end):
            kept[number] = "\n"
    return "".join(kept)


class Doubt(Exception):
    """It is not known what a region was part of, since the value above it was complete."""


def without(tree: Tree, lost: Lost) -> Tree:
    """A copy of a tree in which the value that a region was part of is `Damaged`, so that nothing is reported about it.

    Raises `Doubt` where the region is under a value that was complete.
    """
    if isinstance(tree, Scalar) or (isinstance(tree, (Mapping, Sequence)) and tree.flow):
        empty = isinstance(tree, Scalar) and tree.plain and not tree.text
        if not empty and tree.end.line < lost.first:
            raise Doubt
        return Damaged(tree.start, tree.end)
    if isinstance(tree, Sequence):
        copy = Sequence(tree.start, flow=False)
        copy.end, copy.items = tree.end, list(tree.items)
        place = sum(item.start.line < lost.first for item in tree.items)
        if lost.column <= tree.start.column or not place:
            copy.items.insert(place, Damaged(tree.start, tree.start))
        else:
            copy.items[place - 1] = without(tree.items[place - 1], lost)
        return copy
    assert isinstance(tree, Mapping)
    pair = pair_above(tree, lost)
    if pair is None:
        return Damaged(tree.start, tree.end)
    mapping = Mapping(tree.start, flow=False)
    mapping.end = tree.end
    mapping.items = [(key, without(value, lost) if key is pair[0] else value) for key, value in tree.items]
    return mapping


def pair_above(mapping: Mapping, lost: Lost) -> tuple[Scalar, Tree] | None:
    """The key in whose value a region was, with the value; None where the region was a key of the mapping itself."""
    above = [pair for pair in mapping.items if pair[0].start.line < lost.first]
    if not above:
        return None
    value = above[-1][1]
    listed = lost.item and isinstance(value, Sequence) and value.start.column == lost.column
    return above[-1] if listed or lost.column > mapping.start.column else None
