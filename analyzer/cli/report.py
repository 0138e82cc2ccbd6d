"""`analyzer FILE…`: the report of one model, or the reports of several and a comparison of their totals."""

from __future__ import annotations

from analyzer import __version__
from analyzer.cli.main import COMMANDS, FINE, UsageError
from analyzer.cli.models import check_files, doubts_about, read_network
from analyzer.cli.options import (
    PAGE,
    RUN_OPTIONS,
    add_files,
    add_format,
    add_model,
    add_options,
    batch_and_dtype,
    parsed,
    settle_columns,
)
from analyzer.cli.output import finish, format_of, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.format import Format
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

#: Columns about training.
OF_TRAINING = ("saved", "backward_macs")

_ABOUT_MEMORY = (
    "The memory of the page is that of one run. Defaults come from `training` in the file, as in `analyzer memory`."
)

_EPILOG = "commands:\n" + "\n".join(f"  analyzer {name:<12}{doc}" for name, doc in COMMANDS.items())


def main(arguments: list[str]) -> int:
    """Reports on the files that `arguments` name; returns the exit code."""
    whole = _may_be_about_memory(arguments)
    if whole:
        from analyzer.cli.run_options import spelled_out

        arguments = list(spelled_out(arguments))
    asked = parsed(parser(whole=whole), arguments)
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
    if whole:
        from analyzer.cli.run_options import refuse_run_options

        refuse_run_options(asked, format)
    if asked.fuse:
        _check_fused(asked, format)
    texts: dict[str, str] = {}
    reports: list[Any]
    if format.name == PAGE:
        from analyzer.cli.reviewing import about_texts, review

        reports = [review(file, asked, texts) for file in asked.files]
        format = format.but(failures=about_texts(reports))
    else:
        reports = [_report(file, asked, texts) for file in asked.files]
    shown = {name: getattr(asked, name) for name in ("mode", "columns", "depth", "top", "sort")}
    return finish(asked, reports, texts, format, options_of(asked, format, **shown))


def _check_fused(asked: Any, format: Format) -> None:
    """Refuses what is about the network as it is written, or trained, beside `--fuse`; drops it if it is configured."""
    if format.name == PAGE:
        raise UsageError(
            f"`--fuse` does not apply to the format {PAGE}, whose findings and memory are of the network as it is written"
        )
    columns = [name for name in asked.columns or () if name in OF_TRAINING]
    sorted_by = [asked.sort] if asked.sort in OF_TRAINING else []
    for option, found in (("columns", columns), ("sort", sorted_by)):
        if found and option in asked.written:
            raise UsageError(f"the column `{found[0]}` is about training, and `--fuse` about a network that only runs")
    if columns:
        asked.columns = [name for name in asked.columns if name not in columns] or None
    if sorted_by:
        asked.sort = None


def _may_be_about_memory(arguments: list[str]) -> bool:
    """Whether options about memory need to be declared: for the page, for help, and where one of them is written.

    Declaring them takes longer than all the others together.
    """
    return any(
        one.partition("=")[0] in ("-h", "--help", *RUN_OPTIONS) or ".htm" in one.lower() or PAGE in one
        for one in arguments
    )


def parser(*, whole: bool = True) -> ArgumentParser:
    """The options of the report; those about memory only in the `whole` parser."""
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
    found.add_argument(
        "--fuse",
        action="store_true",
        help="fuse norms and activations into the layer before, as runtimes do: one row, norms counted as biases",
    )
    add_model(found)
    if whole:
        from analyzer.cli.run_options import add_run_options

        add_run_options(found.add_argument_group("options of --format html", _ABOUT_MEMORY))
    found.add_argument("--version", action="version", version=f"analyzer {__version__}")
    return found


def _report(file: str, asked: Any, texts: dict[str, str]) -> Analysis | Failed:
    """The analysis of one file, or what is wrong with it; its text goes to `texts`."""
    read = read_network(file, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network = read
    diagnostics = doubts_about(model, network)
    if asked.fuse:
        from analyzer.engine.fused import fuse  # with much that a usual report does not need

        network = fuse(network)
    batch, dtype = batch_and_dtype(asked, file, model.training)
    return analyze_network(
        network,
        name=model.name,
        file=model.file,
        batch=batch,
        dtype=dtype,
        description=model.description,
        diagnostics=diagnostics,
    )
