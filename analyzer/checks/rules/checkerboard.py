"""A transposed convolution whose stride does not divide its kernel.

Each input cell adds one kernel to the output, and these kernels lie a stride apart. If the stride does not divide the
kernel, some output cells are sums of more taps than their neighbours, in a pattern that repeats with the stride: the
checkerboard that is seen in generated images. Training can weaken the pattern but rarely removes it. A kernel smaller
than the stride leaves output cells that nothing is added to.

Fires:

    input: 16x16x64
    layers:
      - conv_transpose: {filters: 32, kernel: 3, stride: 2, padding: same, act: relu}

Instead: a kernel that is a multiple of the stride, or a resize followed by a convolution.

    input: 16x16x64
    layers:
      - conv_transpose: {filters: 32, kernel: 4, stride: 2, padding: same, act: relu}

Source: Odena, Dumoulin & Olah 2016, "Deconvolution and checkerboard artifacts", distill.pub.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd, prod

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.volume import pretty_sizes

CODE = "CHECK107"
NAME = "checkerboard"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every transposed convolution whose output cells get different numbers of taps."""
    for row in subject.rows:
        layer, node = row.node.layer, row.node
        volume = node.flow.input
        window = layer.window(volume)
        if window is None or not window.scatters:
            continue
        kernel, stride, dilation = window.kernel, window.stride, window.dilation
        axes = [
            (name, k, s, _taps(k, s, d))
            for name, size, k, s, d in zip(volume.axes, volume.spatial, kernel, stride, dilation, strict=False)
            if size > 1  # a single cell adds a single kernel, and nothing overlaps
        ]
        if all(len(taps) == 1 for _, _, _, taps in axes):
            continue
        notes = [
            f"{name}: {k} = {k // s}·{s} + {k % s}; of every {s} outputs, {' and '.join(map(_gets, taps))}"
            for name, k, s, taps in axes
            if len(taps) > 1
        ]
        least, most = (prod(taps[end][0] for _, _, _, taps in axes) for end in (0, -1))
        notes.append(f"so an output cell is a sum of {least} to {_count(most)} on each plane of the input")
        even = tuple(-(-k // s) * s for k, s in zip(kernel, stride, strict=True))
        factor = pretty_sizes(stride) if len(set(stride)) > 1 else stride[0]
        sizes = f"kernel {pretty_sizes(kernel)}, stride {pretty_sizes(stride)}"
        divided = all(k % s == 0 for _, k, s, _ in axes)
        yield Found(
            f"the stride and the dilation of `{row.name}` have a common divisor: {sizes}, dilation {pretty_sizes(dilation)}"
            if divided
            else f"the stride of `{row.name}` does not divide its kernel: {sizes}",
            node,
            notes=notes,
            help=f"a kernel of {pretty_sizes(even)} without dilation, with padding `same`; or `upsample: {factor}` and "
            f"a `conv` after it",
        )


def _taps(kernel: int, stride: int, dilation: int) -> list[tuple[int, int]]:
    """Numbers of taps along one axis, rising, each with how many of every `stride` outputs get that number.

    Taps fall only on every gcd(stride, dilation)-th output.
    """
    reached = stride // gcd(stride, dilation)
    more = kernel % reached
    shares = {kernel // reached: reached - more, kernel // reached + 1: more}
    shares[0] = shares.get(0, 0) + stride - reached
    return sorted((taps, outputs) for taps, outputs in shares.items() if outputs)


def _gets(share: tuple[int, int]) -> str:
    taps, outputs = share
    return f"1 gets {_count(taps)}" if outputs == 1 else f"{outputs:,} get {_count(taps)}"


def _count(taps: int) -> str:
    return "no tap" if not taps else "1 tap" if taps == 1 else f"{taps:,} taps"
