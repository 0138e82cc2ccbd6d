"""What a layer becomes in Keras. The expected calls are those of the documentation of Keras 3.15."""

from __future__ import annotations

from typing import Any

import pytest
from building import place, volume

from analyzer.layers import CATALOGUE
from analyzer.loader.writing.code.template import Built, NoTemplate
from analyzer.loader.writing.keras.helpers.texts import HELPERS, modules, needed
from analyzer.loader.writing.keras.layers import REFUSED, TEMPLATES


def built(type_: str, inputs: str, **written: Any) -> Built:
    """What a layer over these volumes becomes."""
    _, node = place(type_, [volume(one) for one in inputs.split()], **written)
    return TEMPLATES[type_](node)


def test_every_type_has_a_template_or_a_reason() -> None:
    assert set(TEMPLATES) | set(REFUSED) == set(CATALOGUE)
    assert not set(TEMPLATES) & set(REFUSED)


def test_a_convolution_of_stride_1_pads_as_keras_does() -> None:
    one = built("conv", "8x8x3", filters=16, kernel=3, padding=1, bias=False)
    assert (one.call, one.positional) == ("layers.Conv2D", (16, 3))
    assert one.named == {"padding": "same", "use_bias": False}
    assert one.forward == "{self}({0})"


def test_written_padding_is_a_layer_where_the_stride_is_not_1() -> None:
    # Keras' `same` would add (0, 1) to each axis: keras.applications' ResNet50 has a ZeroPadding2D for the same reason.
    one = built("conv", "8x8x3", filters=16, kernel=3, padding=1, stride=2)
    assert one.named == {"strides": 2}
    assert one.forward == "{self}(layers.ZeroPadding2D({padding})({0}))"
    assert one.values == {"padding": 1}


def test_same_stays_same_with_a_stride() -> None:
    assert built("conv", "8x8x3", filters=16, kernel=3, padding="same", stride=2).named == {
        "strides": 2,
        "padding": "same",
    }


def test_sharing_asks_for_a_layer_of_the_file() -> None:
    one = built("conv", "8x8x3", filters=4, kernel=3, sharing={"tiled": 2})
    assert (one.call, one.named, one.needs) == (
        "LocallyConnected",
        {"sharing": "tiled", "step": 2},
        ("LocallyConnected",),
    )


def test_stride_and_dilation_are_together_only_in_a_layer_of_the_file() -> None:
    assert built("conv", "9x9x3", filters=4, kernel=3, stride=2, dilation=2).named == {
        "strides": 2,
        "dilation_rate": 2,
        "sharing": "shared",
    }


def test_a_transposed_convolution_removes_what_it_is_told_to() -> None:
    # (4 − 1)·2 + 4 = 10 cells, of which padding 1 removes two: as `same`, whose total is 4 − 2 = 2.
    assert built("conv_transpose", "4x4x3", filters=2, kernel=4, stride=2, padding=1).named == {
        "strides": 2,
        "padding": "same",
    }
    other = built("conv_transpose", "4x4x3", filters=2, kernel=4, stride=2, padding={"top": 1})
    assert other.forward == "layers.Cropping2D({cropping})({self}({0}))"
    assert other.values == {"cropping": ((1, 0), (0, 0))}


def test_a_transposed_convolution_with_a_kernel_shorter_than_its_stride_fills_up() -> None:
    # `same` puts out 4·3 = 12 cells, also where the last window ends at (4 − 1)·3 + 2 = 11; as Keras does.
    assert built("conv_transpose", "4x4x3", filters=2, kernel=2, stride=3, padding="same").named == {
        "strides": 3,
        "padding": "same",
    }
    # Without padding it puts out 11, and Keras 12.
    other = built("conv_transpose", "4x4x3", filters=2, kernel=2, stride=3)
    assert other.values == {"cropping": ((0, 1), (0, 1))}


def test_a_gru_of_two_bias_vectors_is_that_of_keras() -> None:
    assert built("gru", "7x10", units=4, biases=2).named == {"return_sequences": True}
    assert built("gru", "7x10", units=4).named == {"reset_after": False, "return_sequences": True}


def test_layers_of_a_recurrence_are_a_stack() -> None:
    one = built("lstm", "7x10", units=4, layers=2, bidirectional=True, sequence=False)
    first = "layers.Bidirectional(layers.LSTM(4, return_sequences=True))"
    assert one.call == "keras.Sequential"
    assert one.positional == (f"[{first}, layers.Bidirectional(layers.LSTM(4))]",)


def test_attention_takes_the_value_before_the_key() -> None:
    one = built("multi_head_attention", "10x64 20x64 20x64", heads=8)
    assert (one.call, one.positional) == ("layers.MultiHeadAttention", (8, 8))
    assert one.forward == "{self}({0}, {2}, {1})"


def test_one_bias_vector_of_attention_asks_for_a_layer_of_the_file() -> None:
    one = built(
        "multi_head_attention", "10x64", heads=8, bias={"query": True, "key": False, "value": True, "output": True}
    )
    assert (one.call, one.named["bias"]) == ("Attention", ("query", "value", "output"))


def test_zeros_pad_a_max_pool_only_where_no_value_is_below_0() -> None:
    assert 'float("-inf")' in built("max_pool", "8x8x3", kernel=3, stride=2, padding=1).forward


def test_what_has_no_counterpart_says_why() -> None:
    with pytest.raises(NoTemplate, match="places of `scatter`"):
        built("elementwise", "8x8x3", op="scatter")


def test_a_helper_brings_those_that_it_calls_and_modules() -> None:
    names = needed(["unfold"])
    assert names == ["each", "windows", "unfold"]
    assert modules(names) == ["itertools", "math"]


@pytest.mark.parametrize("name", HELPERS)
def test_helpers_are_python_of_lines_that_ruff_keeps(name: str) -> None:
    compile(HELPERS[name], name, "exec")
    assert max(map(len, HELPERS[name].splitlines())) <= 88
