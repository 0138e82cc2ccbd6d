"""MACs on real data and unread cells, against walks of all taps; answers for huge numbers come at once.

The measured rows are in `tests/layers/test_reference.py`.
"""

from __future__ import annotations

import time
from itertools import product
from math import prod
from random import Random
from typing import Any

import pytest
from building import place, volume

import analyzer
from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node
from analyzer.engine.on_data import macs_on_data, unread
from analyzer.layers.taps import taps_within, unread_after


def walked(positions: int, kernel: int, stride: int, dilation: int, before: int, length: int) -> list[int]:
    """The real cells under the taps of all windows on one axis, one by one."""
    cells = (o * stride + t * dilation - before for o in range(positions) for t in range(kernel))
    return [cell for cell in cells if 0 <= cell < length]


def test_taps_and_unread_cells_against_a_walk() -> None:
    random = Random(7)
    for _ in range(6000):
        positions, kernel = random.randint(1, 12), random.randint(1, 9)
        stride, dilation = random.randint(1, 7), random.randint(1, 6)
        before, length = random.randint(0, 12), random.randint(1, 40)
        case = (positions, kernel, stride, dilation, before, length)
        cells = walked(*case)
        assert taps_within(*case) == len(cells), case
        unread_cells = length - 1 - max(cells, default=-1)
        assert unread_after(length, positions, kernel, stride, dilation, before) == unread_cells, case


def drawn(random: Random, rank: int, *, transposed: bool) -> dict[str, Any]:
    """The window of a random layer."""
    window: dict[str, Any] = {
        "kernel": [random.randint(1, 4) for _ in range(rank)],
        "stride": [random.randint(1, 4) for _ in range(rank)],
        "dilation": [random.choice((1, 1, 2, 3)) for _ in range(rank)],
        "padding": random.choice(
            [[[random.randint(0, 3), random.randint(0, 3)] for _ in range(rank)], "same", "same_lower"]
        ),
    }
    if transposed and isinstance(window["padding"], list):
        steps = zip(window["stride"], window["dilation"], strict=True)
        window["output_padding"] = [random.randrange(max(pair)) for pair in steps]
    return window


def first_cell(node: Node, axis: int, window: dict[str, Any], *, transposed: bool) -> int:
    """Cells of padding in front, from its definition: `same` fills up to ⌈W/S⌉ windows, transposed cuts to W·S."""
    padding = window["padding"]
    if isinstance(padding, list):
        return int(padding[axis][0])
    size, count = node.inputs[0].output.spatial[axis], node.output.spatial[axis]
    stride, span = window["stride"][axis], window["dilation"][axis] * (window["kernel"][axis] - 1) + 1
    total = max(span - stride if transposed else (count - 1) * stride + span - size, 0)
    return total // 2 if padding == "same" else total - total // 2


@pytest.mark.parametrize("type_", ["conv", "depthwise_conv", "separable_conv", "conv_transpose"])
def test_random_layers_against_a_walk(type_: str) -> None:
    """All taps of all axes at once: the product over the axes is part of what is tested."""
    random, compared = Random(11), 0
    transposed = type_ == "conv_transpose"
    while compared < 250:
        rank = random.choice((1, 1, 2, 2, 2, 3))
        window = drawn(random, rank, transposed=transposed)
        depth = random.choice((2, 4))
        written: dict[str, Any] = dict(window, sharing=random.choice(("shared", "local", {"regions": 2})))
        if type_ == "depthwise_conv":
            written["multiplier"] = 3
        else:
            written["filters"] = 6
        if type_ in ("conv", "conv_transpose"):
            written["groups"] = random.choice((1, 2))
        sizes = [random.randint(1, 9 if rank < 3 else 5) for _ in range(rank)]
        try:
            _, node = place(type_, [volume("x".join(map(str, [*sizes, depth])))], **written)
        except Refusal:
            continue
        positions, cells = node.inputs[0].output.spatial, node.output.spatial
        if not transposed:
            positions, cells = cells, positions
        before = [first_cell(node, axis, window, transposed=transposed) for axis in range(rank)]
        real = 0
        for o in product(*map(range, positions)):
            for t in product(*map(range, window["kernel"])):
                at = [
                    o[n] * window["stride"][n] + t[n] * window["dilation"][n] - before[n] for n in range(rank)
                ]  # fmt: skip
                real += all(0 <= cell < size for cell, size in zip(at, cells, strict=True))
        planes = {
            "conv": depth // written.get("groups", 1) * 6,
            "conv_transpose": depth * 6 // written.get("groups", 1),
            "depthwise_conv": depth * 3,
            "separable_conv": depth,
        }[type_]
        behind = depth * 6 * prod(positions) if type_ == "separable_conv" else 0
        assert macs_on_data(node) == real * planes + behind, (sizes, depth, written)
        if transposed:
            assert unread(node) is None
        else:
            lines = [
                walked(
                    positions[n], window["kernel"][n], window["stride"][n], window["dilation"][n], before[n], cells[n]
                )
                for n in range(rank)
            ]
            assert unread(node) == [size - 1 - max(line, default=-1) for size, line in zip(cells, lines, strict=True)]
        compared += 1


