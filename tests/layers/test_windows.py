"""Window arithmetic as it is shown: padding, sharing and formulas in words, and the limit of a volume."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.diagnostics import Refusal
from analyzer.layers.axes import checked, signed, times
from analyzer.layers.spatial_kinds import PaddingKind, SharingKind
from analyzer.layers.windows import arithmetic, window_count
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
