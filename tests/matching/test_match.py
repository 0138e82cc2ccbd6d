"""Which call of a module is which layer, causes and consequences: small networks with calls that are written by hand.

The numbers are calculated by hand: a 3×3 convolution of 8 filters over a depth of 3 has 3·3·3·8 = 216 weights.
"""

from __future__ import annotations

from typing import Any

import pytest

import analyzer
from analyzer.matching.match import match
from analyzer.matching.observed import Observation, Observed
from analyzer.matching.result import Match
from analyzer.reporter.matching.text import text_of

FILE = """\
input: 16x16x3
layers:
  - conv: {filters: 8, kernel: 3, padding: 1, bias: false, norm: batch_norm, act: relu}
  - max_pool: 2
  - conv: {filters: 8, kernel: 3, padding: 1, bias: true}
  - flatten
  - dense: 10
"""

CALLS = [
    Observed("conv1", "Conv2d", [(1, 3, 16, 16)], [(1, 8, 16, 16)], 216, 0, 0),
    Observed("bn1", "BatchNorm2d", [(1, 8, 16, 16)], [(1, 8, 16, 16)], 8, 8, 16),
    Observed("conv2", "Conv2d", [(1, 8, 8, 8)], [(1, 8, 8, 8)], 576, 8, 0),
    Observed("fc", "Linear", [(1, 512)], [(1, 10)], 5120, 10, 0),
]


def held(calls: list[Observed], file: str = FILE, **more: Any) -> Match:
    parameters = sum(call.parameters for call in calls)
    defaults: dict[str, Any] = {"unused": [], "modules": {}, "outputs": [], "parameters": parameters}
    return match(Observation("torch", "Net", calls, **{**defaults, **more}), analyzer.analyze(file))


def changed(place: int, **fields: Any) -> list[Observed]:
    return [but(call, **fields) if call is CALLS[place] else call for call in CALLS]


def but(call: Observed, **fields: Any) -> Observed:
    """The call with other values for some fields."""
    names = ("name", "kind", "inputs", "outputs", "weights", "biases", "buffers", "frozen", "calls", "tied", "parts")
    return Observed(**{**{name: getattr(call, name) for name in names}, **fields})


def seen(found: Match) -> list[tuple[str | None, str | None, set[str], bool]]:
    return [
        (one.observed and one.observed.name, one.row and one.row.name, set(one.fields), one.follows)
        for one in found.differences
    ]


def test_equal() -> None:
    found = held(CALLS)
    assert found.equal
    assert [(pair.observed.name, pair.row.name) for pair in found.pairs] == [
        ("conv1", "conv1"), ("bn1", "conv1.batch_norm"), ("conv2", "conv2"), ("fc", "dense1"),
    ]  # fmt: skip


def test_a_bias() -> None:
    assert seen(held(changed(0, biases=8))) == [("conv1", "conv1", {"biases"}, False)]


def test_a_stride_is_the_cause_of_every_volume_behind_it() -> None:
    calls = [
        Observed("conv1", "Conv2d", [(1, 3, 16, 16)], [(1, 8, 8, 8)], 216, 0, 0),
        Observed("bn1", "BatchNorm2d", [(1, 8, 8, 8)], [(1, 8, 8, 8)], 8, 8, 16),
        Observed("conv2", "Conv2d", [(1, 8, 4, 4)], [(1, 8, 4, 4)], 576, 8, 0),
        Observed("fc", "Linear", [(1, 128)], [(1, 10)], 1280, 10, 0),
    ]
    assert seen(held(calls)) == [
        ("conv1", "conv1", {"output"}, False),
        ("bn1", "conv1.batch_norm", {"output"}, True),
        ("conv2", "conv2", {"output"}, True),
        ("fc", "dense1", {"weights"}, True),
    ]


def test_filters_follow_in_the_norm_and_in_the_next_layer() -> None:
    calls = changed(2, outputs=[(1, 4, 8, 8)], weights=288, biases=4)
    calls[3] = Observed("fc", "Linear", [(1, 256)], [(1, 10)], 2560, 10, 0)
    assert seen(held(calls)) == [
        ("conv2", "conv2", {"output", "weights", "biases"}, False),
        ("fc", "dense1", {"weights"}, True),
    ]


