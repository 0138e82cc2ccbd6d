"""A receptive field far larger than the input.

Once a cell sees more than twice the input along an axis, every cell sees all of the input, wherever it lies, and
padding besides: a further layer adds depth but sees nothing new. Deep networks made for large images have many such
layers when the image is small, and often lose little without them.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 32, kernel: 7, stride: 2, padding: 3, act: relu}
      - max_pool: 2
      - conv: {filters: 64, kernel: 5, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 5, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 5, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 5, padding: 2, act: relu}

Instead: fewer or later strides, fewer layers, smaller kernels, or a larger input.

    input: 32x32x3
    layers:
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - max_pool: 2
      - conv: {filters: 64, kernel: 5, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 5, padding: 2, act: relu}
      - conv: {filters: 64, kernel: 5, padding: 2, act: relu}

Source: Richter et al. 2021, "Should you go deeper? Optimizing convolutional neural network architectures without
training", on layers whose input has already seen more than the image.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.result import Row
from analyzer.volume import Volume, pretty_sizes

CODE = "CHECK105"
NAME = "large-field"
SEVERITY = "note"

#: A field may be this many times as large as the input.
_TIMES = 2


def check(subject: Subject) -> Iterator[Found]:
    """A finding for the first layer with weights that sees too far, with what all of them cost."""
    found = [(row, row.receptive_field, axes) for row in subject.rows if row.macs and (axes := _axes(row))]
    if not found:
        return
    first, seen, axes = found[0]
    assert seen is not None
    far = [(row, field) for row, field, _ in found if field is not None and field.input == seen.input]
    whole = Volume(seen.spatial, 1)
    fields = [field.size for _, field in far]
    macs = sum(row.macs for row, _ in far)
    notes = [
        f"{whole.axes[axis]}: {seen.size[axis]:,} > {_TIMES}·{whole.spatial[axis]:,} = "
        f"{_TIMES * whole.spatial[axis]:,} cells"
        for axis in axes
    ]
    share = 100 * macs / subject.analysis.totals.macs
    layers = "1 layer with weights sees" if len(far) == 1 else f"{len(far):,} layers with weights see"
    notes.append(f"{layers} that far: {macs:,} of {subject.analysis.totals.macs:,} MACs, {share:.0f} %")
    enough = tuple(
        max(size, *(-(-field[axis] // _TIMES) for field in fields)) for axis, size in enumerate(whole.spatial)
    )
    yield Found(
        f"from `{first.name}` on, a cell sees {pretty_sizes(tuple(seen.size))} cells, and the input has only "
        f"{pretty_sizes(whole.spatial)}",
        first.node,
        notes=notes,
        help=f"fewer layers or strides; an input of {pretty_sizes(enough)} is large enough for this depth",
    )


def _axes(row: Row) -> list[int]:
    """The axes along which a layer sees too far.

    It has several cells there, since a single cell is no picture, and none finer than the input's.
    """
    field, spatial = row.receptive_field, row.output.spatial
    if field is None or field.everything or len(spatial) != len(field.spatial):
        return []
    return [
        axis
        for axis, size in enumerate(field.spatial)
        if 1 < size < field.size[axis] / _TIMES and spatial[axis] > 1 and field.stride[axis] >= 1
    ]
