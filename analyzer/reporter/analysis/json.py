"""The JSON report: the contract for programs (schemas/report.schema.json).

It has every layer and every mode; the options that fold, sort or choose columns are for people's formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.contract.writer import write_report
from analyzer.engine.result import Analysis
from analyzer.reporter.objects import objects
from analyzer.reporter.options import Failed, Options


def render(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """One report as an object, several as an array."""
    return objects(reports, options, write_report)
