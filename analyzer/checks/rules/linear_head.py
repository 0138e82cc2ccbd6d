"""A linear layer at each position where one over the whole volume must be meant.

`linear` acts on the depth and does the same at each position, as PyTorch's `Linear` and Keras' `Dense` do. A classifier
needs one output for the image: `dense`, which reads the whole volume, or a pool before `linear`. Frameworks flatten the
volume first; here `dense` does that. Every layer fits, and every number from there on is wrong. The reports say so too.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
      - max_pool: 4
      - linear: {units: 128, act: relu}
      - linear: 10

Instead: `dense` layers.

    input: 32x32x3
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
      - max_pool: 4
      - dense: {units: 128, act: relu}
      - dense: 10

Source: torch.nn.Linear, which acts on the last axis, and torch.nn.Flatten before it in the tutorials of PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.doubts import linear_heads
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject

CODE = "CHECK112"
NAME = "linear-head"
SEVERITY = "warning"
MISLEADS = True


def check(subject: Subject) -> Iterator[Found]:
    """A finding for the first layer of every head that acts at each position of a volume that windows made small."""
    for node in linear_heads(subject.network):
        volume = node.flow.input
        yield Found(
            f"`{node.name}` acts at each of {volume.positions:,} positions, so the network puts out a map",
            node,
            notes=[
                f"it turns {volume.pretty()} into {node.output.pretty()}; over the whole volume it would put out "
                f"{node.output.depth:,}"
            ],
            help=f"`dense: {node.output.depth}`, or a `global_avg_pool` before `{node.name}`",
        )
