"""The expansion: names, references, repetitions, structures, blocks, defaults, sugar, `when`, `expect`, `--set`, `--input`.

Expected values stand in the language's description or are worked out by hand.
"""

from __future__ import annotations

import pytest
from loading import found, layers, messages, network, outputs, parsed, reads

import analyzer
from analyzer.loader.expand.entry import SettingError
from analyzer.loader.expand.expansion import expand
from analyzer.loader.text.limits import LIMITS

# --------------------------------------------------------------------------------------------------------------------
# Names.


def test_automatic_names_count_by_type() -> None:
    assert list(layers("- relu\n- tanh\n- relu\n- {dense: 3}\n- relu")) == [
        "relu1",
        "tanh1",
        "relu2",
        "dense1",
        "relu3",
    ]


def test_automatic_names_pass_over_written_ones() -> None:
    names = list(layers("- relu\n- {relu: , name: relu2}\n- relu\n- {tanh: , name: relu4}\n- relu"))
    assert names == ["relu1", "relu2", "relu3", "relu4", "relu5"]


def test_a_name_written_below_is_passed_over_too() -> None:
    assert list(layers("- relu\n- {tanh: , name: relu1}")) == ["relu2", "relu1"]


def test_repetitions_count_from_one() -> None:
    assert list(layers("- {relu: , repeat: 3}\n- relu")) == ["relu1.1", "relu1.2", "relu1.3", "relu2"]
    assert list(layers("- {relu: , repeat: 1, name: a}")) == ["a.1"]


def test_no_repetition_is_the_layer_above() -> None:
    text = "input: 4x4x2\nlayers:\n  - tanh\n  - {relu: , repeat: 0, name: a}\n  - {tanh: , from: a}\n"
    assert outputs(text) == {"tanh1": "4x4x2", "tanh2": "4x4x2"}
    assert reads(text, "tanh2") == ["tanh1"]


def test_names_of_any_script() -> None:
    assert list(layers('- {relu: , name: Schicht_é-1/a:b}\n- {relu: , name: 層}\n- {relu: , name: "1e1"}\n- {relu: , name: on}')) == [
        "Schicht_é-1/a:b", "層", "1e1", "on",
    ]  # fmt: skip


STAGES = """
input: 8x8x4
blocks:
  Unit:
    params: [c]
    layers:
      - residual:
          body:
            - conv: {filters: $c, kernel: 3, padding: 1}
            - relu
            - conv: {filters: $c, kernel: 3, padding: 1}
          project:
            - conv: {filters: $c, kernel: 1}
layers:
  - Unit: {c: 6}
    name: stage2
    repeat: 2
  - Unit: {c: 6}
"""


def test_paths_of_blocks() -> None:
    """`residual` adds no level; its projection counts on, and is there only where the body changed the shape."""
    assert list(outputs(STAGES)) == [
        "stage2.1.conv1", "stage2.1.relu1", "stage2.1.conv2", "stage2.1.conv3", "stage2.1.add1",
        "stage2.2.conv1", "stage2.2.relu1", "stage2.2.conv2", "stage2.2.add1",
        "Unit1.conv1", "Unit1.relu1", "Unit1.conv2", "Unit1.add1",
    ]  # fmt: skip


def test_groups_are_known_by_their_paths() -> None:
    assert network(STAGES).groups == {"stage2.1": "Unit", "stage2.2": "Unit", "Unit1": "Unit"}


def test_parallel_and_sequence_add_their_name() -> None:
    items = """
    - parallel: {branches: {a: [{conv: {filters: 2, kernel: 1}}], b: [relu, {sequence: [tanh]}]}}
    - sequence: [relu]
      name: tail
      repeat: 2
    """
    assert list(layers(items)) == [
        "parallel1.a.conv1", "parallel1.b.relu1", "parallel1.b.sequence1.tanh1", "parallel1.concat",
        "tail.1.relu1", "tail.2.relu1",
    ]  # fmt: skip


def test_a_branch_called_like_the_join() -> None:
    assert list(layers("- parallel: {branches: {concat: [relu], b: [tanh]}}")) == [
        "parallel1.concat.relu1", "parallel1.b.tanh1", "parallel1.concated",
    ]  # fmt: skip


