"""The law of explanations: every formula gives the number of the report, on all examples and on random networks.

The report is calculated without the formulas. Published numbers and calculations by hand are named beside them.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from building import build, read_yaml, volume
from loading import network

import analyzer
from analyzer.diagnostics import Refusal
from analyzer.engine.analysis import analyze_network
from analyzer.engine.explained.chosen import UnknownLayer
from analyzer.engine.explained.explain import explain_network
from analyzer.engine.explained.expression import written
from analyzer.engine.explained.result import Explained, Explanation, Step
from analyzer.engine.memory.by_layer import measure_memory
from analyzer.engine.network import Network
from analyzer.engine.result import Analysis, Row

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))

#: What a step of these topics must have where its number is not 0: a closed form.
CLOSED = ("output", "weights", "biases", "buffers", "parameters", "macs", "memory")


def said(layer: Explained, topic: str, name: str, mode: str | None = None) -> str:
    """A step as it is printed: `8·8·3·20 = 3840`."""
    (step,) = [step for step in layer.steps if (step.topic, step.name, step.mode) == (topic, name, mode)]
    return f"{written(step.formula)} = {step.value}" if step.formula is not None else step.words


def holds(explanation: Explanation, analysis: Analysis) -> None:
    """Every number is that of the report, and every formula gives it."""
    rows = {row.name: row for row in analysis.rows}
    names = [name for layer in explanation.layers for name in layer.names]
    assert sorted(names) == sorted(rows), "every layer is explained once"
    for layer in explanation.layers:
        for step in layer.steps:
            assert step.formula is None or step.formula.value == step.value
            assert step.formula is not None or not step.value or step.topic not in CLOSED, f"{layer.names}: {step}"
        for name in layer.names:
            agrees(layer.steps, rows[name], first=name == layer.names[0])


def agrees(steps: list[Step] | Any, row: Row, *, first: bool) -> None:
    """The steps have the numbers of a row; the last two topics depend on the layers before an equal one."""
    values: dict[tuple[str, str, str | None], int | float | None] = {}
    for step in steps:
        values.setdefault((step.topic, step.name, step.mode), step.value)
    output = [step.value for step in steps if step.topic == "output" and step.name.endswith("_out")]
    assert output == list(row.output.sizes)
    modes = {step.mode for step in steps if step.topic in ("weights", "biases", "buffers", "parameters") and step.mode}
    for mode in modes or {None}:
        cost = row.own.declared if mode in (None, "declared") else row.shared if mode == "shared" else row.local
        for name in ("weights", "biases", "buffers"):
            assert (values.get((name, name, mode)) or 0) == getattr(cost, name), (row.name, name, mode)
        together = values.get(("parameters", "parameters", mode))
        assert together is None or together == cost.parameters
    assert values["macs", "MACs", None] == row.macs
    assert values["memory", "output", None] == row.activation_bytes
    for mode in ("shared", "local"):
        for name in ("parameters", "buffers"):
            found = values.get(("memory", name, mode))
            assert found is None or found == (row.shared if mode == "shared" else row.local).bytes
    if first:
        kept = [step.value or 0 for step in steps if step.topic == "saved" and step.name != "in all"]
        assert sum(kept) == values["saved", "in all", None] == row.saved
        field = row.receptive_field
        sizes = [step.value for step in steps if step.name == "r_out" and step.value is not None]
        if field is not None and len(row.receptive_fields) == 1 and not field.everything:
            assert sizes == field.size
            assert [step.value for step in steps if step.name == "j_out"] == field.stride
            assert [step.value for step in steps if step.name == "start_out"] == field.offset


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_number_of_every_example(path: Path) -> None:
    analysis = analyzer.analyze(path)
    measure_memory(analysis)
    holds(explain_network(analysis), analysis)


@pytest.mark.parametrize("dtype", ["float16", "int4"])
def test_a_batch_and_a_number_format(dtype: str) -> None:
    analysis = analyzer.analyze(ROOT / "example_models" / "lenet5.yaml", batch=3, dtype=dtype)
    measure_memory(analysis)
    holds(explain_network(analysis), analysis)


@cache
def layers_of_cases() -> list[tuple[str, Any]]:
    """Every layer of the case files that reads one volume."""
    found = []
    for path in sorted((ROOT / "tests" / "layers" / "cases").glob("*.yaml")):
        for case in read_yaml(path):
            if "refused" not in case and not isinstance(case["input"], list):
                found.append((path.stem, case.get("parameters")))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_every_number_of_random_networks(seed: int) -> None:
    """Layers of the case files, whatever fits behind each other, with sums and joins of what was before."""
    chance, pool = random.Random(seed), layers_of_cases()
    placed = Network()
    start = chance.choice(["32x33x8", "64x8", "6x16x15x4", "48", "224x224x3", "20x64"])
    node = placed.enter("input", volume(start))
    before = [node]
    for number in range(12):
        for _ in range(30):
            merge = chance.random() < 0.2
            type_, parameters = (
                (chance.choice(["add", "concat"]), {"inputs": ["a", "b"]}) if merge else chance.choice(pool)
            )
            sources = [node, chance.choice(before)] if merge else [node]
            try:
                node = placed.place(f"layer{number}", build(type_, parameters), sources)
            except Refusal:
                continue
            before.append(node)
            break
        if node.output.size > 10**7:
            break
    analysis = analyze_network(placed)
    measure_memory(analysis)
    holds(explain_network(analysis), analysis)


def explained(text: str, *names: str, mode: str = "both") -> list[Explained]:
    return list(explain_network(analyze_network(network(text)), names, mode=mode).layers)


def test_the_textbook_s_layer() -> None:
    """CS231n: 14·14·20; (8·8·3 + 1)·20 = 3,860; locally connected 756,560 = 196 · 3,860; r = 8, step 2, from −1."""
    (conv1,) = explained("input: 32x32x3\nlayers:\n  - conv: {K: 20, F: 8, S: 2, P: 1}\n")
    assert said(conv1, "output", "W_out") == "⌊(32 − 8 + 2·1)/2⌋ + 1 = 14"
    assert said(conv1, "weights", "weights", "shared") == "8·8·3·20 = 3840"
    assert said(conv1, "parameters", "parameters", "shared") == "(8·8·3 + 1)·20 = 3860"
    assert said(conv1, "parameters", "parameters", "local") == "(8·8·3 + 1)·20·14·14 = 756560"
    assert said(conv1, "macs", "MACs") == "8·8·3·20·14·14 = 752640"
    assert said(conv1, "memory", "output") == "14·14·20·4 = 15680"
    field = {
        step.name: f"{written(step.formula)} = {step.value}" for step in conv1.about("receptive_field") if step.formula
    }
    assert field == {
        "r_out": "1 + (8 − 1)·1 = 8",
        "j_out": "1·2 = 2",
        "start_out": "0 − 1·1 = −1".replace("= −", "= -"),
    }
    local = next(step for step in conv1.steps if (step.name, step.mode) == ("parameters", "local"))
    assert local.words == "196 × as many as shared"


#: Published numbers: the layer, and its parameters or MACs as a paper or a framework gives them.
PUBLISHED = [
    ("vgg16", "dense1", ("parameters", "parameters", None), "(25,088 + 1)·4,096 = 102764544"),  # Simonyan 2015
    ("resnet50", "conv1", ("weights", "weights", "shared"), "7·7·3·64 = 9408"),  # torchvision
    ("lenet5", "conv1", ("parameters", "parameters", "shared"), "(5·5·1 + 1)·6 = 156"),  # LeCun et al. 1998, C1
    ("vit_b16", "encoder.layer.1.multi_head_attention1", ("parameters", "parameters", None),
     "2,359,296 + 3,072 = 2362368"),  # Dosovitskiy et al. 2021: 4·768² + 4·768
]  # fmt: skip


@pytest.mark.parametrize(("model", "name", "step", "formula"), PUBLISHED)
def test_published_numbers(model: str, name: str, step: tuple[str, str, str | None], formula: str) -> None:
    (layer,) = explain_network(analyzer.analyze(ROOT / f"example_models/{model}.yaml"), [name]).layers
    assert said(layer, *step) == formula


TWO = """
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: first
  - batch_norm
  - relu
  - conv: {filters: 4, kernel: 3, stride: 2, padding: 1}
    name: second
