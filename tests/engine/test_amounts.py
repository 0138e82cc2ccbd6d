"""The amounts of a budget, by hand: sums over rows, the depth, the receptive field that counts, and their parts."""

from __future__ import annotations

import pytest

import analyzer
from analyzer.engine.amounts import AMOUNTS, Amounts, deepest, seeing

#: Weights 1, 4 and 2·2; MACs at 4·4 positions; a frozen layer, one declared local.
NET = """\
input: 4x4x1
layers:
  - conv: {filters: 1, kernel: 1, bias: false}
    name: one
  - conv: {filters: 2, kernel: 1}
    name: two
    frozen: true
  - conv: {filters: 2, kernel: 1, bias: false, sharing: local}
    name: own
  - relu
"""


def amounts(text: str, **settings: object) -> Amounts:
    return Amounts(analyzer.analyze(text, **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "amount"),
    [
        ("params", 1 + 4 + 4 * 16),
        ("params_local", 16 + 4 * 16 + 4 * 16),
        ("trainable", 1 + 4 * 16),
        ("macs", 16 * (1 + 2 + 4)),
        ("flops", 2 * 16 * 7),
        ("weight_memory", 4 * 69),
        ("activation_memory", 4 * (16 + 32 + 32 + 32)),
        ("depth", 3),
        ("layers", 4),
        ("receptive_field", 1),
    ],
)
def test_by_hand(key: str, amount: int) -> None:
    assert amounts(NET).of(key) == amount


def test_batch_and_dtype() -> None:
    """Memory follows them, counts do not."""
    found = amounts(NET, batch=3, dtype="float16")
    assert found.of("activation_memory") == 3 * 2 * 112
    assert found.of("weight_memory") == 2 * 69
    assert found.of("macs") == 16 * 7


def test_parts_come_largest_first_and_nothing_is_no_part() -> None:
    found = amounts(NET)
    assert found.parts("params") == [("own", 64), ("two", 4), ("one", 1)]
    assert found.parts("macs") == [("own", 64), ("two", 32), ("one", 16)]
    assert found.parts("flops") == [("own", 128), ("two", 64), ("one", 32)]
    assert found.parts("trainable") == [("own", 64), ("one", 1)]
    assert found.parts("layers") == [("conv", 3), ("relu", 1)]
    assert found.parts("depth") == [("one", 1), ("two", 1), ("own", 1)]


@pytest.mark.parametrize(
    "key", [key for key in AMOUNTS if "memory" not in key and key not in ("depth", "receptive_field")]
)
def test_parts_add_up(key: str) -> None:
    found = amounts(NET)
    assert sum(part for _, part in found.parts(key)) == found.of(key)


BRANCHES = """\
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 1}
    name: start
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: long1
  - batch_norm
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: long2
    tied: long1
  - conv: {filters: 4, kernel: 7, padding: 3}
    from: start
    name: short
  - add: [long2, short]
  - conv: {filters: 4, kernel: 1}
    name: end
  - conv: {filters: 4, kernel: 1}
    from: start
    name: aside
"""


def test_depth_is_the_longest_path() -> None:
    """A norm has weights and no MACs, a tied layer the weights of another; the shorter branch does not count."""
    analysis = analyzer.analyze(BRANCHES)
    assert [row.name for row in deepest(analysis)] == ["start", "long1", "long2", "end"]
    assert Amounts(analysis).of("depth") == 4
    assert deepest(analyzer.analyze("input: 4\nlayers: [relu]\n")) == []


def test_depth_of_equal_paths_is_that_of_the_first() -> None:
    text = "input: 4\nlayers:\n  - dense: 4\n    name: a\n  - dense: 4\n    name: b\n    from: input\n"
    assert [row.name for row in deepest(analyzer.analyze(text))] == ["a"]


def test_depth_by_the_blocks_at_the_top() -> None:
    text = (
        "input: 4\nblocks:\n  Two: {layers: [dense: 4, dense: 4]}\nlayers:\n  - Two: {}\n    name: pair\n  - dense: 4\n"
    )
    assert amounts(text).parts("depth") == [("pair", 2), ("dense1", 1)]


GROWS = """\
input: 20x20x1
layers:
  - conv: {filters: 1, kernel: [3, 5]}
    name: a
  - max_pool: {kernel: 2, stride: 2}
    name: b
  - conv: {filters: 1, kernel: 3}
    name: c
  - global_avg_pool
  - dense: 4
"""


def test_the_field_of_the_last_volume_with_positions() -> None:
    """5 along the longer axis, 6, then 6 + 2·2; the pool and the dense layer see everything and do not count."""
    analysis = analyzer.analyze(GROWS)
    found = Amounts(analysis)
    assert [row.name for row in seeing(analysis)] == ["a", "b", "c"]
    assert found.of("receptive_field") == 10
    assert found.parts("receptive_field") == [("a", 4), ("c", 4), ("b", 1)]


def test_a_field_that_is_not_known() -> None:
    assert amounts("input: 4\nlayers: [dense: 4]\n").of("receptive_field") is None
    unknown = "input: 6x6x1\nlayers:\n  - conv: {filters: 1, kernel: 3}\n  - custom: {output: 4x4x1}\n"
    assert seeing(analyzer.analyze(unknown)) == []
    assert amounts(unknown).of("receptive_field") is None
    whole = "input: 6x6x1\nlayers: [dense: 4]\n"
    assert amounts(whole).of("receptive_field") == 6


def test_peaks_are_those_of_the_run() -> None:
    """Inference: 64 at `one`, whose input is beside it, and the parameters; a number format without training has none."""
    analysis = analyzer.analyze(NET)
    once, thrice = Amounts(analysis, {"batch": 1}), Amounts(analysis, {"batch": 3})
    for key in ("peak_inference_memory", "peak_training_memory"):
        first, second = once.of(key), thrice.of(key)
        assert first is not None
        assert second is not None
        assert first < second
    assert once.of("peak_inference_memory") == once.held.inference.peak.bytes == 4 * 69 + 4 * (16 + 32 + 32)
    assert Amounts(analysis, {"dtype": "int8"}).of("peak_training_memory") is None
    assert Amounts(analysis).parts("peak_inference_memory")[0][1] == 256


def test_an_input_is_no_layer_of_the_path() -> None:
    """The sum reads the input and a; a is on the path, so b is the second layer of two."""
    text = "input: 4\nlayers:\n  - dense: 4\n    name: a\n  - add: [input, a]\n  - dense: 4\n    name: b\n"
    assert [row.name for row in deepest(analyzer.analyze(text))] == ["a", "b"]
