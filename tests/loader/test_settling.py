"""A budget and a training that depend on variables."""

from __future__ import annotations

import pytest
from loading import found, parsed

import analyzer
from analyzer.loader.expand.expansion import settled

TEXT = """
input: 8x8x3
vars: {width: 4, most: 1M, batch: 8}
layers:
  - conv: {filters: $width, kernel: 3}
budget:
  params: 28*$width
  macs: {min: 1K, max: $most}
  weight_memory: $(width)KiB
training: {batch: 2*$batch, weight_decay: 1/$width, dtype: float16}
"""


def limits(**set: object) -> dict[str, tuple[int | None, int | None, str]]:
    """The limits of the budget with some variables."""
    model, problems = settled(parsed(TEXT), set)
    assert not problems
    return {key: (limit.least, limit.most, limit.unit) for key, limit in model.budget.items()}


def test_limits_and_training_follow_the_variables() -> None:
    assert limits() == {"params": (None, 112, ""), "macs": (1000, 10**6, "M"), "weight_memory": (None, 4096, "KiB")}
    assert limits(width=8, most="2G")["params"] == (None, 224, "")
    assert limits(width=8, most="2G")["macs"] == (1000, 2 * 10**9, "G")
    model, _ = settled(parsed(TEXT), {"batch": 3})
    assert model.training == {"batch": 6, "weight_decay": 0.25, "dtype": "float16"}


def test_the_description_stays_as_it_is() -> None:
    model = parsed(TEXT)
    settled(model, {"width": 8})
    assert (model.budget, model.training) == ({}, {"dtype": "float16"})
    plain = parsed("input: 8\nlayers: [{dense: 2}]\nbudget: {params: 5K}")
    assert settled(plain, None)[0] is plain


def test_checks_and_memory_use_them() -> None:
    """(3·3·3 + 1)·4 = 112 parameters are the limit; with one filter more 28 are allowed more."""
    codes = [one.code for one in analyzer.check(TEXT, select=["CHECK501"])]
    assert codes == []
    text = TEXT.replace("28*$width", "27*$width")
    assert [one.code for one in analyzer.check(text, select=["CHECK501"])] == ["CHECK501"]
    assert analyzer.memory(TEXT, set={"batch": 5}).run.batch == 10
    assert [one.code for one in analyzer.check(TEXT, select=["CHECK401"])] == []


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("28*$width", "28*$wide", "8:11", "no variable is called `$wide` here"),
        ("28*$width", "28*$D", "8:11", "no variable is called `$D` here"),
        ("28*$width", "$width +", "8:11", "`$width +` is not a valid expression"),
    ],
)
def test_expressions_that_are_wrong_by_themselves(old: str, new: str, place: str, message: str) -> None:
    (one,) = found(TEXT.replace(old, new))
    assert one.span is not None
    assert one.message == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("28*$width", "-$width", "`params` of `budget` must be an amount such as `26M` or `4.2G`, not −4"),
        ("28*$width", "$width/3", "`params` of `budget` must be an amount such as `26M` or `4.2G`, not 1.33333333333"),
        ("max: $most", "max: $width", "the `min` of `macs` is above its `max`"),
        ("2*$batch", "$width/8", "`batch` of `training` must be a whole number of at least 1, not 0.5"),
        ("1/$width", "1/($width - 4)", "`1 / 0` divides by zero"),
    ],
)
def test_values_that_are_wrong(old: str, new: str, message: str) -> None:
    _, (one,) = settled(parsed(TEXT.replace(old, new)), None)
    assert one.message == message
    assert one.notes
