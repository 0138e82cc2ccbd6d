"""A bias that batch normalisation takes away again.

Batch and instance normalisation subtract the mean of each plane, and a constant that was added to the plane goes with
it; their own centre is the bias. The biases before them are stored, updated and carried through the optimizer, their
gradient is zero, and no output depends on them.

Fires:

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, norm: batch_norm, act: relu}

Instead: no bias where such a normalisation follows.

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, bias: false, norm: batch_norm, act: relu}

Source: Ioffe & Szegedy 2015, "Batch normalization", section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.passing import owners
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers.traits import Averages, Normalises

CODE = "CHECK202"
NAME = "bias-before-norm"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every bias of a plane whose only reader subtracts the plane's mean."""
    shared = owners(subject)
    for row in subject.rows:
        node, biases = row.node, row.declared.biases
        # a bias of each position is no constant of its plane
        if not node.layer.linear or biases != node.output.depth or node.index in shared:
            continue
        norm = _norm(subject, node)
        if norm is None:
            continue
        yield Found(
            f"the bias of `{row.name}` is taken away again by `{norm.name}`",
            node,
            notes=[
                f"{biases:,} biases are stored and trained, and the mean that `{norm.layer.type}` subtracts of each plane "
                f"holds them: (x + b) − (mean + b) = x − mean",
            ],
            help="`bias: false`"
            + ("" if norm.layer.centres else f"; `center: true` of `{norm.name}` where a trained shift is wanted"),
        )


def _norm(subject: Subject, node: Node) -> Node | None:
    """The normalisation over planes that alone reads this node; one that is frozen subtracts what it once learned."""
    reader = subject.only_reader(node)
    flat = False
    while reader is not None and (reader.layer.passes or reader.layer.averages is Averages.PLANE):
        if reader.layer.regroups:
            return None
        # each cell of a flattened volume is a plane of its own to a normalisation over the batch
        flat = flat or reader.layer.view or reader.layer.averages is Averages.PLANE
        reader = subject.only_reader(reader)
    if reader is None or reader.frozen:
        return None
    by = reader.layer.normalises
    return reader if by is Normalises.BATCH or (by is Normalises.PLANE and not flat) else None
