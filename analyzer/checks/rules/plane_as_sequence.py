"""A plane that is read as a sequence.

`28x28` is a length of 28 with a depth of 28: the depth comes last, and a plane of one value a cell has a depth of 1. A
kernel of one number then slides along one axis only and reads 28 planes: every layer fits, and every number is wrong.
The reports say so too. It is not reported where the axes do not look like the sides of an image.

Fires:

    input: 28x28
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}

Instead: the depth of 1.

    input: 28x28x1
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}

Source: the language, "Volumes"; MNIST has images of 28 × 28 cells, which Keras stores without a channel.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.doubts import planes
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject

CODE = "CHECK111"
NAME = "plane-as-sequence"
SEVERITY = "warning"
MISLEADS = True


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every 1-D input that looks like a plane, and over which a window slides."""
    for node, reader in planes(subject.network):
        volume = node.output
        yield Found(
            f"`{node.name}` looks like a plane without a depth, but is read as 1-D: {volume.pretty()}",
            subject.place_of_input(node),
            notes=[
                f"it is read as length {volume.spatial[0]:,} and depth {volume.depth:,}, since the depth comes last",
                f"`{reader.name}` slides along the length only",
            ],
            help=f"write `{volume}x1`",
        )
