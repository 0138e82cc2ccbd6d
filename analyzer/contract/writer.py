"""Writes the report of an analysis piece by piece, one layer a line, so that a large network needs little memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from operator import attrgetter

from analyzer.contract.keys import written
from analyzer.contract.report import COST, FINDING, HEADER, IDENTITY, OWN, READS, SUMS, TOTALS, WINDOW
from analyzer.diagnostics import Diagnostic
from analyzer.engine.result import FREE, MODES, STILL, Analysis, Row, Sums

#: Lines of layers that go into one chunk.
_CHUNK = 512

#: The numbers that a layer, and every running sum, has.
_KNOWN = [key for key in SUMS if not key.optional]

# `json` takes most of the time of a report, and most of that for the costs: the same 17 keys twice a layer, with whole
# numbers as values. So these are written from templates that have a place for each number.
_NONE = Sums(FREE, FREE, FREE, 0, 0, 0, STILL, 1)
_COSTS = json.dumps(written(_KNOWN, _NONE)).replace(": 0", ": %d")[1:-1]
_numbers = attrgetter(
    *(f"{mode}.{key.name}" for mode in MODES for key in COST), *(key.name for key in _KNOWN if key.name not in MODES)
)

#: What only the costs of a layer have: its MACs in the backward pass and its traffic, then FLOPs for a byte of it.
_MOVED = json.dumps(written(OWN[len(_KNOWN) :], _NONE)).replace(": 0", ": %d")[1:-1]
_moved = attrgetter("backward_macs", *(f"traffic.{mode}" for mode in MODES))
_INTENSITY = json.dumps({"intensity": dict.fromkeys(MODES, 0)}).replace(": 0", ": %r")[1:-1]


def write_report(analysis: Analysis, encoder: json.JSONEncoder) -> Iterator[str]:
    """The report of an analysis as JSON, equal to `as_dict`, without a line's end behind it."""
    yield encoder.encode(written(HEADER, analysis))[:-1] + ',\n "layers": ['
    rows, before = analysis.rows, "\n  "
    known: dict[int, str] = {}  # the windows and the costs so far, by the identity of what they belong to
    for start in range(0, len(rows), _CHUNK):
        yield before + ",\n  ".join([_layer(row, encoder, known) for row in rows[start : start + _CHUNK]])
        before = ",\n  "
    yield '],\n "totals": ' + encoder.encode(written(TOTALS, analysis)) + ",\n"
    yield from _findings(analysis.diagnostics, encoder)


def write_failed(file: str, diagnostics: Sequence[Diagnostic], encoder: json.JSONEncoder) -> Iterator[str]:
    """A file without a report, as JSON: its name and its mistakes."""
    yield '{"file": ' + encoder.encode(file) + ",\n"
    yield from _findings(diagnostics, encoder)


def _layer(row: Row, encoder: json.JSONEncoder, known: dict[int, str]) -> str:
    """A layer as one line. Equal layers have one flow and one object of costs, of which `known` has the texts."""
    identity, flow, own = encoder.encode(written(IDENTITY, row))[:-1], id(row.node.flow), row.own
    geometry, costs = known.get(flow), known.get(id(own))
    if geometry is None:
        geometry = known[flow] = encoder.encode(written(READS, row) | written(WINDOW, row.geometry))[1:-1]
    exact = row.cumulative.macs.__class__ is int
    if costs is None:
        costs = known[id(own)] = _own(own) if exact else encoder.encode(written(OWN, own))[1:-1]
    sums = _COSTS % _numbers(row.cumulative) if exact else encoder.encode(written(SUMS, row.cumulative))[1:-1]
    return f'{identity}, {geometry}, {costs}, "cumulative": {{{sums}}}}}'


def _own(own: Sums) -> str:
    """The costs of a layer whose MACs are known, as the middle of an object."""
    text = f"{_COSTS % _numbers(own)}, {_MOVED % _moved(own)}"
    if own.traffic.shared:
        text = f"{text}, {_INTENSITY % tuple([own.intensity(mode) for mode in MODES])}"
    return text


def _findings(diagnostics: Sequence[Diagnostic], encoder: json.JSONEncoder) -> Iterator[str]:
    """The last key of a document, one finding a line, and the end of the document."""
    lines = [encoder.encode(written(FINDING, finding)) for finding in diagnostics]
    yield ' "diagnostics": [' + ("\n  " + ",\n  ".join(lines) if lines else "") + "]}"
