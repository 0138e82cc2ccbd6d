"""`analyzer example [NAME]`: prints a shipped model to start from."""

from __future__ import annotations

import os

from analyzer.cli.main import FINE, UsageError
from analyzer.cli.options import add_no_config
from analyzer.cli.output import write_stdout
from analyzer.cli.parser import options_parser
from analyzer.cli.shipped import folder, text
from analyzer.diagnostics import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser

#: The example if none is named.
START = "start"


def main(arguments: list[str]) -> int:
    """Prints an example, or the list of them; returns the exit code."""
    asked = parser().parse_args(arguments)
    known = examples()
    if asked.list:
        wide = max(map(len, known)) + 2
        write_stdout(f"{name:<{wide}}{_about(path)}\n" for name, path in known.items())
        return FINE
    name = asked.name.removesuffix(".yaml")
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean `{near}`?" if near else "`analyzer example --list` lists them"
        raise UsageError(f"unknown example `{asked.name}`; {hint}")
    write_stdout([text(known[name])])
    return FINE


def parser() -> ArgumentParser:
    """The options of `analyzer example`."""
    found = options_parser("analyzer example", "Prints an example model to start from.")
    found.add_argument("name", nargs="?", default=START, metavar="NAME", help=f"an example (default: {START})")
    found.add_argument("--list", action="store_true", help="list the examples")
    add_no_config(found)
    return found


def examples() -> dict[str, str]:
    """The shipped examples by name, each with its file; the one to start with comes first."""
    place = folder("example_models")
    names = sorted(file.removesuffix(".yaml") for file in os.listdir(place) if file.endswith(".yaml"))
    names.sort(key=lambda name: name != START)
    return {name: os.path.join(place, f"{name}.yaml") for name in names}


def _about(path: str) -> str:
    """The first comment of a file."""
    first = text(path).partition("\n")[0]
    return first.lstrip("# ") if first.startswith("#") else ""
