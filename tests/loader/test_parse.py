"""The parser: every key of a file, a layer, a structure and a block; what it reads and what it refuses, and where."""

from __future__ import annotations

import pytest
from loading import found, messages, parsed

from analyzer.diagnostics import Diagnostic
from analyzer.engine.amounts import AMOUNTS
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.loader.parse.description import CallItem, LayerItem, ParallelItem, ResidualItem, SequenceItem
from analyzer.loader.parse.file import parse
from analyzer.loader.parse.grammar import TOP_KEYS
from analyzer.loader.parse.graph_keys import read_expected


def marked(text: str, problems: list[Diagnostic]) -> list[str]:
    """The findings of a text: each code with what it points at."""
    lines = text.splitlines() or [""]
    words = []
    for problem in problems:
        span = problem.span
        assert span is not None
        end = span.end_column - 1 if span.end_line == span.line else None
        words.append(f"{problem.code} {lines[span.line - 1][span.column - 1 : end]}".rstrip())
    return words


WHOLE = """
name: all keys
description: |
  every key of a file
input: 32x32x3
vars: {width: 16, act: relu}
sweep: {width: 8:32:8, act: [relu, silu]}
defaults:
  conv: {padding: same}
blocks:
  Double:
    description: twice
    params: [c, k=3]
    layers:
      - conv: {filters: $c, kernel: $k}
        repeat: 2
layers:
  - Double: {c: $width}
    name: stem
    note: the stem
    frozen: true
    expect: 32x32x16
  - residual:
      body: [conv: {filters: 16, kernel: 3}]
      project: none
      act: relu
  - parallel:
      join: add
      branches: {a: [relu], b: [tanh]}
    when: $width > 8
    from: stem
  - sequence: [relu]
    repeat: {n: [1, 2]}
  - conv: {filters: 16, kernel: 3}
    name: head
    first: {kernel: 1}
    repeat: 2
    weights_dtype: float16
  - conv: {filters: 16, kernel: 3}
    tied: head
outputs: [head]
budget:
  params: 26M
  macs: {min: 1K, max: 4.2G}
  weight_memory: 150 MiB
  peak_training_memory: 1.5 GB
training: {batch: 32, dtype: float16, optimizer: adam, weight_decay: 0.01, step: fused, loss: mse}
weights_dtype: int8
"""


def test_every_key() -> None:
    model = parsed(WHOLE)
    assert (model.name, model.description) == ("all keys", "every key of a file\n")
    assert list(model.inputs) == ["input"]
    assert list(model.vars) == ["width", "act"]
    assert list(model.defaults["conv"]) == ["padding"]
    assert list(model.blocks["Double"].params) == ["c", "k"]
    kinds = [CallItem, ResidualItem, ParallelItem, SequenceItem, LayerItem, LayerItem]
    assert [type(item) for item in model.layers] == kinds
    call, residual, parallel, sequence, conv, tied = model.layers
    assert (call.name, call.note, call.frozen) == ("stem", "the stem", True)
    assert call.expect is not None
    assert isinstance(residual, ResidualItem)
    assert residual.project == []
    assert isinstance(parallel, ParallelItem)
    assert (parallel.join, list(parallel.branches)) == ("add", ["a", "b"])
    assert parallel.when is not None
    assert parallel.source is not None
    assert isinstance(sequence.repeat, dict)
    assert list(conv.first) == ["kernel"]
    assert tied.tied is not None
    assert {name: [*axis.values] for name, axis in model.sweep.items()} == {
        "width": [8, 16, 24, 32],
        "act": ["relu", "silu"],
    }
    assert (model.weights_dtype, conv.weights_dtype, tied.weights_dtype) == ("int8", "float16", None)
    assert [template.value for template in model.outputs] == ["head"]
    limits = {name: (limit.least, limit.most, limit.unit) for name, limit in model.budget.items()}
    assert limits == {
        "params": (None, 26_000_000, "M"),
        "macs": (1_000, 4_200_000_000, "G"),
        "weight_memory": (None, 150 * 2**20, "MiB"),
        "peak_training_memory": (None, 1_500_000_000, "GB"),
    }
    assert model.training == {
        "batch": 32, "dtype": "float16", "optimizer": "adam", "weight_decay": 0.01, "step": "fused", "loss": "mse",
    }  # fmt: skip


def test_the_test_above_has_every_key() -> None:
    assert set(TOP_KEYS) - {"inputs"} == {line.partition(":")[0] for line in WHOLE.splitlines() if line[:1].isalpha()}


