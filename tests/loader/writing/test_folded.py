"""Folded YAML: what a person would have written, by hand; the laws are in `test_laws`."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer

ROOT = Path(__file__).parents[3]
NETWORKS = ROOT / "tests" / "loader" / "formats" / "of_torch" / "networks"


def lines(text: str) -> int:
    """The lines of a model without comments and blank ones."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.split("\n"))


def folded(text: str) -> str:
    """The folded model of a text, without the comment at its top and its name."""
    written = analyzer.convert(f"name: x\n{text}")
    return written.partition("name: x\n")[2]


def chain(*layers: str, input: str = "32x32x16") -> str:
    """A model of some layers, one after the other."""
    return f"input: {input}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


CONV = "conv: {filters: 16, kernel: 3, padding: 1}"

RESIDUALS = f"""
input: 32x32x3
layers:
  - {{conv: {{filters: 16, kernel: 3, padding: 1}}, name: stem}}
  - {CONV}
  - {{{CONV}, name: b1}}
  - {{add: [b1, stem], name: s1}}
  - {{relu: , name: r1}}
  - {CONV}
  - {{{CONV}, name: b2}}
  - {{add: [b2, r1], name: s2}}
  - {{relu: , name: r2}}
  - {{conv: {{filters: 32, kernel: 3, padding: 1, stride: 2}}}}
  - {{conv: {{filters: 32, kernel: 3, padding: 1}}, name: b3}}
  - {{conv: {{filters: 32, kernel: 1, stride: 2}}, from: r2, name: p3}}
  - {{add: [b3, p3], name: s3}}
  - {{relu: , name: r3}}
  - {{conv: {{filters: 32, kernel: 3, padding: 1}}}}
  - {{conv: {{filters: 32, kernel: 3, padding: 1}}, name: b4}}
  - {{add: [b4, r3], name: s4}}
  - {{relu: , name: r4}}
  - global_avg_pool
  - dense: 10
"""


def test_residuals_become_a_block_that_is_repeated() -> None:
    assert (
        folded(RESIDUALS)
        == """input: 32x32x3

vars:
  classes: 10
  width: 16

defaults:
  conv: {kernel: 3, padding: 1}

blocks:
  Residual:
    params: [filters, stride=1]
    layers:
      - residual:
          body:
            - conv: {filters: $filters, stride: $stride}
            - conv: $filters
          project:
            - conv: {filters: $filters, kernel: 1, stride: $stride, padding: 0}
          act: relu

layers:
  - conv: $width
    name: stem
  - Residual: {filters: $width}
    repeat: 2
  - Residual: {filters: 2*$width}
    repeat: 2
    first: {stride: 2}
  - global_avg_pool
  - dense: $classes
"""
    )


def test_variables_change_the_network_and_nothing_breaks() -> None:
    """Twice the width: 4 times the weights of a convolution between two wide layers."""
    written = analyzer.convert(RESIDUALS)
    assert [str(node.output) for node in analyzer.analyze(written, set={"width": 32}).network.nodes][-3:] == [
        "16x16x64",
        "1x1x64",
        "10",
    ]


def test_a_width_that_something_else_must_follow_is_no_variable() -> None:
    text = chain("conv: {filters: 32, kernel: 3}", "conv: {filters: 64, kernel: 3}", "conv: {filters: 64, kernel: 5}", "reshape: 22x22x64")  # fmt: skip
    assert "vars" not in folded(text.replace("32x32x16", "30x30x16"))
    assert "width: 32" in folded(text.replace("  - reshape: 22x22x64\n", ""))


def test_equal_layers_are_repeated() -> None:
    assert folded(chain(CONV, CONV, CONV)) == f"input: 32x32x16\nlayers:\n  - {CONV}\n    repeat: 3\n"


def test_names_that_an_author_gave_are_kept() -> None:
    named = [f"{{{CONV}, name: {name}}}" for name in ("stem", "a-b", "a_b", "conv7")]
    written = folded(chain(*named, CONV, "{global_avg_pool: , name: mean}"))
    assert [line.strip() for line in written.split("\n") if "name:" in line] == [
        "name: stem",
        "name: a-b",
        "name: a_b",
        "name: mean",
    ]
    assert "repeat: 2" in written  # `conv7` is a name that a layer gets by itself, so its neighbour may join it


def test_the_last_depth_is_a_number_of_classes_and_no_width() -> None:
    layers = [f"conv: {{filters: {filters}, kernel: 3, padding: 1}}" for filters in (16, 32, 64)]
    assert "vars:\n  classes: 2\n  width: 16\n" in folded(chain(*layers, "conv: {filters: 2, kernel: 1}"))
    assert "vars:\n  width: 16\n" in folded(chain(*layers, "conv: {filters: 3, kernel: 3, padding: 1}"))


