"""`analyzer explain`: a file with names, a volume with layers, what is refused, and every exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.cli.main import guarded

ROOT = Path(__file__).parents[2]
TEXTBOOK = "conv: {K: 20, F: 8, S: 2, P: 1}"
SMALL = """\
input: 8x8x3
layers:
  - conv: {filters: 4, kernel: 3}
    name: first
  - conv: {filters: 2, kernel: 9}
    name: second
  - relu
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = guarded(["explain", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_volume_and_layers(capsys: pytest.CaptureFixture[str]) -> None:
    """The textbook's layer and a pool, by hand: 14×14×20, then ⌊(14 − 2)/2⌋ + 1 = 7."""
    code, out, err = run(capsys, "32x32x3", TEXTBOOK, "max_pool: 2")
    assert (code, err) == (0, "")
    assert out.startswith("input 32×32×3 · batch 1 · float32\n")
    assert "conv1 · conv 8×8 /2 +1 · 32×32×3 → 14×14×20" in out
    assert "W_out = ⌊(32 − 8 + 2·1)/2⌋ + 1 = 14" in out
    assert "H_out = ⌊(14 − 2 + 2·0)/2⌋ + 1 = 7" in out


def test_a_mistake_in_a_written_layer_is_told_as_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "32x32x3", "conv: {K: 20, F: 8, Q: 2}")
    assert (code, out) == (1, "")
    assert "error[VALUE102]: `conv` has no parameter `Q`" in err
    assert "<command line>:3:" in err


@pytest.mark.parametrize(
    "layer", ["", "conv: [", "- relu", "relu\nlayers: []", "conv: {K: 1, F: 1}\n  - relu", "&a [*a]"]
)
def test_whatever_is_written_as_a_layer_stays_one_item(layer: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "32x32x3", layer)
    assert code == 1
    assert "<command line>:3:" in err or "<command line>:4:" in err


def test_a_file_comes_before_a_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("32x32x3").write_text("input: 4x4x1\nlayers:\n  - relu\n")
    assert "4×4×1" in run(capsys, "32x32x3")[1]


def test_names(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, str(ROOT / "example_models/resnet50.yaml"), "conv1", "stage1.1.conv2", "input")
    assert (code, err) == (0, "")
    assert [line.partition(" · ")[0] for line in out.splitlines() if " · " in line and not line.startswith(" ")] == [
        "ResNet-50", "conv1", "stage1.1.conv2", "input",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no model is given; "),
        (["32x32x3"], "a layer is needed after the volume"),
        (["example_models/lenet5.yaml", "conv9"], "no layer is called `conv9`; did you mean `conv2`?"),
        (["example_models/lenet5.yaml", "example_models/vgg16.yaml"], "`analyzer explain` takes one model"),
        (["example_models/lenet5.yaml", "-"], "`analyzer explain` takes one model"),
        (["32x32x3", "conv:", "{K:", "20,", "F:", "8}"], "quote each layer, since it has spaces: 'conv: {…}'"),
        (["example_models/lenet5.yaml", "conv: {K: 2, F: 3}"], "layers are written after a volume"),
        (["nothing.yaml"], "file `nothing.yaml` does not exist"),
        (["example_models/lenet5.yaml", "--mode", "x"], "`--mode`"),
        (["example_models/lenet5.yaml", "-o", "example_models/lenet5.yaml"], "is the model itself"),
        (["example_models/lenet5.yaml", "-o", "out.pdf"], "no format has the ending `.pdf`"),
    ],
)
def test_faults_of_the_command_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def refused(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(SMALL)
    return str(path)


def test_a_refused_network_is_explained_up_to_the_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By hand: 8 − 3 + 1 = 6 cells, then (6 − 9)/1 + 1 = −2."""
    code, out, err = run(capsys, refused(tmp_path))
    assert code == 1
    assert "first · conv 3×3 · 8×8×3 → 6×6×4" in out
    assert "second · conv · 6×6×4 → refused" in out
    assert "H_out = (6 − 9 + 2·0)/1 + 1 = −2" in out
    assert "relu" not in out
    assert "error[SHAPE201]: the 9×9 kernel of `second` is larger than its 6×6 input" in err


@pytest.mark.parametrize(("name", "shown"), [("second", "second · conv · 6×6×4 → refused"), ("first", "first · conv")])
def test_layers_of_a_refused_network(name: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, refused(tmp_path), name)
    assert code == 1
    assert shown in out
    assert "error[SHAPE201]" in err


def test_a_layer_behind_the_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, refused(tmp_path), "relu1")
    assert (code, out) == (1, "")
    assert "error[SHAPE201]" in err


def test_refused_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, refused(tmp_path), "--format", "json")
    record = json.loads(out)
    assert code == 1
    assert [(layer["name"], layer.get("refused")) for layer in record["layers"]] == [("first", None), ("second", True)]
    assert [finding["code"] for finding in record["refused"]] == ["SHAPE201"]


def test_an_output_file_is_not_changed_by_a_refused_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.txt"
    target.write_text("before")
    code, _, err = run(capsys, refused(tmp_path), "-o", str(target))
    assert code == 1
    assert target.read_text() == "before"
    assert "out.txt" in err


@pytest.mark.parametrize(("ending", "begins"), [(".json", '{"format": 1'), (".tex", "% needs"), (".txt", "LeNet-5")])
def test_the_ending_chooses_the_format(
    ending: str, begins: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"out{ending}"
    assert run(capsys, str(ROOT / "example_models/lenet5.yaml"), "conv1", "-o", str(target)) == (0, "", "")
    assert target.read_text(encoding="utf-8").startswith(begins)


def test_options_that_other_commands_have(capsys: pytest.CaptureFixture[str]) -> None:
    """A batch of 2 in 2 bytes: 2·14·14·20·2 bytes, by hand 15,680."""
    code, out, _ = run(capsys, "32x32x3", TEXTBOOK, "--batch", "2", "--dtype", "float16", "--mode", "shared")
    assert code == 0
    assert "output = 14·14·20·2·2 = 15,680 bytes" in out
    assert "locally connected" not in out


def test_another_input_and_variables(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, str(ROOT / "example_models/textbook.yaml"), "--input", "64x64x3")
    assert code == 0
    assert "H_out = ⌊(64 − 8 + 2·1)/2⌋ + 1 = 30" in out


def test_stdin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: 8x8x3\nlayers:\n  - relu\n")
    with path.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        code, out, _ = run(capsys, "-", "relu1")
    assert code == 0
    assert "relu1 · relu · 8×8×3 → 8×8×3" in out
