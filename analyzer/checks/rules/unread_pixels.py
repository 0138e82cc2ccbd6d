"""Pixels that no window reads.

A window that does not come out even leaves cells at the end of an axis unread: they are computed, stored and thrown
away, and what stands at that edge of an image is never seen. One side only, so the picture is shifted too.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 16, kernel: 3, stride: 2}

Instead: padding that makes the window come out even, another kernel or stride, or an input of another size.

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


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every layer whose windows leave cells of the data unread."""
    for row in subject.rows:
        if not row.unread or not any(row.unread):
            continue
        volume = row.node.inputs[0].output
        sides = [
            f"{count} of {size} cells at the end of the {axis}"
            for axis, count, size in zip(volume.axes, row.unread, volume.spatial, strict=False)
            if count
        ]
        yield Found(
            f"no window of `{row.name}` reads {' and '.join(sides)}",
            row.node,
            notes=[f"its input is {volume.pretty()}, its output {row.output.pretty()}"],
            help="padding, a kernel or an input with which the stride comes out even",
        )
