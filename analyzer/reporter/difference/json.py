"""The comparison for programs (schemas/diff.schema.json), one layer a line: every layer, every mode, no rounding."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.contract.writer import write_failed
from analyzer.difference.result import Difference, OneSided
from analyzer.difference.schema import as_dict
from analyzer.reporter.difference.review import Review
from analyzer.reporter.objects import Encoder
from analyzer.reporter.options import Failed, Options


def render(report: Difference | OneSided | Review, options: Options) -> Iterator[str]:
    """One comparison as an object, those of a folder as an array."""
    encoder = Encoder(ensure_ascii=not options.unicode)
    if not isinstance(report, Review):
        yield from _object(report, encoder)
        yield "\n"
        return
    yield "["
    for place, result in enumerate(report.results):
        yield ",\n" if place else "\n"
        if isinstance(result, Failed):
            yield from write_failed(result.file, result.diagnostics, encoder)
        else:
            yield from _object(result, encoder)
    yield "\n]\n" if report.results else "]\n"


def _object(difference: Difference | OneSided, encoder: Encoder) -> Iterator[str]:
    record = as_dict(difference)
    layers = record.pop("layers")
    yield encoder.encode(record)[:-1] + ',\n "layers": ['
    before = "\n  "
    for layer in layers:
        yield before + encoder.encode(layer)
        before = ",\n  "
    yield "]}"