def test_a_pool_that_no_hook_sees_is_named_by_who_reads_it() -> None:
    calls = changed(2, inputs=[(1, 8, 16, 16)], outputs=[(1, 8, 16, 16)])
    calls[3] = Observed("fc", "Linear", [(1, 2048)], [(1, 10)], 20480, 10, 0)
    found = held(calls)
    assert seen(found) == [
        ("conv2", "max_pool1", {"read"}, False),
        ("conv2", "conv2", {"output"}, True),
        ("fc", "dense1", {"weights"}, True),
    ]
    assert text_of(found).splitlines()[:3] == [
        "max_pool1 is not what <text>:4 says",
        "  module  what conv2 reads            16×16×8",
        "  yaml    max_pool1         max_pool  8×8×8",
    ]


def test_what_comes_behind_the_last_layer_is_seen_in_what_the_module_puts_out() -> None:
    file = "input: 4x4x3\nlayers:\n  - conv: {filters: 5, kernel: 1}\n  - upsample: 2\n"
    calls = [Observed("head", "Conv2d", [(1, 3, 4, 4)], [(1, 5, 4, 4)], 15, 5, 0)]
    assert held(calls, file, outputs=[(1, 5, 8, 8)]).equal
    found = held(calls, file, outputs=[(1, 5, 16, 16)])
    assert seen(found) == [(None, "upsample1", {"read"}, False)]
    assert text_of(found).splitlines()[:3] == [
        "upsample1 is not what <text>:4 says",
        "  module  what it puts out            16×16×5",
        "  yaml    upsample1         upsample  8×8×5",
    ]


def test_a_layer_that_only_the_module_has() -> None:
    extra = Observed("conv1b", "Conv2d", [(1, 8, 16, 16)], [(1, 8, 16, 16)], 64, 0, 0)
    found = held([*CALLS[:2], extra, *CALLS[2:]])
    assert seen(found) == [("conv1b", None, set(), False)]
    assert text_of(found).splitlines() == [
        "conv1b is in the module, but not in <text>",
        "  module  conv1b  Conv2d  16×16×8  64",
        "  hint: it is called after `conv1.batch_norm`, line 3",
        "1 of 5 layers differs; parameters 6,010 against 5,946",
    ]


def test_a_layer_that_only_the_file_has() -> None:
    found = held([CALLS[0], *CALLS[2:]])
    assert seen(found) == [(None, "conv1.batch_norm", set(), False)]
    assert text_of(found).startswith("`conv1.batch_norm` of <text>:3 is not in the module\n")


def test_a_module_that_is_never_called_differs_though_all_layers_are_equal() -> None:
    aux = Observed("aux", "Linear", [], [], 100, 10, 0, calls=0)
    found = held(CALLS, unused=[aux])
    assert seen(found) == [("aux", None, set(), False)]
    assert text_of(found).startswith("aux is in the module, but not in <text>; it is never called\n")


def test_a_frozen_layer() -> None:
    found = held(changed(2, frozen=True))
    assert seen(found) == [("conv2", "conv2", {"frozen"}, False)]
    assert "584 (576 weights, 8 biases), frozen\n" in text_of(found)
    assert held(changed(2, frozen=True), FILE.replace("bias: true}", "bias: true}\n    frozen: true")).equal


def test_a_frozen_layer_behind_another_mistake() -> None:
    calls = changed(2, inputs=[(1, 8, 4, 4)], outputs=[(1, 8, 4, 4)], frozen=True)
    calls[3] = Observed("fc", "Linear", [(1, 128)], [(1, 10)], 1280, 10, 0)
    assert seen(held(calls)) == [
        ("conv2", "max_pool1", {"read"}, False),
        ("conv2", "conv2", {"frozen"}, False),
        ("conv2", "conv2", {"output"}, True),
        ("fc", "dense1", {"weights"}, True),
    ]


def test_buffers() -> None:
    assert seen(held(changed(1, buffers=0))) == [("bn1", "conv1.batch_norm", {"buffers"}, False)]


