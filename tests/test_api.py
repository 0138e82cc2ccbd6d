"""The public API: what `__all__` lists, its errors, and that an analysis is the JSON report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer

ROOT = Path(__file__).resolve().parent.parent
TEXTBOOK = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n"


def test_all_lists_the_public_names() -> None:
    assert set(analyzer.__all__) <= set(dir(analyzer))
    assert all(getattr(analyzer, name) is not None for name in analyzer.__all__)
    assert {"load", "analyze", "Analysis", "ModelError"} <= set(analyzer.__all__)


def test_the_worked_example() -> None:
    analysis = analyzer.analyze(analyzer.load(TEXTBOOK))
    (row,) = analysis.rows
    assert (row.name, row.kind, str(row.output), row.inputs) == ("conv1", "conv", "14x14x20", ["input"])
    assert (row.shared.weights, row.shared.biases, row.shared.parameters) == (3_840, 20, 3_860)
    assert (row.local.weights, row.local.biases, row.local.parameters) == (752_640, 3_920, 756_560)
    assert row.macs == 752_640  # 8·8·3 · 20 · 14·14, in both modes
    assert row.activation_bytes == 14 * 14 * 20 * 4
    assert row.memory("shared") == 3_860 * 4 + 14 * 14 * 20 * 4


def test_a_path_a_pathlike_and_a_text_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(TEXTBOOK, encoding="utf-8")
    found = {analyzer.analyze(source).totals.shared.parameters for source in (str(path), path, TEXTBOOK)}
    assert found == {3_860}
    assert analyzer.analyze(path).name == "model"
    assert analyzer.analyze(path).file == os.fspath(path)


def test_a_model_is_parsed_once_and_analysed_often() -> None:
    model = analyzer.load("input: 8x8x3\nvars: {width: 4}\nlayers:\n  - conv: {filters: $width, kernel: 1}\n")
    found = [analyzer.analyze(model, set={"width": width}).totals.shared.parameters for width in (1, 4, "10")]
    assert found == [4, 16, 40]  # (3 + 1)·K
    assert analyzer.analyze(model, input="2x2x5").totals.shared.parameters == 24  # (5 + 1)·4


def test_the_batch_doubles_activations_alone() -> None:
    one, two = (analyzer.analyze(TEXTBOOK, batch=batch) for batch in (1, 2))
    assert two.totals.activation_bytes == 2 * one.totals.activation_bytes
    assert two.peak.bytes == 2 * one.peak.bytes
    assert (two.totals.shared, two.totals.local, two.totals.macs) == (
        one.totals.shared,
        one.totals.local,
        one.totals.macs,
    )


@pytest.mark.parametrize(
    ("dtype", "bytes"), [("float32", 15_440), ("float16", 7_720), ("int8", 3_860), ("int4", 1_930)]
)
def test_the_dtype_scales_bytes(dtype: str, bytes: int) -> None:
    assert analyzer.analyze(TEXTBOOK, dtype=dtype).totals.shared.bytes == bytes


def test_a_wrong_model_raises_with_every_finding() -> None:
    with pytest.raises(analyzer.ModelError) as caught:
        analyzer.load("input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernal: 3}\n  - from: input\n    max_pool: 9\n")
    assert [finding.code for finding in caught.value.diagnostics] == ["VALUE102", "SHAPE201"]
    assert "<text>:3:" in str(caught.value)
    with pytest.raises(analyzer.ModelError, match="larger than its 8×8 input"):
        analyzer.analyze("input: 8x8x3\nlayers:\n  - max_pool: 9\n")


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="`batch`: a whole number of at least 1 is needed"):
        analyzer.analyze(TEXTBOOK, batch=0)
    with pytest.raises(ValueError, match="`dtype` must be `float64`, "):
        analyzer.analyze(TEXTBOOK, dtype="float31")
    with pytest.raises(analyzer.SettingError, match="no variable `width`"):
        analyzer.analyze(TEXTBOOK, set={"width": 2})
    with pytest.raises(analyzer.FileError, match="does not exist"):
        analyzer.load("not-there.yaml")


def test_to_dict_is_the_json_report() -> None:
    path = ROOT / "example_models" / "deepface.yaml"
    command = [sys.executable, "-m", "analyzer", str(path), "--format", "json"]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout)
    assert printed == json.loads(json.dumps(analyzer.analyze(path).to_dict()))


def test_a_notebook_shows_a_table() -> None:
    shown = analyzer.analyze(TEXTBOOK)._repr_html_()
    assert shown is not None
    assert "<table" in shown
    assert "752,640" in shown


def test_importing_costs_no_heavy_module() -> None:
    code = "import sys, analyzer; print(*sorted({'tabulate', 'jsonschema', 'yaml', 'dataclasses', 'inspect', 'argparse'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert found == []


def test_memory_takes_the_settings_of_the_file_and_those_given() -> None:
    model = analyzer.load(TEXTBOOK + "training: {batch: 4, optimizer: adam}\n")
    found = analyzer.memory(model)
    assert (found.run.batch, found.run.optimizer, found.run.step) == (4, "adam", "foreach")
    held = found.held("shared")
    # parameters, gradients, Adam's two moments and its square roots, 4 bytes each; a counter for each of two tensors
    state = 3_860 * 4
    step = held.training.ledger.peaks["step"]
    assert (
        step.bytes == 5 * state + 2 * 4 + held.training.input + 4 * 14 * 14 * 20 * 4 + 4
    )  # and the output and the loss
    assert analyzer.memory(model, batch=8, optimizer="sgd").run.batch == 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimiser": "adam"}, "there is no setting `optimiser`; did you mean `optimizer`"),
        ({"optimizer": "adamm"}, "`optimizer` must be `sgd`, "),
        ({"dtype": "float33"}, "`dtype` must be `float64`, "),
        ({"batch": 0}, "`batch`: a whole number of at least 1 is needed, not `0`"),
        ({"mode": "all"}, "`mode` must be `both`, `shared`, `local` or `declared`, not `all`"),
    ],
)
def test_memory_refuses_what_there_is_not(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        analyzer.memory(TEXTBOOK, **settings)  # type: ignore[arg-type]


def test_check_says_what_the_command_says() -> None:
    text = TEXTBOOK.replace("padding: 1", "padding: 1, norm: batch_norm") + "budget: {params: 3K}\n"
    found = {(finding.code, finding.severity) for finding in analyzer.check(text)}
    assert found >= {("CHECK202", "warning"), ("CHECK501", "error")}  # a bias that the norm takes away; 3,900 of 3,000
    assert analyzer.check(text, select=["CHECK2"], ignore=["bias-before-norm"]) == []
    with pytest.raises(ValueError, match="no check is called `CHECK999`"):
        analyzer.check(text, select=["CHECK999"])


def test_diff_of_two_models() -> None:
    same = analyzer.diff(analyzer.analyze(TEXTBOOK), analyzer.analyze(TEXTBOOK))
    assert same.equal
    changed = analyzer.diff(TEXTBOOK, TEXTBOOK.replace("filters: 20", "filters: 10").replace("14x14x20", "14x14x10"))
    assert not changed.equal
    assert len(changed.layers) == 1


def test_the_run_of_a_file_is_the_default() -> None:
    """14·14·20 numbers for each sample: 4 bytes in float32, 2 in float16."""
    written = TEXTBOOK + "training: {batch: 4, dtype: float16}\n"
    assert analyzer.analyze(written).totals.activation_bytes == 14 * 14 * 20 * 4 * 2
    assert analyzer.analyze(written, batch=1, dtype="float32").totals.activation_bytes == 14 * 14 * 20 * 4
    assert analyzer.diff(TEXTBOOK, written).equal


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"axes": {3: [4]}}, "`axes` must be a mapping from names to values"),
        ({"axes": {"width": [4]}, "budget": 3}, "`budget` must be a mapping from names to values"),
        ({"axes": {"width": [4]}, "executor": 3}, "`executor` must be an executor"),
        ({"axes": {"width": [4]}, "amounts": "parms"}, "there is no amount `parms`; did you mean `params`?"),
        ({"axes": {"width": [4]}, "workers": 0}, "`workers`: a whole number of at least 1 is needed, not `0`"),
        ({"axes": {"width": [4]}, "optimiser": "adam"}, "did you mean `optimizer`?"),
        ({"axes": {"width": [4]}, "file_budget": 1}, "`file_budget`"),
        ({}, "nothing to sweep"),
    ],
)  # fmt: skip
def test_a_sweep_refuses_what_it_cannot_read(settings: dict[str, object], said: str) -> None:
    model = {"input": "8", "vars": {"width": 3}, "layers": [{"dense": "$width"}]}
    with pytest.raises(analyzer.SettingError, match=re.escape(said)):
        analyzer.sweep(model, **settings)


def test_a_sweep_yields_variants_as_they_are_asked_for() -> None:
    """A dense layer of w outputs on 8 inputs has 9·w parameters; without a budget everything fits."""
    model = {"input": "8", "vars": {"width": 3}, "layers": [{"dense": "$width"}], "budget": {"params": 20}}
    found = analyzer.sweep(model, {"width": range(1, 10**6)}, amounts="params")
    first, second, third = (next(found) for _ in range(3))
    assert (first.amounts, second.fits, third.breaks) == ({"params": 9}, True, ["params"])
    free = analyzer.sweep(model, {"width": 3}, file_budget=False)
    assert [variant.fits for variant in free] == [True]
