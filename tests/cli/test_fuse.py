"""`analyzer FILE --fuse`: one row a fused layer in every format, and what does not go with it."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from commands import ROOT
from jsonschema import Draft7Validator

import analyzer
from analyzer.cli.main import guarded
from analyzer.contract.schema import report_schema

Said = pytest.CaptureFixture[str]

KEYWORDS = str(ROOT / "example_models" / "ds_cnn_kws.yaml")

#: Its layers, without norms, activations and dropout.
ROWS = ["conv1", *(f"Separable1.{n}.{name}" for n in range(1, 5) for name in ("depthwise_conv1", "conv1")), "global_avg_pool1", "flatten1", "dense1", "softmax1"]  # fmt: skip


def said(capsys: Said, *arguments: str) -> str:
    assert guarded([*arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_one_row_a_fused_layer(capsys: Said) -> None:
    """2,560 weights and 64 biases, where there were 64 biases and 2·64 parameters of the norm."""
    out = said(
        capsys, KEYWORDS, "--fuse", "--depth", "all", "--mode", "shared", "--columns", "layer,kind,weights,biases"
    )
    assert out.startswith("DS-CNN · input 49×10×1 · batch 1 · float32 · 13 layers, fused\n")
    lines = {line.split("  ")[0]: line.split() for line in out.splitlines()}
    assert lines["conv1"] == ["conv1", "conv", "10×4", "/2", "+4:5×1,", "bn,", "relu,", "dropout", "2,560", "64"]
    assert lines["total"] == ["total", "22,016", "588"]


def test_json_names_what_a_row_takes_in(capsys: Said) -> None:
    found = json.loads(said(capsys, KEYWORDS, "--fuse", "--format", "json"))
    Draft7Validator(report_schema()).validate(found)
    assert [layer["name"] for layer in found["layers"]] == ROWS
    assert found["layers"][0]["fused"] == ["conv1.batch_norm", "conv1.relu", "dropout1"]
    assert "fused" not in found["layers"][-1]
    assert found["layers"][1]["inputs"] == ["conv1"]
    assert found["totals"]["shared"]["parameters"] == 22_016 + 588
    saved = analyzer.read_report(json.dumps(found, indent=1))
    assert saved.rows[0].fused == ["conv1.batch_norm", "conv1.relu", "dropout1"]
    assert analyzer.diff(saved, analyzer.analyze(KEYWORDS, fuse=True)).equal


def test_spreadsheets_and_pull_requests_have_the_same_rows(capsys: Said) -> None:
    rows = list(csv.DictReader(StringIO(said(capsys, KEYWORDS, "--fuse", "--format", "csv"))))
    assert [row["layer"] for row in rows] == ROWS
    assert sum(int(row["shared.biases"]) for row in rows) == 588
    out = said(capsys, KEYWORDS, "--fuse", "--format", "markdown", "--depth", "all")
    assert [line.split(" | ")[0].lstrip("| ").replace("\\", "") for line in out.splitlines() if line.startswith("| ")][
        2:-1
    ] == ROWS


@pytest.mark.parametrize("format", ["latex", "svg", "mermaid", "dot"])
@pytest.mark.parametrize("network", ["resnet50", "unet", "vit_b16", "mobilenetv2"])
def test_every_other_format_draws_it(network: str, format: str, capsys: Said) -> None:
    """No norm of these networks that learns statistics stays, in a row or a picture of its own."""
    out = said(capsys, str(ROOT / "example_models" / f"{network}.yaml"), "--fuse", "--format", format)
    assert "batch_norm" not in out.replace("\\_", "_")


def test_configured_columns_about_training_are_left_out(folder: Path, capsys: Said) -> None:
    (folder / ".analyzer.toml").write_text('columns = ["layer", "saved", "macs"]\nsort = "saved"\n')
    (folder / "net.yaml").write_text("input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3, act: relu}\n")
    out = said(capsys, "net.yaml", "--fuse")
    assert "conv1" in out
    assert "saved" not in out
    assert "saved" in said(capsys, "net.yaml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([KEYWORDS, "--fuse", "--format", "html"], "`--fuse` does not apply to the format html, whose findings and memory are of the network as it is written"),
        ([KEYWORDS, "--fuse", "-o", "page.html"], "`--fuse` does not apply to the format html, whose findings and memory are of the network as it is written"),
        ([KEYWORDS, "--fuse", "--columns", "layer,saved"], "the column `saved` is about training, and `--fuse` about a network that only runs"),
        ([KEYWORDS, "--fuse", "--sort", "saved"], "the column `saved` is about training, and `--fuse` about a network that only runs"),
        ([KEYWORDS, "--fuse", "--columns", "backward_macs"], "the column `backward_macs` is about training, and `--fuse` about a network that only runs"),
        (["memory", KEYWORDS, "--fuse"], "unknown option `--fuse`; `analyzer FILE` has `--fuse`"),
        (["explain", KEYWORDS, "--fuse"], "unknown option `--fuse`; `analyzer FILE` has `--fuse`"),
        ([KEYWORDS, "--fold-bn"], "unknown option `--fold-bn`; did you mean `--fuse`?"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_it(arguments: list[str], message: str, folder: object, capsys: Said) -> None:
    assert guarded(arguments) == 2
    assert capsys.readouterr() == ("", f"analyzer: {message}\n")
