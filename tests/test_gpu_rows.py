"""`memory_accuracy.py --gpu --rows` holds the model against the rows of another file; no GPU and no framework is needed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests" / "engine" / "memory")]

import memory_accuracy as accuracy  # noqa: E402
from on_gpu import STEPS, card_of, rows_of, run_on_gpu  # noqa: E402

ENV = {"torch": "2.11.0+cu130", "device": "NVIDIA H200", "total": 150_109_880_320, "cc": [9, 0]}
CONTENT: dict[str, Any] = json.loads(STEPS.read_text(encoding="utf-8"))


def measured(kind: str) -> dict[str, Any]:
    """The first row of AlexNet of a kind, as it was measured."""
    found: dict[str, Any] = next(one for one in CONTENT["rows"] if (one["kind"], one.get("model")) == (kind, "alexnet"))
    return found


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: object, **more: object) -> int:
    """The command on a file with these rows."""
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({"env": ENV, "schema": "", "rows": rows, **more}), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["memory_accuracy.py", "--gpu", "--rows", str(file)])
    return accuracy.main()


def test_the_rows_of_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows as measured keep the limits; a network without a file and a run with `benchmark` are left out."""
    others = [{**measured("train"), "model": "resnet51"}, {**measured("train"), "peak_requested": 1, "benchmark": True}]
    rows = [{"kind": "context", "context_bytes": 1}, measured("train"), measured("infer"), *others]
    assert run(monkeypatch, tmp_path, rows) == 0
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if line.startswith("| alexnet")]
    assert "resnet" not in said
    assert "| training peak | fp32 | 1 | " in said
    assert "## gpu-missed\n\nNone.\n" in said
    assert "gpu-operations" not in said


def test_a_row_that_is_not_met(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A peak of twice the bytes: the model says half of it."""
    row = measured("train")
    batch, twice = row["batch"], 2 * row["peak_requested"]
    assert run(monkeypatch, tmp_path, [{**row, "peak_requested": twice}]) == 1
    said = capsys.readouterr().out
    assert f"- training peak of alexnet, batch {batch}, fp32: −" in said
    worst = next(line for line in said.splitlines() if line.startswith("| training peak"))
    assert -51 < float(worst.split("|")[-2].replace("−", "-").strip(" %")) < -49


def test_operations_of_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A 1×1 convolution as measured, and one that takes a GB, which the rule does not know."""
    row = ["conv2d", "fp32", 8, 64, 64, [56, 56], 1, 1, 0, 1, 1, 400, 130816]
    assert run(monkeypatch, tmp_path, [row], columns={}) == 0
    assert "| fp32 | 1 | 1 | 100 % |" in capsys.readouterr().out
    other = tmp_path / "other"
    other.mkdir()
    assert run(monkeypatch, other, [[*row[:-1], 10**9]], columns={}) == 1
    assert "- operations in fp32: 0 of 1 have" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "has no rows of benchmarks/gpu_measure.py"),
        (json.dumps({"env": ENV, "schema": "", "rows": []}), "has no row of a network of tests/data/memory (alexnet, "),
        (json.dumps({"env": {"device": "none"}, "schema": "", "rows": []}), "is of a dry run: all its counters are 0"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    file = tmp_path / "other.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["memory_accuracy.py", "--gpu", "--rows", str(file)])
    with pytest.raises(SystemExit):
        accuracy.main()
    assert f"{file} {said}" in capsys.readouterr().err


def test_rows_are_of_a_gpu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["memory_accuracy.py", "--rows", "rows.json"])
    with pytest.raises(SystemExit):
        accuracy.main()
    assert "--rows needs --gpu" in capsys.readouterr().err


#: What CUDA calls cards, with NVIDIA's compute capabilities and GB.
@pytest.mark.parametrize(
    ("name", "compute", "gib", "card"),
    [
        ("NVIDIA H200", (9, 0), 140, "H200"),
        ("NVIDIA H100 80GB HBM3", (9, 0), 79, "H100-80GB"),
        ("NVIDIA H100 NVL", (9, 0), 93, "H100 NVL"),
        ("NVIDIA A100-SXM4-40GB", (8, 0), 39, "A100-40GB"),
        ("NVIDIA A100-SXM4-80GB", (8, 0), 79, "A100-80GB"),
        ("Tesla T4", (7, 5), 15, "T4"),
        ("NVIDIA GeForce RTX 4060 Ti", (8, 9), 16, "RTX 4060 Ti 16GB"),
        ("NVIDIA GeForce RTX 4060", (8, 9), 8, "RTX 4060"),
        ("NVIDIA B200", (10, 0), 178, f"{178 << 30} B"),
    ],
)
def test_the_card_of_a_file(name: str, compute: tuple[int, int], gib: int, card: str) -> None:
    assert card_of({"device": name, "cc": list(compute), "total": gib << 30}) == card


def test_a_run_on_a_card_that_is_not_known_has_its_memory() -> None:
    row = {**rows_of("train")[0], "card": card_of({"device": "NVIDIA B200", "cc": [10, 0], "total": 178 << 30})}
    assert run_on_gpu(row).device == str(178 << 30) + " B"
