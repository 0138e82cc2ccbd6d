"""Volumes: axes, sizes, spelling; bytes of number formats; the nearest name."""

from __future__ import annotations

import pytest

from analyzer.diagnostics import listed, nearest
from analyzer.dtypes import BITS, size_in_bytes
from analyzer.volume import Volume, read_sizes


@pytest.mark.parametrize(
    ("sizes", "axes", "positions", "size"),
    [
        ((512,), ("depth",), 1, 512),
        ((16000, 1), ("length", "depth"), 16000, 16000),
        ((32, 30, 3), ("height", "width", "depth"), 960, 2880),
        ((16, 112, 112, 3), ("time", "height", "width", "depth"), 200704, 602112),
    ],
)
def test_axes_and_sizes(sizes: tuple[int, ...], axes: tuple[str, ...], positions: int, size: int) -> None:
    volume = Volume.of(sizes)
    assert (volume.sizes, volume.axes, volume.rank) == (sizes, axes, len(sizes) - 1)
    assert (volume.positions, volume.size) == (positions, size)
    assert (str(volume), volume.pretty()) == ("x".join(map(str, sizes)), "×".join(map(str, sizes)))
    assert Volume.of(read_sizes(str(volume)) or []) == volume


def test_volumes_are_values() -> None:
    assert Volume((4, 5), 6) == Volume.of([4, 5, 6])
    assert len({Volume((4, 5), 6), Volume((4, 5), 6), Volume((5, 4), 6)}) == 2
    assert Volume((), 5) != Volume((5,), 1)
    assert Volume((), 5) != "5"
    assert repr(Volume((4, 5), 6)) == "Volume(4x5x6)"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("512", [512]),
        ("3×5", [3, 5]),
        ("3x5×7", [3, 5, 7]),
        ("56x?x64", [56, None, 64]),
        ("0x3", [0, 3]),  # never the hexadecimal 3
        ("010", [10]),
        ("", None),
        ("3x", None),
        ("x3", None),
        ("3x-5", None),
        ("3 x 5", None),
        ("3*5", None),
        ("3X5", None),
        ("٣x5", None),
        ("²", None),
        ("9" * 41, None),
    ],
)
def test_read_sizes(text: str, sizes: list[int | None] | None) -> None:
    assert read_sizes(text) == sizes


@pytest.mark.parametrize(
    ("dtype", "elements", "size"),
    [
        ("float32", 3860, 15440),
        ("float64", 3, 24),
        ("tf32", 3, 12),
        ("bfloat16", 3, 6),
        ("float8", 3, 3),
        ("bool", 3, 3),  # torch: one byte each
        ("int4", 0, 0),
        ("int4", 1, 1),
        ("int4", 5, 3),
        ("float4", 2, 1),
        ("int4", 2**65 + 1, 2**64 + 1),
    ],
)
def test_size_in_bytes(dtype: str, elements: int, size: int) -> None:
    assert size_in_bytes(elements, dtype) == size


def test_every_dtype_has_a_width() -> None:
    assert set(BITS.values()) == {4, 8, 16, 32, 64}


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("kernal", ["kernel", "stride"], "kernel"),
        ("Kernel", ["kernel"], "kernel"),
        ("filter", ["filters", "kernel"], "filters"),
        ("Relu", ["relu", "ReLU"], "relu"),
        ("zebra", ["kernel", "stride"], None),
        ("x", [], None),
    ],
)
def test_nearest(word: str, known: list[str], near: str | None) -> None:
    assert nearest(word, known) == near


def test_listed() -> None:
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "`a`",
        "`a` or `b`",
        "`a`, `b` or `c`",
    ]
    assert listed(["a", "b"], last="and") == "`a` and `b`"


@pytest.mark.parametrize(("spatial", "depth"), [((8, 8), 0), ((0, 8), 3), ((8, -1), 3), ((2, 2, 2, 2), 3), ((), 0)])
def test_a_volume_refuses_what_none_can_be(spatial: tuple[int, ...], depth: int) -> None:
    with pytest.raises(ValueError, match="up to three spatial axes and a depth, each at least 1"):
        Volume(spatial, depth)
