"""A step that loses most of the volume.

A layer that puts out less than a sixteenth of the values that it reads throws information away in one step, and no
later layer brings it back. At the end of a network (a dense layer, a global pool, a mean) that is meant; in the middle
it is mostly a stride or a number of filters that was not meant. A branch beside others loses nothing, since they read
the whole volume.

Fires:

    input: 128x128x16
    layers:
      - conv: {filters: 32, kernel: 8, stride: 8, act: relu}
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}
      - global_avg_pool
      - dense: 10

Instead: several smaller steps, or more filters.

    input: 128x128x16
    layers:
      - conv: {filters: 32, kernel: 4, stride: 4, act: relu}
      - conv: {filters: 64, kernel: 2, stride: 2, act: relu}
      - global_avg_pool
      - dense: 10

Source: Szegedy et al. 2016, "Rethinking the Inception architecture", principles 1 and 2: no bottlenecks of extreme
compression.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.passing import heads
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.engine.result import Row

CODE = "CHECK302"
NAME = "lost-volume"
SEVERITY = "note"

#: A layer may keep one of this many values.
_MOST = 16


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every step, except at the end of the network, that keeps less than one of 16 values."""
    ends = heads(subject)
    for row in subject.rows:
        if not row.node.inputs:
            continue
        source = row.node.inputs[0]
        before, after = source.output, row.output
        if _MOST * after.size >= before.size or row.node.index in ends:
            continue
        # over one position the depth is a summary (squeeze and excite), and a window over all is a global pool
        if before.positions == 1 or after.positions == 1 or not (_filters(row.node) or _thins(row.node)):
            continue
        if len(subject.readers[source.index]) > 1:
            continue  # beside other readers it is a branch, and they read what it leaves out
        yield Found(
            f"`{row.name}` keeps 1 of every {before.size // after.size:,} values",
            row.node,
            notes=[f"it turns {before.pretty()} = {before.size:,} values into {after.pretty()} = {after.size:,}"],
            help=_kept(row),
        )


def _filters(node: Node) -> bool:
    """Whether its number of filters decides how many values of its input are left."""
    layer = node.layer
    return layer.linear and not layer.dense and not layer.grows


def _thins(node: Node) -> bool:
    """Whether a layer without weights leaves out or merges cells: by a window, at the borders, or by a new size."""
    layer, volume = node.layer, node.flow.input
    pools = layer.pools and layer.window(volume) is not None
    return pools or layer.cuts or layer.bounds(volume) is not None or (layer.grows and not layer.linear)


def _kept(row: Row) -> str:
    """What would keep a sixteenth."""
    before, after = row.node.flow.input, row.output
    if not _filters(row.node):
        return "several smaller steps with layers between them"
    filters = -(-before.size // (_MOST * after.positions))
    smaller = "smaller strides with layers between them, or " if after.positions < before.positions else ""
    return f"{smaller}{filters:,} filters, which keep 1 of every {_MOST} values"
