"""Writes any kind of report as JSON: one as an object, several as an array of objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from analyzer.contract.writer import write_failed
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def objects(
    reports: Sequence[Any], options: Options, write: Callable[[Any, json.JSONEncoder], Iterator[str]]
) -> Iterator[str]:
    """The reports, each written by `write`; for a file that failed, its name and what is wrong with it."""
    encoder = json.JSONEncoder(ensure_ascii=not options.unicode)
    several = len(reports) != 1
    if several:
        yield "[\n"
    for place, report in enumerate(reports):
        if place:
            yield ",\n"
        if isinstance(report, Failed):
            yield from write_failed(report.file, report.diagnostics, encoder)
        else:
            yield from write(report, encoder)
    yield "\n]\n" if several else "\n"
