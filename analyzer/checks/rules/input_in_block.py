"""The network's input read inside a block that was called on another volume.

`input` means the network's input everywhere, in a block too. A shortcut or a gate of a block mostly wants the volume
that the block was called on, which is called `block_input`. Where both have the same depth, nothing else shows the
mistake: only the sizes and the costs behind it are wrong. Nothing is reported of a block that is only called on the
network's input, where both words mean the same.

Fires:

    input: 32x32x16
    blocks:
      Gate:
        layers:
          - conv: {filters: 16, kernel: 1, act: sigmoid}
          - multiply: [input, prev]
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
      - Gate: {}

Instead: name what the block was called on. If the network's input is meant, pass it to the block as an argument.

    input: 32x32x16
    blocks:
      Gate:
        layers:
          - conv: {filters: 16, kernel: 1, act: sigmoid}
          - multiply: [block_input, prev]
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
      - Gate: {}

Source: the language, "Blocks": `block_input`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers.reference_kinds import Reference, References
from analyzer.loader.parse.description import (
    Argument,
    Block,
    CallItem,
    Item,
    LayerItem,
    ParallelItem,
    ResidualItem,
    SequenceItem,
    Template,
)  # fmt: skip
from analyzer.loader.text.places import inner
from analyzer.loader.text.tree import Tree
from analyzer.source import shown
from analyzer.units import plural

CODE = "CHECK404"
NAME = "input-in-block"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every `input` in the body of a block that is called on something else."""
    model, network = subject.model, subject.network
    if model is None or not network.calls:
        return
    elsewhere: dict[str, list[tuple[str, Node]]] = {}
    for path, source in network.calls.items():
        if source is not network.inputs[0]:
            elsewhere.setdefault(network.groups[path], []).append((path, source))
    for block in model.blocks.values():
        calls = elsewhere.get(block.name, [])
        for tree in _inputs_in(block) if calls else ():
            yield Found(
                f"`input` in block `{block.name}` is the network's input, not the volume that the block was called on",
                tree.span(model.file),
                notes=[_called(calls), f"the network's input is {network.inputs[0].output.pretty()}"],
                help="`block_input` is the volume that the block was called on",
            )


def _called(calls: list[tuple[str, Node]]) -> str:
    path, source = calls[0]
    others = f", and {plural(len(calls) - 1, 'more call')} on another volume" if len(calls) > 1 else ""
    return f"`{shown(path)}` is called on `{shown(source.name)}`: {source.output.pretty()}{others}"


def _inputs_in(block: Block) -> Iterator[Tree]:
    """The places of `input` in a block: where it is read, and where it is an argument."""
    for default in block.params.values():
        yield from _named(default)
    for item in _every(block.body):
        yield from _named(item.source)
        arguments = item.arguments if isinstance(item, (LayerItem, CallItem)) else {}
        for argument in (*arguments.values(), *item.first.values()):
            if not isinstance(argument, Argument):
                yield from _named(argument)
            elif isinstance(argument.declaration.kind, (Reference, References)):
                yield from _named(argument.template)


def _every(items: Iterable[Item]) -> Iterator[Item]:
    """Items with those inside of them; the levels of nesting have a limit."""
    for item in items:
        yield item
        if isinstance(item, ResidualItem):
            yield from _every((*item.body, *(item.project or ())))
        elif isinstance(item, ParallelItem):
            for branch in item.branches.values():
                yield from _every(branch)
        elif isinstance(item, SequenceItem):
            yield from _every(item.body)


def _named(template: Template | None) -> Iterator[Tree]:
    """The places of the word `input` in a value: a name, or a list of names."""
    if template is None:
        return
    if template.value == "input":
        yield template.tree
    elif isinstance(template.value, list):
        for place, value in enumerate(template.value):
            if value == "input":
                yield inner(template.tree, (place,))
