"""With little memory every command ends in one line and exit code 2, whatever the moment at which memory runs out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux limits the memory of a process by `ulimit -v`"
)

COMMANDS = (
    ("large.yaml",),
    ("large.yaml", "--format", "json", "-o", "out.json"),
    ("large.yaml", "--format", "csv"),
    ("large.yaml", "--format", "html"),
    ("check", "large.yaml"),
    ("memory", "large.yaml"),
    ("diff", "large.yaml", "large.yaml"),
)


@pytest.fixture
def large(folder: Path) -> Path:
    text = "input: 8x8x3\nlayers:\n  - {conv: {filters: 3, kernel: 3, padding: 1}, repeat: 99000}\n"
    (folder / "large.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("kilobytes", [70_000, 110_000])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_ends_in_one_line(large: Path, command: tuple[str, ...], kilobytes: int) -> None:
    before = sorted(os.listdir(large))
    limited = ["bash", "-c", f'ulimit -v {kilobytes}; exec "$0" "$@"', sys.executable, "-m", "analyzer", *command]
    done = subprocess.run(limited, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "analyzer: the model needs more memory than this machine has\n")
    assert sorted(os.listdir(large)) == before
