"""Dropout before batch normalisation.

Dropout of rate p keeps the mean of its input. In training it multiplies the second moment by 1/(1 − p); in inference it
does nothing. A batch normalisation after it learns a running variance of volumes with dropout and divides by it in
inference, where the variance is another one: every layer after it sees values that it was not trained on. Linear layers
between the two pass the shift on.

Fires:

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, bias: false, act: relu}
      - dropout: 0.5
      - conv: {filters: 32, kernel: 3, padding: 1, bias: false, norm: batch_norm, act: relu}

Instead: dropout after the last batch normalisation.

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, bias: false, act: relu}
      - conv: {filters: 32, kernel: 3, padding: 1, bias: false, norm: batch_norm, act: relu}
      - dropout: 0.5

Source: Li, Chen, Hu & Yang 2019, "Understanding the disharmony between dropout and batch normalization by variance
shift".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers import Layer
from analyzer.layers.traits import Averages, Drops, Normalises

CODE = "CHECK203"
NAME = "dropout-before-norm"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every dropout whose shift reaches a batch normalisation through linear layers only."""
    #: The dropout whose shift a node passes on, by the node's index.
    shifted: dict[int, Node] = {}
    said: set[int] = set()
    for node in subject.network.nodes:
        layer = node.layer
        dropout = shifted.get(node.inputs[0].index) if len(node.inputs) == 1 else None
        if layer.drops in (Drops.CELLS, Drops.PLANES) and 0 < layer.dropped < 1:
            shifted[node.index] = node
        elif dropout is not None and _passes_the_shift(layer):
            shifted[node.index] = dropout
        elif (
            dropout is not None
            and layer.normalises is Normalises.BATCH
            and layer.learns_statistics
            and dropout.index not in said
        ):
            said.add(dropout.index)
            rate = dropout.layer.dropped
            yield Found(
                f"`{dropout.name}` shifts the variance that `{node.name}` learns",
                dropout,
                notes=[
                    f"at rate {rate:g}, the second moment in training is 1/(1 − {rate:g}) = {1 / (1 - rate):.3g} times "
                    f"that in inference, but `{node.name}` divides by the variance that it learned in training",
                ],
                help=f"move `{dropout.name}` after `{node.name}`, best after the last `batch_norm` of the network",
            )


def _passes_the_shift(layer: Layer) -> bool:
    """Whether the output of a layer has the shift of its input: it adds, moves or scales values by fixed numbers."""
    if layer.normalises is not Normalises.NOTHING:
        return False
    averages = layer.averages is not Averages.NOTHING
    return layer.passes or layer.linear or layer.reorders or layer.scales or averages