"""


def test_what_is_kept_for_the_backward_pass() -> None:
    """By hand: a convolution keeps its input, batch norm its input and two numbers a plane, relu its output."""
    first, norm, relu, second = explained(TWO)
    kept = {layer.names[0]: [(s.name, s.value) for s in layer.about("saved")] for layer in (first, norm, relu, second)}
    assert kept == {
        "first": [("input", 0), ("in all", 0)],  # the input of the network exists anyway
        "batch_norm1": [("input", 1024), ("mean or deviation", 32), ("in all", 1056)],
        "relu1": [("output", 1024), ("in all", 1024)],  # 8·8·4 numbers of 4 bytes
        "second": [("input", 0), ("in all", 0)],  # the same tensor
    }
    assert second.about("saved")[0].words == "the output of `relu1`, counted there"


def test_the_receptive_field_grows_with_the_step() -> None:
    """Araujo et al. 2019: r = 3, then 3 + (3 − 1)·1 = 5; the step doubles at the second convolution."""
    second = explained(TWO, "second")[0]
    height = [f"{written(s.formula)} = {s.value}" for s in second.about("receptive_field")[:3] if s.formula]
    assert height == ["3 + (3 − 1)·1 = 5", "1·2 = 2", "−1 − 1·1 = -2"]


def test_equal_neighbours_are_explained_once() -> None:
    layers = explained(
        "input: 8x8x4\nlayers:\n  - sequence: [{conv: {filters: 4, kernel: 3, padding: 1}}, relu]\n    name: body\n    repeat: 3\n"
    )
    assert [layer.names for layer in layers] == [
        ["body.1.conv1", "body.2.conv1", "body.3.conv1"],
        ["body.1.relu1", "body.2.relu1", "body.3.relu1"],
    ]


BLOCKS = """
input: 16x16x4
layers:
  - sequence:
      - conv: {filters: 4, kernel: 3, padding: same, act: relu}
      - conv: {filters: 4, kernel: 1}
    name: stage
    repeat: 4
