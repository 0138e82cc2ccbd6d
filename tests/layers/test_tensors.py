"""The shapes of the parameter tensors that a layer trains: their last two axes decide what Adafactor keeps of them.

Worked out from torch's shapes: a convolution is [filters, depth/groups, *kernel], transposed [depth, filters/groups,
*kernel], depthwise [depth·multiplier, 1, *kernel], a dense layer [units, depth]; earlier axes are taken together.
"""

from __future__ import annotations

from math import prod
from typing import Any

import pytest
from building import build, volume

from analyzer.layers import LOCAL, SHARED, Flow

#: (type, input, parameters, tensors, the last two axes of the first).
CASES: list[tuple[str, str, dict[str, Any], list[int], tuple[int, int] | None]] = [
    ("conv", "9x4", {"filters": 6, "kernel": 3}, [72, 6], (4, 3)),
    ("conv", "9x4", {"filters": 6, "kernel": 3, "groups": 2}, [36, 6], (2, 3)),
    ("conv", "9x9x4", {"filters": 6, "kernel": [2, 3]}, [144, 6], (2, 3)),
    ("conv", "9x9x9x4", {"filters": 6, "kernel": [2, 3, 5], "bias": False}, [720], (3, 5)),
    ("depthwise_conv", "9x4", {"kernel": 3, "multiplier": 2}, [24, 8], (1, 3)),
    ("depthwise_conv", "9x9x4", {"kernel": [2, 5]}, [40, 4], (2, 5)),
    ("conv_transpose", "9x4", {"filters": 6, "kernel": 3}, [72, 6], (6, 3)),
    ("conv_transpose", "9x4", {"filters": 6, "kernel": 3, "groups": 2}, [36, 6], (3, 3)),
    ("conv_transpose", "9x9x4", {"filters": 6, "kernel": [2, 3]}, [144, 6], (2, 3)),
    ("separable_conv", "9x9x4", {"filters": 6, "kernel": [2, 3], "multiplier": 2}, [48, 48, 6], (2, 3)),
    ("separable_conv", "9x4", {"filters": 6, "kernel": 3, "multiplier": 2}, [24, 48, 6], (1, 3)),
    ("dense", "9", {"units": 5}, [45, 5], (5, 9)),
    ("linear", "7x9", {"units": 5}, [45, 5], (5, 9)),
    ("embedding", "9", {"vocabulary": 100, "size": 16}, [1600], (100, 16)),
    ("batch_norm", "4x4x6", {}, [6, 6], None),
    ("layer_norm", "4x6", {}, [6, 6], None),
    ("prelu", "4x4x6", {}, [1], None),
]


@pytest.mark.parametrize(("type_", "text", "written", "sizes", "last"), CASES)
def test_shapes(type_: str, text: str, written: dict[str, Any], sizes: list[int], last: tuple[int, int] | None) -> None:
    layer, read = build(type_, written), volume(text)
    flow = Flow([read], layer.output([read]))
    shapes = [shape for operation in layer.saved(flow, SHARED) for shape in operation.trained]
    assert [prod(shape) for shape in shapes] == sizes
    assert (None if len(shapes[0]) == 1 else shapes[0][-2:]) == last


@pytest.mark.parametrize(("text", "last"), [("9x4", (8, 1)), ("9x9x4", (1, 1)), ("9x9x9x4", (1, 1))])
def test_the_second_part_of_a_separable_convolution_is_a_convolution_of_kernel_1(
    text: str, last: tuple[int, int]
) -> None:
    """[filters, depth·multiplier, 1, …], 6 filters over 4·2 planes."""
    layer, read = build("separable_conv", {"filters": 6, "kernel": 3, "multiplier": 2}), volume(text)
    (mixed, biases) = layer.saved(Flow([read], layer.output([read])), SHARED)[-1].trained
    assert (prod(mixed), mixed[-2:], biases) == (48, last, (6,))


@pytest.mark.parametrize("text", ["9x4", "9x9x4"])
@pytest.mark.parametrize("type_", ["conv", "conv_transpose"])
def test_a_bank_at_each_position_has_the_same_last_axes(type_: str, text: str) -> None:
    layer, read = build(type_, {"filters": 6, "kernel": 3}), volume(text)
    flow = Flow([read], layer.output([read]))
    (shared, _), (local, _) = (layer.saved(flow, sharing)[0].trained for sharing in (SHARED, LOCAL))
    banks = prod(layer.bank_positions(flow))
    assert local[-2:] == shared[-2:]
    assert prod(local) == banks * prod(shared)