def test_a_name_twice_in_one_scope() -> None:
    text = "input: 4x2\nlayers:\n  - {relu: , name: a}\n  - {tanh: , name: a}\n"
    assert messages(text) == ["4:20 NAME103 two layers are called `a`"]
    body = "{residual: {body: [{relu: , name: a}]}}"
    assert messages(f"input: 4x2\nlayers:\n  - {body}\n  - {body}\n") == ["4:39 NAME103 two layers are called `a`"]


def test_one_name_in_two_scopes() -> None:
    assert list(layers("- {sequence: [{relu: , name: a}]}\n- {sequence: [{relu: , name: a}]}\n- {relu: , name: a}")) == [
        "sequence1.a", "sequence2.a", "a",
    ]  # fmt: skip


def test_a_layer_called_like_an_input() -> None:
    text = "inputs: {image: 4x2, mask: 4x1}\nlayers:\n  - {relu: , name: mask}\n"
    assert messages(text) == ["3:20 NAME103 a second layer is called `mask`"]


# --------------------------------------------------------------------------------------------------------------------
# References.


def test_from() -> None:
    text = """
    input: 4x4x2
    layers:
      - {conv: {filters: 3, kernel: 1}, name: a}
      - {conv: {filters: 5, kernel: 1}}
      - {relu: , from: a, name: b}
      - {tanh: , from: input, name: c}
      - {tanh: , from: prev, name: d}
      - {add: [a, b]}
    """
    assert outputs(text) == {"a": "4x4x3", "conv1": "4x4x5", "b": "4x4x3", "c": "4x4x2", "d": "4x4x2", "add1": "4x4x3"}
    assert reads(text, "add1") == ["a", "b"]
    assert reads(text, "c") == ["input"]
    assert reads(text, "d") == ["c"]


def test_from_reads_the_last_repetition_and_the_last_row_of_sugar() -> None:
    text = """
    input: 8x8x2
    layers:
      - {conv: {filters: 3, kernel: 3, act: relu, norm: batch_norm}, name: a, repeat: 2}
      - {tanh: , from: a, name: last}
      - {tanh: , from: a.1, name: first}
    """
    assert reads(text, "last") == ["a.2.relu"]
    assert reads(text, "first") == ["a.1.relu"]


def test_from_reads_what_a_block_puts_out() -> None:
    text = """
    input: 8x8x2
    blocks: {B: {layers: [{conv: {filters: 3, kernel: 3}}, relu]}}
    layers:
      - {B: , name: s, repeat: 2}
      - {dense: 4}
      - {tanh: , from: s}
    """
    assert reads(text, "tanh1") == ["s.2.relu1"]


def test_from_reads_a_branch() -> None:
    text = "input: 8x2\nlayers:\n  - {parallel: {branches: {a: [relu], b: [tanh]}}, name: p}\n  - {elu: , from: p.a}\n"
    assert reads(text, "elu1") == ["p.a.relu1"]


def test_a_scope_sees_outwards() -> None:
    text = """
    input: 8x2
    layers:
      - {relu: , name: a}
      - {tanh: , name: b}
      - sequence:
          - {elu: , from: a}
          - {relu: , name: b}
          - {selu: , from: b}
      - {selu: , from: b, name: outside}
    """
    assert reads(text, "sequence1.elu1") == ["a"]
    assert reads(text, "sequence1.selu1") == ["sequence1.b"]
    assert reads(text, "outside") == ["b"]


def test_a_block_sees_nothing_of_its_caller() -> None:
    text = """
    input: 8x2
    vars: {w: 4}
    blocks:
      B: {params: [c], layers: [{dense: $c + $w}, {tanh: , from: a}]}
    layers:
      - {relu: , name: a}
      - B: {c: 1}
    """
    assert messages(text) == ["5:62 NAME104 no layer above is called `a`"]


def test_a_block_reads_the_networks_input() -> None:
    text = "input: 8x2\nblocks: {B: {layers: [{add: [prev, input]}]}}\nlayers: [relu, B]\n"
    assert reads(text, "B1.add1") == ["relu1", "input"]


def test_only_what_stands_above_is_visible() -> None:
    text = "input: 8x2\nlayers:\n  - {relu: , from: a}\n  - {tanh: , name: a}\n"
    assert messages(text) == ["3:20 NAME104 `a` comes later; a layer can only read layers above it"]


