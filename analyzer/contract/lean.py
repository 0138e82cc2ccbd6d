"""Reads a saved report in little time and memory, if nothing is wrong with it.

A report of 100,000 layers is 90 MB of text, and five times that as plain data. Half of the data is the running sums,
which a comparison needs for the check of the sums only. So the layers are checked while the text is read, some
hundred at a time, and lose their running sums at once; equal costs and equal windows become one object. Where
anything is wrong, the caller reads the text again and finds out what.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from analyzer.contract.fits import fits
from analyzer.contract.report import WINDOW
from analyzer.contract.schema import report_schema
from analyzer.contract.sums import COSTS, Sums, wrong_names
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Layers that are checked together: enough for fast loops, few enough to stay in a processor's cache.
_TOGETHER = 512

_costs = itemgetter(*COSTS)

#: The numbers of a window, of which a network has few different ones.
_LISTS = tuple(key.name for key in WINDOW if key.schema["type"] == "array")


class _Layers:
    """The layers of a report while it is read: those checked (`light`), and those that wait for the check.

    `wrong` says that one of them does not fit or contradicts the sums; `running` that they keep their running sums.
    """

    def __init__(self, definitions: dict[str, Any], *, running: bool) -> None:
        self.definitions = definitions
        self.running = running
        self.sums = Sums()
        self.wrong = False
        self.light: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.known: dict[tuple[int, ...], dict[str, int]] = {}
        self.windows: dict[str, list[Any]] = {}

    def see(self, record: dict[str, Any]) -> dict[str, Any]:
        """Takes an object that was read, if it is a layer."""
        if "cumulative" in record and not self.wrong:
            self.waiting.append(record)
            if len(self.waiting) == _TOGETHER:
                self.check()
        return record

    def check(self) -> None:
        """Checks the layers that wait, and makes them light."""
        layers, self.waiting = self.waiting, []
        if not fits(layers, self.definitions["layer"], self.definitions) or any(self.sums.contradictions(layers)):
            self.wrong = True
            return
        for layer in layers:
            if not self.running:
                del layer["cumulative"]
            for mode in MODES:
                layer[mode] = self.known.setdefault(_costs(layer[mode]), layer[mode])
            for key in _LISTS:
                if key in layer:
                    layer[key] = self.windows.setdefault(repr(layer[key]), layer[key])
        self.light += layers


def read_lean(
    text: str, loads: Callable[[str, Callable[[dict[str, Any]], object]], Any], *, running: bool
) -> dict[str, Any] | None:
    """The report in a text; None where anything is wrong with it. Raises what `loads` does.

    `loads` makes plain data of JSON and shows every object to a function when it ends. `running` keeps the
    running sums.
    """
    definitions = report_schema()["definitions"]
    seen = _Layers(definitions, running=running)
    record = loads(text, seen.see)
    seen.check()
    layers = record.get("layers") if isinstance(record, dict) else None
    if seen.wrong or not isinstance(layers, list) or list(map(id, layers)) != list(map(id, seen.light)):
        return None
    if not fits([{**record, "layers": []}], definitions["report"], definitions):
        return None
    if any(wrong_names(record)) or any(seen.sums.totals(record["totals"])):
        return None
    return dict(record)
