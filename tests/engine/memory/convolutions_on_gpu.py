"""Convolutions measured one at a time on a GPU (tests/data/gpu/ops.json), and what the rule says they take."""

from __future__ import annotations

from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from gpu_rows import content_of
from measured import DATA

from analyzer.engine.memory.sums import Buffer
from analyzer.engine.memory.workspace import workspaces
from analyzer.layers.operations import ConvolutionShape, Sum

MIB = 2**20

#: What was measured; another file of benchmarks/gpu_measure.py has rows of the same form.
OPERATIONS = DATA / "gpu" / "ops.json"

#: Its multiprocessors, and the threads that each runs at once.
H200 = (132, 2048)

MODES = ("fp32", "fp32_cl", "fp32_notf32", "bf16", "bf16_cl", "amp_bf16", "amp_bf16_cl")


class Row:
    """A row: what was run and what it took, in bytes."""

    def __init__(self, row: list[Any]) -> None:
        op, mode, self.batch, depth, filters, sizes, kernel, stride, padding, dilation, groups, *taken = row
        self.mode: str = mode
        self.forward: int = taken[0]
        self.backward: int = taken[1]
        made = [
            (size - 1) * stride + kernel - 2 * padding
            if "transpose" in op
            else (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            for size in sizes
        ]
        each = len(sizes)
        self.convolution = ConvolutionShape(
            depth, filters, groups, (kernel,) * each, (stride,) * each, (dilation,) * each,
            tuple(sizes), tuple(made), "transpose" in op,
        )  # fmt: skip

    @property
    def bits(self) -> int:
        return 16 if "bf16" in self.mode else 32

    @property
    def last(self) -> bool:
        return self.mode.endswith("_cl")

    @property
    def workspaces(self) -> tuple[int, int, int]:
        tf32 = self.mode != "fp32_notf32"
        return workspaces(self.convolution, self.batch, self.bits, tf32=tf32, channels_last=self.last)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Of the input, the weights and the biases."""
        one = self.convolution
        weights = one.depth * one.filters // one.groups * prod(one.kernel)
        return self.batch * prod(one.read) * one.depth, weights, one.filters

    def predicted(self) -> tuple[int, int]:
        """The rule's bytes, as the row has them.

        torch calculates the gradient of the input first, then that of the weights, then that of the biases, which is a
        sum with a buffer. Under autocast the forward pass casts input, weights and biases, and the backward pass casts
        their gradients back, after it dropped the casts of input and weights.
        """
        width = self.bits // 8
        forward, input, weights = self.workspaces
        sums = Sum(self.convolution.filters, prod(self.convolution.made), beside=self.last)
        read, bank, biases = (width * count for count in self.numbers)
        gradients = read + bank + biases
        buffer = Buffer(sums, *H200).bytes(self.batch)
        peak = max(read + input, read + bank + weights, gradients + buffer)
        if not self.mode.startswith("amp"):
            return forward, peak - gradients
        casting = max(2 * read, read + 2 * bank, read + bank + 2 * biases) + biases
        return forward + gradients, max(peak, casting) - 2 * gradients

    @property
    def hit(self) -> bool:
        """Whether both are within 5 %, or within 1 MiB where that is more."""
        both = zip(self.predicted(), (self.forward, self.backward), strict=True)
        return all(abs(ours - measured) <= max(abs(measured) / 20, MIB) for ours, measured in both)


@cache
def rows(file: Path = OPERATIONS) -> list[Row]:
    """All rows."""
    return [Row(row) for row in content_of(file)["rows"]]


def rows_of_mode(mode: str, file: Path = OPERATIONS) -> list[Row]:
    """The rows of one mode."""
    return [row for row in rows(file) if row.mode == mode]
