"""Which keys of a file changed, and which layers are made with them: each case by hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

import analyzer
from analyzer.difference import Difference
from analyzer.difference.keys.meaning import respelled

EXAMPLES = sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml"))

#: One of everything that a key may be.
MODEL = """\
name: net
description: a network
input: 32x32x3
vars:
  base: 64
  wide: 2*$base
  rate: 0.5
defaults:
  conv: {kernel: 3, padding: 1, act: relu}
blocks:
  Stage:
    params: [c, stride=1]
    layers:
      - conv: {filters: $c, stride: $stride}
      - conv: {filters: $c, kernel: 1, padding: 0}
layers:
  - conv: {filters: $base}
  - conv: {filters: 8, act: none, bias: false}
    name: thin
  - Stage: {c: $wide}
    name: a
    repeat: 2
    first: {stride: 2}
    expect: ?x?x?
  - residual:
      body:
        - conv: {filters: $D, kernel: 1, padding: 0}
      act: relu
  - parallel:
      join: add
      branches:
        left: [conv: {filters: 4, act: {leaky_relu: 0.1}}]
        right: [conv: {filters: 4}]
  - dropout: $rate
  - global_avg_pool
  - dense: 10
    name: head
budget: {params: 5M, macs: {min: 1M, max: 900M}}
training: {batch: 32, optimizer: adam}
outputs: [head]
"""

STAGE = ["a.1.conv1", "a.1.conv2", "a.2.conv1", "a.2.conv2"]

#: A change of the text, and what it is as (key, old, new, layers).
CHANGES: list[tuple[str, str, list[tuple[str, Any, Any, list[str]]]]] = [
    ("base: 64", "base: 48", [("vars.base", 64, 48, ["conv1", *STAGE])]),
    ("wide: 2*$base", "wide: 128", [("vars.wide", "2*$base", 128, STAGE)]),
    ("  rate: 0.5\n", "  rate: 0.3\n", [("vars.rate", 0.5, 0.3, ["dropout1"])]),
    ("name: net", "name: other", [("name", "net", "other", [])]),
    ("description: a network\n", "", [("description", "a network", None, [])]),
    ("32x32x3", "64x64x3", [("input", "32x32x3", "64x64x3", [])]),
    ("kernel: 3, padding", "kernel: 5, padding", [
        ("defaults.conv.kernel", 3, 5,
         ["conv1", "thin", "a.1.conv1", "a.2.conv1", "parallel1.left.conv1", "parallel1.right.conv1"])]),
    ("act: relu}\nblocks", "act: silu}\nblocks", [
        ("defaults.conv.act", "relu", "silu", ["conv1", *STAGE, "conv2", "parallel1.right.conv1"])]),
    ("stride=1]", "stride=2]", [("blocks.Stage.params.stride", 1, 2, ["a.2.conv1"])]),
    ("stride: $stride}", "stride: 1}", [("stride", "$stride", 1, ["a.1.conv1", "a.2.conv1"])]),
    ("0}\nlayers", "0, dilation: 2}\nlayers", [("dilation", None, 2, ["a.1.conv2", "a.2.conv2"])]),
    ("bias: false", "bias: true", [("bias", False, True, ["thin"])]),
    ("act: none, ", "", [("act", "none", None, ["thin"])]),
    ("name: thin", "name: slim", [("name", "thin", "slim", ["slim"])]),
    ("c: $wide", "c: 3*$base", [("c", "$wide", "3*$base", STAGE)]),
    ("repeat: 2", "repeat: 3", [("repeat", 2, 3, [*STAGE, "a.3.conv1", "a.3.conv2"])]),
    ("first: {stride: 2}", "first: {stride: 4}", [("first.stride", 2, 4, ["a.1.conv1"])]),
    ("    expect: ?x?x?\n", "", [("expect", "?x?x?", None, STAGE)]),
    ("join: add", "join: multiply", [("join", "add", "multiply", ["parallel1.multiply"])]),
    ("      act: relu\n", "      act: silu\n", [("act", "relu", "silu", ["add1"])]),
    ("leaky_relu: 0.1", "leaky_relu: 0.2", [
        ("act", {"leaky_relu": 0.1}, {"leaky_relu": 0.2}, ["parallel1.left.conv1"])]),
    ("dense: 10", "linear: 10", [("type", "dense", "linear", ["head"])]),
    ("global_avg_pool\n", "global_avg_pool:\n    note: why\n", [("note", None, "why", ["global_avg_pool1"])]),
    ("params: 5M", "params: 6M", [("budget.params", "5M", "6M", [])]),
    ("min: 1M, ", "", [("budget.macs", {"min": "1M", "max": "900M"}, {"max": "900M"}, [])]),
    ("batch: 32", "batch: 64", [("training.batch", 32, 64, [])]),
    (", optimizer: adam", "", [("training.optimizer", "adam", None, [])]),
    ("outputs: [head]", "outputs: [thin]", [("outputs", ["head"], ["thin"], [])]),
    ("[conv: {filters: 4}]", "[conv: {filters: 4}, relu6]", []),  # a layer more is not a key
    ("  - dropout: $rate\n", "", []),
]  # fmt: skip

#: Other spellings of the same model.
SPELLINGS = [
    ("filters: $base", "K: $base"),
    ("{c: $wide}", "{c: $(wide)}"),
    ("2*$base", "$(2 * base)"),
    ("2*$base", "2 * $base"),
    ("kernel: 3, padding: 1", "F: 3x3, P: [1, 1]"),
    ("padding: 1", "padding: {top: 1, bottom: 1, left: 1, right: 1}"),
    ("padding: 1, act", "padding: [[1, 1], [1, 1]], act"),
    ("32x32x3", "32×32×3"),
    ("input: 32x32x3", "input: {height: 32, width: 32, depth: 3}"),
    ("params: 5M", "params: 5_000_000"),
    ("dense: 10", "dense: {units: 10}"),
    ("leaky_relu: 0.1", "leaky_relu: {slope: 0.10}"),
    ("global_avg_pool", "global_avg_pool:"),
    ("- dropout: $rate", "- dropout: {rate: $rate}   # a comment"),
    ("[c, stride=1]", "[stride = 1, c]"),
    ("  base: 64\n  wide: 2*$base\n  rate: 0.5\n", "  rate: 0.5\n  base: 64\n  wide: 2*$base\n"),
]  # fmt: skip


def compared(old: str, new: str) -> Difference:
    return analyzer.diff(old, new)


def keys(old: str, new: str) -> list[tuple[str, Any, Any, list[str]]]:
    found = compared(old, new).keys
    assert found is not None
    assert all(change.layers is not None for change in found)
    return [(change.key, change.old, change.new, list(change.layers or ())) for change in found]


@pytest.mark.parametrize(
    ("before", "after", "told"), CHANGES, ids=[f"{old[:20]} {new[:20]}" for old, new, _ in CHANGES]
)
def test_a_change(before: str, after: str, told: list[tuple[str, Any, Any, list[str]]]) -> None:
    assert MODEL.count(before) == 1
    assert keys(MODEL, MODEL.replace(before, after)) == told


@pytest.mark.parametrize(
    ("before", "after", "told"), CHANGES, ids=[f"{old[:20]} {new[:20]}" for old, new, _ in CHANGES]
)
def test_the_same_change_backwards(before: str, after: str, told: list[tuple[str, Any, Any, list[str]]]) -> None:
    back = keys(MODEL.replace(before, after), MODEL)
    assert [(key, old, new) for key, new, old, _ in told] == [change[:3] for change in back]


@pytest.mark.parametrize(("before", "after"), SPELLINGS, ids=[after for _, after in SPELLINGS])
def test_another_spelling_is_no_change(before: str, after: str) -> None:
    new = MODEL.replace(before, after)
    assert new != MODEL
    assert keys(MODEL, new) == []
    assert compared(MODEL, new).equal


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_in_flow_style(path: Path) -> None:
    """Without comments, in one line, every mapping in braces: nothing that a network is made of."""
    tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        node.value = node.value or "null"  # `relu:`
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = True
            waiting += [one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,))]
    text = yaml.serialize(tree, Dumper=_Plain, width=100_000)
    assert "#" not in text
    assert text.count("\n") < 5
    difference = compared(str(path), text)
    assert [change.key for change in difference.keys or ()] == []
    assert difference.equal


class _Plain(yaml.SafeDumper):
    """Writes every text plain where it can: `64`, not `'64'`."""

    yaml_implicit_resolvers = {}  # noqa: RUF012


def test_an_activation_that_a_default_gives() -> None:
    """U-Net has nine pairs of convolutions (Ronneberger et al. 2015, figure 1): 18 layers with an activation."""
    text = (EXAMPLES[0].parent / "unet.yaml").read_text(encoding="utf-8")
    ((key, old, new, layers),) = keys(text, text.replace("act: relu", "act: silu"))
    assert (key, old, new, len(layers)) == ("defaults.conv.act", "relu", "silu", 18)
    assert layers[:2] == ["enc1.conv1", "enc1.conv2"]


def test_equal_changes_of_one_key_are_one() -> None:
    """Six layers with an activation of their own; the order is that of the network."""
    layer = "  - conv: {filters: 4, kernel: 3, act: relu}\n"
    text = "input: 32x32x3\nlayers:\n" + 6 * layer
    assert keys(text, text.replace("relu", "silu")) == [("act", "relu", "silu", [f"conv{n}" for n in range(1, 7)])]


def test_a_block_that_one_side_has_is_one_key() -> None:
    layers = "input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n"
    block = "blocks:\n  Extra:\n    params: [c=2]\n    layers: [conv: {filters: $c, kernel: 1}]\n"
    ((key, old, new, made),) = keys(layers, block + layers + "  - Extra\n")
    assert (key, old, made) == ("blocks.Extra", None, ["Extra1.conv1"])
    assert new == {"params": ["c=2"], "layers": [{"conv": {"filters": "$c", "kernel": 1}}]}


def test_a_layer_that_was_added_takes_no_keys_of_its_neighbours() -> None:
    old = "input: 32x32x3\nlayers:\n" + "".join(f"  - conv: {{filters: {n}, kernel: 3}}\n" for n in (8, 16, 32))
    new = old.replace("  - conv: {filters: 16", "  - conv: {filters: 12, kernel: 3}\n  - conv: {filters: 16")
    assert keys(old, new) == []
    assert keys(old, new.replace("32, kernel: 3", "32, kernel: 5")) == [("kernel", 3, 5, ["conv4"])]


def test_widths_that_are_doubled_are_changes_and_no_other_layers() -> None:
    """The third layer of the old file has the width of the first one of the new."""
    old, new = (
        "input: 64x64x3\nlayers:\n" + "".join(f"  - conv: {{filters: {by * n}, kernel: 3}}\n" for n in (8, 8, 16, 16))
        for by in (1, 2)
    )
    assert keys(old, new) == [("filters", 8, 16, ["conv1", "conv2"]), ("filters", 16, 32, ["conv3", "conv4"])]


def test_variables_reach_layers_through_calls_of_calls() -> None:
    text = """\