def test_a_list_where_a_type_reads_several() -> None:
    text = """
    input: 16x8
    layers:
      - {linear: 8, name: memory}
      - {linear: 8, name: query, from: input}
      - {multi_head_attention: {heads: 2}, from: [query, memory]}
    """
    assert reads(text, "multi_head_attention1") == ["query", "memory"]


def test_like_names_a_layer() -> None:
    text = "input: 9x9x2\nlayers:\n  - {relu: , name: a}\n  - max_pool: 2\n  - resize: {like: a}\n"
    assert outputs(text)["resize1"] == "9x9x2"
    assert reads(text, "resize1") == ["max_pool1", "a"]


# An argument that names a layer visible at the call means that layer, whatever the body calls its own.
SKIP = """
input: 8x2
blocks:
  Up:
    params: [skip, other=prev]
    layers:
      - {tanh: , name: enc}
      - {concat: [$skip, prev], name: both}
      - {elu: , from: $skip, name: from_skip}
      - {concat: [$other, $skip], name: others}
layers:
  - {relu: , name: enc}
  - {selu: , name: last}
  - {Up: {skip: ARGUMENT}, name: up}
"""


@pytest.mark.parametrize(
    ("argument", "node"), [("enc", "enc"), ("prev", "last"), ("input", "input"), ("last", "last"), ("$(2)", None)]
)
def test_references_as_arguments(argument: str, node: str | None) -> None:
    text = SKIP.replace("ARGUMENT", argument)
    if node is None:
        assert {m.split()[1] for m in messages(text)} == {"NAME104"}
        return
    assert reads(text, "up.both") == [node, "up.enc"]
    assert reads(text, "up.from_skip") == [node]


def test_a_default_is_a_reference_in_the_body() -> None:
    """A default that says `prev` means what the call reads."""
    assert reads(SKIP.replace("ARGUMENT", "enc"), "up.others")[1] == "enc"


def test_references_pass_through_blocks() -> None:
    text = """
    input: 8x2
    blocks:
      Inner: {params: [x], layers: [{tanh: , name: a}, {add: [$x, prev]}]}
      Outer: {params: [y], layers: [{elu: , name: a}, {Inner: {x: $y}}]}
    layers:
      - {relu: , name: a}
      - Outer: {y: a}
    """
    assert reads(text, "Outer1.Inner1.add1") == ["a", "Outer1.Inner1.a"]


# --------------------------------------------------------------------------------------------------------------------
# Repetitions, `first`, `when`.


def test_first() -> None:
    items = "- {conv: {filters: 4, kernel: 3, padding: 1}, repeat: 3, first: {stride: 2, filters: 6}}"
    assert layers(items, "8x8x2") == {"conv1.1": "4x4x6", "conv1.2": "4x4x4", "conv1.3": "4x4x4"}


def test_first_of_a_block_may_give_letters_and_expressions() -> None:
    text = """
    input: 8x8x2
    vars: {s: 2}
    blocks: {B: {params: [s=1], layers: [{conv: {K: 4, F: 1, S: $s}}]}}
    layers:
      - {B: , repeat: 2, first: {s: 2*$s}}
      - {conv: {K: 4, F: 1}, repeat: 2, first: {S: $s}}
    """
    assert list(outputs(text).values()) == ["2x2x4", "2x2x4", "1x1x4", "1x1x4"]


def test_i_counts_from_zero() -> None:
    assert list(layers("- {dense: $i + 1, repeat: 3}").values()) == ["1", "2", "3"]
    assert list(layers("- {dense: $i + 1}").values()) == ["1"]


def test_lists_in_repeat_step_together() -> None:
    items = "- {conv: {filters: $c, kernel: $k}, repeat: {c: [4, 8, $(2*8)], k: [1, 3, 2 + $D]}}"
    assert layers(items) == {"conv1.1": "32x32x4", "conv1.2": "30x30x8", "conv1.3": "26x26x16"}


def test_lists_in_repeat_reach_blocks_and_structures() -> None:
    text = """
    input: 4x4x2
    vars: {w: 3}
    blocks: {B: {params: [c], layers: [{conv: {filters: $c, kernel: 1}}]}}
    layers:
      - {B: {c: $c}, repeat: {c: [$w, 5]}}
      - {sequence: [{conv: {filters: $c, kernel: 1}}], repeat: {c: [7, "2*$w"]}}
    """
    assert list(outputs(text).values()) == ["4x4x3", "4x4x5", "4x4x7", "4x4x6"]