"""


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (["stage.2.conv1"], [["stage.2.conv1"]]),
        (["stage.2"], [["stage.2.conv1"], ["stage.2.conv1.relu"], ["stage.2.conv2"]]),
        (["stage.2–4.conv2"], [["stage.2.conv2", "stage.3.conv2", "stage.4.conv2"]]),
        (["stage.2-3"], [[f"stage.{n}.{one}" for n in (2, 3)] for one in ("conv1", "conv1.relu", "conv2")]),
        (["stage"], [[f"stage.{n}.{one}" for n in (1, 2, 3, 4)] for one in ("conv1", "conv1.relu", "conv2")]),
        (["input"], [["input"]]),
        (["stage.1.conv2", "stage.1.conv2"], [["stage.1.conv2"]]),
    ],
)
def test_names(asked: list[str], names: list[list[str]]) -> None:
    assert [list(layer.names) for layer in explained(BLOCKS, *asked)] == names


@pytest.mark.parametrize(
    ("name", "near"),
    [("stage.1.conv3", "stage.1.conv"), ("stage.1-9.conv1", None), ("inputs", "did you mean `input`?"), ("?", None)],
)
def test_a_layer_that_does_not_exist(name: str, near: str | None) -> None:
    with pytest.raises(UnknownLayer) as caught:
        explained(BLOCKS, name)
    assert str(caught.value).startswith(f"no layer is called `{name}`; ")
    assert near is None or near in str(caught.value)


def test_an_input_of_the_network() -> None:
    """32·32·3 numbers of 4 bytes."""
    (layer,) = explained("input: 32x32x3\nlayers:\n  - relu\n", "input")
    assert said(layer, "output", "elements") == "32·32·3 = 3072"
    assert said(layer, "memory", "volume") == "32·32·3·4 = 12288"


def test_tied_and_frozen_layers_say_so() -> None:
    layers = explained(
        "input: 8x8x4\nlayers:\n  - conv: {filters: 4, kernel: 1}\n    name: one\n    frozen: true\n"
        "  - conv: {filters: 4, kernel: 1}\n    name: two\n    tied: one\n"
    )
    words = {layer.names[0]: {step.name: step.words for step in layer.about("weights", "biases")} for layer in layers}
    assert "frozen: not trained" in words["one"]["weights"]
    assert words["two"] == {"weights": "those of `one`, counted there", "biases": "those of `one`, counted there"}


def test_a_last_window_that_is_left_out() -> None:
    """torch, MaxPool2d(2, 3, padding=1, ceil_mode=True) on 5: ⌈(5 − 2 + 2)/3⌉ + 1 = 3, but the last begins at 6 − 1 = 5."""
    (pool,) = explained("input: 5x5x1\nlayers:\n  - max_pool: {kernel: 2, stride: 3, padding: 1, rounding: ceil}\n")
    assert said(pool, "output", "H_out") == "⌈(5 − 2 + 2·1)/3⌉ = 2"
    assert "without the last window" in pool.steps[0].words


def test_thousands_of_inputs() -> None:
    """By hand: 3,000 volumes of depth 2 joined; the formula is as wide, but not as deep."""
    placed = Network()
    source = placed.enter("input", volume("4x4x2"))
    layers = [placed.place(f"relu{number}", build("relu", {}), [source]) for number in range(3000)]
    placed.place("joined", build("concat", {"inputs": [layer.name for layer in layers]}), layers)
    (joined,) = explain_network(analyze_network(placed), ["joined"]).layers
    assert next(step.value for step in joined.steps if step.name == "D_out" and step.formula) == 6000


@pytest.mark.parametrize(
    ("mode", "modes"),
    [
        ("both", ["shared", "local", "declared"]),
        ("shared", ["shared"]),
        ("local", ["local"]),
        ("declared", ["declared"]),
    ],
)
def test_modes(mode: str, modes: list[str]) -> None:
    """Tiled 2: 2·2 filter banks, by hand 3·3·4·4·2·2 = 576 weights."""
    (layer,) = explained(
        "input: 8x8x4\nlayers:\n  - conv: {filters: 4, kernel: 3, sharing: {tiled: 2}, bias: false}\n", mode=mode
    )
    assert [step.mode for step in layer.about("weights")] == modes
    if "declared" in modes:
        assert said(layer, "weights", "weights", "declared") == "3·3·4·4·2·2 = 576"
