"""One file with everything that a review looks at: its memory in a run, and what the checks find in it."""

from __future__ import annotations

import argparse

from analyzer.checks.run import chosen, run
from analyzer.checks.subject import Subject
from analyzer.cli.check_settings import check_settings
from analyzer.cli.configuration import Settings
from analyzer.cli.memory_run import memory_of
from analyzer.cli.models import doubts_about, read_network
from analyzer.cli.options import batch_and_dtype, run_settings, written_settings
from analyzer.diagnostics import FILE_CODES, Diagnostic, in_order
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Model
from analyzer.reporter.options import Failed
from analyzer.reporter.page.reviewed import Reviewed, Wrong
from analyzer.settings import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from analyzer.engine.memory.analysis import MemoryAnalysis
    from analyzer.engine.network import Network

#: The options of `analyzer check` that a page does not have: its checks are those of the configuration.
_UNWRITTEN = argparse.Namespace(select=None, ignore=None, severity=None, exit_zero=False)


def review(file: str, asked: Any, texts: dict[str, str]) -> Reviewed | Failed:
    """A file for the review page, or what is wrong with it; its text goes to `texts`.

    Raises `SettingError` for options that do not suit it.
    """
    read = read_network(file, asked, texts)
    if isinstance(read, Failed):
        spans = [finding.span for finding in read.diagnostics]
        files = [read.file, *(span.file for span in spans if span is not None and span.in_text)]
        return Wrong(read.file, read.diagnostics, {file: texts[file] for file in files if file in texts})
    model, network = read
    memory, reason = _memory(file, asked, model, network)
    batch, dtype = batch_and_dtype(asked, file, model.training)
    analysis = analyze_network(
        network,
        name=model.name,
        file=model.file,
        batch=batch if memory is None else memory.run.batch,
        dtype=dtype,
        description=model.description,
        diagnostics=doubts_about(model, network),
        training=model.training,
    )
    model.training = run_settings(asked, file, model.training)  # what depends on it is checked in the run of the page
    if memory is not None and memory.arena:
        model.training.pop("device", None)
    return Reviewed(
        analysis=analysis,
        memory=memory,
        reason=reason,
        findings=findings_of(file, asked, analysis, model),
        texts=({model.file: texts[model.file]} if model.file in texts else {}) | dict(model.texts),
        given=[*asked.set, *(("input", volume) for volume in asked.input)],
        budget=tuple(model.budget),
    )


def about_texts(reports: Sequence[Reviewed | Failed]) -> bool:
    """Whether one of the files could be read. A page shows the text of a file; a file without text has none."""
    return any(
        not isinstance(report, Failed) or any(finding.code not in FILE_CODES for finding in report.diagnostics)
        for report in reports
    )


def _memory(file: str, asked: Any, model: Model, network: Network) -> tuple[MemoryAnalysis | None, str]:
    """The memory of the run, or why there is none: what is written on the command line must suit the network."""
    try:
        return memory_of(file, asked, model, network), ""
    except SettingError as error:
        if written_settings(asked):
            raise
        return None, str(error)


def findings_of(file: str, asked: Any, analysis: Analysis, model: Model) -> list[Diagnostic]:
    """What `analyzer check` finds with the settings of the configuration of the file."""
    configured = Settings() if asked.configuration is None else asked.configuration.of(file)
    settings = check_settings(configured, _UNWRITTEN, file)
    found = run(Subject(analysis, model), chosen(settings.select, settings.ignore))
    return in_order([*found, *analysis.network.notes])