@pytest.mark.parametrize(
    ("file", "name"), [("a/b/net.yaml", "net"), ("net", "net"), ("<stdin>", "model"), ("v1.2.yml", "v1.2")]
)
def test_a_model_without_a_name_is_called_like_its_file(file: str, name: str) -> None:
    model = parse("input: 3\nlayers: [relu]\n", file).model
    assert model is not None
    assert model.name == name


@pytest.mark.parametrize("key", AMOUNTS)
def test_budget_keys(key: str) -> None:
    assert list(parsed(f"input: 3\nlayers: [relu]\nbudget: {{{key}: 12}}\n").budget) == [key]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        # what stands in an item
        ("- relu", []), ("- relu:", []), ("- {relu: {}}", []), ("- {relu: {inplace: true}}", []), ("- dense: 10", []),
        ("- {dense: {units: 10}}", []), ("- conv: {K: 4, F: 3, S: 2, P: 1}", []),
        ("- cnov", ['MODEL102 cnov']), ("- {}", ['MODEL105 {}']), ("-", ['MODEL105']), ("- []", ['MODEL103 []']), ("- {name: a}", ['MODEL105 {name: a}']),
        ("- {relu: , tanh: }", ['MODEL104 tanh']), ("- {relu: , nmae: a}", ['MODEL101 nmae']), ("- {conv: {filters: 4, kernel: 3}, stride: 2}", ['MODEL101 stride']),
        ("- {cnov: {filters: 4}, nmae: a}", ['MODEL102 cnov', 'MODEL102 nmae']),
        # parameters
        ("- conv: {filters: 4}", ['VALUE103 conv']), ("- conv: {filters: 4, kernal: 3}", ['VALUE102 kernal']), ("- relu: 3", ['VALUE104 3']),
        ("- conv: {filters: 4, kernel: 3, K: 4}", ['YAML101 K']), ("- dense: -1", ['VALUE101 -1']), ("- dense: $x", ['NAME102 $x']),
        ("- conv: {filters: -1, kernel: 0, stride: x}", ['VALUE101 -1', 'VALUE101 0', 'VALUE101 x']),
        ("- conv: {filters: 4, kernel: [3, 0]}", ['VALUE101 0']), ("- conv: {filters: 4, kernel: 3, padding: {top: 1, lfet: 2}}", ['VALUE102 lfet']),
        ("- conv: {filters: 4, kernel: 3, padding: [[1, 2], [0]]}", ['VALUE101 [0]']), ("- conv: {filters: 4, kernel: 3, sharing: {tiled: 0}}", ['VALUE101 0']),
        ("- conv: {filters: 4, kernel: 3, act: {relu: {a: 1}}}", ['VALUE102 a']), ("- conv: {filters: 4, kernel: 3, act: {relu: , tanh: }}", ['VALUE101 {relu: , tanh: }']),
        ("- conv: {filters: 4, kernel: 3, norm: {group_norm: {groups: 0}}}", ['VALUE101 0']),
        # graph keys
        ("- {relu: , name: [a]}", ['MODEL103 [a]']), ("- {relu: , name: a b}", ['NAME101 a b']), ("- {relu: , name: prev}", ['NAME101 prev']), ("- {relu: , name: ''}", ["NAME101 ''"]),
        ("- {relu: , from: [a, b]}", ['MODEL106 [a, b]']), ("- {relu: , from: {a: b}}", ['MODEL103 {a: b}']), ("- {relu: , from: }", ['MODEL103']), ("- {add: [prev], from: input}", ['MODEL106 input']),
        ("- {relu: , repeat: -1}", ['VALUE101 -1']), ("- {relu: , repeat: 1.5}", ['VALUE101 1.5']), ("- {relu: , repeat: true}", ['VALUE101 true']), ("- {relu: , repeat: {}}", ['VALUE101 {}']),
        ("- {relu: , repeat: {a: [1], b: [1, 2]}}", ['VALUE101 {a: [1], b: [1, 2]}']), ("- {relu: , repeat: {a: 3}}", ['MODEL103 3']), ("- {relu: , repeat: {a-b: [1]}}", ['NAME101 a-b']),
        ("- {relu: , first: {inplace: true}}", ['MODEL106 {inplace: true}']), ("- {relu: , repeat: 2, first: 3}", ['MODEL103 3']), ("- {relu: , repeat: 2, first: {a: 3}}", ['VALUE102 a']),
        ("- {sequence: [], repeat: 2, first: {a: 3}}", ['MODEL106 {a: 3}']),
        ("- {relu: , when: maybe}", ['EXPR103 maybe']), ("- {relu: , when: [1]}", ['EXPR103 [1]']), ("- {relu: , when: true}", []), ("- {relu: , when: 1}", []),
        ("- {relu: , expect: 3}", []), ("- {relu: , expect: 3x}", ['VALUE101 3x']), ("- {relu: , expect: [3]}", ['VALUE101 [3]']), ("- {relu: , note: [a]}", ['MODEL103 [a]']), ("- {relu: , note: }", ['MODEL103']),
        ("- {sequence: [], tied: a}", []), ("- {sequence: [], tied: [a]}", ['MODEL103 [a]']), ("- {relu: , tied: [a]}", ['MODEL103 [a]']), ("- {relu: , frozen: yes}", ['VALUE101 yes']), ("- {relu: , frozen: $x}", ['NAME102 $x']),
        # structures
        ("- residual", ['MODEL103 residual']), ("- residual: [relu]", ['MODEL103 [relu]']), ("- residual: {}", ['VALUE103 {}']), ("- residual: {body: relu}", ['MODEL103 relu']),
        ("- residual: {body: [], project: nothing}", ['MODEL103 nothing']), ("- residual: {body: [], act: 3}", ['VALUE101 3']), ("- residual: {body: [], project: []}", []),
        ("- parallel: {branches: {}}", ['VALUE103 {}']), ("- parallel: {branches: [a]}", ['MODEL103 [a]']), ("- parallel: {join: sum, branches: {a: [relu]}}", ['VALUE101 sum']),
        ("- parallel: {branches: {a.b: [relu]}}", ['NAME101 a.b']), ("- parallel: {branches: {a: relu}}", ['MODEL103 relu']), ("- sequence: relu", ['MODEL103 relu']), ("- sequence:", ['MODEL103']),
    ],
)  # fmt: skip
def test_items(items: str, expected: list[str]) -> None:
    text = f"input: 8x8x8\nlayers:\n  {items}\n"
    read = parse(text, "net.yaml")
    model, problems = read.model, read.problems
    assert model is not None
    assert marked(text, problems) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ['MODEL100']), ("# nothing\n", ['MODEL100']), ("[1]", ['MODEL100 [1]']), ("text", ['MODEL100 text']), ("~", ['MODEL100 ~']),
        ("input: 3", ['MODEL107 input']), ("layers: [relu]", ['MODEL108 layers']), ("{}", ["MODEL100 {}"]),
        ("input: 3\nlayers: []", ['MODEL107 []']), ("input: 3\nlayers: relu", ['MODEL103 relu']), ("input: 3\nlayers: {relu: }", ['MODEL103 {relu: }']),
        ("input: 3\ninputs: {a: 3}\nlayers: [relu]", ['MODEL108 {a: 3}']), ("inputs: {}\nlayers: [relu]", ['MODEL108 {}']), ("inputs: 3\nlayers: [relu]", ['MODEL103 3']),
        ("inputs: {a: x, b: -1, c: 3}\nlayers: [relu]", ['VALUE101 x', 'VALUE101 -1']), ("inputs: {input: 3}\nlayers: [relu]", ['NAME101 input']),
        ("input: 3\nlayers: [relu]\nvars: [1]", ['MODEL103 [1]']), ("input: 3\nlayers: [relu]\nvars: {a: [1], 1b: 2, c: $d}", ['VALUE101 [1]', 'NAME101 1b', 'NAME102 $d']),
        ("input: 3\nlayers: [relu]\ndefaults: {cnov: {}, relu: {x: 1}, dense: 3}", ['MODEL102 cnov', 'VALUE102 x', 'MODEL103 3']),
        ("input: 3\nlayers: [relu]\noutputs: relu1", ['MODEL103 relu1']), ("input: 3\nlayers: [relu]\noutputs: [[a]]", ['MODEL103 [a]']),
        ("input: 3\nlayers: [relu]\nbudget: {parms: 3, params: -1, macs: 3 MiB, depth: {}}", ['MODEL101 parms', 'VALUE101 -1', 'VALUE101 3 MiB', 'VALUE101 {}']),
        ("input: 3\nlayers: [relu]\nbudget: {params: {min: 3, max: 2}}", ['VALUE101 {min: 3, max: 2}']), ("input: 3\nlayers: [relu]\nbudget: {params: {least: 3}}", ['MODEL101 least']),
        ("input: 3\nlayers: [relu]\ntraining: {batch: 0, dtype: f32, weight_decay: x, lr: 1, loss: [a]}", ['VALUE101 0', 'VALUE101 f32', 'VALUE101 x', 'MODEL101 lr', 'VALUE101 [a]']),
        ("input: 3\nlayers: [relu]\nname: {a: b}\ndescription: []", ['MODEL103 {a: b}', 'MODEL103 []']), ("input: 3\nlayers: [relu]\nname:", ['MODEL103']),
        # a misspelt key stands for the one it means
        ("imput: 3\nlayer: [cnov]", ['MODEL101 imput', 'MODEL101 layer', 'MODEL102 cnov']), ("input_shape: [3, 4]\nmodel: [x]", ['MODEL101 input_shape', 'MODEL101 model']),
        # blocks
        ("input: 3\nblocks: {b: {layers: [relu]}}\nlayers: [relu]", ['NAME101 b']), ("input: 3\nblocks: {B: {}}\nlayers: [relu]", ['MODEL107 B']),
        ("input: 3\nblocks: {B: [relu]}\nlayers: [B]", ['MODEL103 [relu]']), ("input: 3\nblocks: {B: {parms: [a], layers: [relu]}}\nlayers: [relu]", ['MODEL101 parms']),
        ("input: 3\nblocks: {B: {params: [a, a, 1b, [c]], layers: [relu]}}\nlayers: [relu]", ['NAME103 a', 'NAME101 1b', 'MODEL103 [c]']),
        ("input: 3\nblocks: {B: {params: [a=$c], layers: [relu]}}\nlayers: [relu]", ['NAME102 a=$c']),
        ("input: 3\nblocks: {B: {params: [a], layers: [relu]}}\nlayers: [B]", ['VALUE103 B']), ("input: 3\nblocks: {B: {params: [a], layers: [relu]}}\nlayers: [{B: {b: 1}}]", ['VALUE102 b']),
        ("input: 3\nblocks: {B: {params: [a], layers: [relu]}}\nlayers: [{B: 3}]", ['VALUE104 3']), ("input: 3\nblocks: {A: {layers: [B]}, B: {layers: [A]}}\nlayers: [A]", ['MODEL109 A']),
        ("input: 3\nblocks: {A: {layers: [A]}}\nlayers: [relu]", ['MODEL109 A']),
    ],
)  # fmt: skip
def test_files(text: str, expected: list[str]) -> None:
    problems = parse(text, "net.yaml").problems
    assert marked(text, problems) == expected


