"""`analyzer memory FILE…`: the memory that inference and training need, and whether it fits."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from analyzer.cli.declared import LIST
from analyzer.cli.main import FINE, WRONG, UsageError
from analyzer.cli.memory_run import memory_of
from analyzer.cli.models import check_files, read_network
from analyzer.cli.options import PAGE, add_files, add_format, add_model, add_options, parsed, settle_columns
from analyzer.cli.output import finish, format_of, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.cli.run_options import add_arena_options, add_run_options, spelled_out
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.devices import cards
from analyzer.engine.memory.verdict import DOES_NOT_FIT
from analyzer.reporter.format import SHOWN, Format
from analyzer.reporter.memory import FORMATS
from analyzer.reporter.options import Failed
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(arguments: list[str]) -> int:
    """Reports on the memory of the files that `arguments` name; returns the exit code."""
    asked = parsed(parser(), list(spelled_out(arguments)))
    if asked.device == LIST:
        write(asked, _cards())
        return FINE
    if asked.columns == ["help"]:
        from analyzer.reporter.memory.layers import described

        write(asked, (f"{line}\n" for line in described()))
        return FINE
    check_files(asked.files)
    if asked.columns is not None or asked.sort is not None:
        from analyzer.reporter.memory.layers import check_columns

        settle_columns(asked, check_columns)
    format = format_of(asked, FORMATS, sources=asked.files)
    if asked.arena:
        _check_rows(asked, format)
    texts: dict[str, str] = {}
    reports: list[Any]
    if format.name == PAGE:
        from analyzer.cli.reviewing import about_texts, review

        reports = [review(file, asked, texts) for file in asked.files]
        format = format.but(failures=about_texts(reports))
    else:
        reports = [_report(file, asked, texts) for file in asked.files]
    options = options_of(asked, format, mode=asked.mode, **_rows(asked, format))
    code = finish(asked, reports, texts, format, options)
    return WRONG if code == FINE and any(map(_does_not_fit, reports)) else code


def _does_not_fit(report: MemoryAnalysis | Reviewed | Failed) -> bool:
    """Whether a report, or a reviewed file of a page, says that a network does not fit on what it is for."""
    found = report.memory if isinstance(report, Reviewed) else report
    if not isinstance(found, MemoryAnalysis):
        return False
    verdict, chip = found.verdict(), found.microcontroller
    words = verdict.word if verdict else None, chip.verdict if chip else None
    return DOES_NOT_FIT in words


def _check_rows(asked: Any, format: Format) -> None:
    """Refuses options about the rows of layers beside `--arena`, whose rows are the tensors of the arena."""
    for name in SHOWN:
        if name in asked.written and format.name != PAGE:
            raise UsageError(
                f"`--{name}` is about what each layer holds, and the rows of `--arena` are tensors: leave one of the two out"
            )


def _rows(asked: Any, format: Format) -> dict[str, Any]:
    """The options about rows. Tables for people have rows only where one of them was written."""
    if format.name == PAGE:
        return {"depth": asked.depth}  # the columns of its table are not those of memory
    if not format.exact and asked.written.isdisjoint(SHOWN):
        return {}
    return {name: vars(asked)[name] for name in SHOWN}


def _cards() -> Iterator[str]:
    """The cards with their memory, a line each."""
    known = cards()
    wide = max(len(card.name) for card in known)
    for card in known:
        usable = "" if card.usable is None else f", {memory(card.usable)} usable"
        yield f"{card.name:<{wide}}  {memory(card.nominal):>9}{usable}\n"


def parser() -> argparse.ArgumentParser:
    """The options of `analyzer memory`."""
    found = options_parser(
        "analyzer memory",
        "Calculates the memory that inference and training of a network need, without running it, and whether it fits.",
        usage="analyzer memory [options] FILE…",
        epilog="The defaults of the options about a run come from `training` in the file.\n"
        "--columns, --depth, --sort and --top add rows that show what each layer holds.\n"
        "exit codes: 0 it fits or is at risk, or nothing is named that it should fit on; 1 it does not fit, or a model is wrong; "
        "2 the command line or a file is at fault.",
    )
    add_files(found)
    add_format(found, FORMATS, "the report")
    add_options(found, "mode", "columns", "depth", "top", "sort", "batch", "dtype")
    add_run_options(found)
    add_arena_options(found)
    add_model(found)
    return found


def _report(file: str, asked: Any, texts: dict[str, str]) -> MemoryAnalysis | Failed:
    """The memory of one file, or what is wrong with it; raises `SettingError` for options that do not suit it."""
    read = read_network(file, asked, texts)
    return read if isinstance(read, Failed) else memory_of(file, asked, *read)
