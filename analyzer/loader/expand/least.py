"""The least number of layers that a description expands to, calculated without expanding it.

A model that is certain to go beyond the limit is refused at once: blocks that double forty times would otherwise be
expanded up to the limit first. Items that depend on an expression count as no layers.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.parse.description import CallItem, Item, LayerItem, Model, ParallelItem, ResidualItem, SequenceItem
from analyzer.loader.text.limits import LIMITS


def first_beyond(model: Model) -> tuple[Item, int] | None:
    """The item of the model's list with which its layers are certainly too many, and how many they are; or None."""
    blocks: dict[str, int] = {}
    total = 0
    for item in model.layers:
        total += _layers(item, model, blocks, LIMITS.nesting)
        if total > LIMITS.layers:
            return item, total
    return None


def _layers(item: Item, model: Model, blocks: dict[str, int], depth: int) -> int:
    """The least number of layers of one item; calls deeper than `depth` are left to the limit of their own."""
    if item.when is not None:
        return 0
    if isinstance(item, LayerItem):
        sugar = (argument.value for argument in item.arguments.values())
        own = 1 + sum(isinstance(value, LayerItem) for value in sugar)
    elif isinstance(item, CallItem):
        block = model.blocks[item.block]
        if block.name not in blocks:
            blocks[block.name] = 0 if block.broken or not depth else _sum(block.body, model, blocks, depth - 1)
        own = blocks[block.name]
    elif isinstance(item, ParallelItem):
        own = 1 + sum(_sum(branch, model, blocks, depth) for branch in item.branches.values())
    elif isinstance(item, (ResidualItem, SequenceItem)):
        own = _sum(item.body, model, blocks, depth)
    else:
        own = 0
    return own * _repetitions(item)


def _sum(items: Sequence[Item], model: Model, blocks: dict[str, int], depth: int) -> int:
    return sum(_layers(item, model, blocks, depth) for item in items)


def _repetitions(item: Item) -> int:
    """How often an item is certainly repeated; a count beyond the limit is left to its own message."""
    if item.repeat is None:
        return 1
    if isinstance(item.repeat, dict):
        return min((len(template.value) for template in item.repeat.values()), default=0)
    count = item.repeat.value
    return count if not item.repeat.dynamic and isinstance(count, int) and count <= LIMITS.layers else 0
