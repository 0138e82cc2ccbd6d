"""Findings about a program point at the lines of Python that made it, where the file has them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.cli.main import main
from analyzer.loader.formats.pt2.names import Naming
from analyzer.loader.formats.pt2.places import Lines
from analyzer.loader.formats.pt2.program import Node

SAMPLE = Path(__file__).parents[3] / "data" / "foreign" / "small.pt2"
CODE = "import torch\n\n\ndef forward(x):\n    x = stem(x)\n    return x\n"
TORCH = 'File "/env/lib/python3.11/site-packages/torch/nn/modules/conv.py", line 565, in forward\n    return F.conv2d('


def trace(*frames: tuple[str, int, str]) -> str:
    """A trace as Python prints it, the innermost line last."""
    return (
        "\n".join(f'File "{file}", line {line}, in forward\n    {text}' for file, line, text in frames) + "\n" + TORCH
    )


@pytest.mark.parametrize(
    ("frames", "file", "line"),
    [
        ([("/home/me/net.py", 5, "x = stem(x)")], "/home/me/net.py", 5),
        ([("/home/me/net.py", 5, "x = stem(x)"), ("/env/site-packages/timm/x.py", 9, "y")], "/home/me/net.py", 5),
        ([("/env/site-packages/timm/a.py", 1, "x"), ("/env/site-packages/timm/b.py", 2, "y")], "/env/site-packages/timm/b.py", 2),
        ([("C:\\me\\net.py", 5, "x = stem(x)")], "C:\\me\\net.py", 5),
    ],
)  # fmt: skip
def test_the_innermost_line_that_is_the_persons_own(frames: list[tuple[str, int, str]], file: str, line: int) -> None:
    found = Lines().line(trace(*frames))
    assert found is not None
    assert (found.file, found.number) == (file, line)


def test_torch_alone_has_no_line() -> None:
    assert Lines().line(TORCH) is None
    assert Lines().line("") is None


@pytest.mark.parametrize(
    ("name", "line", "text", "columns"),
    [
        ("net.py", 5, "x = stem(x)", (5, 16)),
        ("net.py", 5, "x = other(x)", None),  # an older trace
        ("net.py", 500, "x = stem(x)", None),
        ("none.py", 5, "x = stem(x)", None),
        ("secret.txt", 5, "x = stem(x)", None),  # no Python
    ],
)
def test_a_line_is_shown_where_the_file_has_it(
    name: str, line: int, text: str, columns: tuple[int, int] | None, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(CODE)
    (tmp_path / "secret.txt").write_text(CODE)
    lines = Lines()
    found = lines.line(trace((str(tmp_path / name), line, text)))
    assert found is not None
    assert lines.columns(found) == columns
    assert bool(lines.texts) == (columns is not None)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The sample, all of it made by one line of `net.py`, in the current folder; and the code of that file."""
    monkeypatch.chdir(tmp_path)

    def make(code: str) -> Path:
        (tmp_path / "net.py").write_text(code)
        with zipfile.ZipFile(SAMPLE) as archive:
            data: Any = json.loads(archive.read("small/models/model.json"))
        for node in data["graph_module"]["graph"]["nodes"]:
            node["metadata"]["stack_trace"] = trace((str(tmp_path / "net.py"), 5, "x = stem(x)"))
            for arg in node["inputs"]:
                if arg["name"] == "padding" and arg["arg"].get("as_ints") == [1, 1]:
                    arg["arg"] = {"as_ints": [1, 1]}
        with zipfile.ZipFile(tmp_path / "net.pt2", "w") as archive:
            archive.writestr("net/models/model.json", json.dumps(data))
        return Path("net.pt2")

    return make


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(["check", *words])
    return capsys.readouterr().out


def test_a_finding_shows_the_line(program: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    out = checked(capsys, str(program(CODE)))
    assert "net.py:5:5\n" in out
    assert "5 │     x = stem(x)\n  │     ^^^^^^^^^^^\n" in out


def test_programs_get_the_file_of_the_line(program: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    file = str(program(CODE))
    assert "file=net.py,line=5,col=5" in checked(capsys, file, "--format", "github")
    sarif = json.loads(checked(capsys, file, "--format", "sarif"))
    places = [one["locations"][0]["physicalLocation"] for one in sarif["runs"][0]["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"net.py"}
    assert {place["region"]["startLine"] for place in places} == {5}


def test_a_comment_in_the_code_takes_a_finding_away(
    program: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = {word[:-2] for word in checked(capsys, str(program(CODE))).split("[")[1:] for word in [word.split(" ")[0]]}
    code = sorted(found)[0]
    assert code.startswith("CHECK")
    out = checked(capsys, str(program(CODE.replace("stem(x)\n", f"stem(x)  # analyzer: ignore[{code}]\n"))))
    assert f"[{code}]" not in out or "net.py:5" not in out


def test_calls_of_modules_are_counted_in_the_module_around_them() -> None:
    def node(*calls: str) -> Node:
        stack = ";".join(
            f"L__self__{call},{call.split('@')[0]},my.{call.split('@')[0].split('.')[-1].title()}" for call in calls
        )
        return Node("aten.relu.default", {}, ["x"], stack, "")

    nodes = [
        node("block", "block.act"), node("block", "block.act@1"),
        node("block@1", "block.act@2"), node("block@1", "block.act@3"),
    ]  # fmt: skip
    naming = Naming(nodes)
    assert [naming.layer(one) for one in nodes] == ["block.act", "block.act:2", "block:2.act", "block:2.act:2"]
    assert naming.groups() == {"block": "Block", "block:2": "Block"}


def test_a_fix_is_in_the_words_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    network = Path(__file__).parent / "networks" / "monai.UNet.pt2"
    assert "= help: `bias=False`" in checked(capsys, str(network), "--select", "CHECK202")