def test_repeat_by_expression() -> None:
    assert len(layers("- {relu: , repeat: 2*$D}", "4x3")) == 6
    assert messages("input: 4x3\nlayers:\n  - {relu: , repeat: $D/2}\n") == [
        "3:22 VALUE101 `repeat` must be a whole number of at least 0, not 1.5"
    ]


def test_a_layer_left_out_uses_up_its_number() -> None:
    assert list(layers("- relu\n- {relu: , when: false}\n- relu")) == ["relu1", "relu3"]


def test_the_name_of_a_layer_left_out_means_what_it_would_have_read() -> None:
    text = """
    input: 4x2
    layers:
      - relu
      - {tanh: , when: 1 > 2 if $D == 2 else true, name: gone}
      - {dense: 3}
      - {elu: , from: gone}
      - {selu: , when: $D == 7, from: relu1, name: gone2}
      - {selu: , from: gone}
    """
    assert reads(text, "elu1") == ["relu1"]
    assert reads(text, "selu1") == ["relu1"]


def test_when_sees_the_volume_and_the_repetition() -> None:
    assert list(layers("- {relu: , when: $i > 0, repeat: 3}")) == ["relu1.2", "relu1.3"]
    assert list(layers("- {relu: , when: $D == 3}\n- {tanh: , when: $H == 31}")) == ["relu1"]


def test_when_around_structures_and_blocks() -> None:
    text = """
    input: 4x4x2
    vars: {on: 0}
    blocks: {B: {layers: [relu]}}
    layers:
      - {B: , when: $on}
      - {sequence: [tanh], when: $on}
      - {residual: {body: [elu]}, when: $on}
      - {parallel: {branches: {a: [elu]}}, when: not $on}
    """
    assert list(outputs(text)) == ["parallel1.a.elu1", "parallel1.concat"]
    assert len(outputs(text, set={"on": 1})) == 4


# --------------------------------------------------------------------------------------------------------------------
# Structures.


def test_residual() -> None:
    items = """
    - residual:
        body:
          - conv: {filters: 8, kernel: 3, stride: 2, padding: 1}
        project:
          - conv: {filters: 8, kernel: 1, stride: 2}
        act: relu
      name: r
    """
    assert layers(items) == {"conv1": "16x16x8", "conv2": "16x16x8", "r": "16x16x8", "r.relu": "16x16x8"}


def test_residual_without_a_shortcut_where_the_shape_changes() -> None:
    body = "- {residual: {body: [{conv: {filters: F, kernel: 1}}], project: none, act: relu}}"
    assert list(layers(body.replace("F", "3"))) == ["conv1", "add1", "add1.relu"]
    assert list(layers(body.replace("F", "4"))) == ["conv1", "relu1"]


def test_residual_without_project_is_refused_where_the_shape_changes() -> None:
    text = "input: 4x4x3\nlayers:\n  - residual: {body: [{conv: {filters: 4, kernel: 1}}]}\n"
    assert [d.code for d in found(text)] == ["SHAPE213"]
    assert "turns 4×4×3 into 4×4×4" in found(text)[0].message


def test_an_empty_body() -> None:
    assert list(layers("- {residual: {body: []}}")) == ["add1"]


