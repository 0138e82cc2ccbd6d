"""Window arithmetic as it is shown: padding, sharing and formulas in words, and the limit of a volume."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.diagnostics import Refusal
from analyzer.layers.axes import checked, signed, times
from analyzer.layers.padding import Padding
from analyzer.layers.readings import Reading
from analyzer.layers.spatial_kinds import PaddingKind, SharingKind
from analyzer.layers.windows import Window, arithmetic, window_count
from analyzer.volume import LARGEST, Volume


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        ("1x2", "1×2"),
        ([[1, 2], [0, 0]], "1:2×0"),
        ({"top": 1, "left": 2}, "top 1,left 2"),
        ("same", "same"),
        ("same_lower", "same_lower"),
        ("causal", "causal"),
        ("valid", "0"),
    ],
)
def test_padding_as_shown(value: Any, text: str) -> None:
    assert str(PaddingKind().read(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("shared", "shared"), ("local", "local"), ({"tiled": 2}, "tiled 2"), ({"regions": "2x3"}, "regions 2×3")],
)
def test_sharing_as_shown(value: Any, text: str) -> None:
    assert str(SharingKind().read(value)) == text


@pytest.mark.parametrize(
    ("numbers", "rounding", "text"),
    [
        ((4, 5, 1, 1, (0, 0)), "floor", "(4 − 5 + 2·0)/1 + 1"),
        ((32, 8, 2, 1, (1, 1)), "floor", "⌊(32 − 8 + 2·1)/2⌋ + 1"),
        ((4, 3, 2, 2, (1, 0)), "ceil", "⌈(4 − (2·(3 − 1) + 1) + 1 + 0)/2⌉ + 1"),
    ],
)
def test_arithmetic(numbers: Any, rounding: str, text: str) -> None:
    assert arithmetic(*numbers, rounding) == text


@pytest.mark.parametrize(
    ("numbers", "floor", "ceil", "caffe"),
    [
        # measured on torch 2.13.0 (floor, ceil) and OpenCV 4.14.0 (caffe); padded by 1, ⌈111/2⌉ + 1 = 57 by hand
        ((6, 1, 3, 1, (0, 0)), 2, 2, 3),
        ((4, 2, 4, 1, (0, 0)), 1, 1, 2),
        ((112, 3, 2, 1, (0, 0)), 55, 56, 56),
        ((112, 3, 2, 1, (1, 1)), 56, 57, 57),
        ((55, 3, 2, 1, (0, 0)), 27, 27, 27),
        ((142, 3, 2, 1, (0, 0)), 70, 71, 71),
    ],
)
def test_window_count(numbers: Any, floor: int, ceil: int, caffe: int) -> None:
    assert [window_count(*numbers, rounding) for rounding in ("floor", "ceil", "caffe")] == [floor, ceil, caffe]


def test_signs() -> None:
    assert (signed(-3), signed(3), times(3), times((3, 5))) == ("−3", "3", "3", "3×5")


def test_the_limit_of_a_volume() -> None:
    assert checked(Volume((LARGEST,), 1)).size == LARGEST
    for volume in (Volume((LARGEST,), 2), Volume((LARGEST + 1,), 1)):
        with pytest.raises(Refusal) as caught:
            checked(volume)
        assert caught.value.code == "LIMIT104"


def test_a_window_over_a_volume() -> None:
    """One number is for every axis, and padding that follows from the input is resolved."""
    volume = Volume((7, 5), 3)
    window = Window.over(volume, Padding("same"), kernel=3, stride=2)
    assert window == Window((3, 3), (2, 2), (1, 1), ((1, 1), (1, 1)))
    assert (window.taps, window.span(0), window.padded(volume), window.slide(volume)) == (9, 3, (9, 7), (4, 3))
    wide = Window.over(volume, Padding.explicit(((0, 2), (1, 0))), kernel=(3, 1), dilation=2)
    assert (wide.span(0), wide.span(1), wide.padded(volume), wide.slide(volume)) == (5, 1, (9, 6), (5, 6))
    assert wide.formula(7, 0) == "(7 − (2·(3 − 1) + 1) + 0 + 2)/1 + 1"
    with pytest.raises(Refusal, match="has 3 numbers") as caught:
        Window.over(volume, Padding.explicit(0), kernel=(3, 3, 3))
    assert (caught.value.code, caught.value.parameter) == ("SHAPE203", "kernel")


def test_caffe_rounds_as_ceil_where_any_axis_is_padded() -> None:
    """6 cells, a window of 1 and a stride of 3: Caffe has a third window beyond the input, but not with padding."""
    for pairs, lengths in ((((0, 0), (0, 0)), (3, 3)), (((0, 0), (1, 1)), (2, 3))):
        window = Window((1, 1), (3, 3), (1, 1), pairs, rounding="caffe")
        assert window.slide(Volume((6, 6), 1)) == lengths


def read_by(window: Window, cell: int) -> list[int]:
    """The cells that an output cell reads along the first axis, by the window's readings."""
    readings = window.readings()
    assert isinstance(readings, tuple)
    found = [cell]
    step: Reading | None = readings[0]
    while step is not None:
        found = [
            one
            for at in found
            for one in range(
                (step.scale * at + step.low) // step.divisor,
                (step.scale * at + step.high) // step.divisor + 1,
                step.spread if step.divisor == 1 else 1,
            )
        ]
        step = step.through
    return found


@pytest.mark.parametrize("window", [Window((3,), (2,), (1,), ((1, 1),)), Window((2,), (3,), (2,), ((0, 0),))])
def test_readings_of_a_window_that_slides(window: Window) -> None:
    before, stride, dilation = window.padding[0][0], window.stride[0], window.dilation[0]
    for cell in range(5):
        taps = [cell * stride - before + tap * dilation for tap in range(window.kernel[0])]
        assert read_by(window, cell) == taps


@pytest.mark.parametrize(
    "window",
    [
        Window((3,), (2,), (1,), ((1, 1),), scatters=True),
        Window((2,), (1,), (3,), ((0, 0),), scatters=True),
        Window((3,), (2,), (2,), ((1, 0),), scatters=True),
    ],
)
def test_readings_of_a_window_that_scatters(window: Window) -> None:
    """An output cell is made of the input cells whose kernel reaches it: those with i·S + t·d − before = u for a tap t."""
    before, stride, dilation = window.padding[0][0], window.stride[0], window.dilation[0]
    for cell in range(8):
        reached = [
            i for i in range(-8, 16) if any(i * stride + t * dilation - before == cell for t in range(window.kernel[0]))
        ]
        ours = sorted(set(read_by(window, cell)))
        assert (min(reached), max(reached)) == (ours[0], ours[-1]) if reached else True


def test_taps_and_unread_cells_of_a_window() -> None:
    """3×1 windows over 4×2 cells, padded by 1 on the height: 2 of 12 taps a column fall on padding."""
    window = Window((3, 1), (1, 1), (1, 1), ((1, 1), (0, 0)))
    volume = Volume((4, 2), 5)
    output = Volume(window.slide(volume), 1)
    assert output.spatial == (4, 2)
    assert window.taps_on_data(volume, output) == (12 - 2) * 2
    assert window.unread(volume, output) == [0, 0]
    strided = Window((1, 2), (2, 3), (1, 1), ((0, 0), (0, 0)))
    assert strided.unread(Volume((4, 7), 1), Volume((2, 2), 1)) == [1, 2]
