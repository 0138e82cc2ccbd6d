"""The language's contract about parameters: what a bare value means, what is required, and what is left out means.

A changed default changes the numbers of files that leave the parameter out. Defaults that frameworks have are theirs
(torch's stride of a pool is its kernel, its group norm has no default; Keras has 32 groups).
"""

from __future__ import annotations

import pytest

from analyzer.layers import CATALOGUE

#: The parameter that a bare value means.
MAIN = {
    "filters": "conv separable_conv conv_transpose conv_lstm",
    "kernel": "depthwise_conv max_pool avg_pool lp_pool blur_pool unfold",
    "units": "dense linear lstm gru rnn",
    "size": "adaptive_avg_pool adaptive_max_pool local_response_norm",
    "bins": "spatial_pyramid_pool",
    "axis": "mean flip softmax log_softmax",
    "groups": "group_norm channel_shuffle",
    "slope": "leaky_relu prelu",
    "rate": "dropout spatial_dropout stochastic_depth",
    "to": "reshape resize fold",
    "order": "permute",
    "pattern": "rearrange",
    "padding": "pad crop",
    "factor": "upsample pixel_shuffle pixel_unshuffle",
    "inputs": "add subtract multiply maximum average concat matmul",
    "count": "class_token gather tile",
    "shift": "roll",
    "op": "reduce elementwise",
    "heads": "multi_head_attention",
    "volume": "parameter",
}

#: The textbook's letters, by parameter.
LETTERS = {
    "F": (
        "kernel",
        "conv depthwise_conv separable_conv conv_transpose max_pool avg_pool lp_pool blur_pool conv_lstm unfold fold",
    ),
    "S": (
        "stride",
        "conv depthwise_conv separable_conv conv_transpose max_pool avg_pool lp_pool blur_pool unfold fold",
    ),
    "P": (
        "padding",
        "conv depthwise_conv separable_conv conv_transpose max_pool avg_pool lp_pool conv_lstm pad crop unfold fold "
        "blur_pool",
    ),
    "K": ("filters", "conv separable_conv conv_transpose conv_lstm"),
}

#: What a number, a flag or a word is where a file leaves it out, by parameter: the same for every type that has it,
#: or by type.
DEFAULTS: dict[str, object] = {
    "stride": {"max_pool": None, "avg_pool": None, "lp_pool": None, "blur_pool": 2, "": 1},
    "dilation": 1,
    "groups": {"group_norm": 32, "": 1},
    "multiplier": 1,
    "output_padding": 0,
    "kernel": {"blur_pool": 3},
    "bias": {"scale": False, "multi_head_attention": ("query", "key", "value", "output"), "": True},
    "padding_mode": "zeros",
    "untied_bias": None,
    "weight_norm": False,
    "norm": None,
    "act": {"squeeze_excite": "relu", "": None},
    "gate": "sigmoid",
    "rounding": "floor",
    "bins": (1, 2, 4),
    "affine": {"instance_norm": False, "": True},
    "scale": None,
    "center": None,
    "statistics": {"batch_norm": True, "instance_norm": False},
    "axes": ("depth",),
    "axis": ("depth",),
    "size": {"local_response_norm": 5},
    "inplace": False,
    "slope": 0.01,
    "per": {"prelu": "layer", "scale": "depth"},
    "rate": 0.5,
    "sizes": (),
    "start": 0,
    "stop": None,
    "step": 1,
    "depth": None,
    "mode": "nearest",
    "to": None,
    "like": None,
    "crop": "none",
    "trained": True,
    "transpose": False,
    "count": {"gather": None, "parameter": None, "": 1},
    "key_depth": None,
    "value_depth": None,
    "key_value_heads": None,
    "window": None,
    "relative_position": False,
    "reduced": None,
    "ratio": 16,
    "bidirectional": False,
    "layers": 1,
    "biases": {"custom": 0, "": 1},
    "weights": 0,
    "buffers": 0,
    "macs": 0,
    "sequence": True,
    "radius": False,
}

#: Parameters whose default is no plain value; other tests hold them.
OTHERS = {"sharing", "padding"}


def test_a_bare_value_means_one_parameter() -> None:
    expected = {type_: name for name, types in MAIN.items() for type_ in types.split()}
    assert {type_: cls.main for type_, cls in CATALOGUE.items() if cls.main is not None} == expected


@pytest.mark.parametrize("letter", LETTERS)
def test_letters(letter: str) -> None:
    name, types = LETTERS[letter]
    assert {type_ for type_, cls in CATALOGUE.items() if letter in cls.letters} == set(types.split())
    assert {cls.letters[letter] for cls in CATALOGUE.values() if letter in cls.letters} == {name}


@pytest.mark.parametrize("type_", CATALOGUE)
def test_defaults(type_: str) -> None:
    for name, declared in CATALOGUE[type_].declared.items():
        if declared.required or name in OTHERS:
            continue
        expected = DEFAULTS[name]
        if isinstance(expected, dict):
            expected = expected.get(type_, expected.get(""))
        found = declared.default
        assert (type(found), found) == (type(expected), expected), name


def test_the_padding_of_a_window_is_none_unless_it_is_written() -> None:
    found = {
        type_: str(cls.declared["padding"].default)
        for type_, cls in CATALOGUE.items()
        if "padding" in cls.declared and not cls.declared["padding"].required
    }
    of_same = {"conv_lstm", "blur_pool"}
    assert {padding for type_, padding in found.items() if type_ not in of_same | {"pad"}} == {"0"}
    assert {found[type_] for type_ in of_same} == {"same"}
    assert found["pad"] == "None"
