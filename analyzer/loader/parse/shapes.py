"""Values of the shape that is wanted: a mapping, a list, a text; anything else is a finding."""

from __future__ import annotations

from analyzer.loader.parse.parser import Parser
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, value_of


def mapping_of(parser: Parser, tree: Tree, what: str, example: str, *, listed: str = "") -> Mapping | None:
    """`tree` as a mapping, or None and a finding; `listed` is the key under which a list would be right."""
    if isinstance(tree, Mapping):
        return tree
    help = f"write its list under `{listed}:`" if listed and isinstance(tree, Sequence) else f"for example `{example}`"
    parser.problem("MODEL103", f"{what} takes a mapping, not {described(tree)}", tree, help=help)
    return None


def pairs_of(parser: Parser, tree: Tree, what: str, example: str) -> list[tuple[Scalar, Tree]]:
    """The keys and values of a mapping; none, and a finding, where it is no mapping."""
    mapping = mapping_of(parser, tree, what, example)
    return mapping.items if mapping is not None else []


def list_of(parser: Parser, tree: Tree, what: str, example: str) -> Sequence | None:
    """`tree` as a list, or None and a finding."""
    if isinstance(tree, Sequence):
        return tree
    help = f"for example `{example}`"
    if isinstance(tree, Mapping) and tree.items and not tree.flow and what != "`params`":
        dashed = tree.items[0][0].text.startswith("-")
        help = "a space is missing after `-`" if dashed else "each item of the list begins with `- `"
    parser.problem("MODEL103", f"{what} takes a list, not {described(tree)}", tree, help=help)
    return None


def text_of(parser: Parser, tree: Tree, what: str) -> str | None:
    """`tree` as a text, or None and a finding."""
    if isinstance(tree, Scalar) and (tree.text or not tree.plain):
        return tree.text
    parser.problem("MODEL103", f"{what} takes a text, not {described(tree)}", tree)
    return None


def is_nothing(parser: Parser, tree: Tree) -> bool:
    """Whether a key has no value; true, and a trouble, for a value that the reader refused."""
    if tree.__class__ is Damaged:
        parser.troubles += 1
    return isinstance(tree, Scalar) and value_of(tree) is None
