"""The files of docs/testing.md: its blocks whose first line is a comment with their name."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "testing.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = {name: text for text, name in re.findall(r"^```(?:yaml|py)\n(# ([\w.]+)\n.*?)^```", TEXT, re.M | re.S)}
#: What the page says that a program prints, or an error says.
SHOWN = [block.rstrip("\n") for block in re.findall(r"^```text\n(.*?)^```", TEXT, re.M | re.S)]


def write(folder: Path, **changed: str) -> None:
    """Writes the files, `net` changed where it is given."""
    for name, text in FILES.items():
        (folder / name).write_text(
            changed.get(name.partition(".")[0], text) if name == "net.py" else text, encoding="utf-8"
        )
