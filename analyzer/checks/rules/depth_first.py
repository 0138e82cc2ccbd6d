"""An input written with its depth first.

Volumes are written height × width × depth. A photograph written in the order of PyTorch's tensors, `3x224x224`, is read
as 3 rows of 224 cells with a depth of 224: every layer after it still fits, and every number is wrong. The same is true
of a batch written in front, `1x3x224x224` or `1x224x224x3`, which is read as time. The reports say so too.

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

from analyzer.checks.doubts import written_first
from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.volume import AXES, Volume

CODE = "CHECK109"
NAME = "depth-first"
SEVERITY = "warning"
MISLEADS = True


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every input that looks as if its depth, or a batch, were written first."""
    for node, meant in written_first(subject.network):
        volume = node.output
        *others, last = (f"{name} {size:,}" for name, size in zip(volume.axes, volume.sizes, strict=True))
        batch = meant.rank < volume.rank
        what = "a batch" if batch and meant.depth == volume.depth else "its depth"
        yield Found(
            f"`{node.name}` looks as if {what} were written first: {volume.pretty()}",
            subject.place_of_input(node),
            notes=[f"it is read as {', '.join(others)} and {last}, since the depth comes last"],
            help=f"write `{meant}`" + (_without(volume, meant) if batch else ""),
        )


def _without(volume: Volume, meant: Volume) -> str:
    """What becomes of the first axis: it is the batch, or the time."""
    first = volume.spatial[0]
    whole = Volume((first, *meant.spatial), meant.depth)
    return ", without the batch" if first == 1 else f", or `{whole}` if {first} is the {AXES[3][0]}"