input: 16x16x3
vars: {a: 1, b: 4}
blocks:
  Inner:
    params: [c]
    layers: [conv: {filters: $c, kernel: 1}]
  Outer:
    params: [c]
    layers: [Inner: {c: 2*$c}, conv: {filters: 3, kernel: 1}]
layers:
  - Outer: {c: $a}
  - Outer: {c: $b}
  - sequence: [conv: {filters: $n, kernel: 1}]
    repeat: {n: [$a, 5]}
  - relu:
    when: $b > 1
"""
    assert keys(text, text.replace("a: 1,", "a: 2,"))[0][3] == [
        "Outer1.Inner1.conv1", "sequence1.1.conv1", "sequence1.2.conv1"
    ]  # fmt: skip
    assert keys(text, text.replace("b: 4", "b: 6"))[0][3] == ["Outer2.Inner1.conv1", "relu1"]


def test_a_network_without_a_file_has_no_keys() -> None:
    analysis = analyzer.analyze(MODEL)
    difference = analyzer.diff(analysis, MODEL)
    assert difference.keys is None
    assert difference.equal


def test_a_rate_is_a_difference_that_no_cost_shows() -> None:
    difference = compared(MODEL, MODEL.replace("rate: 0.5", "rate: 0.3"))
    assert not difference.equal
    assert [(c.node.name, c.fields) for c in difference.layers] == [
        ("dropout1", {"arguments": ({"rate": 0.5}, {"rate": 0.3})})
    ]


def test_a_budget_is_no_difference_of_networks() -> None:
    assert compared(MODEL, MODEL.replace("params: 5M", "params: 6M")).equal


@pytest.mark.parametrize(
    ("one", "other"),
    [("4*$c", "$(4*c)"), ("4*$c", " 4 * $c "), ("56x56x$(4*w)", "56x56x$( 4 * w )"), ("$c if $i else 2", "$(c if i else 2)")],
)  # fmt: skip
def test_spellings_of_expressions(one: str, other: str) -> None:
    assert respelled(one) == respelled(other)


@pytest.mark.parametrize(("one", "other"), [("4*$c", "4*$d"), ("'a b'", "'a  b'"), ("$(a)x$(b)", "$(a)x$(c)")])
def test_other_expressions(one: str, other: str) -> None:
    assert respelled(one) != respelled(other)


def test_the_cost_is_linear() -> None:
    """10,000 layers of which every other one changed, and a variable that reaches all of them."""

    def network(layers: int, width: int) -> str:
        each = "  - conv: {filters: %d, kernel: $k}\n  - conv: {filters: $w, kernel: 1}\n"
        return f"input: 4x4x3\nvars: {{w: {width}, k: 1}}\nlayers:\n" + "".join(
            each % (width + n % 7) for n in range(layers // 2)
        )

    times = []
    for layers in (2_500, 10_000):
        models = [analyzer.load(network(layers, width)) for width in (8, 9)]
        networks = [analyzer.analyze(model).network for model in models]
        start = time.perf_counter()
        found = analyzer.difference.keys.changed_keys(*models, (networks[0], networks[1]), str)
        times.append(time.perf_counter() - start)
        assert found[0].key == "vars.w"
        assert len(found[0].layers or ()) == layers // 2
    assert times[1] < 12 * times[0]


def test_the_peaks_are_those_of_the_memory_analysis() -> None:
    """Each side with the optimizer of its file; the batch is that of the new one."""
    new = MODEL.replace("batch: 32, optimizer: adam", "batch: 64, optimizer: sgd")
    difference = compared(MODEL, new)
    assert difference.peaks() == ["peak_training_memory", "peak_inference_memory"]
    for text, side in ((MODEL, difference.old), (new, difference.new)):
        held = analyzer.memory(analyzer.load(text), batch=64).held("declared")
        assert side.total("peak_training_memory") == held.peak.bytes
        assert side.total("peak_inference_memory") == held.inference.peak.bytes
    assert not difference.equal


def test_nothing_is_trained_in_int8() -> None:
    """So only inference has a peak that can be compared."""
    text = MODEL.replace("batch: 32, optimizer: adam", "dtype: int8")
    assert compared(text, text.replace("base: 64", "base: 48")).peaks() == ["peak_inference_memory"]
