"""What a layer becomes in PyTorch. The expected calls are those of the documentation of PyTorch 2.13."""

from __future__ import annotations

from typing import Any

import pytest
from building import place, volume

from analyzer.layers import CATALOGUE
from analyzer.loader.writing.code.template import Built, Layout, NoTemplate
from analyzer.loader.writing.torch.layers import HELPERS, REFUSED, TEMPLATES


def built(type_: str, inputs: str, **written: Any) -> Built:
    """What a layer over these volumes becomes."""
    _, node = place(type_, [volume(one) for one in inputs.split()], **written)
    return TEMPLATES[type_](node)


def test_every_type_has_a_template_or_a_reason() -> None:
    assert set(TEMPLATES) | set(REFUSED) == set(CATALOGUE)
    assert not set(TEMPLATES) & set(REFUSED)


def test_a_convolution_leaves_defaults_out() -> None:
    one = built("conv", "32x32x3", filters=64, kernel=3, stride=2, padding=1, bias=False)
    assert (one.call, one.positional) == ("nn.Conv2d", (3, 64, 3))
    assert one.named == {"stride": 2, "padding": 1, "bias": False}
    assert built("conv", "16000x1", filters=64, kernel=80, stride=4).call == "nn.Conv1d"


def test_same_padding_is_in_numbers_where_both_sides_are_equal() -> None:
    assert built("conv", "8x8x3", filters=4, kernel=3, padding="same").named == {"padding": 1}
    assert built("conv", "8x8x3", filters=4, kernel=4, padding="same").named == {"padding": "same"}


def test_uneven_padding_is_a_copy() -> None:
    # TensorFlow's `same` of stride 2 over 8 cells: (4 − 1)·2 + 3 − 8 = 1 cell, which comes after.
    one = built("conv", "8x8x3", filters=4, kernel=3, stride=2, padding="same")
    assert (one.named, one.forward) == ({"stride": 2}, "{self}(F.pad({0}, {padding}))")
    assert one.values == {"padding": (0, 1, 0, 1)}


def test_banks_of_their_own_ask_for_a_module_of_the_file() -> None:
    one = built("conv", "8x8x3", filters=4, kernel=3, sharing={"tiled": 2})
    assert (one.call, one.positional) == ("LocalConv", (3, 4, (3, 3), (6, 6)))
    assert one.named == {"sharing": "tiled", "step": 2}


def test_a_transposed_convolution_says_uneven_sides_with_output_padding() -> None:
    # (4 − 1)·2 + 3 = 9 cells; (1, 0) are removed: padding 1 removes one of each side, output_padding 1 adds one after.
    one = built("conv_transpose", "4x4x3", filters=2, kernel=3, stride=2, padding={"top": 1, "left": 1})
    assert one.named == {"stride": 2, "padding": 1, "output_padding": 1}
    other = built("conv_transpose", "4x4x3", filters=2, kernel=3, stride=2, padding={"bottom": 1, "right": 1})
    assert (other.forward, other.values) == ("F.pad({self}({0}), {padding})", {"padding": (0, -1, 0, -1)})


def test_a_pool_of_its_kernel_as_stride_has_one_number() -> None:
    assert built("max_pool", "8x8x3", kernel=2).positional == (2,)
    one = built("max_pool", "112x112x64", kernel=3, stride=2, rounding="ceil")
    assert (one.positional, one.named) == ((3, 2), {"ceil_mode": True})


def test_a_max_pool_pads_with_nothing_larger() -> None:
    one = built("max_pool", "8x8x3", kernel=3, stride=2, padding="same")
    assert one.forward == "{self}(F.pad({0}, {padding}, value=-torch.inf))"


def test_axes_are_counted_where_the_depth_is() -> None:
    one = built("softmax", "8x8x3")
    assert (one.positional, one.layout) == ((1,), Layout.ANY)
    assert one.last is not None
    assert one.last.positional == (-1,)


def test_a_normalisation_without_beta() -> None:
    one = built("batch_norm", "8x8x16", center=False)
    assert (one.call, one.positional, one.needs) == ("without", ("nn.BatchNorm2d(16)", "bias"), ("without",))
    assert built("layer_norm", "10x16", center=False).named == {"bias": False}


def test_attention_is_that_of_torch_where_it_has_the_heads() -> None:
    one = built("multi_head_attention", "10x64", heads=8)
    assert (one.call, one.positional, one.named) == ("nn.MultiheadAttention", (64, 8), {"batch_first": True})
    assert one.forward == "{self}({0}, {0}, {0}, need_weights=False)[0]"
    assert built("multi_head_attention", "10x64", heads=8, key_value_heads=2).call == "Attention"


def test_two_bias_vectors_are_those_of_torch() -> None:
    one = built("lstm", "7x10", units=4, biases=2)
    assert (one.call, one.positional, one.named) == ("nn.LSTM", (10, 4), {"batch_first": True})
    assert built("lstm", "7x10", units=4).call == "OneBiasLSTM"


def test_a_vector_becomes_an_image_with_the_depth_first() -> None:
    one = built("reshape", "16384", to="4x4x1024")
    assert (one.forward, one.layout) == ("{0}.reshape(-1, 1024, 4, 4)", Layout.FIRST)


def test_what_torch_refuses_is_refused_with_a_reason() -> None:
    with pytest.raises(NoTemplate, match="no plane of one cell"):
        built("instance_norm", "1x1x8")


@pytest.mark.parametrize("name", HELPERS)
def test_helpers_are_python_of_lines_that_ruff_keeps(name: str) -> None:
    compile(HELPERS[name], name, "exec")
    assert max(map(len, HELPERS[name].splitlines())) <= 88