def test_no_group_of_one_row() -> None:
    text = "input: 8x8x3\nlayers:\n  - sequence:\n      - sequence: [relu]\n        name: inner\n    name: outer\n"
    assert folded(text) == "input: 8x8x3\nlayers:\n  - relu\n"


def test_norm_and_act_are_said_with_their_layer_where_nothing_else_reads_between() -> None:
    rows = ("conv: {filters: 8, kernel: 1}", "batch_norm", "relu")
    assert "conv: {filters: 8, kernel: 1, norm: batch_norm, act: relu}\n" in folded(chain(*rows))
    split = folded(chain(rows[0], "{batch_norm: , name: n}", "relu", "add: [n, prev]"))
    assert "conv: {filters: 8, kernel: 1, norm: batch_norm}\n    name: n" in split.replace("name: conv1", "name: n")
    assert "  - relu\n" in split


def test_branches_become_a_parallel() -> None:
    text = """
input: 8x8x4
layers:
  - {conv: {filters: 4, kernel: 1}, name: a}
  - {max_pool: {kernel: 3, stride: 1, padding: 1}, from: input, name: b}
  - concat: [a, b]
"""
    assert (
        folded(text)
        == """input: 8x8x4
layers:
  - parallel:
      join: concat
      branches:
        a: [conv: {filters: 4, kernel: 1}]
        b: [max_pool: {kernel: 3, stride: 1, padding: 1}]
"""
    )


def test_layers_that_read_all_before_them_are_one_item() -> None:
    dense = "".join(
        f"  - sequence: [{{concat: [stem, {', '.join(f'd{j}' for j in range(1, i))}]}}, {{conv: {{filters: 4, kernel: 1}}}}, tanh, relu]\n    name: d{i}\n"
        for i in range(2, 5)
    )
    text = f"""
input: 8x8x4
layers:
  - {{conv: {{filters: 8, kernel: 1}}, name: stem}}
  - sequence: [{{conv: {{filters: 4, kernel: 1}}}}, tanh, relu]
    name: d1
{dense}  - concat: [stem, d1, d2, d3, d4]
"""
    written = folded(text)
    assert "- concat: $features\n        when: $i > 0\n" in written
    assert "repeat: 4\n" in written
    assert written.endswith('.*"]\n')


def test_layers_that_read_all_before_them_need_no_names_to_be_one_item() -> None:
    text = "input: 8x8x4\nlayers:\n  - {conv: {filters: 8, kernel: 1}, name: stem}\n"
    for i in range(1, 5):
        joined = ", ".join(["stem", *(f"c{j}" for j in range(1, i))])
        text += f"  - concat: [{joined}]\n" if i > 1 else ""
        text += f"  - tanh\n  - relu\n  - {{conv: {{filters: 4, kernel: 3, padding: 1}}, name: c{i}}}\n"
    written = folded(text + "  - concat: [stem, c1, c2, c3, c4]\n")
    assert "- concat: $features\n        when: $i > 0\n" in written
    assert lines(written) <= 20


def test_an_expect_in_a_block_is_kept_for_each_call() -> None:
    blocks = "blocks: {B: {params: [c], layers: [{conv: {filters: $c, kernel: 3}, expect: '?x?x$(c)'}, relu, {max_pool: 2}, tanh, sigmoid]}}"
    text = f"input: 64x64x3\n{blocks}\nlayers: [{{B: {{c: 4}}}}, {{B: {{c: 8}}}}, {{B: {{c: 16}}}}]\n"
    ours, theirs = (analyzer.analyze(one).network.expected for one in (text, analyzer.convert(text)))
    assert ours == theirs
    assert [sizes[-1] for sizes in theirs.values()] == [4, 8, 16]


@pytest.mark.parametrize(
    ("file", "most"),
    [("resnet18.pt2", 45), ("vit_b_16.pt2", 60), ("googlenet.pt2", 60), ("efficientnet_b0.pt2", 100), ("mobilenet_v3_small.pt2", 80)],
)  # fmt: skip
def test_lines_of_networks_from_torch(file: str, most: int) -> None:
    assert lines(analyzer.convert(NETWORKS / file)) <= most


def test_cost_grows_with_the_layers() -> None:
    """Units that are looked at: counted, since time is noise."""
    text = chain(*[CONV, "relu", "tanh"] * 400)
    assert lines(folded(text)) <= 20
