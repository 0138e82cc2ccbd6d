"""The memory report in JSON: the contract for programs (schemas/memory.schema.json), a key a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from analyzer.contract.memory import as_dict
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.reporter.objects import objects
from analyzer.reporter.options import Failed, Options


def render(reports: Sequence[MemoryAnalysis | Failed], options: Options) -> Iterator[str]:
    """One report as an object, several as an array."""
    return objects(reports, options, _object)


def _object(report: MemoryAnalysis, encoder: json.JSONEncoder) -> Iterator[str]:
    before = "{"
    for key, value in as_dict(report).items():
        yield f'{before}"{key}": {encoder.encode(value)}'
        before = ",\n "
    yield "}"
