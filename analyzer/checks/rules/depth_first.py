"""An input written with its depth first.

Volumes are written height × width × depth. A photograph written in the order of PyTorch's tensors, `3x224x224`, is read
as 3 rows of 224 cells with a depth of 224: every layer after it still fits, and every number is wrong.

Fires:

    input: 3x224x224
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}

Instead: the depth last.

    input: 224x224x3
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}

Source: torch.nn.Conv2d reads (N, C, H, W), Keras Conv2D (batch, height, width, channels).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.volume import Volume

CODE = "CHECK109"
NAME = "depth-first"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every 2-D input whose first axis could be the depth of an image, with a square after it."""
    for node in subject.network.inputs:
        volume = node.output
        if not volume.looks_depth_first:
            continue
        first, second, last = volume.sizes
        yield Found(
            f"`{node.name}` looks as if its depth were written first: {volume.pretty()}",
            subject.place_of_input(node),
            notes=[f"it is read as height {first}, width {second} and depth {last:,}, since the depth comes last"],
            help=f"write `{Volume((second, last), first)}`",
        )
