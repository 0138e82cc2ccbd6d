"""The ends of every parameter's range: the least and the most that are taken, and one step beyond each.

The ranges are those that docs/layers/ gives; 10^15 is the largest whole number of the language.
"""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.diagnostics import Refusal
from analyzer.layers import CATALOGUE
from analyzer.layers.kinds import Number, Whole, number_help, whole
from analyzer.layers.spatial_kinds import Factors, Sizes, Wholes

#: Whole numbers and sizes that may be 0, or that end before 10^15; all others are 1 to 10^15.
ENDS: dict[tuple[str, str], tuple[int, int]] = {
    ("slice", "start"): (0, 10**15),
    ("roll", "shift"): (-(10**6), 10**6),
    ("conv_transpose", "output_padding"): (0, 10**15),
    ("parameter", "count"): (0, 10**15),
    **{("custom", name): (0, 10**15) for name in ("weights", "biases", "buffers", "macs")},
    **{(type_, "layers"): (1, 1000) for type_ in ("lstm", "gru", "rnn")},
    **{(type_, "biases"): (0, 2) for type_ in ("lstm", "gru", "rnn")},
}
#: Numbers with their ends, both included.
NUMBERS: dict[tuple[str, str], tuple[float, float]] = {
    **{(type_, "rate"): (0, 1) for type_ in ("dropout", "spatial_dropout", "stochastic_depth")},
    **{(type_, "slope"): (-(10**6), 10**6) for type_ in ("leaky_relu", "prelu")},
}

DECLARED = [(type_, name, p.kind) for type_, cls in CATALOGUE.items() for name, p in cls.declared.items()]


def refused(kind: Any, value: object) -> bool:
    """Whether a kind refuses a value."""
    try:
        kind.read(value)
    except Refusal as refusal:
        return refusal.code in ("VALUE101", "LIMIT103")
    return False


def of_kind(*kinds: type) -> list[Any]:
    found = [(type_, name, kind) for type_, name, kind in DECLARED if type(kind) in kinds]
    return [pytest.param(*each, id=f"{each[0]}-{each[1]}") for each in found]


@pytest.mark.parametrize(("type_", "name", "kind"), of_kind(Whole, Sizes))
def test_ends_of_whole_numbers(type_: str, name: str, kind: Any) -> None:
    low, high = ENDS.get((type_, name), (1, 10**15))
    assert [kind.read(low), kind.read(high)] == [low, high]
    assert refused(kind, low - 1)
    assert refused(kind, high + 1)
    assert refused(kind, low + 0.5)


@pytest.mark.parametrize(("type_", "name", "kind"), of_kind(Number))
def test_ends_of_numbers(type_: str, name: str, kind: Any) -> None:
    low, high = NUMBERS[type_, name]
    assert [kind.read(low), kind.read(high)] == [low, high]
    assert refused(kind, low - 1e-6)
    assert refused(kind, high + 1e-6)


@pytest.mark.parametrize(("type_", "name", "kind"), of_kind(Factors))
def test_a_factor_is_above_0(type_: str, name: str, kind: Any) -> None:
    assert kind.read(0.001) == 0.001
    assert kind.read(10**15) == 10**15
    assert refused(kind, 0)
    assert refused(kind, 10**15 + 1)


@pytest.mark.parametrize(("type_", "name", "kind"), of_kind(Wholes))
def test_ends_of_lists(type_: str, name: str, kind: Any) -> None:
    assert kind.read([1, 7]) == (1, 7)
    assert refused(kind, [0])
    assert refused(kind, [])


def test_a_result_is_whole_within_one_part_in_10_to_the_9() -> None:
    assert whole(3.0) == 3
    assert whole(1 + 0.9e-9) == 1
    assert whole(1 + 1.1e-9) is None
    assert whole(-2 - 1.9e-9) == -2
    assert whole(-2 - 2.1e-9) is None
    assert whole(float("inf")) is None
    assert whole("3") is None
    assert whole(True) is None


@pytest.mark.parametrize(
    ("value", "help"),
    [
        (3, None),
        ("0x10", "numbers are decimal"),
        ("0o7", "numbers are decimal"),
        ("1_000", "write 1000, without quotes or separators"),
        ("-1,000", "write -1000, without quotes or separators"),
        ("2*3", "an expression is written `$(2*3)`"),
        ("4 + w", "an expression is written `$(4 + w)`"),
        ("n/2", "an expression is written `$(n/2)`"),
        ("w1", None),
        ("a*b", None),
        ("9" * 16, "write 9999999999999999, without quotes or separators"),
        ("9" * 17, None),
    ],
)
def test_what_helps_where_a_text_is_no_number(value: object, help: str | None) -> None:
    assert number_help(value) == help
