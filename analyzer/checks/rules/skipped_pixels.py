"""Pixels skipped between windows.

A window that steps further than it reaches leaves cells between itself and the next window that no window reads: a 1×1
kernel with a stride of 2 reads one cell in four. The others are calculated and stored, and never used. Beside a body
that reads every cell, as in the shortcut of a residual block, that is common and costs a little accuracy: a note. On
the only path through the network it is almost certainly a mistake.

Fires:

    input: 32x32x3
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 32, kernel: 1, stride: 2, act: relu}

Instead: a kernel at least as large as the stride, or a pool before the layer.

    input: 32x32x3
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 32, kernel: 3, stride: 2, padding: 1, act: relu}

Source: He et al. 2019, "Bag of tricks for image classification with convolutional neural networks", section 4 (a 1×1
kernel with a stride of 2 ignores three quarters of its input; ResNet-D pools first).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd, prod

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node

CODE = "CHECK102"
NAME = "skipped-pixels"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every window that steps over cells; a note where another layer reads them."""
    skipping: dict[int, list[tuple[str, int, int, int, int]]] = {}
    for row in subject.rows:
        axes = _skipped(row.node)
        if axes:
            skipping[row.node.index] = axes
    if not skipping:
        return
    elsewhere = _read_elsewhere(subject, skipping)
    for row in subject.rows:
        if row.node.index not in skipping:
            continue
        axes, source = skipping[row.node.index], row.node.inputs[0]
        spared = source.index in elsewhere
        read = prod((Fraction(r, step) for _, _, _, step, r in axes), start=Fraction(1))
        notes = [
            f"{name}: of every {step} cells (the stride), a kernel of {kernel}{f' dilated by {d}' if d > 1 else ''} reads {r}"
            for name, kernel, d, step, r in axes
        ]
        if len(axes) > 1:
            shares = "·".join(f"{r}/{step}" for _, _, _, step, r in axes)
            notes.append(f"1 − {shares} = {1 - read} of the cells of a plane")
        if spared:
            notes.append(f"another layer reads all cells of `{source.name}`")
        window = row.node.layer.window(source.output)
        assert window is not None
        strides = window.stride
        written = "x".join(map(str, strides)) if len(set(strides)) > 1 else strides[0]
        pool = f"`avg_pool: {written}` before it, and a stride of 1"
        wide = f"an undilated kernel of at least {max(step for _, _, _, step, _ in axes)}"
        yield Found(
            f"the windows of `{row.name}` step over {_share(1 - read)} cells of its input",
            row.node,
            notes=notes,
            help=pool if spared else f"{wide}, or {pool}",
            severity="note" if spared else None,
        )


def _skipped(node: Node) -> list[tuple[str, int, int, int, int]]:
    """The axes on which cells lie between two windows: name, kernel, dilation, stride, cells read of each stride."""
    volume = node.flow.input
    window = node.layer.window(volume)
    if window is None or window.scatters:
        return []
    axes = []
    for name, size, count, kernel, step, spread, (before, _) in zip(
        volume.axes,
        volume.spatial,
        node.output.spatial,
        window.kernel,
        window.stride,
        window.dilation,
        window.padding,
        strict=False,
    ):
        read = min(kernel, step // gcd(step, spread))
        if read < step and _between(size, count, kernel if spread == 1 else read, step, before):
            axes.append((name, kernel, spread, step, read))
    return axes


def _between(size: int, count: int, read: int, step: int, before: int) -> int:
    """The cells of an axis that lie between two windows: after `before`, all but the first `read` of every `step`."""

    def below(end: int) -> int:
        return end // step * (step - read) + max(end % step - read, 0)

    return below(max(min(size + before, (count - 1) * step), before)) - below(before)


def _read_elsewhere(subject: Subject, skipping: dict[int, list[tuple[str, int, int, int, int]]]) -> set[int]:
    """The indices of the nodes whose cells are all read by some layer, on their own or in what they are made of."""
    found = set(subject.outputs)
    for node in reversed(subject.network.nodes):
        if node.index not in skipping and (not node.layer.pointwise or node.index in found):
            found.update(source.index for source in node.inputs)
    for node in subject.network.nodes:
        if node.layer.pointwise and node.inputs[0].index in found:
            found.add(node.index)
    return found


def _share(share: Fraction) -> str:
    """A share in words: `3 of every 4`."""
    return f"{share.numerator:,} of every {share.denominator:,}"
