"""The arithmetic of a layer: each formula gives the number of the report, and reads like the textbook's.

The formulas are traced through the layers' own answers, so that these tests hold the tracing against the answers
without it, on every case of every type; and the form of the formulas against the textbook's, written by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import build, read_yaml, volume

from analyzer.engine.explained.arithmetic import Arithmetic
from analyzer.engine.explained.expression import Expression, Number, letters_in, written
from analyzer.layers import CATALOGUE, LOCAL, SHARED, Flow, Layer

CASES: dict[str, list[dict[str, Any]]] = {
    path.stem: [case for case in read_yaml(path) if "refused" not in case]
    for path in sorted((Path(__file__).parents[1] / "layers" / "cases").glob("*.yaml"))
}
EVERY = [(type_, place) for type_, cases in CASES.items() for place in range(len(cases))]


def arithmetic(type_: str, parameters: object, *texts: str) -> tuple[Layer, Flow, Arithmetic]:
    layer, inputs = build(type_, parameters), [volume(text) for text in texts]
    flow = Flow(inputs, layer.output(inputs))
    return layer, flow, Arithmetic(layer, flow)


def holds(formula: Expression, number: int, what: str) -> None:
    """A formula is true, and says more than the number itself."""
    assert formula.value == number, f"{what}: {written(formula)} is {formula.value}, not {number}"
    assert number < 2 or list(letters_in(formula)), f"{what}: {number} has no formula"


@pytest.mark.parametrize(("type_", "place"), EVERY, ids=[f"{type_}-{place}" for type_, place in EVERY])
def test_every_number_of_every_case_has_a_formula_that_gives_it(type_: str, place: int) -> None:
    case = CASES[type_][place]
    texts = case["input"] if isinstance(case["input"], list) else [case["input"]]
    layer, flow, found = arithmetic(type_, case.get("parameters"), *map(str, texts))
    for (name, formula), size in zip(found.output, flow.output.sizes, strict=True):
        holds(formula, size, name)
    for sharing, named in ((SHARED, SHARED), (LOCAL, LOCAL), (layer.declared_sharing, found.declared)):
        counts, formulas = layer.parameters(flow, sharing), found.counts(named)
        holds(formulas["weights"], counts.weights, f"weights, {sharing}")
        holds(formulas["biases"], counts.biases, f"biases, {sharing}")
        holds(formulas["buffers"], counts.buffers, f"buffers, {sharing}")
        holds(formulas["parameters"], counts.weights + counts.biases, f"parameters, {sharing}")
    holds(found.macs, layer.macs(flow), "MACs")
    for letter, formula in found.padding.items():
        assert letter.value == formula.value


def test_every_type_of_the_catalogue_is_among_the_cases() -> None:
    assert set(CASES) == set(CATALOGUE)


def test_the_textbook_s_example() -> None:
    """CS231n, "Convolutional networks": ⌊(32 − 8 + 2·1)/2⌋ + 1 = 14; (8·8·3 + 1)·20 = 3,860 and ·14·14 = 756,560."""
    _, _, found = arithmetic("conv", {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}, "32x32x3")
    assert [(name, written(size), size.value) for name, size in found.output] == [
        ("H_out", "⌊(32 − 8 + 2·1)/2⌋ + 1", 14),
        ("W_out", "⌊(32 − 8 + 2·1)/2⌋ + 1", 14),
        ("D_out", "20", 20),
    ]
    assert written(found.output[1][1], letters=True) == "⌊(W − F + 2·P)/S⌋ + 1"
    shared, local = found.counts(SHARED), found.counts(LOCAL)
    assert (written(shared["weights"]), written(shared["biases"])) == ("8·8·3·20", "20")
    assert (written(shared["parameters"]), shared["parameters"].value) == ("(8·8·3 + 1)·20", 3860)
    assert (written(local["parameters"]), local["parameters"].value) == ("(8·8·3 + 1)·20·14·14", 756560)
    assert (written(found.macs, letters=True), found.macs.value) == ("F·F·D·K·H_out·W_out", 752640)


#: A layer, what it reads, and by hand: the formula of an axis of its output, and its size.
OUTPUTS = [
    ("conv", {"filters": 4, "kernel": 3, "padding": {"top": 1}}, "8x8x3", "H_out", "(8 − 3 + 1 + 0)/1 + 1", 7),
    ("conv", {"filters": 4, "kernel": 3, "dilation": 2}, "9x9x3", "W_out", "(9 − (2·(3 − 1) + 1) + 2·0)/1 + 1", 5),
    ("conv", {"filters": 4, "kernel": 3, "stride": 2, "padding": "same"}, "10x7x3", "H_out",
     "⌊(10 − 3 + 0 + 1)/2⌋ + 1", 5),
    ("conv", {"filters": 4, "kernel": 5, "padding": "causal"}, "12x3", "L_out", "(12 − 5 + 4 + 0)/1 + 1", 12),
    ("max_pool", {"kernel": 3, "stride": 2, "rounding": "ceil"}, "112x112x64", "H_out",
     "⌈(112 − 3 + 2·0)/2⌉ + 1", 56),
    ("max_pool", {"kernel": 2}, "224x224x64", "W_out", "⌊(224 − 2 + 2·0)/2⌋ + 1", 112),
    ("conv_transpose", {"filters": 2, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1}, "5x6x4", "H_out",
     "(5 − 1)·2 − 2·1 + 3 + 1", 10),
    ("conv_transpose", {"filters": 2, "kernel": 3, "stride": 2, "padding": "same"}, "5x6x4", "W_out", "6·2", 12),
    ("upsample", {"factor": 2.5}, "3x3x8", "H_out", "⌊3·2.5⌋", 7),
    ("pixel_shuffle", {"factor": 2}, "4x4x16", "D_out", "16/2^2", 4),
    ("concat", {"inputs": ["a", "b"]}, "8x8x64", "D_out", "64", 64),
    ("glu", {}, "8x8x16", "D_out", "16/2", 8),
    ("flatten", {}, "7x7x512", "D_out", "7·7·512", 25088),
    ("slice", {"start": 1, "stop": 6, "step": 2}, "8x8x16", "D_out", "⌈(6 − 1)/2⌉", 3),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "parameters", "reads", "axis", "formula", "size"), OUTPUTS)
def test_outputs_in_the_textbook_s_form(
    type_: str, parameters: object, reads: str, axis: str, formula: str, size: int
) -> None:
    found = dict(arithmetic(type_, parameters, reads)[2].output)[axis]
    assert (written(found), found.value) == (formula, size)


#: A layer, what it reads, and by hand: its weights, its biases and its MACs, as declared.
COUNTS = [
    ("conv", {"filters": 256, "kernel": 5, "padding": 2, "groups": 2}, "27x27x96",  # AlexNet's second layer
     "5·5·(96/2)·256", "256", "5·5·(96/2)·256·27·27"),
    ("depthwise_conv", {"kernel": 3, "multiplier": 2}, "10x10x4", "3·3·8", "8", "3·3·8·8·8"),
    ("separable_conv", {"filters": 64, "kernel": 3}, "10x10x32", "32·(3·3 + 64)", "64", "32·(3·3 + 64)·8·8"),
    ("conv", {"filters": 4, "kernel": 3, "sharing": {"tiled": 2}}, "10x11x3", "3·3·3·4·2·2", "4·2·2", "3·3·3·4·8·9"),
    ("conv", {"filters": 4, "kernel": 3, "sharing": {"regions": [3, 2]}}, "9x9x3",
     "3·3·3·4·⌈7/3⌉·⌈7/2⌉", "4·⌈7/3⌉·⌈7/2⌉", "3·3·3·4·7·7"),
    ("dense", {"units": 4096}, "7x7x512", "7·7·512·4,096", "4,096", "7·7·512·4,096"),  # VGG's first dense layer
    ("linear", {"units": 10}, "5x6x8", "8·10", "10", "5·6·8·10"),
    ("batch_norm", {}, "8x8x16", "16", "16", "0"),
    ("lstm", {"units": 20, "biases": 2}, "7x10", "4·20·(10 + 20)", "4·20·2", "7·4·20·(10 + 20)"),
    ("multi_head_attention", {"heads": 12, "bias": False}, "197x768",  # ViT-B/16: 4·768²
     "12·64·768 + 12·64·768 + 12·64·768 + 768·12·64", "0",
     "197·12·64·768 + 197·12·64·768 + 197·12·64·768 + 197·768·12·64 + 197·197·12·(64 + 64)"),
    ("squeeze_excite", {"ratio": 4}, "7x7x64", "2·64·16", "64 + 16", "2·64·16"),
    ("embedding", {"vocabulary": 30522, "size": 768}, "512", "30,522·768", "0", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "parameters", "reads", "weights", "biases", "macs"), COUNTS)
def test_counts_in_the_textbook_s_form(
    type_: str, parameters: object, reads: str, weights: str, biases: str, macs: str
) -> None:
    found = arithmetic(type_, parameters, reads)[2]
    counts = found.counts(found.declared)
    assert (written(counts["weights"]), written(counts["biases"])) == (weights, biases)
    assert written(found.macs) == macs


def test_a_number_that_is_not_traced_is_no_formula() -> None:
    """The test above would see a type whose answer loses its formula on the way."""
    with pytest.raises(AssertionError, match="has no formula"):
        holds(Number(7), 7, "H_out")
