"""Numbers for people, and the amounts that people write."""

from __future__ import annotations

import pytest

from analyzer.units import count, memory, read_amount, short


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1,000"), (138357544, "138,357,544"), (10**21, "1" + ",000" * 7)],
)
def test_count(number: int, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (15440, "15.1 KiB"),  # 15440/1024 = 15.078
        (1075, "1.0 KiB"),  # 1.0498
        (1076, "1.1 KiB"),  # 1.0508
        (1126, "1.1 KiB"),  # 1.0996
        (2**20 - 53, "1,023.9 KiB"),  # 1023.948
        (2**20 - 1, "1.0 MiB"),  # 1023.999 reads as the next unit
        (2**20, "1.0 MiB"),
        (3026240, "2.9 MiB"),  # 756,560·4/2^20 = 2.886
        (553430176, "527.8 MiB"),  # VGG-16, float32: 138,357,544·4
        (2**30, "1.0 GiB"),
        (2**60, "1.0 EiB"),
        (2**70, "1,024.0 EiB"),  # the last unit holds the rest
    ],
)
def test_memory(size: int, text: str) -> None:
    assert memory(size) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 K"),
        (999_499, "999 K"),
        (999_500, "1.00 M"),
        (61_100_840, "61.1 M"),
        (714_188_480, "714 M"),
        (15_470_264_320, "15.5 G"),
        (10**15, "1.00 P"),
        (10**20, "100000 P"),
    ],
)
def test_short(number: int, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("26", (26, "")),
        ("26M", (26_000_000, "M")),
        ("26k", (26_000, "K")),
        ("4.2G", (4_200_000_000, "G")),
        ("150 MiB", (150 * 2**20, "MiB")),
        ("1.5 GB", (1_500_000_000, "GB")),
        ("0.5KiB", (512, "KiB")),
        ("7B", (7, "B")),
        (" 1T ", (10**12, "T")),
        ("4.35K", (4350, "K")),  # exact, where 4.35·1000 in floating point is 4349.999…
        ("-5", None),
        ("5 iB", None),
        ("5m", None),
        ("M", None),
        ("1e6", (10**6, "")),
        ("2.5E+6", (2_500_000, "")),
        ("1.5e1 KiB", (15 * 1024, "KiB")),
        ("1_000", (1000, "")),
        ("1_234_567.8K", (1_234_567_800, "K")),
        ("1.5e0", (1, "")),
        ("1e-6", None),
        ("1e100", None),
        ("1__0", None),
        ("_1", None),
        ("1,000", None),
        ("٣", None),  # a digit, and not one of ours
        ("", None),
    ],
)
def test_read_amount(text: str, amount: tuple[int, str] | None) -> None:
    assert read_amount(text) == amount
