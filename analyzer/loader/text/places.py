"""Parts of a tree that a refusal means, and how a message calls them."""

from __future__ import annotations

from analyzer.diagnostics import Refusal
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree
from analyzer.source import shown


def inner(tree: Tree, at: tuple[str | int, ...]) -> Tree:
    """The part of `tree` that the way `at` (keys and positions) leads to, or the last part on it that exists."""
    for step in at:
        if isinstance(tree, Mapping) and isinstance(step, str):
            tree = next((value for key, value in tree.items if key.text == step), tree)
        elif isinstance(tree, Sequence) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
        else:
            break
    return tree


def at_fault(tree: Tree, refusal: Refusal) -> Tree:
    """The part of `tree` that a refusal means: the value at the end of its way, or its key where that is unknown."""
    if refusal.code == "VALUE102" and refusal.at:
        around = inner(tree, refusal.at[:-1])
        if isinstance(around, Mapping):
            return next((key for key, _ in around.items if key.text == refusal.at[-1]), around)
    return inner(tree, refusal.at)


def described(tree: Tree) -> str:
    """A tree in a sentence."""
    if isinstance(tree, Mapping):
        return "a mapping"
    if isinstance(tree, Sequence):
        return "a list"
    assert isinstance(tree, Scalar)
    return f"`{shown(tree.text)}`" if tree.text else "nothing"
