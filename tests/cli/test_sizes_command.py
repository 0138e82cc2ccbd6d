"""`analyzer sizes`: its answers, what it refuses in one line, and its exit codes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import analyzer
from analyzer.cli.main import FAULT, FINE, WRONG, guarded
from analyzer.cli.schema import schema_text
from analyzer.contract.fits import misfits
from analyzer.contract.sizes import sizes_schema

Said = pytest.CaptureFixture[str]

ROOT = Path(__file__).parents[2]

#: Sizes come back where 4 divides them; 358 does not fit, and the `expect` holds at no other size.
UNET = """\
name: two halvings
input: 358x358x3
layers:
  - conv: {filters: 4, kernel: 3, padding: same}
    name: e1
    expect: 358x358x4
  - max_pool: 4
  - upsample: 4
  - concat: [prev, e1]
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    path = tmp_path / "unet.yaml"
    path.write_text(UNET)
    Path("vector.yaml").write_text("input: 10\nlayers: [dense: 3]\n")
    Path("two.yaml").write_text("inputs: {noise: 8, image: 8x8x3}\nlayers:\n  - {relu: , from: image}\n")
    Path("wrong.yaml").write_text("input: 8x8x3\nlayers: [konv: 3]\n")
    return path


def test_a_person_s_answer(model: Path, capsys: Said) -> None:
    assert guarded(["sizes", "unet.yaml"]) == FINE
    out, err = capsys.readouterr()
    assert err == ""
    rest = "4, 8, 12 … 420: multiples of 4; with a {} of 356; nearest to 358: 356, 360"
    assert out.splitlines() == [
        "two halvings · input 358×358×3",
        "",
        f"height          {rest.format('width')}",
        f"width           {rest.format('height')}",
        "height = width  4, 8, 12 … 420: multiples of 4; nearest to 358: 356, 360",
        "exact           all of these · no pixel unread, nothing cropped",
        "nearest         an input of 356×356×3 or 360×360×3",
        "tried           1 to 256 and 294 to 422 · one axis at a time, the others as in the file · nothing is known of "
        "other sizes",
    ]


def test_for_programs(model: Path, capsys: Said) -> None:
    assert guarded(["sizes", "unet.yaml", "--near", "30x40", "--range", "1:64", "--format", "json"]) == FINE
    report = json.loads(capsys.readouterr().out)
    assert list(report) == ["format", "file", "name", "input", "of", "axes", "together", "nearest", "diagnostics"]
    assert report["axes"]["height"] == {
        "others": {"width": 40},
        "tried": [[1, 64]],
        "accepted": [[4, 64, 4]],
        "read": [[4, 64, 4]],
        "exact": [[4, 64, 4]],
        "near": 30,
        "nearest": [28, 32],
        "nearest_exact": [28, 32],
    }
    assert report["axes"]["width"]["nearest"] == [36, 40, 44]
    assert report["together"]["axes"] == ["height", "width"]
    assert report["nearest"] == ["28x40x3", "32x40x3"]
    assert report == analyzer.sizes(model, near=(30, 40), range=(1, 64)).to_dict() | {"file": "unet.yaml"}


def test_every_report_fits_the_schema(model: Path, capsys: Said) -> None:
    schema = sizes_schema()
    assert (ROOT / "schemas/sizes.schema.json").read_text(encoding="utf-8") == "".join(schema_text(schema))
    for arguments in (["unet.yaml"], ["two.yaml", "--of", "image"], ["unet.yaml", "--range", "1:3"], ["wrong.yaml"],
                      ["unet.yaml", "--output", "64x64"], ["unet.yaml", "--output", "63x64"]):  # fmt: skip
        guarded(["sizes", *arguments, "--format", "json"])
        report = json.loads(capsys.readouterr().out)
        assert list(misfits(report, schema, schema["definitions"])) == []


def test_output_is_a_size_or_a_file(model: Path, capsys: Said) -> None:
    assert guarded(["sizes", "unet.yaml", "--output", "64x64", "--output", "a.json", "-o", "b.json"]) == FINE
    assert capsys.readouterr() == ("", "")
    assert not Path("a.json").exists()  # as of every option, the last one counts
    report = json.loads(Path("b.json").read_text())
    assert report["output"] == {
        "name": "concat1",
        "wanted": "64x64",
        "sizes": [{"axes": ["height", "width"], "tried": [[1, 256], [294, 422]], "accepted": [[64, 64, 1]]}],
        "inputs": ["64x64x3"],
        "read": ["64x64x3"],
        "exact": ["64x64x3"],
    }
    assert guarded(["sizes", "unet.yaml", "--output=64x64"]) == FINE
    assert "for 64x64       an input of 64×64×3: no pixel unread, nothing cropped" in capsys.readouterr().out
    assert guarded(["sizes", "unet.yaml", "-o", "64x64"]) == FINE
    assert "two halvings" in Path("64x64").read_text()
    assert guarded(["sizes", "unet.yaml", "--output", "./8x8.txt"]) == FINE
    assert Path("8x8.txt").exists()
    assert guarded(["sizes", "unet.yaml", "--output", "-"]) == FINE