def test_joins() -> None:
    items = "- {parallel: {join: JOIN, branches: {a: [relu], b: [tanh], c: []}}}"
    assert [layers(items.replace("JOIN", j))[f"parallel1.{j}"] for j in ("concat", "add", "multiply")] == [
        "32x32x9", "32x32x3", "32x32x3",
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Blocks, defaults, sugar.


def test_arguments_default_to_expressions_of_those_before() -> None:
    text = """
    input: 4x4x2
    vars: {w: 2}
    blocks:
      B: {params: [c, d=$c*$w, e=$d+1], layers: [{conv: {filters: $d, kernel: 1}}, {conv: {filters: $e, kernel: 1}}]}
    layers:
      - B: {c: 3}
      - B: {c: 3, d: 1}
      - B: {c: $D, e: 5}
    """
    assert list(outputs(text).values()) == ["4x4x6", "4x4x7", "4x4x1", "4x4x2", "4x4x4", "4x4x5"]


def test_an_argument_sees_the_volume_of_the_call_and_the_body_its_own() -> None:
    text = """
    input: 4x4x2
    blocks: {B: {params: [c], layers: [{conv: {filters: 2*$c, kernel: 1}}, {conv: {filters: $D + $c, kernel: 1}}]}}
    layers: [{B: {c: $D}}]
    """
    assert list(outputs(text).values()) == ["4x4x4", "4x4x6"]


def test_a_parameter_hides_a_variable() -> None:
    text = """
    input: 4x4x2
    vars: {c: 7}
    blocks: {B: {params: [c], layers: [{conv: {filters: $c, kernel: 1}}]}}
    layers: [{B: {c: 3}}, {conv: {filters: $c, kernel: 1}}]
    """
    assert list(outputs(text).values()) == ["4x4x3", "4x4x7"]


def test_a_block_may_call_one_below_it() -> None:
    text = "input: 4x2\nblocks: {A: {layers: [B]}, B: {layers: [relu]}}\nlayers: [A]\n"
    assert list(outputs(text)) == ["A1.B1.relu1"]


def test_a_word_as_argument_stays_a_word() -> None:
    text = """
    input: 4x4x2
    blocks: {B: {params: [act=relu, p=same], layers: [{conv: {filters: 2, kernel: 3, padding: $p, act: $act}}]}}
    layers: [B, {B: {act: tanh, p: valid}}, {B: {act: none, p: same}}]
    """
    assert outputs(text) == {
        "B1.conv1": "4x4x2", "B1.conv1.relu": "4x4x2", "B2.conv1": "2x2x2", "B2.conv1.tanh": "2x2x2", "B3.conv1": "2x2x2",
    }  # fmt: skip


DEFAULTS = """
input: 8x8x4
defaults:
  conv: {kernel: 3, padding: same, bias: false, norm: batch_norm, act: {leaky_relu: 0.2}}
  leaky_relu: {slope: 0.3}
  batch_norm: {affine: false}
  group_norm: {groups: 2}
layers:
  - conv: 4
  - conv: {filters: 4, act: none, norm: group_norm, kernel: 1}
  - conv: {filters: 4, act: leaky_relu, norm: none, bias: true}
  - leaky_relu
"""


def test_defaults_and_sugar() -> None:
    placed = {node.name: node.layer for node in network(DEFAULTS).nodes}
    assert list(placed) == [
        "conv1", "conv1.batch_norm", "conv1.leaky_relu", "conv2", "conv2.group_norm", "conv3", "conv3.leaky_relu", "leaky_relu1",
    ]  # fmt: skip
    assert [placed[name].slope for name in ("conv1.leaky_relu", "conv3.leaky_relu", "leaky_relu1")] == [0.2, 0.3, 0.3]  # type: ignore[attr-defined]
    assert placed["conv1.batch_norm"].affine is False  # type: ignore[attr-defined]
    assert placed["conv2.group_norm"].groups == 2  # type: ignore[attr-defined]
    assert [placed[name].bias for name in ("conv1", "conv2", "conv3")] == [False, False, True]  # type: ignore[attr-defined]


def test_defaults_may_hold_expressions() -> None:
    text = """
    input: 8x8x4
    vars: {w: 2}
    defaults: {conv: {filters: $D*$w, kernel: 1}, dense: {act: relu}}
    layers: [conv, conv]
    """
    assert list(outputs(text).values()) == ["8x8x8", "8x8x16"]


def test_defaults_apply_in_blocks() -> None:
    text = "input: 8x2\ndefaults: {dense: {units: 5}}\nblocks: {B: {layers: [dense]}}\nlayers: [B]\n"
    assert outputs(text) == {"B1.dense1": "5"}


# --------------------------------------------------------------------------------------------------------------------
# `expect`, inputs and outputs, what is given from outside.


@pytest.mark.parametrize(
    ("expect", "right"),
    [
        ("14x14x20", True), ("14×14×20", True), ("14x14x?", True), ("?x14x20", True), ("?x?x?", True), ("$(7*2)x14x$(k)", True),
        ("14x14x$k", None), ("14x14x21", False), ("14x14", False), ("15x14x?", False), ("3920", False), ("$(k)", False), ("14x14x20x1", False),
    ],
)  # fmt: skip
def test_expect(expect: str, right: bool | None) -> None:
    text = f"""
    input: 32x32x3
    vars: {{k: 20}}
    layers:
      - conv: {{filters: $k, kernel: 8, stride: 2, padding: 1}}
        expect: "{expect}"
    """
    codes = [d.code for d in found(text)]
    assert codes == ([] if right else ["EXPR101"] if right is None else ["EXPECT201"])


def test_expect_holds_after_the_last_repetition_and_the_sugar() -> None:
    layers("- {conv: {filters: 3, kernel: 3, act: relu}, repeat: 2, expect: 28x28x3}")
    layers("- {dense: 10, expect: 10}")
    layers("- {sequence: [{dense: 10}], expect: 10}")


def test_what_follows_a_wrong_expectation_is_left_alone() -> None:
    text = "input: 4x2\nlayers:\n  - {dense: 3, expect: 4}\n  - {conv: {filters: 1, kernel: 1}}\n  - {dense: 3, from: input, expect: 5}\n"
    assert [m.split()[:2] for m in messages(text)] == [["3:24", "EXPECT201"], ["5:37", "EXPECT201"]]


INPUTS = "inputs: {image: 8x8x3, mask: 8x8x1}\nlayers:\n  - {relu: , name: a}\n  - {concat: [a, mask]}\n  - {tanh: , from: input}\n"


def test_several_inputs() -> None:
    assert outputs(INPUTS) == {"a": "8x8x3", "concat1": "8x8x4", "tanh1": "8x8x3"}
    assert reads(INPUTS, "a") == ["image"]
    assert reads(INPUTS, "tanh1") == ["image"]


def test_inputs_given_from_outside() -> None:
    assert outputs(INPUTS, input={"image": "8x8x5"})["concat1"] == "8x8x6"
    assert outputs(INPUTS, input="8x8x2")["concat1"] == "8x8x3"
    assert outputs(INPUTS, input={"image": "4×4×5", "mask": "4x4x2"})["concat1"] == "4x4x7"
    assert layers("- relu", "4x4x3") == {"relu1": "4x4x3"}


@pytest.mark.parametrize(
    "given", ["", "8x8x", "8 x 8", "-1", "0x1", "8x?x3", "1x1x1x1x1", "1e3", "9" * 50, "10000000x10000000x100"]
)
def test_wrong_inputs_given_from_outside(given: str) -> None:
    with pytest.raises(SettingError, match="input"):
        expand(parsed(INPUTS), input=given)


def test_unknown_inputs_given_from_outside() -> None:
    with pytest.raises(SettingError, match="no input `images`; its inputs are `image` and `mask`"):
        expand(parsed(INPUTS), input={"images": "8x8x3"})


def test_an_input_of_variables() -> None:
    text = "input: $(s)x$(s)x$(2 + 1)\nvars: {s: 8}\nlayers: [relu]\n"
    assert outputs(text) == {"relu1": "8x8x3"}
    assert outputs(text, set={"s": 4}) == {"relu1": "4x4x3"}
    text = "input: {height: $s, width: 2*$s, depth: 3}\nvars: {s: 8}\nlayers: [relu]\n"
    assert outputs(text) == {"relu1": "8x16x3"}
    assert outputs("input: 5*$s\nvars: {s: 8}\nlayers: [relu]\n") == {"relu1": "40"}


@pytest.mark.parametrize(
    ("input", "volume"),
    [
        ("32x24x3", "32x24x3"), ("32×24×3", "32x24x3"), ("16000x1", "16000x1"), ("16x112x112x3", "16x112x112x3"), ("512", "512"),
        ("{height: 32, width: 24, depth: 3}", "32x24x3"), ("{depth: 1, length: 16000}", "16000x1"), ("{depth: 512}", "512"),
        ("{width: 4, time: 2, depth: 1, height: 3}", "2x3x4x1"),
    ],
)  # fmt: skip
def test_inputs(input: str, volume: str) -> None:
    assert list(layers("- relu", input).values()) == [volume]


def test_outputs() -> None:
    text = "input: 4x2\nlayers:\n  - {relu: , name: a}\n  - {tanh: , name: b}\noutputs: [a, b]\n"
    assert [node.name for node in network(text).outputs] == ["a", "b"]
    assert [node.name for node in network(text.replace("outputs: [a, b]", "")).outputs] == ["b"]


def test_set() -> None:
    text = "input: 4x2\nvars: {w: 2, d: 3*$w, act: relu}\nlayers:\n  - {dense: {units: $d, act: $act}}\n"
    assert outputs(text) == {"dense1": "6", "dense1.relu": "6"}
    assert outputs(text, set={"w": "4"}) == {"dense1": "12", "dense1.relu": "12"}
    assert outputs(text, set={"w": 4, "d": 5, "act": "none"}) == {"dense1": "5"}
    assert outputs(text, set={"w": "0.5", "d": "1e1"})["dense1"] == "10"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": 1}, "no variable `x`; its variables are `w`"),
        ({"W": 1}, "did you mean `w`?"),
        ({"w": float("inf")}, "a variable is a finite number or a word, not inf"),
        ({"w": [1]}, "a variable is a finite number or a word"),
    ],
)
def test_wrong_settings(given: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError) as caught:
        expand(parsed("input: 4x2\nvars: {w: 2}\nlayers: [{dense: $w}]\n"), set=given)
    assert said in str(caught.value)