def test_names_from_elsewhere_are_suggested_and_not_taken() -> None:
    for kind in CATALOGUE.values():
        for name in kind.elsewhere:
            word = name.partition(" → ")[0]
            if word in CATALOGUE:
                continue
            finding = found(f"input: 8x8x8\nlayers:\n  - '{word}'\n")[0]
            meant = "dense" if word in ("Linear", "LazyLinear") else found_elsewhere(word)
            assert finding.code == "MODEL102"
            assert finding.help is not None
            assert finding.help.startswith(f"`{word}` is called `{meant}` here")


def test_a_parameter_beside_its_layer_is_one_mistake() -> None:
    text = "input: 8x8x8\nlayers:\n  - conv:\n    filters: 4\n    kernel: 3\n    name: a\n  - {relu: , from: a}\n"
    assert messages(text) == ["4:5 MODEL101 `filters` and `kernel` are parameters of `conv`, but are written beside it"]


def test_a_broken_default_is_reported_once() -> None:
    text = "input: 8x8x8\ndefaults: {conv: {kernel: 3, padding: smae}}\nlayers:\n" + "  - conv: 4\n" * 3
    assert [m.split()[:2] for m in messages(text)] == [["2:39", "VALUE101"]]


def test_a_description_beside_mistakes_finds_more_of_them() -> None:
    text = "input: 8x8x8\nlayers:\n  - cnov\n  - {conv: {filters: 4, kernel: 9}, from: input}\n"
    assert [d.code for d in found(text)] == ["MODEL102", "SHAPE201"]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("14x14x20", (14, 14, 20)), ("14×14×20", (14, 14, 20)), ("56x56x?", (56, 56, None)), ("?", (None,)), ("512", (512,)),
        ("?x?x?x?", (None,) * 4), ("", None), ("x", None), ("14x", None), ("0x3", None), ("1x1x1x1x1", None), ("14 x 14", None), ("-3", None), (3, None),
    ],
)  # fmt: skip
def test_expected_volumes(text: object, sizes: object) -> None:
    assert read_expected(text) == sizes