def test_pools_with_every_rounding() -> None:
    random, compared = Random(5), 0
    while compared < 400:
        kernel, stride, size = random.randint(1, 5), random.randint(1, 5), random.randint(1, 20)
        dilation, before, after = random.choice((1, 1, 2)), random.randint(0, 2), random.randint(0, 2)
        rounding = random.choice(("floor", "ceil", "caffe"))
        written = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": [[before, after]]}
        try:
            _, node = place("max_pool", [volume(f"{size}x3")], rounding=rounding, **written)
        except Refusal:
            continue
        cells = walked(node.output.spatial[0], kernel, stride, dilation, before, size)
        assert unread(node) == [size - 1 - max(cells, default=-1)], (size, written, rounding)
        assert macs_on_data(node) == 0
        compared += 1


def test_blur_pool() -> None:
    """A 3-wide filter of step 2 over 7 cells, padded (1, 1): 3·4 taps less one at each end; 8 cells, (0, 1): less one."""
    assert macs_on_data(place("blur_pool", [volume("7x5")])[1]) == (12 - 2) * 5
    assert macs_on_data(place("blur_pool", [volume("8x8x5")])[1]) == 11 * 11 * 5
    assert unread(place("blur_pool", [volume("9x5")], kernel=1)[1]) == [0]
    assert unread(place("blur_pool", [volume("8x5")], kernel=1)[1]) == [1]


def test_separable_counts_padding_for_its_depthwise_part_alone() -> None:
    """5×5 cells, 3×3 window padded by 1: 13 taps an axis of 15; 4 planes, 4·8 for each of 25 positions."""
    _, node = place("separable_conv", [volume("5x5x4")], filters=8, kernel=3, padding=1)
    assert node.layer.macs(node.flow) == 15 * 15 * 4 + 25 * 4 * 8
    assert macs_on_data(node) == 13 * 13 * 4 + 25 * 4 * 8


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_that_holds_data_is_counted(mode: str) -> None:
    """Ones padded by these modes are ones: the sum with all-ones weights is the dense count."""
    _, node = place("conv", [volume("5x5x4")], filters=8, kernel=3, padding=1, padding_mode=mode)
    assert macs_on_data(node) == 15 * 15 * 4 * 8


def test_layers_without_a_window() -> None:
    """All of their MACs are on data; None where the padding is not known."""
    for type_, text, written in (
        ("dense", "4x4x3", {"units": 7}),
        ("linear", "4x4x3", {"units": 7}),
        ("multi_head_attention", "9x8", {"heads": 2}),
        ("squeeze_excite", "4x4x32", {}),
        ("lstm", "9x8", {"units": 7}),
        ("relu", "4x4x3", {}),
    ):
        _, node = place(type_, [volume(text)], **written)
        assert macs_on_data(node) == node.layer.macs(node.flow)
        assert unread(node) is None
    for type_, text, written in (
        ("custom", "4x4x3", {"output": "4x4x3", "macs": 5}),
        ("conv_lstm", "3x4x4x3", {"filters": 2, "kernel": 3}),
        ("multi_head_attention", "7x7x8", {"heads": 2, "window": 4}),
    ):
        assert macs_on_data(place(type_, [volume(text)], **written)[1]) is None


