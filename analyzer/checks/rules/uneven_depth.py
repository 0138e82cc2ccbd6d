"""Depths that hardware rounds up.

Tensor cores multiply matrices in tiles, of 8 elements at 16 bits. A depth that is not a multiple of 8 runs as the next
multiple does, or on slower units: the next multiple takes the same time and calculates something. Class scores, depths
below 8 and grouped layers are left out.

Fires:

    input: 32x32x16
    layers:
      - conv: {filters: 100, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 128, kernel: 3, padding: 1, act: relu}
      - global_avg_pool
      - dense: 10

Instead: a multiple of 8; of 64 where the depth is large.

    input: 32x32x16
    layers:
      - conv: {filters: 104, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 128, kernel: 3, padding: 1, act: relu}
      - global_avg_pool
      - dense: 10

Source: NVIDIA, "Matrix multiplication background user's guide", section 3.1 (dimensions that are multiples of 16
bytes).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.passing import heads
from analyzer.checks.subject import Subject
from analyzer.engine.result import Row

CODE = "CHECK303"
NAME = "uneven-depth"
SEVERITY = "note"

#: Elements of 16 bits in the 16 bytes that a tile is made of.
_TILE = 8
#: Layers that are named.
_NAMED = 5


def check(subject: Subject) -> Iterator[Found]:
    """One finding for the network, with the layers whose depth is not a multiple of 8."""
    ends = heads(subject)
    uneven = [row for row in subject.rows if _uneven(row) and row.node.index not in ends]
    if not uneven:
        return
    named = [f"`{row.name}` {row.output.depth:,} → {_rounded(row):,}" for row in uneven[:_NAMED]]
    if len(uneven) > _NAMED:
        named.append(f"{len(uneven) - _NAMED:,} more")
    more = sum(row.macs * (_rounded(row) - row.output.depth) // row.output.depth for row in uneven)
    total = subject.analysis.totals.macs
    layers = "1 layer has a depth" if len(uneven) == 1 else f"{len(uneven):,} layers have depths"
    that = "is not a multiple" if len(uneven) == 1 else "are not multiples"
    yield Found(
        f"{layers} that {that} of {_TILE}",
        None,
        notes=[
            ", ".join(named),
            f"tensor cores compute {more:,} MACs of padding on top of {total:,}, {more / total:.1%}",
        ],
        help=f"multiples of {_TILE}: `make_divisible(x)` rounds to them",
    )


def _uneven(row: Row) -> bool:
    """Whether hardware rounds up the depth that a layer puts out; a squeezed 1×1 volume costs nothing either way."""
    layer = row.node.layer
    if not layer.linear or layer.depthwise or layer.plane_groups(row.node.flow.input) > 1:
        return False  # each group is a product of its own, and its depth is not the layer's
    squeezed = row.output.rank > 0 and row.output.positions == 1
    return row.output.depth > _TILE and row.output.depth % _TILE > 0 and not squeezed


def _rounded(row: Row) -> int:
    return -(-row.output.depth // _TILE) * _TILE
