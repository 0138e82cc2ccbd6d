"""The README is true: its models load, its Python runs, its links lead somewhere.

What its commands print is made by docs/make.py; tests/test_docs.py refuses drift.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import analyzer

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("yaml"))
def test_a_model_of_the_readme_loads(block: str) -> None:
    assert analyzer.analyze(analyzer.load(block)).totals.shared.parameters > 0


def test_the_first_model_is_the_textbook_example() -> None:
    analysis = analyzer.analyze(analyzer.load(blocks("yaml")[0]))
    totals = analysis.totals
    assert [str(row.output) for row in analysis.rows] == ["14x14x20"]
    assert (totals.shared.weights, totals.shared.biases, totals.shared.parameters) == (3_840, 20, 3_860)
    assert (totals.local.weights, totals.local.biases, totals.local.parameters) == (752_640, 3_920, 756_560)
    assert totals.macs == 752_640


def test_the_first_table_is_on_the_first_screen_and_the_whole_is_short() -> None:
    lines = README.splitlines()
    assert next(place for place, line in enumerate(lines) if line.startswith("14×14×20")) < 40
    assert len(lines) <= 200


def test_its_python_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
    assert "conv1 112x112x32" in capsys.readouterr().out


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_its_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_its_drawing_is_what_the_command_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    pictures = importlib.import_module("pictures")
    kept = pictures.DRAWING.read_text(encoding="utf-8")
    assert kept == pictures.drawing(), "python docs/pictures.py"
    assert len(kept) < 50_000
