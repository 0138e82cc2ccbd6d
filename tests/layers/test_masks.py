"""The masks of dropout: a float for each element on the CPU; on CUDA a byte, unless it drops in place."""

from __future__ import annotations

import pytest
from building import build, volume

from analyzer.layers import SHARED, Flow
from analyzer.layers.kinds import written
from analyzer.volume import Volume


@pytest.mark.parametrize(("inplace", "cuda"), [(False, 1), (True, None)])
def test_dropout(inplace: bool, cuda: int | None) -> None:
    layer, read = build("dropout", {"inplace": inplace}), volume("4x5x6")
    (operation,) = layer.saved(Flow([read], read), SHARED)
    (mask,) = operation.extras
    assert (mask.size, mask.cuda) == (120, cuda)


@pytest.mark.parametrize(("type_", "size"), [("spatial_dropout", 6), ("stochastic_depth", 1)])
def test_whole_planes_and_samples(type_: str, size: int) -> None:
    layer, read = build(type_), Volume((4, 5), 6)
    (operation,) = layer.saved(Flow([read], read), SHARED)
    assert [mask.size for mask in operation.extras] == [size]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "`true`"),
        (False, "`false`"),
        ({"a": 1}, "a mapping"),
        ([1, "b"], "`[1, b]`"),
        (0.1, "0.1"),
        (-1.5, "−1.5"),
        (-3, "−3"),
        (10**23, "1" + "0" * 23),
        (10**24, "a number of about 25 digits"),
        ("a b", "`a b`"),
    ],
)
def test_a_value_as_its_author_wrote_it(value: object, text: str) -> None:
    assert written(value) == text
