"""`--largest`, `--smallest` and `--sensitivity` of `analyzer sweep`, against calculations by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.cli.main import guarded

#: (8·8·3 + 1) = 193 parameters for each filter, and 192 · 14·14 = 37,632 MACs.
NET = """\
input: 32x32x3
vars: {width: 20, kernel: 8, act: relu}
layers:
  - conv: {filters: $width, kernel: $kernel, stride: 2, padding: 1}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    return "net.yaml"


def swept(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[dict[str, Any], str]:
    """The JSON of a sweep that ends with an exit code, and its messages."""
    assert guarded(["sweep", *arguments, "--format", "json"]) == code
    captured = capsys.readouterr()
    return json.loads(captured.out), captured.err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_bisection_of_a_million_widths(net: str, workers: str, capsys: pytest.CaptureFixture[str]) -> None:
    """193 · 25,906 = 4,999,858 parameters fit into 5M, and 193 more do not. The last width, 20 halvings, 64 checks."""
    found, error = swept(
        capsys, net, "--set", "width=1:1000000", "--largest", "width", "--budget", "params=5M",
        "--amounts", "params", "--workers", workers,
    )  # fmt: skip
    assert found["found"] == [
        {"set": {}, "value": 25906, "params": 4999858, "next": {"value": 25907, "breaks": ["params"]}}
    ]
    assert 64 < found["counts"]["variants"] <= 1 + 20 + 64
    assert error == ""


def test_a_value_that_contradicts_bisection_is_told(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With four groups only every fourth width is a network; 194 · 512 + 4 = 99,332 parameters fit into 100K."""
    Path(net).write_text(NET + "  - conv: {filters: 4, kernel: 1, groups: 4}\n")
    found, error = swept(capsys, net, "--set", "width=1:2500", "--largest", "width", "--budget", "params=100K")
    (answer,) = found["found"]
    assert (answer["value"], answer["params"], answer["next"]["value"]) == (512, 99332, 513)
    assert answer["next"]["error"]["code"].startswith("SHAPE")
    assert found["counts"] == {"variants": 2500, "fit": 128, "wrong": 1875}
    assert error.startswith("analyzer: note: bisection cannot answer: `width=")
    assert error.endswith("; all 2,500 values of `width` must be calculated\n")
    assert error.count("\n") == 1


def test_both_questions_about_several_axes(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With kernels of 2, 4 and 8 a filter has 13, 49 and 193 parameters."""
    found, _ = swept(
        capsys, net, "--set", "width=30,10,20", "--set", "kernel=2:8:*2", "--budget", "params=1K",
        "--largest", "kernel", "--largest", "width", "--smallest", "width", "--amounts", "params",
    )  # fmt: skip
    assert [(one["axis"], one["largest"], one["set"], one["value"]) for one in found["found"]] == [
        ("kernel", True, {"width": 30}, 2),
        ("kernel", True, {"width": 10}, 4),
        ("kernel", True, {"width": 20}, 4),
        ("width", True, {"kernel": 2}, 30),
        ("width", True, {"kernel": 4}, 20),
        ("width", True, {"kernel": 8}, None),
        ("width", False, {"kernel": 2}, 10),
        ("width", False, {"kernel": 4}, 10),
        ("width", False, {"kernel": 8}, None),
    ]
    assert [one["next"] and one["next"]["value"] for one in found["found"]] == [4, 8, 8, None, 30, 10, None, None, 30]


def test_the_table_has_a_thousand_answers_and_the_json_all(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--set", "width=1:1030", "--set", "kernel=2,4", "--budget", "params=1K", "--largest", "kernel"]
    assert guarded(["sweep", net, *options]) == 0
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if line.split() and line.split()[0].isdigit()]
    assert rows[:1000] == [str(width) for width in range(1, 1001)]
    assert rows[1000:] == ["30", "96"], "30 answers more, and 76 + 20 variants fit: 1,000 // 13 = 76, 1,000 // 49 = 20"
    found, _ = swept(capsys, net, *options)
    assert [one["value"] for one in found["found"]] == [4] * 20 + [2] * 56 + [None] * 954


def test_sensitivity(net: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten filters more: 1,930 parameters and 376,320 MACs, and 4 · (1,930 + 14·14·10) bytes of weights and outputs."""
    found, _ = swept(capsys, net, "--set", "width=30:50:10", "--sensitivity", "--amounts", "params,macs")
    (step,) = found["sensitivity"]
    assert step == {
        "axis": "width",
        "from": 20,
        "to": 30,
        "changes": {"params": {"by": 1930, "percent": 50.0}, "macs": {"by": 376320, "percent": 50.0}},
        "macs_per_parameter": pytest.approx(376320 / 1930),
        "bytes_per_parameter": pytest.approx(4 * (1930 + 1960) / 1930),
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "width=1:5", "--largest", "widht", "--budget", "params=1K"], "did you mean `width`?"),
        (["--set", "act=relu,gelu", "--largest", "act", "--budget", "params=1K"], "`relu` is a word, and words have no order"),
        (["--set", "width=1:5", "--largest", "width"], "give it a limit with `--budget`, or a `budget` in the file"),
        (["--set", "width=1:9", "--smallest", "width", "--budget", "params=1K", "--random", "2"], "and `--random` draws only some"),
        (["--input", "64x32x3,32x64x3", "--largest", "input", "--budget", "macs=1G"], "neither of `32x64x3` and `64x32x3` is the larger"),
        (["--set", "width=1.0:9.0", "--random", "2", "--sensitivity"], "`width` is continuous; give it a step, or a list"),
    ],
)  # fmt: skip
def test_questions_without_an_answer(
    net: str, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(["sweep", net, *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("analyzer: `--")
    assert message in captured.err
    assert captured.err.count("\n") == 1