def test_a_set_value_is_held_against_its_use() -> None:
    text = "input: 4x2\nvars: {w: 2}\nlayers:\n  - dense: $w\n"
    assert messages(text, set={"w": "wide"}) == [
        "4:12 VALUE101 `units` of `dense` must be a whole number of at least 1, not `wide`"
    ]


def test_a_description_is_expanded_as_often_as_one_likes() -> None:
    model = parsed("input: 4x2\nvars: {w: 2}\nlayers: [{dense: {units: $w, act: relu}}]\n")
    sizes = [str(expand(model, set={"w": w})[0].nodes[0].output) for w in (3, 5, 3)]
    assert sizes == ["3", "5", "3"]


# --------------------------------------------------------------------------------------------------------------------
# `tied`, `frozen`, sharing, notes.


def test_tied() -> None:
    text = """
    input: 8x8x4
    layers:
      - {conv: {filters: 4, kernel: 3, padding: 1, act: relu}, name: a}
      - {conv: {filters: 4, kernel: 3, padding: 1}, tied: a}
      - sequence:
          - {conv: {filters: 4, kernel: 3, padding: 1}, name: a}
          - {conv: {filters: 4, kernel: 3, padding: 1}, tied: a, name: inner}
          - {conv: {filters: 4, kernel: 3, padding: 1}, tied: conv1, name: outer}
    """
    tied = {node.name: node.tied.name for node in network(text).nodes if node.tied is not None}
    assert tied == {"conv1": "a", "sequence1.inner": "sequence1.a", "sequence1.outer": "conv1"}