def test_the_worked_example() -> None:
    """32×32×3, twenty 8×8 filters, stride 2, padding 1: 726,000 of 752,640, measured as the sum over ones (torch 2.13.0)."""
    _, node = place("conv", [volume("32x32x3")], filters=20, kernel=8, stride=2, padding=1)
    assert (node.layer.macs(node.flow), macs_on_data(node), unread(node)) == (752640, 726000, [0, 0])


def test_huge_numbers_cost_nothing() -> None:
    """Closed forms by hand: a window of F cells padded by F − 1 over W cells puts each cell under F taps."""
    start = time.process_time()
    huge = 10**9
    _, node = place("conv", [volume(f"{huge}x1")], filters=1, kernel=huge, padding=huge - 1)
    assert macs_on_data(node) == huge * huge
    _, node = place("conv_transpose", [volume(f"{huge}x1")], filters=1, kernel=huge, stride=3)
    assert macs_on_data(node) == huge * huge
    _, node = place("conv", [volume(f"{huge}x1")], filters=1, kernel=3, stride=2, padding="same")
    assert macs_on_data(node) == 3 * huge // 2 - 1  # an even axis: one cell after, under one tap
    big, before, step = 10**14, 10**14, 10**6 + 3  # F = 10^9 cells, 7 apart, behind 10^14 cells of padding
    _, node = place(
        "conv", [volume(f"{big}x1")], filters=1, kernel=huge, stride=step, dilation=7, padding=[[before, 0]]
    )
    found = macs_on_data(node)
    assert found is not None
    assert 0 < found < node.output.spatial[0] * huge
    assert unread(node) == [(big + before - 7 * (huge - 1) - 1) % step]
    assert unread_after(10**15, 10**9, 3, 10**6, 1, 0) == 10**15 - (10**9 - 1) * 10**6 - 3
    assert unread_after(10**15, 2, 1, 10**16, 1, 0) == 10**15 - 1
    assert time.process_time() - start < 0.5


def test_taps_of_huge_windows_are_exact() -> None:
    """Σ over taps in whole numbers: a window of 10^5 taps, summed tap by tap, and its multiples by symmetry."""
    positions, kernel, stride, dilation, before, length = 10**9 + 7, 10**5, 998244353, 12345, 10**15, 10**17
    by_tap = 0
    for t in range(kernel):
        low, high = -((t * dilation - before) // stride), -((t * dilation - before - length) // stride)
        by_tap += min(max(high, 0), positions) - min(max(low, 0), positions)
    assert taps_within(positions, kernel, stride, dilation, before, length) == by_tap
    # mirrored: positions and taps change places with their steps
    assert taps_within(kernel, positions, dilation, stride, before, length) == by_tap


def test_a_report_carries_both() -> None:
    analysis = analyzer.analyze(
        "input: 8x8x2\nlayers:\n  - conv: {filters: 3, kernel: 3, stride: 2, padding: 0}\n  - relu\n"
    )
    rows = [row.to_dict() for row in analysis.rows]
    assert (rows[0]["macs_on_data"], rows[0]["unread"]) == (3 * 3 * 9 * 2 * 3, [1, 1])
    assert "unread" not in rows[1]


def test_separable_with_a_multiplier() -> None:
    """Three filters a channel: 4·3 planes under the window, 12·8 for each of 25 positions."""
    _, node = place("separable_conv", [volume("5x5x4")], filters=8, kernel=3, padding=1, multiplier=3)
    assert node.layer.macs(node.flow) == 15 * 15 * 12 + 25 * 12 * 8
    assert macs_on_data(node) == 13 * 13 * 12 + 25 * 12 * 8
