"""Dropout before batch normalisation.

Dropout of rate p keeps the mean and raises the second moment of what it drops from by 1/(1 − p) in training, and in
inference it is not there. A batch normalisation behind it learns a running variance of volumes with dropout and divides
by it in inference, where the variance is another one: every layer from there on sees values it was not trained on.
Linear layers between the two hand the shift on.

Fires:

    input: 32x32x16
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, bias: false, act: relu}
      - dropout: 0.5
      - conv: {filters: 32, kernel: 3, padding: 1, bias: false, norm: batch_norm, act: relu}

Instead: dropout behind the last batch normalisation.

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
from analyzer.checks.passing import LINEAR, drops, hands_on
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CODE = "CHECK203"
NAME = "dropout-before-norm"
SEVERITY = "warning"

#: What hands the shift on as linear layers do.
_HANDS_ON = frozenset([*LINEAR, "permute", "scale", "avg_pool", "global_avg_pool"])


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every dropout whose shift of the variance reaches a batch normalisation over linear layers alone."""
    #: The dropout whose shift a node hands on, by the node's index.
    shifted: dict[int, Node] = {}
    said: set[int] = set()
    for node in subject.network.nodes:
        layer: Any = node.layer
        dropout = shifted.get(node.inputs[0].index) if len(node.inputs) == 1 else None
        if layer.type in ("dropout", "spatial_dropout") and 0 < drops(layer) < 1:
            shifted[node.index] = node
        elif dropout is not None and (hands_on(layer) or layer.type in _HANDS_ON):
            shifted[node.index] = dropout
        elif dropout is not None and layer.type == "batch_norm" and layer.statistics and dropout.index not in said:
            said.add(dropout.index)
            rate = drops(dropout.layer)
            yield Found(
                f"`{dropout.name}` shifts the variance that `{node.name}` learns",
                dropout,
                notes=[
                    f"at rate {rate:g} the second moment in training is 1/(1 − {rate:g}) = {1 / (1 - rate):.3g} times "
                    f"that of inference, where `{node.name}` divides by what it learned in training",
                ],
                help=f"`{dropout.layer.type}` behind `{node.name}`, best behind the last `batch_norm` of the network",
            )
