"""The formats that draw a network: one file, `--depth`, and none of the options about rows and columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.cli.main import guarded
from analyzer.reporter.analysis import FORMATS

Said = pytest.CaptureFixture[str]

PICTURES = [name for name, format in FORMATS.items() if format.single]


def test_there_are_such_formats() -> None:
    assert {"mermaid", "dot"} <= {*PICTURES}


@pytest.mark.parametrize("format", PICTURES)
def test_several_files_are_refused_in_one_line(format: str, folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "many.yaml", "--format", format]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"analyzer: the format {format} draws one network, but 2 files are given; ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("format", PICTURES)
@pytest.mark.parametrize("option", ["columns layer", "sort macs", "top 3"])
def test_rows_and_columns_are_not_in_a_picture(option: str, format: str, folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "--format", format, *f"--{option}".split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"analyzer: `--{option.split()[0]}` does not apply to the format {format}; ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("format", PICTURES)
@pytest.mark.parametrize("depth", ["auto", "all", "1", "9"])
def test_every_depth_is_drawn(depth: str, format: str, folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "--format", format, "--depth", depth]) == 0
    out, err = capsys.readouterr()
    assert "14×14×20" in out
    assert err == ""


@pytest.mark.parametrize("format", PICTURES)
def test_a_wrong_model_is_no_picture(format: str, folder: Path, capsys: Said) -> None:
    target = folder / f"wrong{FORMATS[format].endings[0]}"
    target.write_text("as it was")
    assert guarded(["wrong.yaml", "-o", str(target)]) == 1
    assert "cnov" in capsys.readouterr().err
    assert target.read_text() == "as it was"


@pytest.mark.parametrize("format", PICTURES)
def test_configured_columns_are_no_mistake(format: str, folder: Path, capsys: Said) -> None:
    (folder / ".analyzer.toml").write_text('columns = ["layer"]\nsort = "macs"\ntop = 3\n')
    assert guarded(["net.yaml", "--format", format]) == 0
    assert "14×14×20" in capsys.readouterr().out
