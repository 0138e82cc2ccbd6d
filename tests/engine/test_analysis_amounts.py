"""`Analysis.amounts`: the budget keys as plain numbers, in the run that is asked for."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

import analyzer
from analyzer.engine.amounts import AMOUNTS

EXAMPLES = Path(__file__).parents[2] / "example_models"
#: Weights 1, 4 and 4 at each of 16 positions; outputs of 16, 32 and 32 cells.
NET = """\
input: 4x4x1
layers:
  - conv: {filters: 1, kernel: 1, bias: false}
  - conv: {filters: 2, kernel: 1}
    frozen: true
  - conv: {filters: 2, kernel: 1, bias: false, sharing: local}
"""
TRAINED = NET + "training: {batch: 3, optimizer: adam}\n"


def analysis(text: str, **settings: object) -> analyzer.Analysis:
    return analyzer.analyze(text, **settings)  # type: ignore[arg-type]


def test_all_keys_in_their_order() -> None:
    found = analysis(NET).amounts()
    peaks = {key: found.pop(key) for key in ("peak_inference_memory", "peak_training_memory")}
    assert found == {
        "params": 1 + 4 + 4 * 16,
        "params_local": 16 + 4 * 16 + 4 * 16,
        "trainable": 1 + 4 * 16,
        "macs": 16 * (1 + 2 + 4),
        "flops": 2 * 16 * 7,
        "weight_memory": 4 * 69,
        "activation_memory": 4 * (16 + 32 + 32),
        "receptive_field": 1,
        "depth": 3,
        "layers": 3,
    }
    # The parameters, the input, which its caller keeps, and what the last layer reads and puts out.
    assert peaks["peak_inference_memory"] == 4 * 69 + 4 * (16 + 32 + 32)
    assert list(analysis(NET).amounts()) == list(AMOUNTS)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_plain_numbers_of_every_example(path: Path) -> None:
    """Loggers and JSON take them; `bool` and our own kinds of `int` are none."""
    found = analyzer.analyze(path).amounts()
    assert {type(value) for value in found.values()} == {int}
    assert json.loads(json.dumps(found)) == found
    assert [key for key in AMOUNTS if key in found] == list(found)
    assert set(AMOUNTS) - set(found) <= {"receptive_field"}  # that of a network of tokens is not known


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"batch": 8},
        {"dtype": "float16"},
        {"batch": 8, "optimizer": "sgd", "loss": "mse"},
        {"device": "24GiB"},
        {"batch": 8, "ranks": 4, "strategy": "fsdp"},
        {"ranks": 4},
        {"checkpoint": "sqrt", "autocast": "bfloat16"},
        {"mode": "local"},
        {"context": "1 GiB", "device": "RTX 4090"},
    ],
)
@pytest.mark.parametrize("text", [NET, TRAINED])
def test_peaks_are_those_of_memory(text: str, settings: dict[str, object]) -> None:
    """Both doors take the same settings; `needed` is the peak that `analyzer.memory` judges."""
    if "ranks" in settings and text is TRAINED and "batch" not in settings:
        settings = {**settings, "batch": 4}
    memory = analyzer.memory(text, **settings)  # type: ignore[arg-type]
    found = analysis(text).amounts(**settings)
    assert found["peak_training_memory"] == memory.needed()
    assert found["peak_inference_memory"] == memory.held().inference.peak.bytes


def test_the_training_of_the_file_holds_where_nothing_is_given() -> None:
    found = analysis(TRAINED).amounts()
    assert found == analysis(NET).amounts(batch=3, optimizer="adam")
    assert found["activation_memory"] == 3 * 4 * 80
    assert analysis(TRAINED).amounts(batch=1, optimizer="momentum") == analysis(NET).amounts()


def test_the_batch_and_the_format_of_the_analysis_are_those_of_every_number() -> None:
    found = analysis(TRAINED, batch=5, dtype="float16").amounts()
    assert found == analysis(NET).amounts(batch=5, dtype="float16", optimizer="adam")
    assert (found["activation_memory"], found["weight_memory"]) == (5 * 2 * 80, 2 * 69)
    assert analysis(TRAINED, batch=5).amounts(batch=1)["activation_memory"] == 4 * 80


def test_variables_of_the_training() -> None:
    text = NET + "vars: {b: 2}\ntraining: {batch: $b}\n"
    assert analysis(text).amounts()["activation_memory"] == 2 * 4 * 80
    assert analysis(text, set={"b": 7}).amounts() == analysis(NET).amounts(batch=7)


def test_a_number_format_without_training() -> None:
    """Eight bits are one byte; the file's optimizer is about training and is no mistake."""
    found = analysis(TRAINED).amounts(dtype="int8")
    assert set(AMOUNTS) - set(found) == {"peak_training_memory"}
    assert found["activation_memory"] == 3 * 80
    assert analysis(TRAINED, dtype="int8").amounts() == found


def test_what_nobody_knows_is_left_out() -> None:
    """As the JSON report leaves out the MACs of a layer that nobody knows; the sum of the others would be too small."""
    text = "input: 6x6x1\nlayers:\n  - conv: {filters: 1, kernel: 3}\n  - custom: {output: 4x4x1, macs: unknown}\n"
    found = analysis(text).amounts()
    assert set(AMOUNTS) - set(found) == {"macs", "flops", "receptive_field"}
    assert found["params"] == 10


def test_the_analysis_is_as_before() -> None:
    before = analysis(TRAINED)
    report = before.to_dict()
    assert before.amounts(batch=9, dtype="float16", ranks=3) != before.amounts()
    assert before.to_dict() == report
    assert before.training == {"batch": 3, "optimizer": "adam"}
    assert pickle.loads(pickle.dumps(before)).amounts() == before.amounts()


def test_the_number_formats_of_a_file_stay_unless_another_is_given() -> None:
    """A file of int8 weights: one byte each, until `dtype` asks for another format, as in `analyzer.memory`."""
    found = analyzer.analyze(NET)
    found.network.store("int8")
    assert found.amounts(dtype="float32")["weight_memory"] == 4 * 69
    assert found.network.weights_dtype == "int8"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bach": 3}, "there is no setting `bach`; did you mean `batch`?"),
        ({"batch": 0}, "`batch`: a whole number of at least 1 is needed, not `0`"),
        ({"optimizer": "adamm"}, "did you mean `adam`?"),
        ({"dtype": "int8", "optimizer": "adam"}, "`optimizer` is about training, and int8 is only for inference"),
        ({"context": "1GiB"}, "`context` is memory of a device; name one with `device`"),
        ({"strategy": "fsdp"}, "`strategy`: `fsdp` needs `ranks`, the number of devices"),
        ({"ranks": 3, "batch": 4}, "a batch of 4 does not divide among 3 ranks; 3 and 6 do"),
        ({"checkpoint": "conv9"}, "no layer and no block is called `conv9`"),
        ({"input": "8x8x1"}, "`input` changes a model; an analysis is of a network as it is"),
    ],
)
def test_wrong_settings(settings: dict[str, object], message: str) -> None:
    with pytest.raises(analyzer.SettingError) as caught:
        analysis(NET).amounts(**settings)
    assert message in str(caught.value)
