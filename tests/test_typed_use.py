"""A user's code is typed: mypy accepts what the API offers, and refuses what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer

ROOT = Path(__file__).resolve().parent.parent
USE = ROOT / "tests" / "data" / "typed" / "use.py"


def mypy(path: Path, tmp_path: Path) -> str:
    """What `mypy --strict` says about a file that is not part of the package."""
    pytest.importorskip("mypy")
    run = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        os.devnull,
        "--cache-dir",
        str(ROOT / ".mypy_cache" / "use"),
    ]
    done = subprocess.run(
        [*run, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
    )
    return done.stdout + done.stderr


def test_the_whole_api_is_typed(tmp_path: Path) -> None:
    assert "Success" in mypy(USE, tmp_path)


def test_every_public_name_is_used_there() -> None:
    text = USE.read_text(encoding="utf-8")
    assert [name for name in analyzer.__all__ if name not in text and name != "__version__"] == []


def test_a_misspelled_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(
        "import analyzer\nanalyzer.analyse('net.yaml')\nanalyzer.analyze('net.yaml', batch='two')\nanalyzer.analyze(3)\n"
    )
    said = mypy(path, tmp_path)
    assert 'Module has no attribute "analyse"' in said
    assert 'incompatible type "str"; expected "int"' in said
    assert 'incompatible type "int"' in said
