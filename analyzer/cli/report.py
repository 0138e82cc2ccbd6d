"""`analyzer FILE…`: the report of one model, or of several and a comparison of their totals."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

from analyzer import Analysis, FileError, ModelError, __version__
from analyzer.cli.main import COMMANDS, FAULT, FINE, WRONG, UsageError
from analyzer.cli.output import complain, encodes, options_parser, terminal_width, wants_color, write_file, write_stdout
from analyzer.diagnostics import Diagnostic, in_order, nearest
from analyzer.dtypes import BITS
from analyzer.engine.analysis import analyze_network
from analyzer.loader import expand, parse
from analyzer.loader.files import decode, read_text
from analyzer.loader.limits import LIMITS
from analyzer.reporter import FORMATS, Failed, Options, render, render_many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPILOG = "commands:\n" + "\n".join(f"  analyzer {name:<10}{doc}" for name, doc in COMMANDS.items())

#: What a file's ending says of its format.
_ENDINGS = {".json": "json", ".csv": "csv", ".md": "markdown", ".tex": "latex", ".html": "html", ".htm": "html"}


#: The code of a file that cannot be read: the file is at fault, not the model.
UNREADABLE = "FILE101"


def main(arguments: list[str]) -> int:
    """Reports on the files that `arguments` name; returns the exit code."""
    asked = _parse(arguments)
    if asked.columns == ["help"]:
        from analyzer.reporter.columns import described

        write_stdout(f"{line}\n" for line in described())
        return FINE
    if not asked.files:
        raise UsageError("no model is named; `analyzer example > model.yaml` writes one to start from")
    if asked.files.count("-") > 1:
        raise UsageError("stdin (`-`) can be read once")
    if asked.columns is not None or asked.sort is not None:
        _check_columns(asked)
    format = asked.format or _ENDINGS.get(os.path.splitext(asked.output or "")[1].lower(), "table")
    texts: dict[str, str] = {}
    reports = [_report(file, asked, texts) for file in asked.files]
    findings = [finding for report in reports if isinstance(report, Failed) for finding in report.diagnostics]
    faults = [finding.message for finding in findings if finding.code == UNREADABLE]
    findings = [finding for finding in findings if finding.code != UNREADABLE]
    complain(findings, faults, texts, color=asked.color, width=asked.width)
    chunks = _chunks(format, reports, asked, several=len(asked.files) > 1)
    if chunks is not None:
        if asked.output is None:
            write_stdout(chunks)
        else:
            write_file(asked.output, chunks, sources=asked.files)
    if faults:
        return FAULT
    return WRONG if any(isinstance(report, Failed) for report in reports) else FINE


def _parse(arguments: list[str]) -> Any:
    parser = options_parser(
        "analyzer",
        "What every layer of a convolutional network puts out and costs, shared and locally connected, from its YAML.",
        usage="analyzer [options] FILE…\n       analyzer {" + ",".join(COMMANDS) + "} …",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="model files; - is stdin")
    add("--format", choices=tuple(FORMATS), help="how the report is written (default: table, or what -o's ending says)")
    add("-o", "--output", metavar="FILE", help="write the report to a file, whole or not at all")
    add("--mode", choices=("both", "shared", "local"), default="both", help="which weights are shown (default: both)")
    add("--columns", type=_listed, metavar="NAME,…", help="columns by name; `--columns help` lists them")
    add("--depth", type=_at_least(1), metavar="N", help="fold blocks deeper than N levels into one row")
    add("--top", type=_at_least(1), metavar="N", help="the N biggest layers alone, with their share")
    add("--sort", metavar="COLUMN", help="biggest first by this column")
    add("--batch", type=_at_least(1), default=1, metavar="N", help="samples at a time (default: 1)")
    add(
        "--dtype",
        choices=tuple(BITS),
        default="float32",
        metavar="DTYPE",
        help=f"number format: {', '.join(BITS)} (default: float32)",
    )
    add(
        "--set", action="append", default=[], type=_assignment, metavar="NAME=VALUE", help="set a variable of the model"
    )
    add(
        "--input",
        action="append",
        default=[],
        metavar="VOLUME",
        help="another input volume, such as 64x64x3; NAME=VOLUME for one of several",
    )
    add("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: on a terminal)")
    add(
        "--width",
        type=_at_least(20),
        metavar="N",
        help="columns of the terminal (default: as it is; no limit when piped)",
    )
    add("--version", action="version", version=f"analyzer {__version__}")
    return parser.parse_intermixed_args(arguments)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _at_least(least: int) -> Any:
    def whole_number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) >= least):
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} is needed, not `{text}`")
        return int(text)

    return whole_number


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"`name=value` is needed, not `{text}`")
    return name.lstrip("$"), value


def _check_columns(asked: Any) -> None:
    from analyzer.reporter.columns import ColumnError, check_columns

    try:
        check_columns(asked.columns or (), asked.sort)
    except ColumnError as error:
        raise UsageError(str(error)) from None


def _inputs(asked: Any) -> dict[str, str] | str | None:
    """The volumes of `--input`: one for the first input, or by name."""
    if len(asked.input) == 1 and "=" not in asked.input[0]:
        return str(asked.input[0])
    volumes = {}
    for text in asked.input:
        name, equals, volume = text.partition("=")
        if not equals:
            raise UsageError(f"`--input {text}` stands beside another one; name them: `--input name={text}`")
        volumes[name] = volume
    return volumes or None


def _report(file: str, asked: Any, texts: dict[str, str]) -> Analysis | Failed:
    """The analysis of one file, or what is wrong with it; its text goes to `texts`."""
    label = "<stdin>" if file == "-" else file
    try:
        text = texts[label] = decode(sys.stdin.buffer.read(LIMITS.text + 1), label) if file == "-" else read_text(file)
        model, problems = parse(text, label)
        if model is None:
            return Failed(label, problems)
        network, found = expand(model, set=dict(asked.set), input=_inputs(asked))
        if problems or found:
            return Failed(label, in_order([*problems, *found]))
    except ModelError as error:
        return Failed(label, error.diagnostics)
    except FileError as error:
        return Failed(label, [Diagnostic(UNREADABLE, f"{error}{_hint(file)}", None)])
    return analyze_network(
        network, name=model.name, file=label, batch=asked.batch, dtype=asked.dtype, description=model.description
    )


def _hint(file: str) -> str:
    """What a file that is not there may have been meant to be."""
    if "\0" in file or os.path.lexists(file):
        return ""
    folder, name = os.path.split(file)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return ""
    near = nearest(name, names)
    if near is not None and near != name:
        return f"; did you mean `{os.path.join(folder, near)}`?"
    if not folder and name.isidentifier():
        near = nearest(name, COMMANDS)
        return f"; did you mean the command `{near}`?" if near is not None else "; a model file ends in .yaml"
    return ""


def _chunks(format: str, reports: Sequence[Analysis | Failed], asked: Any, *, several: bool) -> Iterator[str] | None:
    """The report in its format; None where there is nothing to report."""
    to_file = asked.output is not None
    options = Options(
        mode=asked.mode,
        columns=asked.columns,
        depth=asked.depth,
        top=asked.top,
        sort=asked.sort,
        width=asked.width or (None if to_file else terminal_width()),
        color=format == "table" and not to_file and wants_color(asked.color, sys.stdout),
        unicode=to_file or encodes(sys.stdout),
    )
    if several and (format == "json" or any(isinstance(report, Analysis) for report in reports)):
        return render_many(format, reports, options)
    for report in reports:
        if isinstance(report, Analysis):
            return render(format, report, options)
        if format == "json":
            from analyzer.reporter.json_report import render_failed

            return render_failed(report, options)
    return None
