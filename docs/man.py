"""Makes the man page from the parsers of all commands: `python docs/man.py > analyzer.1`. The build of a wheel calls it.

`argparse-manpage` was tried: it drops what follows a line break before a dot, such as the endings of files, and it
shows the script that made the page as the name of the command.
"""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator

from analyzer import __version__
from analyzer.cli.main import COMMANDS
from analyzer.cli.parsers import parsers

_EXIT_STATUS = {
    "0": "Fine.",
    "1": "The model is wrong, a check, an `expect` or a budget failed, it does not fit, or two networks differ.",
    "2": "The command line, a file or the output is at fault.",
    "130": "Interrupted.",
}
_FILES = {
    ".analyzer.toml": "Defaults for the models in its folder and below.",
    "pyproject.toml": "The same, under [tool.analyzer].",
}
_EXAMPLES = {
    "analyzer example > model.yaml": "Writes a small network to start from.",
    "analyzer model.yaml": "Shows its table.",
    "analyzer memory model.yaml --batch 32 --device 24GiB": "Says whether its training fits on a device.",
    "analyzer check model.yaml --budget params=5M": "Checks it, with a budget.",
    "analyzer diff git:main:model.yaml model.yaml": "Shows what changed since the branch main.",
}


def man_page() -> str:
    """The page in the language of man."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    found = parsers()
    report = found.pop("report")
    yield f'.TH ANALYZER 1 "" "analyzer {__version__}" "User Commands"'
    yield from (".SH NAME", r"analyzer \- shapes and costs of a convolutional network from its YAML")
    yield ".SH SYNOPSIS"
    yield from _usage(report)
    yield from (".SH DESCRIPTION", _escaped(report.description or ""))
    yield ".SH OPTIONS"
    yield from _options(report)
    yield ".SH COMMANDS"
    for name, parser in found.items():
        yield from (
            f".SS {_escaped(parser.prog)}",
            _escaped(f"{COMMANDS[name][:1].upper()}{COMMANDS[name][1:]}."),
            ".PP",
        )
        yield from _usage(parser)
        yield from _options(parser)
        yield from _epilog(parser.epilog or "")
    for heading, entries in {"EXAMPLES": _EXAMPLES, "EXIT STATUS": _EXIT_STATUS, "FILES": _FILES}.items():
        yield f".SH {heading}"
        for word, meaning in entries.items():
            yield from (".TP", f".B {_escaped(word)}", _escaped(meaning))


def _usage(parser: ArgumentParser) -> Iterator[str]:
    """The forms of a command, one on a line."""
    forms = parser.usage or " ".join(parser.format_usage().removeprefix("usage: ").split())
    for form in forms.splitlines():
        yield from (f".B {_escaped(form.strip())}", ".br")


def _options(parser: ArgumentParser) -> Iterator[str]:
    formatter = parser._get_formatter()
    for action in parser._actions:
        if action.help != SUPPRESS:
            yield from (".TP", f".B {_escaped(formatter._format_action_invocation(action))}")
            yield _escaped(formatter._expand_help(action) if action.help else "")


def _epilog(text: str) -> Iterator[str]:
    """The paragraphs after the options; a line that is indented stays a line."""
    for paragraph in text.split("\n\n") if text else ():
        kept = "\n  " in paragraph
        yield ".PP"
        yield from [".nf"] if kept else []
        yield from map(_escaped, paragraph.splitlines())
        yield from [".fi"] if kept else []


def _escaped(line: str) -> str:
    """A line of text; a dot or an apostrophe at its beginning would be a request."""
    line = line.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{line}" if line.startswith((".", "'")) else line


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(man_page())
