"""One layer with most of the parameters.

A dense layer over a whole volume has a weight for each cell and each unit, and is often larger than all layers before
it together. It decides the size of the file and the memory of the optimizer, and it is where the network overfits. A
global pool before it leaves one cell of each plane.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - max_pool: 2
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - flatten
      - dense: {units: 512, act: relu}
      - dense: 10

Instead: a global pool before the dense layer, or fewer cells or units.

    input: 32x32x3
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - max_pool: 2
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - global_avg_pool
      - dense: {units: 64, act: relu}
      - dense: 10

Source: Lin, Chen & Yan 2014, "Network in network", section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.rules.exploding_local import explodes
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.engine.result import Row
from analyzer.layers import SHARED

CODE = "CHECK301"
NAME = "heavy-layer"
SEVERITY = "note"

#: A network with fewer layers with parameters is not checked: in a small one, some layer has most of them.
_FEWEST = 5


def check(subject: Subject) -> Iterator[Found]:
    """A finding for a layer with more than half of the parameters; exploding local layers have their own check."""
    total = subject.analysis.totals.declared.parameters
    rows = [row for row in subject.rows if row.declared.parameters]
    if len(rows) < _FEWEST:
        return
    heavy = max(rows, key=lambda row: row.declared.parameters)
    own = heavy.declared.parameters
    if 2 * own <= total or explodes(heavy, total):
        return
    notes, help = _lighter(heavy, total)
    share = f"{own:,} of {total:,}; the other {len(rows) - 1:,} layers with parameters share {total - own:,}"
    yield Found(f"`{heavy.name}` has {own / total:.0%} of the parameters", heavy.node, notes=[share, *notes], help=help)


def _lighter(row: Row, total: int) -> tuple[list[str], str]:
    """What the layer would have otherwise, and how to get there."""
    layer = row.node.layer
    own, units = row.declared.parameters, row.output.depth
    volume = _unflattened(row.node.inputs[0]).output if row.node.inputs else row.output
    if layer.dense and volume.positions > 1:
        pooled = volume.depth * units + row.declared.biases
        note = (
            f"it reads {volume.pretty()} = {volume.size:,} values; after a global pool it would read {volume.depth:,} and "
            f"have {pooled:,} parameters, and the network {total - own + pooled:,}"
        )
        return [note], f"`global_avg_pool` before `{row.name}`, or fewer units"
    if layer.declared_sharing != SHARED:
        note = f"with shared weights it would have {row.shared.parameters:,}"
        return [note], "`sharing: {regions: …}` with fewer banks, or fewer filters"
    if layer.looks_up:
        return [], "a smaller vocabulary, or a shorter vector and a `linear` layer after it"
    source = row.node.flow.input
    if layer.linear and layer.window(source) is None:
        width = source.size if layer.dense else source.depth
        return [f"{width:,} values by {units:,} units"], "fewer units, or a narrow layer before it"
    return [], "fewer filters, groups, or a narrow 1×1 layer before it"


def _unflattened(node: Node) -> Node:
    """The node whose volume was flattened to this vector; the node itself where none was."""
    above = node
    while above.inputs and above.output.rank == 0 and (above.layer.passes or above.layer.dropped):
        above = above.inputs[0]
    return above if above.output.rank else node
