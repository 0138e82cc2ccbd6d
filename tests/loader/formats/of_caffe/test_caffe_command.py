"""A Caffe file in place of a YAML file, in each command; the numbers of the sample are calculated by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import run

SAMPLE = Path(__file__).parents[3] / "data" / "foreign" / "siamese.prototxt"

#: 25·1·6 + 6 of the convolution, 6 slopes, ⌈(24 − 3)/2⌉ + 1 = 12 cells a side: 144·6·2 + 2; the second half has none.
PARAMETERS = 156 + 6 + 1730

#: 24·24·25·6 and 144·6·2, twice.
MACS = 2 * (86_400 + 1728)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(SAMPLE, tmp_path / "net.prototxt")
    (tmp_path / "solver.prototxt").write_text('net: "net.prototxt"\nbase_lr: 0.01\n')
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [["net.prototxt"], ["-"], ["net.prototxt", "--from", "caffe"], ["net.prototxt", "--set", "phase=TRAIN"]],
)
def test_the_numbers_of_the_sample(arguments: list[str], folder: Path) -> None:
    done = run(*arguments, "--input", "28x28x2", "--format", "json", cwd=folder, stdin=SAMPLE.read_bytes())
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["totals"]["shared"]["parameters"] == PARAMETERS
    assert report["totals"]["macs"] == MACS
    assert b"`loss` is left out" in done.stderr


def test_a_folder_has_the_networks_and_not_their_solvers(folder: Path) -> None:
    done = run("check", ".", cwd=folder)
    assert done.returncode == 1
    assert b"net.prototxt:11:1" in done.stdout
    assert b"solver" not in done.stdout + done.stderr


def test_as_yaml(folder: Path) -> None:
    done = run("convert", "net.prototxt", "--input", "28x28x2", "--flat", "-o", "net.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    report = json.loads(run("net.yaml", "--format", "json", cwd=folder).stdout)
    assert report["totals"]["shared"]["parameters"] == PARAMETERS
    assert report["totals"]["macs"] == MACS


def test_a_mistake_shows_its_line(folder: Path) -> None:
    file = folder / "net.prototxt"
    file.write_text(file.read_text().replace("stride: 1", "strid: 1"))
    done = run("net.prototxt", "--input", "28x28x2", cwd=folder)
    assert done.returncode == 1
    assert b"`convolution_param` has no field `strid`" in done.stderr
    assert b"net.prototxt:27:1" in done.stderr
    assert b"did you mean `stride`?" in done.stderr
