"""`analyzer diff OLD NEW`: what one network differs in from another."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from analyzer.cli.main import FAULT, FINE, WRONG, UsageError
from analyzer.cli.models import add_model, add_run, drawing, format_of
from analyzer.cli.output import complain, options_parser, wants_color, write_file, write_stdout
from analyzer.cli.sides import read_sides
from analyzer.difference import Difference, compare
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FORMATS = ("text", "markdown", "json")
_ENDINGS = {".json": "json", ".md": "markdown", ".txt": "text"}

_EPILOG = """\
OLD and NEW are model files, saved JSON reports, git:REVISION:PATH (git:REVISION for the other one's file), or - for stdin.
Exit codes: 0 equal, 1 different, 2 one of them cannot be read or is wrong."""


def main(arguments: list[str]) -> int:
    """Compares the two that `arguments` name; returns the exit code."""
    asked = _parse(arguments)
    if len(asked.sides) != 2:
        raise UsageError(f"`analyzer diff` takes two networks, the old and the new one, not {len(asked.sides)}")
    texts: dict[str, str] = {}
    first, second = asked.sides
    old, new = read_sides(first, second, asked, texts)
    if isinstance(old, Failed) or isinstance(new, Failed):
        findings = [finding for side in (old, new) if isinstance(side, Failed) for finding in side.diagnostics]
        complain(findings, (), texts, color=asked.color, width=asked.width)
        return FAULT
    difference = compare(old.report, new.report, labels=(old.label, new.label))
    written = _chunks(difference, asked)
    if asked.output is None:
        write_stdout(written)
    else:
        write_file(asked.output, written, sources=asked.sides)
    return FINE if difference.equal or asked.exit_zero else WRONG


def _parse(arguments: list[str]) -> Any:
    parser = options_parser(
        "analyzer diff",
        "What one network differs in from another: layers, volumes, costs in both modes, names.",
        usage="analyzer diff [options] OLD NEW",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("sides", nargs="*", metavar="OLD NEW", help="the two networks")
    add("--format", choices=_FORMATS, help="how it is written (default: text, or what -o's ending says)")
    add("-o", "--output", metavar="FILE", help="write it to a file, whole or not at all")
    add("--mode", choices=("both", "shared", "local"), default="both", help="which weights are shown (default: both)")
    add("--exit-zero", action="store_true", help="end with 0 where they differ too")
    add_run(parser)
    add_model(parser)
    return parser.parse_intermixed_args(arguments)


def _chunks(difference: Difference, asked: Any) -> Iterator[str]:
    """The comparison in its format."""
    format = format_of(asked, _ENDINGS)
    options = Options(mode=asked.mode, **drawing(asked, format))
    if format == "json":
        from analyzer.reporter.difference import json as diff_json

        return diff_json.render(difference, options)
    if format == "markdown":
        from analyzer.reporter.difference import markdown

        return markdown.render(difference, options)
    from analyzer.reporter.difference import text

    options.color = asked.output is None and wants_color(asked.color, sys.stdout)
    return text.render(difference, options)
