"""`analyzer FILE…`: the report of one model, or of several and a comparison of their totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer import Analysis, __version__
from analyzer.cli.main import COMMANDS, FINE, UsageError
from analyzer.cli.models import (
    add_model,
    add_output,
    add_run,
    at_least,
    check_files,
    drawing,
    finish,
    format_of,
    read_network,
)
from analyzer.cli.output import options_parser, write_stdout
from analyzer.engine.analysis import analyze_network
from analyzer.reporter import FORMATS, Failed, Options, render, render_many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPILOG = "commands:\n" + "\n".join(f"  analyzer {name:<10}{doc}" for name, doc in COMMANDS.items())

#: What a file's ending says of its format.
_ENDINGS = {".json": "json", ".csv": "csv", ".md": "markdown", ".tex": "latex", ".html": "html", ".htm": "html"}


def main(arguments: list[str]) -> int:
    """Reports on the files that `arguments` name; returns the exit code."""
    asked = _parse(arguments)
    if asked.columns == ["help"]:
        from analyzer.reporter.analysis.columns import described

        write_stdout(f"{line}\n" for line in described())
        return FINE
    check_files(asked.files)
    if asked.columns is not None or asked.sort is not None:
        _check_columns(asked)
    format = format_of(asked, _ENDINGS)
    texts: dict[str, str] = {}
    reports = [_report(file, asked, texts) for file in asked.files]
    return finish(asked, reports, texts, lambda: _chunks(format, reports, asked))


def _parse(arguments: list[str]) -> Any:
    parser = options_parser(
        "analyzer",
        "What every layer of a convolutional network puts out and costs, shared and locally connected, from its YAML.",
        usage="analyzer [options] FILE…\n       analyzer {" + ",".join(COMMANDS) + "} …",
        epilog=_EPILOG,
    )
    add_output(parser, tuple(FORMATS))
    add = parser.add_argument
    add("--mode", choices=("both", "shared", "local"), default="both", help="which weights are shown (default: both)")
    add("--columns", type=_listed, metavar="NAME,…", help="columns by name; `--columns help` lists them")
    add("--depth", type=at_least(1), metavar="N", help="fold blocks deeper than N levels into one row")
    add("--top", type=at_least(1), metavar="N", help="the N biggest layers alone, with their share")
    add("--sort", metavar="COLUMN", help="biggest first by this column")
    add_run(parser, batch=1, dtype="float32")
    add_model(parser)
    add("--version", action="version", version=f"analyzer {__version__}")
    return parser.parse_intermixed_args(arguments)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _check_columns(asked: Any) -> None:
    from analyzer.reporter.analysis.columns import ColumnError, check_columns

    try:
        check_columns(asked.columns or (), asked.sort)
    except ColumnError as error:
        raise UsageError(str(error)) from None


def _report(file: str, asked: Any, texts: dict[str, str]) -> Analysis | Failed:
    """The analysis of one file, or what is wrong with it; its text goes to `texts`."""
    read = read_network(file, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network = read
    return analyze_network(
        network, name=model.name, file=model.file, batch=asked.batch, dtype=asked.dtype, description=model.description
    )


def _chunks(format: str, reports: Sequence[Analysis | Failed], asked: Any) -> Iterator[str] | None:
    """The report in its format; None where there is nothing to report."""
    options = Options(
        mode=asked.mode,
        columns=asked.columns,
        depth=asked.depth,
        top=asked.top,
        sort=asked.sort,
        **drawing(asked, format),
    )
    if len(reports) > 1 and (format == "json" or any(isinstance(report, Analysis) for report in reports)):
        return render_many(format, reports, options)
    for report in reports:
        if isinstance(report, Analysis):
            return render(format, report, options)
        if format == "json":
            from analyzer.reporter.analysis.json import render_failed

            return render_failed(report, options)
    return None
