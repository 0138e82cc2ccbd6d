"""Observations as JSON: what was seen of a module once, so that matching is tested where its framework is not installed.

A file in `tests/data/observations/` has the example that the module is (`file`, `set`), the framework's version, and the
fields of `Observation`. One line is one call, or one module; what a call has by default is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analyzer.matching.observed import Observation, Observed

FOLDER = Path(__file__).parents[1] / "data" / "observations"
EXAMPLES = Path(__file__).parents[2] / "example_models"


class Recorded(NamedTuple):
    """A recorded module and the example that it is: its file's name, what was set, and the versions of what was run."""

    file: str
    set: Mapping[str, float | str]
    versions: Mapping[str, str]
    observation: Observation

    @property
    def text(self) -> str:
        """The example."""
        return (EXAMPLES / f"{self.file}.yaml").read_text("utf-8")


def names() -> list[str]:
    """The recorded modules."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def read(name: str) -> Recorded:
    """A recorded module."""
    data = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    seen = {key: data[key] for key in Observation._fields if key in data}
    seen |= {key: [_observed(one) for one in seen[key]] for key in ("layers", "unused")}
    seen["outputs"] = _shapes(seen["outputs"])
    return Recorded(data["file"], data["set"], data["versions"], Observation(**seen))


def write(name: str, recorded: Recorded, folder: Path = FOLDER) -> Path:
    """Writes a recorded module, and returns its file."""
    seen = recorded.observation
    head = {"file": recorded.file, "set": dict(recorded.set), "versions": dict(recorded.versions)}
    plain = {key: getattr(seen, key) for key in Observation._fields if key not in ("layers", "unused", "modules")}
    lines = [f'"{key}": {_text(value)}' for key, value in {**head, **plain}.items()]
    for key in ("layers", "unused"):
        calls = ",\n ".join(_text(_plain(one)) for one in getattr(seen, key))
        lines.append(f'"{key}": [\n {calls}\n]' if calls else f'"{key}": []')
    modules = ",\n ".join(f"{_text(path)}: {_text(kind)}" for path, kind in seen.modules.items())
    lines.append(f'"modules": {{\n {modules}\n}}')
    path = folder / f"{name}.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    return path


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _plain(seen: Observed) -> dict[str, Any]:
    """A call without the values that it has by default."""
    found = {key: getattr(seen, key) for key in Observed._fields}
    found["parts"] = [_plain(part) for part in seen.parts]
    usual = {**Observed._defaults, "parts": [], "weights": 0, "biases": 0, "buffers": 0}
    return {key: value for key, value in found.items() if key not in usual or value != usual[key]}


def _observed(data: Mapping[str, Any]) -> Observed:
    counts = {"weights": 0, "biases": 0, "buffers": 0}
    parts = [_observed(part) for part in data.get("parts", ())]
    shapes = {key: _shapes(data[key]) for key in ("inputs", "outputs")}
    return Observed(**{**counts, **data, **shapes, "parts": parts})


def _shapes(data: list[list[int]]) -> list[tuple[int, ...]]:
    return [tuple(shape) for shape in data]
