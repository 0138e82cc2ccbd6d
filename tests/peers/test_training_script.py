"""The page "From YAML to a training script": its files are written and run as it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer

pytest.importorskip("torch")
pytestmark = pytest.mark.peer

PAGE = Path(__file__).parents[2] / "docs" / "how_to" / "from_yaml_to_a_training_script.md"


def run(script: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-W", "ignore", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_trains_its_network(tmp_path: Path) -> None:
    blocks = re.findall(r"^```(?:yaml|py)\n(# ([\w.]+)\n.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert [name for _, name in blocks] == ["digits.yaml", "train.py"]
    for text, name in blocks:
        (tmp_path / name).write_text(text)
    (tmp_path / "digits.py").write_text(analyzer.convert(tmp_path / "digits.yaml", to="torch"))
    analysis = analyzer.analyze(tmp_path / "digits.yaml")
    said = run("digits.py", tmp_path)
    assert f"{analysis.totals.shared.parameters:,}" in said
    first, last = map(float, re.findall(r"[\d.]+", run("train.py", tmp_path)))
    assert last < first
