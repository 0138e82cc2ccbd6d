"""What the comparisons found when they were last recorded, kept in `tests/data/peers.json` for docs/agreement.md.

    python tests/peers/recorded.py

runs those whose framework is installed, and records them.
"""

from __future__ import annotations

import importlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).parents[1] / "data" / "peers.json"


class Comparison(NamedTuple):
    """A framework's package, the module here that compares with it, and there its name, its types and the function."""

    package: str
    module: str
    name: str = "NAME"
    types: str = "COUNTS"
    function: str = "tally"


COMPARISONS = (
    Comparison("torch", "with_torch"),
    Comparison("torch", "with_torch_layers", types="PEERS"),
    Comparison("keras", "with_keras", types="CALLS"),
    Comparison("onnxruntime", "with_onnx"),
    Comparison("onnx", "with_onnx", name="INFERENCE", function="inferred"),
)


def data() -> dict[str, Any]:
    """The file."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    return found


def write(section: str, values: dict[str, Any]) -> None:
    """Puts values into a section of the file; what else it holds stays."""
    whole = data()
    whole[section] = {**whole.get(section, {}), **values}
    FILE.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")


def agrees(framework: str, type_: str, tally: Any) -> None:
    """No difference; and where this version of the framework was recorded, the counts are the recorded ones."""
    assert tally.differences == []
    known = data()["configurations"].get(framework)
    if known is not None:
        assert tally.to_dict() == known[type_], "python tests/peers/recorded.py records anew"


def seen_alone(framework: str) -> set[str]:
    """The reasons for which the framework alone went another way."""
    types = data()["configurations"].get(framework, {}).values()
    return {reason for record in types for reason in record.get("framework_alone", {})}


def main() -> None:
    """Records what is installed."""
    here = Path(__file__).parent
    sys.path[:0] = [str(here), str(here.parent), str(here.parents[1] / "benchmarks")]
    found: dict[str, Any] = {}
    for comparison in COMPARISONS:
        if find_spec(comparison.package) is None:
            print(f"{comparison.package} is not installed: what was recorded of it stays")
            continue
        module = importlib.import_module(comparison.module)
        for type_ in getattr(module, comparison.types):
            tally = getattr(module, comparison.function)(type_)
            for difference in tally.differences:
                print(difference)
            found.setdefault(getattr(module, comparison.name), {})[type_] = tally.to_dict()
    write("configurations", found)


if __name__ == "__main__":
    main()
