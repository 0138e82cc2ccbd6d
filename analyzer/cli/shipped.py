"""Files that ship with the package: example models and schemas, beside the code in a wheel, above it in a checkout."""

from __future__ import annotations

import os

from analyzer.cli.main import UsageError

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def folder(name: str) -> str:
    """The folder of this name with shipped files."""
    for place in (_PACKAGE, os.path.dirname(_PACKAGE)):
        path = os.path.join(place, name)
        if os.path.isdir(path):
            return path
    raise UsageError(f"the folder `{name}` of this installation is missing; install analyzer again")


def text(path: str) -> str:
    """The text of a shipped file."""
    with open(path, encoding="utf-8") as stream:
        return stream.read()
