"""The parsers of all commands, for what is made from them: completion, the man page, the page of the commands."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from analyzer.cli.main import COMMANDS


def parsers() -> dict[str, ArgumentParser]:
    """The parser of each command by the command's name; that of the report comes first, as `report`."""
    found: dict[str, ArgumentParser] = {}
    for name in ("report", *COMMANDS):
        __import__(f"analyzer.cli.{name}")
        found[name] = sys.modules[f"analyzer.cli.{name}"].parser()
    return found
