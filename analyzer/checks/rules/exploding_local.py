"""A locally connected layer with far more parameters than its shared form.

A locally connected layer has a filter bank of its own at every output position: Π O times the weights. Over a large
volume, that is most of the network. Each bank sees only its own patch, and gets only one gradient from each sample.
Banks for regions, or for every k-th position, keep what differs from place to place and cost a fraction.

Fires:

    input: 64x64x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, sharing: local, act: relu}
      - global_avg_pool
      - dense: 10

Instead: one bank for each region, or tiled banks.

    input: 64x64x16
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, sharing: {regions: 16}, act: relu}
      - global_avg_pool
      - dense: 10

Source: Taigman et al. 2014, "DeepFace"; Le et al. 2010, "Tiled convolutional neural networks".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.result import Row
from analyzer.layers import SHARED, Sharing

CODE = "CHECK304"
NAME = "exploding-local"
SEVERITY = "note"

#: A layer explodes with more than this many times the parameters of its shared form.
_TIMES = 100
#: Regions along an axis that the help suggests, and the step of its tiles.
_REGIONS, _STEP = 4, 2


def explodes(row: Row, total: int) -> bool:
    """Whether a layer's own banks are more than 100 times its shared form and more than half of all parameters."""
    own = row.declared.parameters
    return own > _TIMES * row.shared.parameters > 0 and 2 * own > total


def check(subject: Subject) -> Iterator[Found]:
    """A finding for a layer whose banks are most of the network."""
    total = subject.analysis.totals.declared.parameters
    for row in subject.rows:
        if not explodes(row, total):
            continue
        flow, sharing = row.node.flow, row.node.layer.declared_sharing
        positions = row.node.layer.bank_positions(flow)
        one = row.node.layer.parameters(flow, SHARED).weights
        region = -(-max(positions) // _REGIONS)
        notes = [
            f"{sharing.banks(positions):,} banks of {one:,} weights and {row.declared.biases:,} biases are "
            f"{row.declared.parameters:,} parameters, {row.declared.parameters / total:.0%} of the network; shared it has "
            f"{row.shared.parameters:,}",
        ]
        for policy, step in (("regions", region), ("tiled", _STEP)):
            other = Sharing(policy, step)
            counts = row.node.layer.parameters(flow, other)
            notes.append(
                f"`sharing: {{{policy}: {step}}}` has {other.banks(positions):,} banks: "
                f"{counts.weights + counts.biases:,} parameters"
            )
        yield Found(
            f"`{row.name}` has {row.declared.parameters / row.shared.parameters:,.0f} times the parameters of its shared form",
            row.node,
            notes=notes,
            help=f"`sharing: {{regions: {region}}}`, `sharing: {{tiled: {_STEP}}}`, or a smaller input to it",
        )
