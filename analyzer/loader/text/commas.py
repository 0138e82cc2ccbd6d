"""Expressions that a comma splits inside `{ }` or `[ ]`: `{filters: $max(8, $w)}` has the keys `filters` and `$w)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A tuple of numbers or of expressions; a call of a name with a dot or a capital letter.
_MEANT = r"\([^A-Za-z]*\)|\([^()]*\$[^()]*\)|(?:\w+\.)+\w+\(.*\)|[A-Z]\w*\(.*\)"

#: No expression has more commas.
_MOST_PARTS = 100


def find_split(container: Mapping | Sequence) -> Iterator[tuple[Tree, str]]:
    """The expressions of a flow container that a comma split, put together again, each with what helps."""
    items: list[Any] = container.items
    mapping = isinstance(container, Mapping)
    place = 0
    while place < len(items):
        node = items[place][1] if mapping else items[place]
        if node.__class__ is Scalar and node.plain and node.text.count("(") > node.text.count(")"):
            text, stop = _joined(items, place, node, mapping=mapping)
            if stop > place + 1:
                last = items[stop - 1][0] if mapping else items[stop - 1]
                kept = "$" in text or _is_meant(text)
                whole = Scalar(text, node.start, last.end, plain=True) if kept else Damaged(node.start, last.end)
                items[place:stop] = [(items[place][0], whole) if mapping else whole]
                if not _is_meant(text):
                    yield whole, f'quote it: "{shown(text if kept else f"$({text})")}"'
        place += 1


def _is_meant(text: str) -> bool:
    """Whether the text is a tuple or a call of another language, which who reads the value answers: `nn.ReLU(True)`."""
    return re.fullmatch(_MEANT, text) is not None


def _joined(items: list[Any], place: int, node: Scalar, *, mapping: bool) -> tuple[str, int]:
    """The text of a value and of what follows it until its brackets match, and the place behind that."""
    texts, stop = [node.text], place + 1
    open_brackets = node.text.count("(") - node.text.count(")")
    while stop < len(items) and open_brackets > 0 and len(texts) < _MOST_PARTS:
        part = items[stop][0] if mapping else items[stop]
        if part.__class__ is not Scalar or (mapping and not _is_nothing(items[stop][1])):
            break
        texts.append(part.text)
        open_brackets += part.text.count("(") - part.text.count(")")
        stop += 1
    return ", ".join(texts), stop


def _is_nothing(tree: Tree) -> bool:
    """Whether a key has no value."""
    return tree.__class__ is Scalar and isinstance(tree, Scalar) and tree.plain and not tree.text
