"""A bias that the next normalisation subtracts.

Batch and instance normalisation subtract the mean of each plane. A constant that was added to a plane is part of its
mean, and the normalisation adds a centre (beta) of its own. So a bias before it is stored, updated and carried through
the optimizer, but its gradient is zero and no output depends on it.

Fires:

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, norm: batch_norm, act: relu}

Instead: no bias before such a normalisation.

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
    """A finding for every bias of a plane whose only reader subtracts the mean of the plane."""
    shared = owners(subject)
    for row in subject.rows:
        node, biases = row.node, row.declared.biases
        # a bias for each position is not constant over its plane
        if not node.layer.linear or biases != node.output.depth or node.index in shared:
            continue
        norm = _norm(subject, node)
        if norm is None:
            continue
        yield Found(
            f"the bias of `{row.name}` has no effect: `{norm.name}` subtracts it",
            node,
            notes=[
                f"{biases:,} biases are stored and trained, but `{norm.layer.type}` subtracts the mean of each plane, "
                f"which contains them: (x + b) − (mean + b) = x − mean",
            ],
            help=f"`{_spelled(subject)}`"
            + ("" if norm.layer.centres else f"; `center: true` in `{norm.name}` if a trained shift is needed"),
        )


#: How a layer without biases is written where the network was: by the format that it was read from.
_WORDS = {"pt2": "bias=False", "keras": "use_bias=False", "h5": "use_bias=False", "caffe": "bias_term: false"}


def _spelled(subject: Subject) -> str:
    """What removes the bias, in the words of the file or of the code."""
    source = subject.network.source
    return _WORDS.get(source.format if source is not None else "", "bias: false")


def _norm(subject: Subject, node: Node) -> Node | None:
    """The only reader of this node, if it subtracts the mean of planes; a frozen one subtracts what it once learned."""
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
