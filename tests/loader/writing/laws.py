"""The laws of a conversion to YAML: what a written model has to agree in with the network that it was written of.

`broken` says which laws a text breaks:

numbers   the JSON reports agree in all but `file`, `line`, `path`, `source`, `uncovered` and names; names correspond by
          the place of their rows, so that whatever names a row names the same one
kept      `note`, `expect`, `budget` and `training` are the same
diff      `analyzer diff` shows renames and nothing else
itself    the text converted again is the same text
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import analyzer
from analyzer.layers import Layer
from analyzer.loader.expand.expansion import settled
from analyzer.loader.writing.folded.units import plain_values

#: What may differ: where the one comes from, and what its groups are.
FREE = {"file", "line", "path", "source", "uncovered", "diagnostics"}

#: Keys whose value is a name, a list of names, or has names as its keys.
NAMES = {"name", "inputs", "outputs", "tied", "input", "receptive_fields", "layer"}


def broken(source: str | os.PathLike[str], text: str, *, flat: bool, **settings: Any) -> Iterator[str]:
    """The laws that a text breaks which was written of `source`, each with what is wrong; `settings` as in `analyze`."""
    model = analyzer.load(source, **settings) if _is_foreign(source) else analyzer.load(source)
    given = {} if model.format is not None else settings
    old = analyzer.analyze(model, **given)
    try:
        made = analyzer.load(text)
        new = analyzer.analyze(made)
    except analyzer.ModelError as error:
        yield f"reading: {error}"
        return
    yield from _different(old.to_dict(), new.to_dict())
    yield from _lost(old, settled(model, given.get("set"))[0], new, made)
    difference = analyzer.diff(old, new)
    if difference.layers or difference.run or difference.changed_totals():
        yield f"diff: {difference!r} {[*difference.layers][:3]} {difference.run}"
    again = analyzer.convert(text, flat=flat)
    if again != text:
        yield f"itself: {_first(text, again)}"


def _is_foreign(source: object) -> bool:
    return not isinstance(source, Mapping) and not str(source).endswith((".yaml", ".yml")) and "\n" not in str(source)


def _different(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Where two reports differ beside names, which are replaced by the places of their rows."""
    reports = [_numbered(report) for report in (old, new)]
    if len(old["layers"]) != len(new["layers"]):
        yield f"numbers: {len(old['layers'])} layers become {len(new['layers'])}"
        return
    found = list(_unequal(*reports, ""))
    yield from (f"numbers: {one}" for one in found[:3])
    known = {(one["code"], one["severity"]) for one in old["diagnostics"]}
    for one in new["diagnostics"]:  # the old ones may have more: what its reader says of its file
        if (one["code"], one["severity"]) not in known:
            yield f"numbers: a new finding: {one['message']}"


def _numbered(report: dict[str, Any]) -> dict[str, Any]:
    """A report in which each name of a layer or input is its place."""
    inputs = [*report.get("inputs", ())]
    if not inputs:  # a report with one input does not have its name, which is any other name that its layers read
        known = {layer["name"] for layer in report["layers"]}
        inputs = [*dict.fromkeys(name for row in report["layers"] for name in row["inputs"] if name not in known)]
    places = {name: f"input {place}" for place, name in enumerate(inputs)}
    places |= {layer["name"]: f"layer {place}" for place, layer in enumerate(report["layers"])}
    rows = [_renamed(row, places) for row in report["layers"]]
    rest = {key: value for key, value in report.items() if key != "layers"}
    return {**_renamed(rest, {**places, report["name"]: report["name"]}), "layers": rows}


def _renamed(value: Any, places: Mapping[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        inside = {k: _renamed(v, places, k) for k, v in value.items() if k not in FREE}
        return {places.get(k, k) if key in NAMES else k: v for k, v in inside.items()}
    if isinstance(value, list):
        return [_renamed(one, places, key) for one in value]
    return places.get(value, value) if key in NAMES and isinstance(value, str) else value


def _unequal(old: Any, new: Any, at: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _unequal(old.get(key), new.get(key), f"{at}.{key}" if at else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, pair in enumerate(zip(old, new, strict=True)):
            yield from _unequal(*pair, f"{at}[{place}]")
    elif old != new:
        yield f"{at}: {old} becomes {new}"


def _lost(old: analyzer.Analysis, model: analyzer.Model, new: analyzer.Analysis, made: analyzer.Model) -> Iterator[str]:
    """What is not kept beside the numbers; the reports have shown that there are as many layers."""
    for what, before, after in (
        ("name", model.name, made.name),
        ("description", model.description, made.description),
        ("expect", old.network.expected, new.network.expected),
        ("training", {key: value for key, value in model.training.items() if value is not None}, made.training),
        ("budget", _limits(model), _limits(made)),
    ):
        if before != after:
            yield f"kept: {what}: {before} becomes {after}"
    for a, b in zip(old.network.nodes, new.network.nodes, strict=False):
        if (_parameters(a.layer), a.weights_only) != (_parameters(b.layer), b.weights_only):
            yield f"kept: {a.name}: {_parameters(a.layer)} becomes {_parameters(b.layer)}"
            return


def _parameters(layer: Layer) -> dict[str, Any]:
    """The parameters of a layer in one spelling: 3×3 may be written as 3."""
    return plain_values(layer)


def _limits(model: analyzer.Model) -> dict[str, tuple[object, ...]]:
    return {key: (limit.least, limit.most) for key, limit in model.budget.items()}


def _first(text: str, again: str) -> str:
    """The first line in which a text and its conversion differ."""
    lines, others = text.split("\n"), again.split("\n")
    for number, (line, other) in enumerate(zip(lines, others, strict=False), 1):
        if line != other:
            return f"line {number}: {line!r} becomes {other!r}"
    return f"{len(lines)} lines become {len(others)}"
