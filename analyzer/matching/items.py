"""The two sequences that are matched: calls of the module, and rows of the network, that have parameters.

A layer of the network may be several modules: a squeeze-excitation, a separable convolution, an attention with its
projections. Such modules are put together where the network has them as one layer; a module that the network has in
parts, such as `MultiheadAttention`, is taken apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from analyzer.engine.result import Analysis, Row
from analyzer.matching.keys import Counts, counts, is_free, is_norm
from analyzer.matching.observed import Observation, Observed

#: The most modules that one layer consists of.
_MOST = 8


def rows_of(analysis: Analysis) -> list[Row]:
    """The rows that a module is held against: those that have parameters or buffers, or reuse those of another."""
    return [row for row in analysis.rows if row.declared.parameters or row.declared.buffers or row.tied is not None]


def calls_of(observation: Observation, rows: Sequence[Row]) -> list[Observed]:
    """The calls of the module, put together or taken apart as the network has its layers."""
    composite = [row for row in rows if _is_composite(row)]
    known = {counts(row) for row in rows}
    tables = Counter(counts(row) for row in rows if not row.node.inputs)
    calls = _taken_apart([call for call in observation.layers if _counts(call, known)], composite, known, tables)
    calls = _put_together(calls, composite, observation) if composite else calls
    return _tables_together(calls, tables)


def _counts(call: Observed, known: set[Counts]) -> bool:
    """Whether a call takes part: tables, masks and what prepares data have no parameters, and few files list them."""
    return call.parameters > 0 or call.tied is not None or is_norm(call) or counts(call) in known


def _is_composite(row: Row) -> bool:
    """Whether a layer computes with several tensors of weights, each of which a framework may have as a module."""
    layer = row.node.layer
    operations = layer.saved(row.node.flow, layer.declared_sharing)
    return sum(any(len(shape) > 1 or not layer.linear for shape in one.trained) for one in operations) > 1


def _taken_apart(
    calls: Sequence[Observed], composite: Sequence[Row], known: set[Counts], tables: Collection[Counts]
) -> list[Observed]:
    """The calls with their parts in their place where no layer of the network can be the whole."""
    found: list[Observed] = []
    for call in calls:
        if any(part.kind == "Parameter" for part in call.parts):
            found += _own_parameters(call, known, tables)
            continue
        whole = composite and (counts(call) in known or not any(counts(part) in known for part in call.parts))
        if whole or not call.parts:
            found.append(call)
        else:
            for part in call.parts:
                found += _thirds(part, known)
    return found


def _own_parameters(call: Observed, known: set[Counts], tables: Collection[Counts]) -> Sequence[Observed]:
    """A call of a class of the user's own; its parameters where the network has each of them and not the whole.

    A weight and its bias may be one layer beside the others: a convolution with a gain.
    """
    if not is_norm(call) and len(call.parts) > 1 and all(counts(part) in tables for part in call.parts):
        return call.parts
    if counts(call) in known:
        return [call]
    if all(counts(part) in known for part in call.parts):
        return call.parts
    plain = {part.name.rpartition(".")[2]: part for part in call.parts}
    if plain.keys() >= {"weight", "bias"} and len(plain) > 2:
        weights, biases = plain.pop("weight").weights, plain.pop("bias").weights
        layer = Observed(call.name, call.kind, call.inputs, call.outputs, weights, biases, call.buffers, call.frozen)
        if all(counts(part) in known for part in (layer, *plain.values())):
            return [layer, *plain.values()]
    return [call]


def _thirds(part: Observed, known: set[Counts]) -> list[Observed]:
    """The projections to queries, keys and values, where the network has each of them."""
    weights, biases, buffers = counts(part)
    each = weights // 3, biases // 3, buffers
    if counts(part) in known or each not in known or weights % 3 or biases % 3:
        return [part]
    outputs = [(*shape[:-1], shape[-1] // 3) for shape in part.outputs]
    return [
        Observed(f"{part.name}[{which}]", part.kind, part.inputs, outputs, *each, frozen=part.frozen)
        for which in ("q", "k", "v")
    ]


def _put_together(calls: Sequence[Observed], composite: Sequence[Row], observation: Observation) -> list[Observed]:
    """The calls with those that are one layer of the network as one."""
    wanted = {counts(row) for row in composite}
    runs = _runs(calls, wanted)
    missing = len(composite) - len(runs) - sum(counts(call) in wanted for call in calls)
    if missing > 0:
        runs = _of_classes(calls, runs, missing, observation)
    found: list[Observed] = []
    place = 0
    for start, stop in runs:
        found += [*calls[place:start], _together(calls[start:stop], observation)]
        place = stop
    return [*found, *calls[place:]]


def _tables_together(calls: Sequence[Observed], tables: Counter[Counts]) -> list[Observed]:
    """The calls with free parameters as one that are one table of the network: biases that code puts together.

    Not where the network has a table for each of them; `tables` says how many tables it has of each size.
    """
    single = Counter(counts(call) for call in calls if call.kind == "Parameter")
    found: list[Observed] = []
    place = 0
    while place < len(calls):
        stop = place
        while stop < len(calls) and stop - place < _MOST and is_free(calls[stop]):
            stop += 1
        free = [call for call in calls[place:stop] if call.kind == "Parameter" and call.parameters]
        free = [call for call in free if single[counts(call)] > tables[counts(call)]]
        end = _stop(free, 0, tables.keys() - set(map(counts, free))) if len(free) > 1 else None
        if end is None:
            found.append(calls[place])
            place += 1
        else:
            found += [_table(free[:end]), *(call for call in calls[place:stop] if call not in free[:end])]
            place = stop
    return found


def _table(calls: Sequence[Observed]) -> Observed:
    """Free parameters as one."""
    weights, biases, buffers = (sum(numbers) for numbers in zip(*map(counts, calls), strict=True))
    first, frozen = calls[0], all(call.frozen for call in calls)
    return Observed(first.name, first.kind, first.inputs, (), weights, biases, buffers, frozen=frozen, parts=calls)


def _runs(calls: Sequence[Observed], wanted: set[Counts]) -> list[tuple[int, int]]:
    """The runs of calls that have together the numbers of a layer, one after the other."""
    found: list[tuple[int, int]] = []
    place = 0
    while place < len(calls):
        stop = _stop(calls, place, wanted)
        if stop is not None:
            found.append((place, stop))
        place = place + 1 if stop is None else stop
    return found


def _stop(calls: Sequence[Observed], start: int, wanted: Collection[Counts]) -> int | None:
    """Where the run ends that begins at a call; None where none does."""
    if counts(calls[start]) in wanted:
        return None
    weights = biases = buffers = 0
    for place in range(start, min(start + _MOST, len(calls))):
        one = calls[place]
        weights, biases, buffers = weights + one.weights, biases + one.biases, buffers + one.buffers
        if place > start and (weights, biases, buffers) in wanted:
            return place + 1
    return None


def _of_classes(
    calls: Sequence[Observed], runs: list[tuple[int, int]], missing: int, observation: Observation
) -> list[tuple[int, int]]:
    """The runs, and those inside modules of the same class, whose numbers differ.

    Where no run has the numbers of a layer, the class is the one that occurs as often as there are layers without one.
    """
    inside = _inside(calls, observation)
    taken = {place for start, stop in runs for place in range(start, stop)}
    classes = {observation.modules.get(_common(calls[start:stop]), "") for start, stop in runs} - {""}
    if not runs:
        tally: dict[str, int] = {}
        for kind, start, stop in inside:
            if stop - start > 1:
                tally[kind] = tally.get(kind, 0) + 1
        classes = {kind for kind, number in tally.items() if kind and number == missing}
    more = []
    for kind, start, stop in sorted(inside, key=lambda one: one[2] - one[1]):
        if kind in classes and taken.isdisjoint(range(start, stop)):
            taken.update(range(start, stop))
            more.append((start, stop))
    return sorted([*runs, *more])


def _inside(calls: Sequence[Observed], observation: Observation) -> list[tuple[str, int, int]]:
    """The modules around calls that follow each other: their class, and the places of those calls."""
    found: list[tuple[str, int, int]] = []
    begun: dict[str, int] = {}
    for place, call in enumerate([*calls, None]):
        around = set(_around(call.name)) if call is not None else set()
        for path in [path for path in begun if path not in around]:
            start = begun.pop(path)
            if 1 < place - start <= _MOST:
                found.append((observation.modules.get(path, ""), start, place))
        for path in around:
            begun.setdefault(path, place)
    return found


def _around(name: str) -> Iterable[str]:
    """The paths of the modules that a module is in, the whole left out."""
    parts = name.split(".")
    return (".".join(parts[:stop]) for stop in range(1, len(parts)))


def _common(calls: Sequence[Observed]) -> str:
    """The path of the innermost module that has all of these."""
    parts = [call.name.split(".")[:-1] for call in calls]
    same = 0
    while all(len(one) > same and one[same] == parts[0][same] for one in parts):
        same += 1
    return ".".join(parts[0][:same])


def _together(calls: Sequence[Observed], observation: Observation) -> Observed:
    """Several calls as one; what it puts out is not known."""
    path = _common(calls)
    weights, biases, buffers = (sum(numbers) for numbers in zip(*map(counts, calls), strict=True))
    kind = observation.modules.get(path, "") if path else ""
    trained = [call for call in calls if call.parameters]
    return Observed(
        path or calls[0].name,
        kind or " + ".join(call.kind for call in calls),
        calls[0].inputs,
        (),
        weights,
        biases,
        buffers,
        frozen=bool(trained) and all(call.frozen for call in trained),
        parts=calls,
    )
