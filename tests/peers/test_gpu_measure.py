"""benchmarks/gpu_measure.py without a device: every kind of row, with the keys of those that a GPU gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: nothing is measured with it")

import gpu_measure  # noqa: E402
from gpu_kinds import UNet, in_room, largest, operation  # noqa: E402

pytestmark = pytest.mark.peer

GPU = Path(__file__).parents[1] / "data" / "gpu"
ARGUMENTS = ["--dry-run", "--networks", "unet", "--batches", "2", "--caps", "8"]


def measured(out: Path, *more: str) -> dict[str, Any]:
    """What the command writes."""
    gpu_measure.main([*ARGUMENTS, "--out", str(out), *more])
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_rows_have_the_keys_of_those_of_a_gpu(tmp_path: Path) -> None:
    found = measured(tmp_path / "rows.json", "--modes", "fp32")
    rows = {row["kind"]: row for row in found["rows"]}
    assert list(rows) == ["context", "train", "infer", "maxbatch"]
    for row in json.loads((GPU / "steps.json").read_text(encoding="utf-8"))["rows"]:
        if not row.get("benchmark"):
            assert list(rows[row["kind"]]) == list(row)
    assert all(rows["train"][f"peak_{what}"] == 0 for what in ("requested", "allocated", "reserved"))


def test_a_network_has_its_parameters(tmp_path: Path) -> None:
    """U-Net: 31,037,698 parameters, and an optimizer with momentum has as many; 16 bits take half the bytes."""
    found = measured(tmp_path / "rows.json", "--modes", "fp32,amp_fp16,bf16_cl", "--kinds", "train")
    words = sum(parameter.numel() for parameter in UNet().parameters())
    assert words == 31_037_698
    for row in found["rows"]:
        width = 2 if row["mode"] == "bf16_cl" else 4
        assert (row["params"], row["optimizer_bytes"]) == (width * words, width * words)


def test_a_row_is_measured_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second run has one row more to measure, `--benchmark` is another row; no part of a file is left."""
    out = tmp_path / "rows.json"
    arguments = ("--modes", "fp32", "--kinds", "infer")
    first = measured(out, *arguments)["rows"]
    capsys.readouterr()
    second = measured(out, *arguments, "--batches", "2,4")["rows"]
    assert second[:-1] == first
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert measured(out, *arguments, "--benchmark")["rows"][-1]["benchmark"]
    assert [path.name for path in tmp_path.iterdir()] == ["rows.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--networks", "resnet51"], "torchvision"),
        (["--modes", "fp23"], "`fp23` is not one of fp32, "),
        (["--batches", "many"], "`many` has no numbers"),
    ],
)
def test_what_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit):
        measured(tmp_path / "rows.json", *arguments)
    assert said in capsys.readouterr().err


def test_the_file_of_another_device_is_not_continued(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rows.json"
    kept = (GPU / "steps.json").read_bytes()
    out.write_bytes(kept)
    with pytest.raises(SystemExit):
        measured(out)
    assert "was measured elsewhere" in capsys.readouterr().err
    assert out.read_bytes() == kept


@pytest.mark.parametrize("measured_at", range(0, 383, 29))
def test_operations(measured_at: int) -> None:
    """Every kind of convolution can be made of its row; the last two columns are what it takes."""
    *row, _, _ = json.loads((GPU / "ops.json").read_text(encoding="utf-8"))["rows"][measured_at]
    assert operation(gpu_measure.Memory(dry=True), row) == [0, 0]


@pytest.mark.parametrize(
    ("last", "found"), [(93, (93, 94)), (7, (7, 8)), (0, (0, 1)), (192, (192, 194)), (291, (288, 292))]
)
def test_the_largest_batch(last: int, found: tuple[int, int]) -> None:
    """To 1 in 64, as in steps.json: 93 and 94, 192 and 194, 288 and 292."""
    assert largest(lambda batch: batch <= last) == found


def test_no_room_is_no_row_and_another_error_is_one() -> None:
    def failing(text: str) -> None:
        raise RuntimeError(text)

    assert in_room(lambda: failing("CUDA out of memory. Tried to allocate 2 GiB")) is None
    with pytest.raises(RuntimeError, match="size mismatch"):
        in_room(lambda: failing("size mismatch"))
