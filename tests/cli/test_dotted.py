"""Configuration files that nest without an end are refused in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from analyzer.cli.dotted import deepest_key
from analyzer.cli.main import FAULT, FINE, guarded

DEEP = {
    "a dotted key": "a" + ".a" * 60_000 + " = 1\n",
    "quoted parts": '"a"' + ' . "a"' * 60_000 + " = 1\n",
    "a header": "[" + "a." * 60_000 + "a]\n",
    "lists": "a = " + "[" * 60_000 + "\n",
    "tables": "a = " + "{a=" * 60_000 + "\n",
}


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("name", [".analyzer.toml", "pyproject.toml"])
def test_it_is_one_line_in_bounded_time(folder: Path, capsys: pytest.CaptureFixture[str], kind: str, name: str) -> None:
    (folder / name).write_text("# [tool.analyzer]\n" + DEEP[kind], encoding="utf-8")
    begun = time.process_time()
    assert guarded(["check", "net.yaml"]) == FAULT
    assert time.process_time() - begun < 2
    err = capsys.readouterr().err
    assert err.startswith(f"analyzer: `{name}` ")
    assert err.count("\n") == 1


def test_dots_elsewhere_are_no_keys(folder: Path) -> None:
    text = (
        "[tool.analyzer]\nignore = ['CHECK101'] # ...................................\n"
        "[tool.other]\na = '...................................'\nb = ["
        + "1.5, " * 100
        + ']\nc = """\n'
        + "a." * 100
        + '\n"""\n'
    )
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    assert deepest_key(text) == 0
    assert guarded(["check", "net.yaml"]) == FINE
