"""`analyzer memory --arena`: RAM and flash of a microcontroller, whether they suffice, and what does not go with them."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from commands import ROOT

import analyzer
from analyzer.cli.main import guarded

Said = pytest.CaptureFixture[str]

#: The network of MLPerf Tiny's keyword spotting: 8,000 bytes a volume in int8, two at once.
KEYWORDS = str(ROOT / "example_models" / "ds_cnn_kws.yaml")

#: tensorflow/tflite-micro#2513.
CLASSIFIER = """\
input: 125x90x1
layers:
  - conv: {filters: 32, kernel: 3, act: relu}
  - max_pool: 4
  - conv: {filters: 32, kernel: 3, act: relu}
  - max_pool: 4
  - flatten:
  - dense: {units: 64, act: relu}
  - dropout: 0.5
  - dense: 3
  - softmax
training: {batch: 32, optimizer: adam}
"""


@pytest.fixture
def models(folder: Path) -> Path:
    """The folder with `tflm.yaml` too."""
    (folder / "tflm.yaml").write_text(CLASSIFIER)
    return folder


def said(capsys: Said, *arguments: str, code: int = 0) -> str:
    assert guarded(["memory", *arguments]) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


def report(capsys: Said, *arguments: str, code: int = 0) -> Any:
    return json.loads(said(capsys, *arguments, "--arena", "--format", "json", code=code))


def test_the_verdict_is_one_line(capsys: Said) -> None:
    """16,000 bytes in RAM; 22,016 weights, and 4 bytes for each of 588 biases and of 577 scales, in flash."""
    out = said(capsys, KEYWORDS, "--dtype", "int8", "--arena", "--ram", "256KiB", "--flash", "1MiB")
    assert 22_016 + 4 * 588 + 4 * 577 == 26_676
    assert "\nverdict  fits · arena 15.6 KiB of 256 KiB RAM · weights 26.1 KiB of 1 MiB flash\n" in out
    out = said(capsys, KEYWORDS, "--dtype", "int8", "--arena")
    assert "\nneeds  arena 15.6 KiB RAM · weights 26.1 KiB flash\n" in out


@pytest.mark.parametrize(
    ("rooms", "words", "code"),
    [
        (["--ram", "16000B"], ("fits", None), 0),
        (["--ram", "15999B"], ("does not fit", None), 1),
        (["--flash", "26676B"], (None, "fits"), 0),
        (["--flash", "26.675KB"], (None, "does not fit"), 1),
        (["--ram", "1MB", "--flash", "16KiB"], ("fits", "does not fit"), 1),
        (["--ram", "8 kib", "--flash", "64 KiB"], ("does not fit", "fits"), 1),
    ],
)
def test_each_has_its_verdict(rooms: list[str], words: tuple[str | None, ...], code: int, capsys: Said) -> None:
    found = report(capsys, KEYWORDS, "--dtype", "int8", *rooms, code=code)
    assert (found["ram"].get("verdict"), found["flash"].get("verdict")) == words
    assert (found["ram"]["bytes"], found["flash"]["bytes"]) == (16_000, 26_676)
    for format in ("table", "markdown"):
        out = said(capsys, KEYWORDS, "--dtype", "int8", "--arena", *rooms, "--format", format, code=code)
        assert ("does not fit" in out) == (code == 1)


def test_what_does_not_fit_is_written_all_the_same(models: Path, capsys: Said) -> None:
    arguments = ["tflm.yaml", "--arena", "--ram", "1MiB", "-o"]
    for name in ("out.json", "out.csv", "out.md", "out.html"):
        assert said(capsys, *arguments, name, code=1) == ""
        assert Path(name).stat().st_size
    assert json.loads(Path("out.json").read_text())["ram"]["verdict"] == "does not fit"


def test_nothing_is_trained_on_a_microcontroller(models: Path, capsys: Said) -> None:
    """The batch of `training` is that of training, too."""
    found = report(capsys, "tflm.yaml")
    assert found["batch"] == 1
    assert found["arena"]["bytes"] == 1_469_952
    assert not {"training", "changes", "timeline", "ranks", "verdict"} & found.keys()
    assert [list(mode) for mode in found["modes"].values()] == [["inference"], ["inference"]]
    for format in ("table", "markdown", "csv"):
        out = said(capsys, "tflm.yaml", "--arena", "--format", format)
        assert not any(word in out for word in ("adam", "training", "gradients", "CUDA", "reserved", "backward"))


def test_the_peak_of_a_measured_arena(models: Path, capsys: Said) -> None:
    """conv1 has 123·88·32·4 bytes, and max_pool1 30·22·32·4.

    With half of conv1, 692,736, the peak is still there: 692,736 + 84,480. With half of max_pool1, 42,240, it is the
    step before, where the input of 125·90·4 bytes (45,008 in units of 16) lies beside conv1.
    """
    found = report(capsys, "tflm.yaml")["arena"]["peak"]
    assert (found["layer"], found["bytes"], found["moments"]) == ("max_pool1", 1_469_952, 1)
    assert found["tensors"] == [
        {"name": "conv1", "layer": "conv1", "fused": ["conv1.relu"], "until": "max_pool1", "bytes": 1_385_472, "half_saves_bytes": 692_736},
        {"name": "max_pool1", "layer": "max_pool1", "fused": [], "until": "conv2", "bytes": 84_480, "half_saves_bytes": 1_469_952 - 1_385_472 - 45_008},
    ]  # fmt: skip
    assert found["smaller"] == {"tensor": "conv1", "bytes": 777_216, "saves_bytes": 692_736}
    assert "half of conv1 saves 692,736 bytes: an arena of 777,216" in said(capsys, "tflm.yaml", "--arena")


def test_many_tensors_at_the_peak_share_a_line(folder: Path, capsys: Said) -> None:
    """20 outputs of 64 bytes that stay to the end, and the sum of them: 12 have a line each."""
    layers = "".join(f"  - conv: {{filters: 1, kernel: 1}}\n    name: c{n}\n    from: input\n" for n in range(20))
    names = ", ".join(f"c{n}" for n in range(20))
    (folder / "many.yaml").write_text(f"input: 8x8x1\nlayers:\n{layers}  - add: [{names}]\n")
    out = said(capsys, "many.yaml", "--arena", "--dtype", "int8")
    (line,) = [line for line in out.splitlines() if line.startswith("the other")]
    assert line.split() == ["the", "other", "9", "tensors", str(9 * 64)]
    assert len(report(capsys, "many.yaml", "--dtype", "int8")["arena"]["peak"]["tensors"]) == 21


def test_a_configured_device_is_not_that_of_a_microcontroller(models: Path, capsys: Said) -> None:
    (models / ".analyzer.toml").write_text('device = "RTX 4090"\ncontext = "1GiB"\n')
    assert "device" not in report(capsys, "tflm.yaml", "--ram", "2MiB")


def test_one_of_several_peaks_saves_nothing(capsys: Said) -> None:
    out = said(capsys, KEYWORDS, "--dtype", "int8", "--arena")
    assert "half of conv1 saves nothing, since 8 steps are as high" in out


def test_flash_in_each_mode(models: Path, capsys: Said) -> None:
    """Locally connected: 9 and 9·32 weights for each of 123·88·32 and 28·20·32 outputs, a bias each; the dense layers."""
    found = report(capsys, "tflm.yaml")["flash"]
    dense = 64 * 7 * 5 * 32 + 3 * 64
    assert found["modes"]["shared"]["weights_bytes"] == 4 * (9 * 32 + 9 * 32 * 32 + dense) == found["weights_bytes"]
    outputs = [123 * 88 * 32, 28 * 20 * 32]
    assert found["modes"]["local"]["weights_bytes"] == 4 * (9 * outputs[0] + 9 * 32 * outputs[1] + dense)
    assert found["modes"]["local"]["biases_bytes"] == 4 * (sum(outputs) + 64 + 3)
    assert found["modes"]["local"]["scales_bytes"] == 0


def test_a_line_for_each_tensor_in_a_spreadsheet(models: Path, capsys: Said) -> None:
    rows = list(csv.DictReader(StringIO(said(capsys, "tflm.yaml", "--arena", "--format", "csv"))))
    assert [row["tensor"] for row in rows][:3] == ["input", "conv1", "max_pool1"]
    assert rows[1] == {"tensor": "conv1", "offset": "0", "bytes": "1385472", "first": "0", "last": "2", "layer": "conv1", "until": "max_pool1"}  # fmt: skip


def test_several_networks_are_compared(models: Path, capsys: Said) -> None:
    out = said(capsys, "tflm.yaml", KEYWORDS, "--arena", "--ram", "1MiB", code=1)
    lines = out.partition("\ncomparison\n")[2].splitlines()
    assert [line.split() for line in lines[-2:]] == [
        ["tflm", "125×90×1", "1", "1.4", "MiB", "318.4", "KiB", "does", "not", "fit"],
        ["DS-CNN", "49×10×1", "1", "62.5", "KiB", "88.3", "KiB", "fits"],
    ]
    assert f"{4 * (22_016 + 588) / 1024:.1f}" == "88.3"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ram", "256KiB"], "`--ram` is memory of a microcontroller; it needs `--arena`"),
        (["--flash", "1MiB"], "`--flash` is memory of a microcontroller; it needs `--arena`"),
        (["--arena", "--device", "64KiB"], "`--device` is a GPU, and `--arena` is about a microcontroller: its memory is `--ram 64KiB` and `--flash`"),
        (["--arena", "--device", "RTX 4090"], "`--device` is a GPU, and `--arena` is about a microcontroller: its memory is `--ram` and `--flash`"),
        (["--arena", "--autocast"], "`--autocast` is about GPUs and training, and `--arena` about a microcontroller: its number format is `--dtype`"),
        (["--arena", "--context", "0"], "`--context` is memory of a GPU, and `--arena` is about a microcontroller"),
        *[
            (["--arena", *option], f"`{option[0]}` is about training, and `--arena` about a microcontroller, which only runs a network")
            for option in (["--optimizer", "adam"], ["--weight-decay", "0"], ["--step", "loop"], ["--loss", "mse"], ["--checkpoint"], ["--accumulate", "2"], ["--ema"], ["--ranks", "2"], ["--strategy", "ddp"])
        ],
        *[
            (["--arena", *option], f"`{option[0]}` is about a CUDA card, and `--arena` about a microcontroller")
            for option in (["--layout", "channels_last"], ["--no-tf32"])
        ],
        (["--arena", "--ram", "256"], "`--ram`: `256` has no unit; write `256KiB` or `256KB`"),
        (["--arena", "--flash", "1M"], "`--flash`: `1M` has no unit; write `1MiB` or `1MB`"),
        (["--arena", "--ram", "much"], "`--ram`: `much` is not an amount of memory such as `256KiB` or `1MiB`"),
        (["--arena", "--ram", "RTX 4090"], "`--ram`: `RTX 4090` is not an amount of memory such as `256KiB` or `1MiB`"),
        (["--arena", "--ram", "0KiB"], "`--ram`: `0KiB` is not an amount of memory; a microcontroller has at least 1 B"),
        (["--arena", "--columns", "saved"], "`--columns` is about what each layer holds, and the rows of `--arena` are tensors: leave one of the two out"),
        (["--arena", "--top", "3"], "`--top` is about what each layer holds, and the rows of `--arena` are tensors: leave one of the two out"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(arguments: list[str], message: str, models: Path, capsys: Said) -> None:
    assert guarded(["memory", "tflm.yaml", *arguments]) == 2
    assert capsys.readouterr() == ("", f"analyzer: {message}\n")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ram": "256KiB"}, "`ram` is memory of a microcontroller; it needs `arena`"),
        ({"arena": True, "device": "24GiB"}, "`device` is a GPU, and `arena` is about a microcontroller: its memory is `ram 24GiB` and `flash`"),
        ({"arena": True, "optimizer": "adam"}, "`optimizer` is about training, and `arena` about a microcontroller, which only runs a network"),
        ({"arena": True, "ram": "256"}, "`ram`: `256` has no unit; write `256KiB` or `256KB`"),
    ],
)  # fmt: skip
def test_the_api_refuses_the_same(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(analyzer.SettingError) as refused:
        analyzer.memory(CLASSIFIER, **settings)
    assert str(refused.value) == message


def test_the_api_has_the_same_numbers() -> None:
    found = analyzer.memory(CLASSIFIER, arena=True, ram="1MiB", flash="512KiB")
    chip = found.microcontroller
    assert chip is not None
    assert (chip.plan.size, chip.ram_verdict, chip.flash_verdict, chip.verdict) == (
        1_469_952,
        "does not fit",
        "fits",
        "does not fit",
    )
    assert repr(found).endswith("arena 1.4 MiB, weights 318.4 KiB, does not fit)")
