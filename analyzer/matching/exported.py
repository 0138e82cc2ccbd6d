"""A live module as our own readers see it: exported by its framework, without weights, and read back."""

from __future__ import annotations

import os
import tempfile
from importlib import import_module

from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.loader.expand.expansion import expand
from analyzer.loader.formats import read
from analyzer.matching.live import entered_by, framework_of
from analyzer.matching.result import Match
from analyzer.matching.strict import compared_strictly
from analyzer.matching.unreadable import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def strictly(module: Any, match: Match) -> Match:
    """A match with the layers without parameters too; one that says why, where the module cannot be exported."""
    try:
        program = imported(module, match.analysis)
    except Unreadable as error:
        refused: Match = match.but(strict=True, refused=str(error))
        return refused
    return compared_strictly(match, program)


def imported(module: Any, analysis: Analysis) -> Analysis:
    """A live module exported and read, called with the inputs of a network. Raises `Unreadable`, one line."""
    if framework_of(module) == "keras":
        inputs = analysis.network.inputs  # its sizes may be open in the model
        return _read(_keras(module), "keras", analysis, str(inputs[0].output) if len(inputs) == 1 else None)
    exporter: Any = import_module("analyzer.matching.torch_export")
    return _read(exporter.exported(module, entered_by(analysis)), "pt2", analysis)


def _keras(model: Any) -> bytes:
    try:
        written: bytes = model.to_json().encode()
    except Exception as error:
        from analyzer.matching.keras.mistakes import first_line

        raise Unreadable(f"`to_json` of the model raises {first_line(error)}") from error
    return written


def _read(content: bytes, format: str, analysis: Analysis, input: str | None = None) -> Analysis:
    """The network of a file in a foreign format, with this input in place of its own."""
    handle, path = tempfile.mkstemp(suffix=f".{format}")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        model, mistakes = read(path, input, label="the exported module", format=format)
    finally:
        os.remove(path)
    if model is None:
        raise Unreadable(f"the exported module cannot be read: {mistakes[0].message}")
    missing = [one for one in model.told if one.severity == "warning"]
    if missing:
        raise Unreadable(f"the exported module cannot be read whole: {missing[0].message}")
    network, wrong = expand(model)
    if wrong:
        raise Unreadable(f"the exported module cannot be read: {wrong[0].message}")
    return analyze_network(network, name=analysis.name)
