"""The JSON report: the contract for programs (schemas/report.schema.json), one layer a line, written piece by piece.

It always holds every layer and every mode; the options that fold, sort or choose columns are for people's formats.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from analyzer.engine.result import FREE, Analysis, Row, Sums
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Lines of layers that go into one chunk.
_CHUNK = 512

#: The costs of a row with a place for each number, made from `Sums.to_dict`, so that its keys stand there alone.
_SUMS = json.dumps(Sums(FREE, FREE, FREE, 0, 0).to_dict()).replace(": 0", ": %d")


def render(analysis: Analysis, options: Options) -> Iterator[str]:
    """One report as a JSON object."""
    yield from _object(analysis, _encoder(options))
    yield "\n"


def render_many(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """Several reports as an array; a wrong file has its name and what is wrong."""
    encoder = _encoder(options)
    yield "[\n"
    for place, report in enumerate(reports):
        if place:
            yield ",\n"
        yield from _failed(report, encoder) if isinstance(report, Failed) else _object(report, encoder)
    yield "\n]\n"


def render_failed(failed: Failed, options: Options) -> Iterator[str]:
    """A single wrong file as a JSON object."""
    yield from _failed(failed, _encoder(options))
    yield "\n"


def _encoder(options: Options) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=not options.unicode)


def _object(analysis: Analysis, encoder: json.JSONEncoder) -> Iterator[str]:
    header = encoder.encode(analysis.header())
    yield header[:-1] + ',\n "layers": ['
    rows, before = analysis.rows, "\n  "
    for start in range(0, len(rows), _CHUNK):
        yield before + ",\n  ".join([_row(row, encoder) for row in rows[start : start + _CHUNK]])
        before = ",\n  "
    yield '],\n "totals": ' + encoder.encode(analysis.totals_dict()) + ",\n"
    yield ' "diagnostics": ' + _listed([d.to_dict() for d in analysis.diagnostics], encoder) + "}"


def _row(row: Row, encoder: json.JSONEncoder) -> str:
    """A layer as one line, equal to `Row.to_dict()`."""
    head = encoder.encode(row.identity())
    own, cumulative = _SUMS % _numbers(row.own), _SUMS % _numbers(row.cumulative)
    return f'{head[:-1]}, {own[1:-1]}, "cumulative": {cumulative}}}'


def _numbers(sums: Sums) -> tuple[int, ...]:
    """The numbers of `Sums.to_dict`, in its order."""
    a, b, c = sums.shared, sums.local, sums.declared
    return (
        a.weights, a.biases, a.weights + a.biases, a.buffers, a.bytes,
        b.weights, b.biases, b.weights + b.biases, b.buffers, b.bytes,
        c.weights, c.biases, c.weights + c.biases, c.buffers, c.bytes,
        sums.macs, sums.activation_bytes,
    )  # fmt: skip


def _failed(failed: Failed, encoder: json.JSONEncoder) -> Iterator[str]:
    yield '{"file": ' + encoder.encode(failed.file) + ",\n"
    yield ' "diagnostics": ' + _listed([d.to_dict() for d in failed.diagnostics], encoder) + "}"


def _listed(records: Sequence[dict[str, Any]], encoder: json.JSONEncoder) -> str:
    """An array, one item a line."""
    if not records:
        return "[]"
    return "[\n  " + ",\n  ".join(encoder.encode(record) for record in records) + "]"
