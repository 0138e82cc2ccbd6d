"""Runs the commands in the `console` blocks of a page and puts in what they print.

The commands of a page run from its top to its bottom in one new folder, which has the folders `example_models` and
`docs` of the checkout in it, and the `.pt2` and `.onnx` files of tests/data/review. A `yaml` or `py` block whose first line is the
name of a file in a comment, such as `# net.yaml`, is saved there as that file before the commands below it run.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: A block with commands, or one that is a file.
_BLOCK = re.compile(
    r"^```(?:console\n(?P<shown>.*?)|(?:yaml|py)\n(?P<saved># (?P<file>[\w.-]+\.(?:yaml|py))\n.*?))^```$", re.M | re.S
)
_LINKED = ("docs", "example_models")
#: What would change an output from one machine to another.
_SURROUNDINGS = ("COLUMNS", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "PYTHONDONTWRITEBYTECODE")
_COMMIT = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "a"), ("EMAIL", "a@b"), ("DATE", "2026-01-01T00:00:00Z"))
}


@functools.cache
def ran(text: str) -> str:
    """A page with what its commands print, messages included, as in a pipe on any machine."""
    if not any(block["shown"] for block in _BLOCK.finditer(text)):
        return text
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bin").mkdir()
        command = folder / "bin" / "analyzer"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m analyzer "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        work = folder / "work"
        work.mkdir()
        for linked in _LINKED:
            (work / linked).symlink_to(ROOT / linked)
        for file in (ROOT / "tests" / "data" / "review").iterdir():
            if file.suffix in (".pt2", ".onnx"):
                (work / file.name).symlink_to(file)
        return _BLOCK.sub(lambda block: _block(block, work), text)


def _block(block: re.Match[str], work: Path) -> str:
    if block["file"]:
        (work / block["file"]).write_text(block["saved"], encoding="utf-8")
        return block[0]
    commands = re.findall(r"^\$ .*(?:(?<=\\)\n.*)*", block["shown"], re.M)
    return "```console\n" + "".join(f"{command}\n{_printed(command[2:], work)}" for command in commands) + "```"


def _printed(command: str, work: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in _SURROUNDINGS}
    environment |= {
        "PATH": os.pathsep.join((str(work.parent / "bin"), os.environ["PATH"])),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **_COMMIT,
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=work, env=environment, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.stdout
