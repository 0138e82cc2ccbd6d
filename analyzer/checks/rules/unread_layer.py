"""A layer that nothing reads.

Where the outputs are named, a layer that leads to none of them is calculated, stored and trained for nothing; mostly a
`from` or an item of a `concat` was forgotten. Where they are not named, every layer that nothing reads is an output.
One in the middle of the file may be meant, or may be a branch that was never joined, so it is a note. An input that
nothing reads is always a mistake.

Fires:

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
        name: trunk
      - conv: {filters: 8, kernel: 1}
        name: side
      - conv: {filters: 8, kernel: 3, padding: 1}
        from: trunk
        name: head
    outputs: [head]

Instead: read it, name it among the outputs, or leave it out.

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
        name: trunk
      - conv: {filters: 8, kernel: 1}
        name: side
      - conv: {filters: 8, kernel: 3, padding: 1}
        from: trunk
        name: head
    outputs: [head, side]

Source: the language, "A file": `outputs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node

CODE = "CHECK205"
NAME = "unread-layer"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every layer and input that nothing reads, unless it is a named output or the file's last layer."""
    for node in subject.network.inputs:
        if not subject.read_by(node) and node.index not in subject.outputs:
            yield Found(
                f"nothing reads the input `{node.name}`",
                subject.place_of_input(node),
                notes=[f"{node.output.pretty()} = {node.output.size:,} values of each sample are loaded for nothing"],
                help=f"`from: {node.name}` in the layer that should read it, or leave it out",
            )
    if subject.network.names_outputs:
        yield from _beside_named(subject)
    else:
        yield from _in_the_middle(subject)


def _beside_named(subject: Subject) -> Iterator[Found]:
    """The layers that nothing reads where the outputs are named."""
    #: The layer that nothing reads and that a node leads to, where it leads to no output.
    lost: dict[int, Node] = {}
    layers: dict[int, int] = {}
    parameters: dict[int, int] = {}
    for row in reversed(subject.rows):
        node = row.node
        readers = subject.read_by(node)
        if node.index in subject.outputs or any(reader.index not in lost for reader in readers):
            continue
        end = lost[readers[0].index] if readers else node
        lost[node.index] = end
        layers[end.index] = layers.get(end.index, 0) + 1
        parameters[end.index] = parameters.get(end.index, 0) + row.declared.parameters
    for node in subject.network.nodes:
        if lost.get(node.index) is not node:
            continue
        held = f"{parameters[node.index]:,} parameters"
        others = layers[node.index] - 1
        also = "the layer that leads" if others == 1 else f"the {others:,} layers that lead"
        yield Found(
            f"nothing reads `{node.name}`, and it is not an output",
            node,
            notes=[
                f"it and {also} only to it have {held}"
                if others
                else f"it puts out {node.output.pretty()} and has {held}",
            ],
            help=f"read it in a later layer, leave it out, or name it: `outputs: [{_named(subject, node)}]`",
        )


def _in_the_middle(subject: Subject) -> Iterator[Found]:
    """The layers in the middle of the file that are outputs since nothing reads them."""
    ends = [node for node in subject.network.outputs if node.index >= 0]
    last = len(subject.network.nodes) - 1
    for node in ends:
        if node.index == last:
            continue
        yield Found(
            f"nothing reads `{node.name}`, so it is an output of the network",
            node,
            notes=[
                f"nothing reads {len(ends):,} layers, and without `outputs` all of them are outputs; the last is "
                f"`{ends[-1].name}`",
            ],
            help=f"read it in a later layer, or say that it is meant: `outputs: [{_named(subject, node)}]`",
            severity="note",
        )


def _named(subject: Subject, node: Node) -> str:
    """The outputs with this one among them, three names at most."""
    names = [output.name for output in subject.network.outputs if output.index >= 0 and output is not node]
    return ", ".join([*names[:2], *(["…"] if len(names) > 2 else []), node.name])