def test_an_output_that_no_input_gives(model: Path, capsys: Said) -> None:
    assert guarded(["sizes", "unet.yaml", "--output", "63x63"]) == WRONG
    assert "an input of 60×60×3 gives 60×60×8 · an input of 64×64×3 gives 64×64×8" in capsys.readouterr().out


def test_no_size_is_accepted(model: Path, capsys: Said) -> None:
    assert guarded(["sizes", "unet.yaml", "--range", "1:3", "--format", "json"]) == WRONG
    out, err = capsys.readouterr()
    assert json.loads(out)["axes"]["height"]["accepted"] == []
    assert [finding["code"] for finding in json.loads(out)["diagnostics"]] == ["SHAPE201"]
    assert "the 4×4 kernel of `max_pool1` is larger than its 3×3 input" in err
    assert err.endswith("`unet.yaml` accepts no size of 1 to 3; the mistake above is that of the largest, 3×3×3\n")


def test_settings_of_the_model(model: Path, capsys: Said) -> None:
    model.write_text(UNET.replace("input: 358x358x3", "vars: {n: 4}\ninput: 358x358x3").replace(" 4\n", " $n\n"))
    assert guarded(["sizes", "unet.yaml", "--set", "n=8", "--input", "64x64x3", "--format", "json"]) == FINE
    report = json.loads(capsys.readouterr().out)
    assert report["input"] == "64x64x3"
    assert report["axes"]["height"]["accepted"] == [[8, 256, 8]]


def test_stdin(model: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UNET.encode())))
    assert guarded(["sizes", "-", "--format", "json"]) == FINE
    assert json.loads(capsys.readouterr().out)["file"] == "<stdin>"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no model is given; `analyzer example > model.yaml` writes one to start from"),
        (["unet.yaml", "two.yaml"], "`analyzer sizes` takes one model, not 2"),
        (["unett.yaml"], "file `unett.yaml` does not exist; did you mean `unet.yaml`?"),
        (["vector.yaml"], "`input` is a vector of 10 values, without a spatial axis whose size could change"),
        (
            ["two.yaml"],
            "`noise` is a vector of 8 values, without a spatial axis whose size could change; `--of` takes `image`",
        ),
        (["two.yaml", "--of", "imag"], "`--of`: the model has no input `imag`; did you mean `image`?"),
        (["unet.yaml", "--near", "3x4x5"], "`--near`: a size such as `358x358` is needed for an input of 358×358×3"),
        (["unet.yaml", "--near", "big"], "not `big`"),
        (["unet.yaml", "--near", "0"], "not `0`"),
        (["unet.yaml", "--range", "5"], "`--range`: the smallest and the largest size are needed, such as `1:512`"),
        (["unet.yaml", "--range", "9:1"], "`--range`: `9:1` has no sizes; write `1:9`"),
        (["unet.yaml", "--range", "1:200000"], "`--range`: `1:200000` has more than 100,000 sizes"),
        (["unet.yaml", "--range", "0:5"], "not `0:5`"),
        (["unet.yaml", "--output", "9"], "`--output`: `9` is no size of an output: `concat1` puts out"),
        (["unet.yaml", "--output", "x.pdf"], "`-o x.pdf`: no format has the ending `.pdf`"),
        (["unet.yaml", "-o", "unet.yaml", "--format", "json"], "`unet.yaml` is the model itself"),
        (["unet.yaml", "--input", "8"], "`input` is a vector of 8 values"),
        (["unet.yaml", "--nera", "8"], "did you mean `--near`?"),
    ],
)
def test_refusals_are_one_line(model: Path, capsys: Said, arguments: list[str], said: str) -> None:
    assert guarded(["sizes", *arguments]) == FAULT
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_a_model_that_is_wrong_in_itself(model: Path, capsys: Said) -> None:
    assert guarded(["sizes", "wrong.yaml"]) == WRONG
    out, err = capsys.readouterr()
    assert out == ""
    assert "did you mean `conv`?" in err


def test_in_python(model: Path) -> None:
    found = analyzer.sizes(model)
    assert found.axes["height"].nearest == [356, 360]
    assert str(found).splitlines()[0] == "two halvings · input 358×358×3"
    assert repr(found) == "Sizes(two halvings: input 358x358x3)"
    with pytest.raises(analyzer.SettingError, match="`near`: a size such as `358x358` is needed"):
        analyzer.sizes(model, near="x")
    with pytest.raises(analyzer.ModelError):
        analyzer.sizes("wrong.yaml")