def test_frozen() -> None:
    text = """
    input: 8x8x4
    blocks: {B: {layers: [{conv: {filters: 4, kernel: 1, norm: batch_norm}}]}}
    layers:
      - {B: , frozen: true}
      - {B: }
      - {conv: {filters: 4, kernel: 1}, frozen: true}
      - {sequence: [{dense: 3}], frozen: true}
      - {dense: 3, frozen: false}
    """
    frozen = {node.name: node.frozen for node in network(text).nodes}
    assert frozen == {
        "B1.conv1": True, "B1.conv1.batch_norm": True, "B2.conv1": False, "B2.conv1.batch_norm": False, "conv1": True,
        "sequence1.dense1": True, "dense1": False,
    }  # fmt: skip


def test_note() -> None:
    nodes = network("input: 4x2\nlayers:\n  - {relu: , note: $a stays 1e1}\n").nodes
    assert nodes[0].origin.note == "$a stays 1e1"


# --------------------------------------------------------------------------------------------------------------------
# A cause once, its consequences not at all; independent mistakes together.


def test_a_mistake_in_a_block_is_reported_once() -> None:
    text = """
    input: 4x4x2
    blocks: {B: {params: [c], layers: [{conv: {filters: $c/2, kernel: 1}}]}}
    layers:
      - B: {c: 3}
      - {B: {c: 5}, from: input, repeat: 3}
      - {B: {c: 7}, from: input}
    """
    assert len(found(text)) == 1


def test_branches_beside_a_mistake_go_on() -> None:
    text = """
    input: 4x4x2
    layers:
      - parallel:
          branches:
            a: [{conv: {filters: 2, kernel: 5}}, {dense: 10}]
            b: [{max_pool: 7}]
            c: [{conv: {filters: 2, kernel: 1}}]
      - {conv: {filters: 3, kernel: 9}}
      - {conv: {filters: 3, kernel: 3, groups: 2}, from: input}
    """
    assert [(d.code, d.span.line) for d in found(text) if d.span] == [
        ("SHAPE201", 6),
        ("SHAPE201", 7),
        ("SHAPE207", 10),
    ]


