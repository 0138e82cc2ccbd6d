"""The command as a shell runs it, and within this process where that is enough."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

MODEL = "input: 32x32x3\nvars: {width: 20}\nlayers:\n  - conv: {filters: $width, kernel: 8, stride: 2, padding: 1}\n"
WRONG = "input: 32x32x3\nlayers:\n  - cnov: {filters: 20, kernel: 8}\n"
MANY = "input: 8x8x3\nlayers:\n  - {conv: {filters: 3, kernel: 3, padding: 1}, repeat: 5000}\n"

COMMAND = [sys.executable, "-m", "analyzer"]
ROOT = Path(__file__).parents[2]


def environment(**changes: str | None) -> dict[str, str]:
    """The environment of a shell that says nothing of colours, widths or languages, with changes."""
    quiet = ("COLUMNS", "NO_COLOR", "TERM", "LC_ALL", "LANG", "LC_CTYPE", "PYTHONIOENCODING", "PYTHONUTF8")
    kept = {name: value for name, value in os.environ.items() if name not in quiet}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    named = {"LC_ALL": "C.UTF-8", "PYTHONPATH": path, **changes}
    return kept | {name: value for name, value in named.items() if value is not None}


def run(*arguments: str, stdin: bytes = b"", cwd: Path | None = None, **changes: str | None) -> Any:
    """A finished process, its output as bytes."""
    return subprocess.run(
        [*COMMAND, *arguments], input=stdin, capture_output=True, cwd=cwd, env=environment(**changes), timeout=60
    )


def shell(script: str, cwd: Path, **changes: str | None) -> Any:
    """A finished shell, in which `$analyzer` is the command."""
    env = environment(analyzer=" ".join(COMMAND), **changes)
    return subprocess.run(["bash", "-c", script], capture_output=True, cwd=cwd, env=env, timeout=60)


def heeds_interrupts() -> None:
    """For a child, which inherits ignored interrupts: a shell's job in the background, such as a CI run, ignores them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
