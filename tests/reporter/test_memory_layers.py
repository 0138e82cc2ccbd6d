"""The rows of `analyzer memory` in its formats: sums, folds, orders, modes, columns."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.cli.main import guarded

EXAMPLES = Path(__file__).parents[2] / "example_models"
SUMMED = ("parameters", "buffers", "gradients", "optimizer", "saved", "kept")

Said = pytest.CaptureFixture[str]


def said(capsys: Said, network: str, *options: str) -> str:
    assert guarded(["memory", str(EXAMPLES / f"{network}.yaml"), *options, "--no-config"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def rows(capsys: Said, network: str, *options: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said(capsys, network, "--format", "csv", *options))))


@pytest.mark.parametrize("network", ["resnet50", "cudaconvnet_local", "vit_b16", "unet", "lenet5"])
def test_the_sums_of_csv_are_the_numbers_of_json(network: str, capsys: Said) -> None:
    whole: Any = json.loads(said(capsys, network, "--format", "json"))
    found = rows(capsys, network)
    for mode, parts in whole["modes"].items():
        breakdown = parts["training"]["breakdown"]

        def total(name: str, mode: str = mode) -> int:
            return sum(int(row[f"{mode}.{name}"]) for row in found)

        assert total("parameters") == breakdown["parameters"]
        assert total("buffers") == breakdown["buffers"]
        assert total("optimizer") == breakdown["optimizer"]
        assert total("saved") == parts["training"]["saved_bytes"]
        assert total("kept") == sum(map(total, SUMMED[:-1]))
        assert max(int(row[f"{mode}.live"]) for row in found) == parts["training"]["peak_bytes"]
        assert max(int(row[f"{mode}.inference"]) for row in found) == parts["inference"]["peak_bytes"]


@pytest.mark.parametrize("network", ["resnet50", "unet", "vit_b16", "mobilenetv2"])
def test_folded_rows_are_the_sums_of_their_rows(network: str, capsys: Said) -> None:
    every = rows(capsys, network)
    for depth in ("1", "2", "3"):
        folded = rows(capsys, network, "--depth", depth)
        assert len(folded) < len(every)
        for name in SUMMED:
            column = f"local.{name}"
            assert sum(int(row[column]) for row in folded) == sum(int(row[column]) for row in every)
        assert max(int(row["shared.live"]) for row in folded) == max(int(row["shared.live"]) for row in every)


def test_sorted_and_only_the_biggest(capsys: Said) -> None:
    live = [int(row["shared.live"]) for row in rows(capsys, "resnet18", "--sort", "live", "--mode", "shared")]
    assert live == sorted(live, reverse=True)
    some = rows(capsys, "resnet18", "--top", "3", "--columns", "layer,saved", "--sort", "saved")
    assert list(some[0]) == ["layer", "shared.saved", "local.saved"]
    assert len(some) == 3
    text = said(capsys, "resnet18", "--top", "3", "--mode", "shared").partition("\nlayers\n")[2]
    lines = [line.split() for line in text.partition("\n\nto lower")[0].splitlines() if line.strip()]
    shares = [float(line[-1]) for line in lines if line[-1].replace(".", "").isdigit()]
    assert len(shares) == 5  # three layers, the others, the total
    assert abs(sum(shares[:-1]) - 100) < 1e-9
    assert lines[-2][:2] == ["the", "other"]


@pytest.mark.parametrize("format", ["table", "markdown", "csv"])
@pytest.mark.parametrize("mode", ["shared", "local", "declared"])
def test_one_mode_shows_that_mode_only(format: str, mode: str, capsys: Said) -> None:
    text = said(capsys, "cudaconvnet_local", "--mode", mode, "--format", format, "--sort", "live")
    others = {
        "shared": "shared",
        "local": "locally connected" if format == "table" else "local",
        "declared": "declared",
    }
    shown = {
        name for name, word in others.items() if f"{word}." in text or f"─ {word} ─" in text or f"| {word} " in text
    }
    shown |= {"declared"} if "as declared ─" in text else set()
    assert shown <= {mode}


def test_a_network_of_one_sharing_as_declared(capsys: Said) -> None:
    shared = rows(capsys, "lenet5", "--mode", "shared")
    declared = rows(capsys, "lenet5", "--mode", "declared")
    assert [list(row.values()) for row in shared] == [list(row.values()) for row in declared]


def test_csv_of_several_files_has_one_heading(capsys: Said) -> None:
    files = [str(EXAMPLES / f"{name}.yaml") for name in ("lenet5", "cudaconvnet_local")]
    assert guarded(["memory", *files, "--format", "csv", "--no-config"]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["file"] for row in found} == set(files)
    assert all(None not in row and None not in row.values() for row in found)


def test_inference_only(capsys: Said) -> None:
    text = said(capsys, "lenet5", "--dtype", "int8", "--top", "2", "--mode", "shared")
    assert "inference" in text.partition("\nlayers\n")[2]
    assert "gradients" not in text.partition("\nlayers\n")[2]
    assert all(row["shared.live"] == "0" for row in rows(capsys, "lenet5", "--dtype", "int8"))


def test_the_screen_folds_and_says_so(capsys: Said) -> None:
    text = said(capsys, "resnet50", "--columns", "layer,saved")
    assert "--depth all shows all 175 layers" in text
    part = text.partition("\nlayers\n")[2].partition("\nfolded")[0]
    assert part.count("\n") <= 45
    assert "--depth all" not in said(capsys, "resnet50", "--columns", "layer,saved", "--depth", "all")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--columns lyer", "unknown column `lyer`; did you mean `layer`? (`--columns help` lists them)"),
        ("--columns macs", "unknown column `macs` (`--columns help` lists them)"),
        ("--sort kind", "cannot sort by `kind`; sort by `live`, `saved` or `parameters`, for example"),
        ("--sort live --format json", "`--sort` does not apply to the format json, which always shows everything; formats that follow it: table, csv, markdown"),
        ("--depth 2 -o a.json", "`--depth` does not apply to the format json, which always shows everything; formats that follow it: table, csv, markdown, html"),
    ],
)  # fmt: skip
def test_refusals(options: str, message: str, capsys: Said) -> None:
    assert guarded(["memory", str(EXAMPLES / "lenet5.yaml"), *options.split(), "--no-config"]) == 2
    assert capsys.readouterr().err == f"analyzer: {message}\n"


def test_the_list_of_columns(capsys: Said) -> None:
    assert guarded(["memory", "--columns", "help"]) == 0
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]}
    assert {"layer", "activations", "shared.live", "local.saved", "declared.kept"} <= listed
    header = set(rows(capsys, "lenet5")[0])
    assert listed == header


def test_markdown_has_the_numbers_of_the_table(capsys: Said) -> None:
    text = said(capsys, "resnet50", "--format", "markdown", "--device", "24GiB")
    assert text.startswith("## ResNet-50\n\ninput 224×224×3 · batch 1 · float32 · momentum · foreach step\n")
    assert "\n- **verdict**: fits on 24GiB · " in text
    assert "\n| **= training peak** | **420.8 MiB** | **" in text
    assert "\n### To lower the peak\n" in text
    assert "\n### Layers\n" not in text
    several = [str(EXAMPLES / f"{name}.yaml") for name in ("lenet5", "textbook")]
    assert guarded(["memory", *several, "--format", "markdown", "--no-config"]) == 0
    assert capsys.readouterr().out.startswith("## Comparison\n\n| name |")
