"""Which rows of an exported program are the layers with parameters that were paired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.engine.result import Analysis, Row
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.matching.functional import Places
from analyzer.matching.keys import counts
from analyzer.matching.observed import Observed
from analyzer.matching.result import Match


def anchored(match: Match, program: Analysis) -> Places:
    """The nodes of a program that are paired, and those that are a part of such a one, or of another module."""
    anchors: dict[int, int] = {}
    members: dict[int, int] = {}
    left = [row for row in program.rows if _has(row)]
    for place, pair in enumerate(match.pairs):
        some = _rows_of(pair.observed, pair.row, left, program.rows)
        if not some:
            continue
        some += _readers(some, pair.row, program.rows)
        whole = some[0].node.index
        anchors[whole] = place
        taken = {row.node.index for row in some}
        members.update(dict.fromkeys(taken, whole) if len(taken) > 1 else {})
        left = [row for row in left if row.node.index not in taken]
    called: dict[int, str] = {}
    for kind, some in _modules(match.observation.modules, program.rows):
        if not any(row.node.index in members or row.node.index in anchors for row in some):
            called[some[0].node.index] = kind
            members.update((row.node.index, some[0].node.index) for row in some)
    crops = any(row.node.layer.crops for row in match.analysis.rows)
    return Places(anchors, members, called=called, crops=crops)


def _has(row: Row) -> bool:
    """Whether a row has numbers; those of a parameter may be counted where another layer reads them."""
    return bool(row.declared.parameters or row.declared.buffers or row.tied is not None or row.node.layer.stored)


def _modules(modules: Mapping[str, str], rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The modules of which a program has the parts, and which are one layer in this language: the type, the rows."""
    inside: dict[str, list[Row]] = {}
    for row in rows:
        inside.setdefault(row.name.rpartition(".")[0], []).append(row)
    for path, some in inside.items():
        kind = found_elsewhere(modules.get(path, "")) if len(some) > 1 else None
        if kind in CATALOGUE and not any(row.kind == kind or _has(row) for row in some):
            yield kind, some


def _rows_of(call: Observed, goal: Row, left: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """The rows of a program that a call is: those of its module, or one with its name or its numbers."""
    own = [row for row in left if row.name == call.name or row.name.startswith((call.name + ".", call.name + ":"))]
    alike = [row for row in left if counts(row) == counts(call)]
    exact = [row for row in own if row in alike]
    parts = [row for part in call.parts for row in left if row.name == part.name]
    whole = bool(call.parameters) and sum(row.declared.parameters for row in own) == call.parameters
    if not whole and len(parts) == len(call.parts) > 1:
        return _around(parts, goal, rows)
    if exact or not whole:
        around = call.name.rpartition(".")[0]
        beside = [row for row in alike if around and row.name.startswith(around)]
        return [*exact, *own, *beside, *alike][:1]
    free = {row.node.index for row in own}
    prefix = call.name + "."
    return [row for row in rows if row.node.index in free or (row.name.startswith(prefix) and not _has(row))]


def _around(parts: Sequence[Row], goal: Row, rows: Sequence[Row]) -> list[Row]:
    """The rows of a layer that consists of several: what is between them, and beside them up to its volumes.

    A squeeze-excitation begins with a pool of what it reads, and ends with the product of that and its gates.
    """
    after, before = ({row.node.index for row in parts} for _ in range(2))
    for row in rows:
        if not after.isdisjoint(source.index for source in row.node.inputs):
            after.add(row.node.index)
    for row in reversed(rows):
        if row.node.index in before:
            before.update(source.index for source in row.node.inputs)
    inside = after & before
    by_index = {row.node.index: row for row in rows}
    first, last = parts[0], parts[-1]
    while first.input.size != goal.input.size and len(first.node.inputs) == 1:
        found = by_index.get(first.node.inputs[0].index)
        if found is None or _has(found):
            break
        first = found
        inside.add(first.node.index)
    while last.output.size != goal.output.size:
        behind = [row for row in rows if any(source is last.node for source in row.node.inputs)]
        if len(behind) != 1 or _has(behind[0]):
            break
        last = behind[0]
        inside.add(last.node.index)
    return [row for row in rows if row.node.index in inside and (row in parts or not _has(row))]


def _readers(some: Sequence[Row], row: Row, rows: Sequence[Row]) -> list[Row]:
    """What a layer of the file does itself and a program has behind it: it adds a parameter, or cuts off cells."""
    if len(some) != 1:
        return []
    last = some[0]
    stores = last.node.layer.stored and not row.node.layer.stored
    found: list[Row] = []
    while stores or last.output.size > row.output.size:
        behind = [one for one in rows if any(source is last.node for source in one.node.inputs)]
        if len(behind) != 1 or not (stores or behind[0].node.layer.view):
            return found if stores else []
        last = behind[0]
        found.append(last)
        stores = stores and not (last.node.layer.merges or last.macs)
    return found
