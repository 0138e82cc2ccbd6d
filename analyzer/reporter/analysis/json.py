"""The JSON report: the contract for programs (schemas/report.schema.json).

It has every layer and every mode; the options that fold, sort or choose columns are for people's formats.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from analyzer.contract.writer import write_failed, write_report
from analyzer.engine.result import Analysis
from analyzer.reporter.options import Failed, Options


def render(analysis: Analysis, options: Options) -> Iterator[str]:
    """One report as a JSON object."""
    yield from write_report(analysis, _encoder(options))
    yield "\n"


def render_many(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """Several reports as an array; a wrong file has its name and what is wrong."""
    encoder = _encoder(options)
    yield "[\n"
    for place, report in enumerate(reports):
        if place:
            yield ",\n"
        if isinstance(report, Failed):
            yield from write_failed(report.file, report.diagnostics, encoder)
        else:
            yield from write_report(report, encoder)
    yield "\n]\n"


def render_failed(failed: Failed, options: Options) -> Iterator[str]:
    """A single wrong file as a JSON object."""
    yield from write_failed(failed.file, failed.diagnostics, _encoder(options))
    yield "\n"


def _encoder(options: Options) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=not options.unicode)
