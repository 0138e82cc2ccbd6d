"""The axes of the chart of a sweep: round ticks in the unit of the field, and a logarithm where values span decades."""

from __future__ import annotations

import pytest

from analyzer.reporter.sweep.scale import Scale, scale_of, scale_of_words


def ticks(scale: Scale) -> list[str]:
    return [words for _, words in scale.ticks]


@pytest.mark.parametrize(
    ("low", "high", "unit", "expected"),
    [
        (0, 5_000_000, "count", ["0", "1 M", "2 M", "3 M", "4 M", "5 M"]),
        (1_000_000, 1_004_000, "count", ["1 M", "1.001 M", "1.002 M", "1.003 M", "1.004 M"]),
        (0, 3, "count", ["0", "1", "2", "3"]),
        (950, 1_100, "count", ["950", "1,000", "1,050", "1,100"]),
        (10 * 2**20, 100 * 2**20, "bytes", ["16 MiB", "32 MiB", "48 MiB", "64 MiB", "80 MiB", "96 MiB"]),
        (2**20, 5 * 2**20, "bytes", ["1 MiB", "2 MiB", "3 MiB", "4 MiB", "5 MiB"]),
        (0.1, 0.5, "number", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
    ],
)
def test_ticks_are_round_numbers_in_the_unit_of_the_field(
    low: float, high: float, unit: str, expected: list[str]
) -> None:
    scale = scale_of(low, high, unit=unit, whole=unit != "number")
    assert not scale.log
    assert ticks(scale) == expected


@pytest.mark.parametrize(
    ("low", "high", "unit", "expected"),
    [
        (10_000, 10**9, "count", ["10 K", "100 K", "1 M", "10 M", "100 M", "1 G"]),
        (10, 2_000, "count", ["10", "20", "50", "100", "200", "500", "1 K", "2 K"]),
        (2**20, 2**30, "bytes", ["1 MiB", "4 MiB", "16 MiB", "64 MiB", "256 MiB", "1 GiB"]),
        (0.001, 1.0, "number", ["0.001", "0.01", "0.1", "1"]),
    ],
)
def test_more_than_two_decades_have_a_logarithmic_scale(
    low: float, high: float, unit: str, expected: list[str]
) -> None:
    scale = scale_of(low, high, unit=unit, whole=unit != "number")
    assert scale.log
    assert ticks(scale) == expected


def test_ticks_of_near_values_differ() -> None:
    """8 bytes are 2⁻⁷ KiB, so three decimals of a KiB tell multiples of them apart."""
    assert ticks(scale_of(2**20, 2**20 + 40, unit="bytes")) == [
        "1,024 KiB", "1,024.008 KiB", "1,024.016 KiB", "1,024.023 KiB", "1,024.031 KiB", "1,024.039 KiB",
    ]  # fmt: skip
    for low, high in ((10**17, 10**17 + 3), (999_999, 1_000_001), (123_456_789, 123_456_799)):
        for unit in ("count", "bytes"):
            found = ticks(scale_of(low, high, unit=unit))
            assert len(set(found)) == len(found) > 1


def test_two_decades_are_linear_and_so_is_what_begins_at_zero() -> None:
    assert not scale_of(1, 100, unit="count").log
    assert scale_of(1, 101, unit="count").log
    assert not scale_of(0, 10**9, unit="count").log


def test_a_value_is_at_its_part_of_the_span() -> None:
    assert Scale(0, 10, False, ()).at(2.5) == 0.25
    assert Scale(1, 10_000, True, ()).at(100) == pytest.approx(0.5)  # two decades of four
    assert Scale(1, 10_000, True, ()).at(10**4) == 1


def test_all_values_are_inside_with_room_beside_them() -> None:
    for low, high in ((7, 7), (0, 0), (-3, 5), (1, 10**30), (10**30, 10**30), (0.5, 0.5)):
        scale = scale_of(low, high, unit="number", whole=False)
        assert 0 < scale.at(low) <= scale.at(high) < 1
        assert scale.ticks


def test_the_few_values_of_an_axis_have_a_tick_each() -> None:
    assert ticks(scale_of(18, 101, unit="number", values=[101, 18, 50])) == ["18", "50", "101"]
    # 1 and 2 are a hundredth of the span apart: two texts there would cover each other
    assert ticks(scale_of(1, 100, unit="number", values=[1, 2, 100])) == ["1", "100"]


def test_words_are_beside_each_other() -> None:
    scale = scale_of_words(["relu", "gelu"])
    assert ticks(scale) == ["relu", "gelu"]
    assert [scale.at(place) for place in (0, 1)] == [0.25, 0.75]


def test_a_limit_is_shown_where_it_leaves_the_values_most_of_the_room() -> None:
    assert scale_of(100, 200, unit="count", lines=[230]).shows(230)
    assert not scale_of(100, 200, unit="count", lines=[300]).shows(300)
    assert scale_of(100, 10**6, unit="count", lines=[10**7]).shows(10**7)  # a decade beyond four
    assert not scale_of(100, 10**6, unit="count", lines=[10**9]).shows(10**9)
    assert not scale_of(100, 10**6, unit="count", lines=[0]).shows(0)
