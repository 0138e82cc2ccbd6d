"""A normalisation over a single value.

A normalisation subtracts the mean of some values and divides by their deviation. Over a single value the mean is the
value itself and the deviation is 0: whatever the layer reads, it puts out its centre (beta), and no gradient passes. A
batch norm behind a global pool has one value for each plane and sample, so at a batch of 1 it has only one. PyTorch
refuses to train it ("Expected more than 1 value per channel when training"), and an instance norm at any batch; Keras
trains without a word. For a batch norm the check needs the batch: `training: {batch: 1}` in the file. A frozen batch
norm is left out, since it normally uses its running statistics.

Fires:

    input: 32x32x16
    layers:
      - global_avg_pool
      - conv: {filters: 8, kernel: 1, bias: false, norm: batch_norm, act: relu}
    training: {batch: 1}

Instead: no normalisation where one value is left, a larger batch, or a norm over several planes.

    input: 32x32x16
    layers:
      - global_avg_pool
      - conv: {filters: 8, kernel: 1, bias: false, norm: layer_norm, act: relu}
    training: {batch: 1}

Source: torch.nn.functional.batch_norm and instance_norm (torch 2.13.0); Chen et al. 2017, "Rethinking atrous
convolution for semantic image segmentation", section 3.3, image pooling.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers.traits import Normalises
from analyzer.volume import Volume

CODE = "CHECK206"
NAME = "single-value-norm"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every normalisation whose mean is over one value."""
    batch = subject.training.get("batch")
    for node in subject.network.nodes:
        layer, volume = node.layer, node.flow.input
        values = layer.statistics_over(volume)
        if values != 1:
            continue
        over_the_batch = layer.normalises is Normalises.BATCH
        if over_the_batch and (batch != 1 or node.frozen):
            continue
        refused = over_the_batch or layer.normalises is Normalises.PLANE
        yield Found(
            f"`{node.name}` normalises a single value{' at a batch of 1' if over_the_batch else ''}"
            + (", which PyTorch refuses to train" if refused else ", so it always puts out the same"),
            node,
            notes=[
                f"{_counted(node, volume, batch=over_the_batch)}: its mean is itself, and its deviation is 0",
            ],
            help=_help(layer.normalises),
        )


def _counted(node: Node, volume: Volume, *, batch: bool) -> str:
    """The values of one mean, as a product."""
    if node.layer.normalises is Normalises.SAMPLE:
        return f"1 of the {volume.size:,} values of {volume.pretty()} in each mean"
    positions = "·".join(str(size) for size in volume.spatial) or "1"
    samples = "1 sample · " if batch else ""
    return f"{samples}{positions} position{'' if volume.rank == 0 else 's'} = 1 value of each of the {volume.depth:,} planes"


def _help(normalises: Normalises) -> str:
    if normalises is Normalises.SAMPLE:
        return "a norm over several values, or none"
    batch = "a batch of at least 2, " if normalises is Normalises.BATCH else ""
    return f"{batch}no norm here, or `layer_norm`, which normalises over the planes"
