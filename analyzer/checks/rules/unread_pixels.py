"""Pixels that no window reads.

Where the windows do not fit the input evenly, the cells that are left at the end of an axis are never read: they are
calculated and stored for nothing, and that edge of an image is never seen. It happens at one side only, so the picture
is shifted too.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 16, kernel: 3, stride: 2}

Instead: padding with which the windows fit, another kernel or stride, or an input of another size.

    input: 32x32x3
    layers:
      - conv: {filters: 16, kernel: 3, stride: 2, padding: 1}

Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", relationship 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject

CODE = "CHECK101"
NAME = "unread-pixels"
SEVERITY = "note"

#: The words for cells along an axis; `cell` for the others.
_CELLS = {"height": "row", "width": "column", "time": "time step"}


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every layer whose windows leave cells of the data unread."""
    for row in subject.rows:
        if not row.unread or not any(row.unread):
            continue
        volume = row.node.flow.input
        sides = [
            (axis, count, size)
            for axis, count, size in zip(volume.axes, row.unread, volume.spatial, strict=False)
            if count
        ]
        counts = ", ".join(f"{count:,} of {size:,} cells at the end of the {axis}" for axis, count, size in sides)
        yield Found(
            f"`{row.name}` never reads {' and '.join(_last(axis, count) for axis, count, _ in sides)}",
            row.node,
            notes=[f"not read: {counts}", f"its input is {volume.pretty()}, its output {row.output.pretty()}"],
            help="padding, a kernel, a stride or an input size with which the windows fit",
        )


def _last(axis: str, count: int) -> str:
    """The cells at the end of an axis, as people call them.

    >>> _last("height", 1), _last("width", 2)
    ('the last row', 'the last 2 columns')
    """
    name = _CELLS.get(axis, "cell")
    return f"the last {name}" if count == 1 else f"the last {count:,} {name}s"