def test_layers_beside_mistakes_are_placed() -> None:
    model = parsed(
        "input: 4x4x2\nlayers:\n  - relu\n  - {conv: {filters: 2, kernel: 5}}\n  - tanh\n  - {elu: , from: relu1}\n"
    )
    placed, problems = expand(model)
    assert len(problems) == 1
    assert [node.name for node in placed.nodes] == ["relu1", "elu1"]


def test_the_trail_of_a_mistake() -> None:
    text = "input: 4x4x2\nblocks:\n  A: {layers: [{conv: {filters: 2, kernel: 5}}]}\n  B: {layers: [A]}\nlayers:\n  - {B: , name: b, repeat: 2}\n"
    notes = found(text)[0].notes
    assert "in `b.1.A1`: block `A`, called on line 4" in notes
    assert "in `b.1`: block `B`, repetition 1, called on line 6" in notes


# --------------------------------------------------------------------------------------------------------------------
# Limits.


def test_layers_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "layers", 5)
    assert len(layers("- {relu: , repeat: 5}")) == 5
    assert messages("input: 3\nlayers: [{relu: , repeat: 6}]") == [
        "2:27 LIMIT106 `repeat` is 6, but a network may have 5 layers"
    ]
    text = "input: 3\nlayers:\n  - {relu: , repeat: 4}\n  - {tanh: , repeat: 4}\n  - {dense: }\n"
    assert {m.split()[1] for m in messages(text)} == {"LIMIT106", "VALUE103"}


def test_steps_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "steps", 10)
    layers("- {relu: , repeat: 10}")
    assert [m.split()[1] for m in messages("input: 3\nlayers: [{sequence: [{relu: , when: false}], repeat: 6}]")] == [
        "LIMIT106"
    ]


def test_steps_of_calls_that_leave_nothing_count_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "input: 3\nblocks: {B: {params: [n], layers: [{relu: , when: $n > 1, repeat: 3}]}}\nlayers: [{B: {n: 1}, repeat: 5}, relu]\n"
    monkeypatch.setattr(LIMITS, "steps", 21)
    assert list(outputs(text)) == ["relu1"]
    monkeypatch.setattr(LIMITS, "steps", 20)
    assert [m.split()[1] for m in messages(text)] == ["LIMIT106"]
    assert list(outputs(text.replace("n: 1", "n: 2").replace("repeat: 5", "repeat: 1"))) == [
        "B1.1.relu1.1",
        "B1.1.relu1.2",
        "B1.1.relu1.3",
        "relu1",
    ]


def test_calls_nest_no_deeper_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "nesting", 9)
    chain = "".join(f"  B{n}: {{layers: [B{n + 1}]}}\n" for n in range(8))
    text = f"input: 3\nblocks:\n{chain}  B8: {{layers: [relu]}}\nlayers: [B0]\n"
    assert len(outputs(text)) == 1
    monkeypatch.setattr(LIMITS, "nesting", 8)
    assert [m.split()[1] for m in messages(text)] == ["LIMIT102"]


def test_the_search_for_mistakes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LIMITS, "findings", 2)
    text = "input: 4x4x2\nlayers:\n" + "  - {conv: {filters: 2, kernel: 5}, from: input}\n" * 5
    assert [(d.code, d.severity) for d in found(text)] == [("SHAPE201", "error")] * 2 + [("LIMIT107", "note")]
    text = "input: 4x4x2\nlayers:\n" + "".join(f"  - {word}\n" for word in ("cnov", "dnese", "rleu", "tnah", "eul"))
    assert [(d.code, d.severity) for d in found(text)] == [("MODEL102", "error")] * 2 + [("LIMIT107", "note")]


def test_a_size_taken_from_a_layer_that_is_an_argument() -> None:
    text = """
input: 8x8x4
blocks:
  Up:
    params: [fine]
    layers:
      - resize: {like: $fine}
      - add: [prev, $fine]
layers:
  - conv: {filters: 4, kernel: 1}
    name: fine
  - max_pool: 2
  - Up: {fine: fine}
    expect: 8x8x4
"""
    rows = analyzer.analyze(analyzer.load(text)).rows
    assert [row.inputs for row in rows[-2:]] == [["max_pool1", "fine"], ["Up1.resize1", "fine"]]
