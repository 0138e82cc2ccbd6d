"""Models that a person got wrong: `bad/<kind>/<name>.yaml`, and in `<name>.txt` what the command must say of it.

The kind is that of the first mistake, or `blocks` where the model is about them.

The texts were read one by one, as the person who made the mistake would: is the place the one wrong key or value, is
the arithmetic right, is the fix the nearest one? What they say is the requirement, not our last output.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.cli.main import main
from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse
from analyzer.loader.text import pyyaml
from analyzer.loader.text.files import read_text

BAD = Path(__file__).parent / "bad"
NAMES = sorted(path.relative_to(BAD).with_suffix("").as_posix() for path in BAD.rglob("*.yaml"))

#: Codes whose message names the key or word at which it points.
NAMING = {
    "MODEL101",
    "MODEL102",
    "NAME101",
    "NAME102",
    "NAME103",
    "NAME104",
    "VALUE102",
    "YAML101",
    "YAML102",
    "YAML103",
}


def findings(name: str) -> tuple[str, list[Diagnostic]]:
    """The text of a bad file and everything that is found in it."""
    file = str(BAD / f"{name}.yaml")
    try:
        text = read_text(file)
    except ModelError as error:
        return "", list(error.diagnostics)
    read = parse(text, file)
    model, problems = read.model, read.problems
    return text, problems if model is None else [*problems, *expand(model)[1]]


def test_there_are_enough() -> None:
    assert len(NAMES) >= 80
    assert {path.relative_to(BAD).with_suffix("").as_posix() for path in BAD.rglob("*.txt")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_message(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _, stem = name.rpartition("/")
    monkeypatch.chdir(BAD / folder)
    monkeypatch.delenv("COLUMNS", raising=False)
    assert main([f"{stem}.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (BAD / f"{name}.txt").read_text(encoding="utf-8")
    heads = re.findall(r"^error\[[A-Z]+[0-9]+\]: .", err, re.M)
    places = re.findall(rf"^ *╭─ {stem}\.yaml:[0-9]+:[0-9]+$", err, re.M)
    assert len(heads) == len(places) > 0
    assert "Traceback" not in err


@pytest.mark.parametrize("name", NAMES)
def test_place_holds_the_mistake(name: str) -> None:
    """What is underlined exists and is no blank; where the message names the wrong word, it is that word."""
    text, found = findings(name)
    lines = text.splitlines() or [""]
    for finding in found:
        marked = underlined(lines, finding)
        if not marked:
            assert "nothing" in finding.message or "empty" in finding.message
        elif finding.code in NAMING:
            words = re.findall(r"`([^`]+)`", finding.message)
            assert any(word.lstrip("&!").rstrip("…") in marked for word in words), (marked, finding)
        elif finding.code == "VALUE101" and "$" not in marked and marked[0] not in "[{&*":
            said = re.search(r"not `?([^`]*?)`?$|`([^`]*)`(?: has a `\?`)?$", finding.message)
            assert said is not None
            word = (said.group(1) or said.group(2)).replace("−", "-")
            assert word in marked or (word, marked) == ("nothing", "null"), finding


def underlined(lines: list[str], finding: Diagnostic) -> str:
    """The text that a finding points at, on its first line."""
    span = finding.span
    assert span is not None
    assert 1 <= span.line <= len(lines)
    line = lines[span.line - 1]
    assert 1 <= span.column <= len(line) + 1
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]


def test_no_finding_twice() -> None:
    for name in NAMES:
        places = [(d.code, d.message, str(d.span)) for d in findings(name)[1]]
        assert len(set(places)) == len(places), name


@pytest.mark.parametrize("name", NAMES)
def test_the_parser_in_python_finds_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML without libyaml complains in other words, of which the same message is made."""
    import yaml

    if not yaml.__with_libyaml__:
        pytest.skip("PyYAML has no libyaml here")
    said = [(d.code, d.message, d.span and d.span.line, d.help) for d in findings(name)[1]]
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    monkeypatch.setattr(pyyaml, "_found", pyyaml.whole())
    assert [(d.code, d.message, d.span and d.span.line, d.help) for d in findings(name)[1]] == said