BRANCHES = """\
input: 8x8x4
layers:
  - residual:
      body: [{conv: {filters: 6, kernel: 1}}, {conv: {filters: 6, kernel: 3, padding: 1}}]
      project: [{conv: {filters: 6, kernel: 1}}]
"""


def branch_calls() -> list[Observed]:
    one = Observed("a", "Conv2d", [(1, 4, 8, 8)], [(1, 6, 8, 8)], 24, 6, 0)
    two = Observed("b", "Conv2d", [(1, 6, 8, 8)], [(1, 6, 8, 8)], 324, 6, 0)
    return [one, two, but(one, name="short")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
def test_branches_are_called_in_any_order(order: tuple[int, ...]) -> None:
    calls = branch_calls()
    assert held([calls[place] for place in order], BRANCHES).equal


#: Both branches begin with a layer of the same numbers; what comes second tells them apart.
TWINS = """\
input: 8x8x4
layers:
  - parallel:
      join: concat
      branches:
        a: [{conv: {filters: 6, kernel: 1}}, {conv: {filters: 5, kernel: 1}}]
        b: [{conv: {filters: 6, kernel: 1}}, {conv: {filters: 6, kernel: 3, padding: 1}}]
  - conv: {filters: 2, kernel: 1}
"""


def twin_calls() -> list[Observed]:
    first = Observed("x", "Conv2d", [(1, 4, 8, 8)], [(1, 6, 8, 8)], 24, 6, 0)
    return [
        first,
        Observed("y", "Conv2d", [(1, 6, 8, 8)], [(1, 6, 8, 8)], 324, 6, 0),
        but(first, name="z"),
        Observed("v", "Conv2d", [(1, 6, 8, 8)], [(1, 5, 8, 8)], 30, 5, 0),
        Observed("w", "Conv2d", [(1, 11, 8, 8)], [(1, 2, 8, 8)], 22, 2, 0),
    ]


def test_a_branch_that_begins_as_another_one_does_is_told_apart_by_what_follows() -> None:
    found = held(twin_calls(), TWINS)
    assert found.equal
    assert [pair.row.name for pair in found.pairs] == [
        "parallel1.b.conv1", "parallel1.b.conv2", "parallel1.a.conv1", "parallel1.a.conv2", "conv1",
    ]  # fmt: skip


def test_branches_in_another_order_are_no_difference_beside_one() -> None:
    calls = twin_calls()
    calls[4] = but(calls[4], biases=0)
    assert seen(held(calls, TWINS)) == [("w", "conv1", {"biases"}, False)]


def test_layers_that_read_each_other_are_not() -> None:
    calls = branch_calls()
    found = held([calls[1], calls[0], calls[2]], BRANCHES)
    assert seen(found)[0][1:] == ("residual1.conv2", {"order"}, False) or seen(found)[0][2] == {"order"}
    assert "the module calls" in text_of(found)


def test_tied() -> None:
    file = "input: 4x8\nlayers: [{linear: 8, name: a}, relu, {linear: 8, tied: a}]\n"
    first = Observed("fc", "Linear", [(1, 4, 8)], [(1, 4, 8)], 64, 8, 0, calls=2)
    again = Observed("fc", "Linear", [(1, 4, 8)], [(1, 4, 8)], 0, 0, 0, calls=2, tied="fc")
    assert held([first, again], file).equal
    other = Observed("fc2", "Linear", [(1, 4, 8)], [(1, 4, 8)], 64, 8, 0)
    assert seen(held([first, other], file)) == [("fc2", "linear1", {"weights", "biases"}, False)]


def test_modules_that_are_one_layer_are_put_together() -> None:
    # squeeze-excitation of depth 8 to 2 and back: 16 + 16 weights, 2 + 8 biases
    file = "input: 5x5x8\nlayers: [{squeeze_excite: {reduced: 2}}, {conv: {filters: 3, kernel: 1}}]\n"
    calls = [
        Observed("se.fc1", "Conv2d", [(1, 8, 1, 1)], [(1, 2, 1, 1)], 16, 2, 0),
        Observed("se.fc2", "Conv2d", [(1, 2, 1, 1)], [(1, 8, 1, 1)], 16, 8, 0),
        Observed("conv", "Conv2d", [(1, 8, 5, 5)], [(1, 3, 5, 5)], 24, 3, 0),
    ]
    modules = {"": "Net", "se": "SqueezeExcitation", "se.fc1": "Conv2d", "se.fc2": "Conv2d", "conv": "Conv2d"}
    found = held(calls, file, modules=modules)
    assert found.equal
    assert (found.pairs[0].observed.name, found.pairs[0].observed.kind) == ("se", "SqueezeExcitation")
    wrong = held(calls, file.replace("reduced: 2", "reduced: 4"), modules=modules)
    assert seen(wrong) == [("se", "squeeze_excite1", {"weights", "biases"}, False)]


def test_an_attention_is_taken_apart_where_the_file_has_its_projections() -> None:
    parts = [
        Observed("attn.in_proj", "Linear", [(1, 5, 4)], [(1, 5, 12)], 48, 12, 0),
        Observed("attn.out_proj", "Linear", [(1, 5, 4)], [(1, 5, 4)], 16, 4, 0),
    ]
    whole = Observed("attn", "MultiheadAttention", [(1, 5, 4)], [(1, 5, 4)], 64, 16, 0, parts=parts)
    assert held([whole], "input: 5x4\nlayers: [{multi_head_attention: {heads: 2}}]\n").equal
    projections = """\
input: 5x4
layers:
  - {linear: 4, name: q, from: input}
  - {linear: 4, name: k, from: input}
  - {linear: 4, name: v, from: input}
  - attention:
    from: [q, k, v]
  - linear: 4
"""
    found = held([whole], projections)
    assert found.equal
    assert [pair.observed.name for pair in found.pairs][:2] == ["attn.in_proj[q]", "attn.in_proj[k]"]


def test_a_causal_convolution_may_be_cropped_behind_its_module() -> None:
    file = "input: 20x3\nlayers: [{conv: {filters: 4, kernel: 3, dilation: 2, padding: causal}}]\n"
    assert held([Observed("conv", "Conv1d", [(1, 3, 20)], [(1, 4, 24)], 36, 4, 0)], file).equal
    assert not held([Observed("conv", "Conv1d", [(1, 3, 20)], [(1, 4, 23)], 36, 4, 0)], file).equal


def test_a_mismatch_has_a_cause() -> None:
    file = "input: 4x8\nlayers: [{linear: 8, name: a}, relu, {linear: {units: 8, bias: true}, tied: a}]\n"
    first = Observed("fc", "Linear", [(1, 4, 8)], [(1, 4, 8)], 64, 8, 0)
    again = Observed("fc", "Linear", [(1, 4, 9)], [(1, 4, 9)], 0, 0, 0, tied="fc")
    found = held([first, again], file)
    assert not found.equal
    assert any(not one.follows for one in found.differences)


def test_a_table_that_reads_nothing_is_itself_its_output() -> None:
    """The call of a free parameter has the shape of the first function that reads it, and may come late."""
    file = "input: 16x8\nlayers:\n  - parameter: 1x8\n    name: token\n  - concat: {inputs: [token, input], axis: length}\n"
    calls = [
        Observed("token", "Parameter", [(1, 16, 8)], [(1, 17, 8)], 8, 0, 0),
        Observed("fc", "Linear", [(1, 17, 8)], [(1, 17, 4)], 32, 4, 0),
    ]
    assert held(calls, file + "  - linear: 4\n").equal


def test_a_match_is_printed_as_what_a_mismatch_says() -> None:
    equal, wrong = held(CALLS), held(changed(0, biases=8))
    assert str(equal) == "4 layers are equal; 5,946 parameters on both sides"
    assert repr(equal) == "Match(Net and 'model': equal)"
    assert str(wrong) == text_of(wrong)
    assert repr(wrong) == "Match(Net and 'model': 1 difference)"


def own(name: str, weights: int) -> Observed:
    return Observed(name, "Parameter", [(1, 16, 8)], (), weights, 0, 0)


def test_parameters_of_a_class_of_the_users_own_are_layers_where_the_network_has_each() -> None:
    """A token of 8 and a table of 17·8 = 136 in one module; a convolution of 3·8·8 = 192 with a gain of 8."""
    tokens = Observed("tokens", "Tokens", [(1, 16, 8)], [(1, 17, 8)], 144, 0, 0)
    tokens.parts = [own("tokens.cls", 8), own("tokens.pos", 136)]
    file = "input: 16x8\nlayers:\n  - class_token\n  - position_table\n  - linear: 4\n"
    head = Observed("fc", "Linear", [(1, 17, 8)], [(1, 17, 4)], 32, 4, 0)
    assert held([tokens, head], file).equal

    conv = Observed("conv", "ScaledConv1d", [(1, 8, 16)], [(1, 8, 14)], 200, 8, 0)
    conv.parts = [own("conv.weight", 192), own("conv.bias", 8), own("conv.gain", 8)]
    gained = (
        "input: 16x8\nlayers:\n  - parameter: 8\n    name: gain\n  - conv: {filters: 8, kernel: 3}\n    from: input\n"
    )
    found = held([conv], gained + "outputs: [gain, conv1]\n")
    assert {pair.observed.name: pair.row.name for pair in found.pairs} == {"conv": "conv1", "conv.gain": "gain"}
    assert found.equal

    norm = Observed("norm", "LayerNorm2d", [(1, 8, 4, 4)], [(1, 8, 4, 4)], 8, 8, 0)
    norm.parts = [own("norm.weight", 8), own("norm.bias", 8)]
    assert held([norm], "input: 4x4x8\nlayers:\n  - layer_norm\n").pairs[0].observed is norm


@pytest.mark.parametrize(
    ("fields", "file", "hint"),
    [
        ({"frozen": True}, FILE, "requires_grad_(True), or `frozen: true` in the file"),
        # 5·5·8·8 = 1,600 weights; padding of 2 keeps 8×8
        ({"weights": 1600}, FILE, "kernel_size=3, padding=1, or `kernel: 5, padding: 2` on line 5"),
        # 3·3·4·8 = 288 weights in two groups
        ({"weights": 288}, FILE, "groups=1, or `groups: 2` on line 5"),
    ],
)
def test_the_hint_is_a_change_that_makes_both_equal(fields: dict[str, Any], file: str, hint: str) -> None:
    assert f"  hint: {hint}" in text_of(held(changed(2, **fields), file)).splitlines()


def test_who_reads_a_pool_beside_the_next_layer_is_no_second_mistake() -> None:
    file = """\
input: 16x16x4
layers:
  - max_pool: 2
  - residual:
      body: [{conv: {filters: 4, kernel: 1}}]
  - conv: {filters: 4, kernel: 1}
"""
    call = Observed("a", "Conv2d", [(1, 4, 16, 16)], [(1, 4, 16, 16)], 16, 4, 0)
    assert seen(held([call, but(call, name="b")], file)) == [
        ("a", "max_pool1", {"read"}, False),
        ("a", "conv1", {"output"}, True),
        ("b", "conv2", {"output"}, True),
    ]


def test_free_parameters_that_code_puts_together_are_one_table() -> None:
    """BEiT joins the biases of queries and values: 8 and 8 numbers are a table of 16."""
    calls = [
        Observed("attn.q_bias", "Parameter", [(8,)], [(16,)], 8, 0, 0),
        Observed("attn.v_bias", "Parameter", [(8,)], [(16,)], 8, 0, 0),
        Observed("fc", "Linear", [(1, 5, 16)], [(1, 5, 4)], 64, 4, 0),
    ]
    file = "input: 5x16\nlayers:\n  - parameter: 1x16\n    name: bias\n  - add: [bias, input]\n  - linear: 4\n"
    assert held(calls, file).equal
    assert not held(calls[1:], file).equal


def test_positions_may_be_in_windows_where_a_layer_has_none() -> None:
    norm = Observed("norm", "LayerNorm", [(1, 4, 4, 6)], [(1, 4, 4, 6)], 6, 6, 0)
    assert held([norm], "input: 2x8x6\nlayers: [layer_norm]\n").equal
    conv = Observed("conv", "Conv2d", [(1, 6, 4, 4)], [(1, 5, 4, 4)], 270, 5, 0)
    assert not held([conv], "input: 2x8x6\nlayers: [{conv: {filters: 5, kernel: 3, padding: 1}}]\n").equal
