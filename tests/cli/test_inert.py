"""Names are shown, never obeyed: by a terminal, by the log of a build server, by a spreadsheet.

Every command and every format, with names of files and texts of models that try.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from commands import WRONG

import analyzer
from analyzer.cli.main import guarded
from analyzer.reporter.analysis.csv import cell
from analyzer.source import inert

Said = pytest.CaptureFixture[str]

#: Every control character that a name of a file can have, marks of direction, a byte that is not UTF-8, and commands of
#: GitHub and Azure behind a line's end and at the beginning.
CONTROLS = "".join(map(chr, [*range(1, 32), 127, *range(128, 160)]))
FILES = [
    f"a{CONTROLS}\u202e\u2066\u200f\u2028b\udcff.yaml",
    "a\n::error::b.yaml",
    "::error::b.yaml",
    " \t::error::b.yaml",
    "##[error]b ##vso[task.x] ::error::c.yaml",
]

FINE = """\
name: "::error::a ##[error]b"
description: "::error::a\\n::error::b ##[group]"
input: 8x8x3
layers:
  - conv: {filters: 4, kernel: 3}
    name: ::error::c
    note: "::error::d ##[error]\\n::error::e"
  - conv: {filters: 4, kernel: 3, padding: 5}
    name: /c2
    note: "=1+1"
  - dense: {units: 7, bias: false}
    name: -x
    note: "@SUM(1)"
"""
MISTAKES = """\
name: "::error::a ##[error]b"
input: 8x8x3
layers:
  - conv: {filters: "::error::", kernel: 3}
  - conv: {filters: 4, "::error::": 3}
  - "::error::q": 3
  - {relu: , name: "::error:: ##[error]"}
  - {relu: , from: "\\n::error::z"}
  - {relu: , expect: "::error::"}
  - "##[error]"
"""
SYNTAX = "layers: [\n::error::a: [\n\t- b\n##[error] *x\n"
TEXTS = {"fine": FINE, "mistakes": MISTAKES, "syntax": SYNTAX, "wrong": WRONG, "missing": None}

COMMANDS = [
    *(("{} --format " + one).strip() for one in ("table", "json", "csv", "markdown", "latex", "html", "mermaid", "dot")),
    "{} {} --format table",
    "{} {} --format csv",
    "{} {} --format html",
    "{} --width 40 --columns layer,note,line",
    "{} --set ::error::\x1b=1",
    *(f"check {{}} --format {one}" for one in ("text", "concise", "json", "github", "markdown", "gitlab", "sarif", "junit")),
    "memory {}",
    "memory {} --format json",
    "diff {} {}",
    "diff {} {} --format markdown",
    "diff {} {} --format json",
    "schema --check {}",
    "schema --report --check {}",
    "check net.yaml --budget params=+5% --against {}",
]  # fmt: skip

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def obeyed(text: str) -> list[str]:
    """What a terminal or a log would obey."""
    lines = [line for line in text.split("\n") if line.lstrip().startswith("::") or "##[" in line or "##vso[" in line]
    return [*_CONTROL.findall(text), *lines]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("text", TEXTS)
def test_nothing_is_obeyed(command: str, text: str, folder: Path, capsys: Said) -> None:
    for file in FILES:
        content = TEXTS[text]
        if content is not None:
            (folder / file).write_text(content)
        arguments = [part if part != "{}" else file for part in command.split()]
        assert guarded([*arguments, "--color", "never"]) in (0, 1, 2)
        out, err = capsys.readouterr()
        assert "internal error" not in err
        assert obeyed(err) == [], file
        if command.endswith("csv"):
            out = out.replace("\r\n", "\n")  # as RFC 4180 ends lines
        if command.endswith("github"):
            assert all(re.match("::(error|warning|notice) file=", line) for line in out.splitlines())
            out = re.sub("(?m)^::", "", out)
        assert obeyed(out) == [], file


def test_nothing_is_obeyed_by_who_uses_the_library(folder: Path) -> None:
    for file in FILES:
        with pytest.raises(analyzer.FileError) as missing:
            analyzer.analyze(Path(file))
        assert obeyed(str(missing.value).partition("`")[2]) == []
        (folder / file).write_text(MISTAKES)
        with pytest.raises(analyzer.ModelError) as wrong:
            analyzer.analyze(Path(file))
        assert obeyed(str(wrong.value)) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[31m\r\n\t\x9b\u202e", "a\\x1b[31m\\r\\n\\t\\x9b\\u202e"),
        ("::error::x", "\\x3a:error::x"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("std::vector a ::b", "std::vector a \\x3a:b"),
        ("##[error]", "\\x23#[error]"),
        ("a###[error]", "a#\\x23#[error]"),
        ("## a #[b] ##", "## a #[b] ##"),
    ],
)
def test_inert(text: str, shown: str) -> None:
    assert inert(text) == shown
    assert inert(shown) == shown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        *((f"{sign}1", f"'{sign}1") for sign in "=+-@\t\n＝＋－＠"),
        ("\r=1", "'\\r=1"),
        ("a=1", "a=1"),
        ("two\nlines\t=1", "two\nlines\t=1"),
        ("a\n::error::b", "a\n\\x3a:error::b"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(text: str, written: str) -> None:
    assert cell(text) == written


def test_numbers_stay_numbers_and_texts_become_texts(folder: Path, capsys: Said) -> None:
    (folder / "=a.yaml").write_text(FINE.replace('"::error::d', '"-2+3'))
    assert guarded(["=a.yaml", "net.yaml", "--format", "csv"]) == 0
    head, *rows = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    lines = [dict(zip(head, row, strict=True)) for row in rows]
    assert [line["file"] for line in lines] == ["'=a.yaml"] * 3 + ["net.yaml"]
    assert [line["layer"] for line in lines[:3]] == ["\\x3a:error::c", "/c2", "'-x"]
    assert [line["note"][:5] for line in lines[:3]] == ["'-2+3", "'=1+1", "'@SUM"]
    assert all(int(line[key]) >= 0 for line in lines for key in head if key.endswith(("parameters", "macs")))
