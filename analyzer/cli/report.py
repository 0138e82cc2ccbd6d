"""`analyzer FILE…`: the report of one model, or the reports of several and a comparison of their totals."""

from __future__ import annotations

from analyzer import __version__
from analyzer.cli.main import COMMANDS, FINE
from analyzer.cli.models import check_files, doubts_about, read_network
from analyzer.cli.options import add_files, add_format, add_model, add_options, batch_and_dtype, parsed, settle_columns
from analyzer.cli.output import finish, format_of, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

_EPILOG = "commands:\n" + "\n".join(f"  analyzer {name:<12}{doc}" for name, doc in COMMANDS.items())


def main(arguments: list[str]) -> int:
    """Reports on the files that `arguments` name; returns the exit code."""
    asked = parsed(parser(), arguments)
    if asked.columns == ["help"]:
        from analyzer.reporter.analysis.columns import described

        for file in asked.files:
            asked.inputs.keep(file)
        write(asked, (f"{line}\n" for line in described()))
        return FINE
    check_files(asked.files)
    if asked.columns is not None or asked.sort is not None:
        from analyzer.reporter.analysis.columns import check_columns

        settle_columns(asked, check_columns)
    format = format_of(asked, FORMATS, sources=asked.files)
    texts: dict[str, str] = {}
    reports = [_report(file, asked, texts) for file in asked.files]
    shown = {name: getattr(asked, name) for name in ("mode", "columns", "depth", "top", "sort")}
    return finish(asked, reports, texts, format, options_of(asked, format, **shown))


def parser() -> ArgumentParser:
    """The options of the report."""
    found = options_parser(
        "analyzer",
        "Calculates the output and the cost of every layer of a convolutional network from its YAML, shared and locally "
        "connected.",
        usage="analyzer [options] FILE…\n       analyzer {" + ",".join(COMMANDS) + "} …",
        epilog=_EPILOG,
    )
    add_files(found)
    add_format(found, FORMATS, "the report")
    add_options(found, "mode", "columns", "depth", "top", "sort", "batch", "dtype")
    add_model(found)
    found.add_argument("--version", action="version", version=f"analyzer {__version__}")
    return found


def _report(file: str, asked: Any, texts: dict[str, str]) -> Analysis | Failed:
    """The analysis of one file, or what is wrong with it; its text goes to `texts`."""
    read = read_network(file, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network = read
    batch, dtype = batch_and_dtype(asked, file, model.training)
    return analyze_network(
        network,
        name=model.name,
        file=model.file,
        batch=batch,
        dtype=dtype,
        description=model.description,
        diagnostics=doubts_about(model, network),
    )
