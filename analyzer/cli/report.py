"""`analyzer FILE…`: the report of one model, or the reports of several and a comparison of their totals."""

from __future__ import annotations

from analyzer import __version__
from analyzer.cli.main import COMMANDS, FINE, UsageError
from analyzer.cli.models import check_files, doubts_about, read_network
from analyzer.cli.options import add_files, add_format, add_mode, add_model, add_run, at_least, options_parser, parsed
from analyzer.cli.output import finish, format_of, options_of, write
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EPILOG = "commands:\n" + "\n".join(f"  analyzer {name:<10}{doc}" for name, doc in COMMANDS.items())


def main(arguments: list[str]) -> int:
    """Reports on the files that `arguments` name; returns the exit code."""
    asked = _parse(arguments)
    if asked.columns == ["help"]:
        from analyzer.reporter.analysis.columns import described

        for file in asked.files:
            asked.inputs.keep(file)
        write(asked, (f"{line}\n" for line in described()))
        return FINE
    check_files(asked.files)
    if asked.columns is not None or asked.sort is not None:
        _check_columns(asked)
    format = format_of(asked, FORMATS, sources=asked.files)
    texts: dict[str, str] = {}
    reports = [_report(file, asked, texts) for file in asked.files]
    shown = {name: getattr(asked, name) for name in ("mode", "columns", "depth", "top", "sort")}
    return finish(asked, reports, texts, format, options_of(asked, format, **shown))


def _parse(arguments: list[str]) -> Any:
    parser = options_parser(
        "analyzer",
        "Calculates the output and the cost of every layer of a convolutional network from its YAML, shared and locally "
        "connected.",
        usage="analyzer [options] FILE…\n       analyzer {" + ",".join(COMMANDS) + "} …",
        epilog=_EPILOG,
    )
    add_files(parser)
    add_format(parser, FORMATS, "the report")
    add_mode(parser)
    add = parser.add_argument
    add("--columns", type=_listed, metavar="NAME,…", help="show these columns; `--columns help` lists them")
    add("--depth", type=at_least(1), metavar="N", help="fold blocks deeper than N levels into one row each")
    add("--top", type=at_least(1), metavar="N", help="show only the N biggest layers, with their share")
    add("--sort", metavar="COLUMN", help="sort by this column, biggest first")
    add_run(parser, batch=1, dtype="float32")
    add_model(parser)
    add("--version", action="version", version=f"analyzer {__version__}")
    return parsed(parser, arguments)


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
        network,
        name=model.name,
        file=model.file,
        batch=asked.batch,
        dtype=asked.dtype,
        description=model.description,
        diagnostics=doubts_about(model, network),
    )
