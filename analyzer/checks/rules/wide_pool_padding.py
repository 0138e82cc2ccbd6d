"""A pool that is padded by more than half of its kernel.

PyTorch refuses such a pool ("pad should be at most half of effective kernel size"). Caffe and onnxruntime only ask that
the padding is less than the kernel, and so does `analyzer`: it counts the network, but PyTorch cannot run it as it is.

Fires:

    input: 20x20x1
    layers:
      - max_pool: {kernel: 4, stride: 4, padding: 3}

Instead: a padding of at most half of the kernel.

    input: 20x20x1
    layers:
      - max_pool: {kernel: 4, stride: 4, padding: 2}

Source: torch.nn.MaxPool2d and AvgPool2d (torch 2.13.0); onnxruntime, `PoolAttributes`; Caffe, `PoolingLayer`.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.layers.axes import effective

CODE = "CHECK110"
NAME = "wide-pool-padding"
SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every pool with an axis whose padding, equal on both sides, is more than half of its kernel."""
    for node in subject.network.nodes:
        volume = node.flow.input
        window = node.layer.window(volume) if node.layer.pools else None
        if window is None or window.real_padding:
            continue
        reach = [effective(kernel, step) for kernel, step in zip(window.kernel, window.dilation, strict=True)]
        # No framework's pool takes two different sides: there the padding is a layer of its own, which none refuses.
        wide = [
            (name, before, cells)
            for name, cells, (before, after) in zip(volume.axes, reach, window.padding, strict=False)
            if before == after and 2 * before > cells
        ]
        if not wide:
            continue
        most = min(cells // 2 for _, _, cells in wide)
        yield Found(
            f"`{node.name}` is padded by more than half of its kernel, which PyTorch refuses",
            node,
            notes=[f"{name}: padding {padding} > {cells}/2" for name, padding, cells in wide],
            help=f"`padding: {most}`, or a `pad` before a pool without padding",
        )
