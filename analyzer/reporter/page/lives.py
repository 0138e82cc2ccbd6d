"""The tensors of a training step as columns for the script of the page: small whole numbers, and no name twice.

Layers are places in the network; inputs count down from −1, loss and cuBLAS come after the last layer. Positions are
those of the timeline. A list of steps has the differences between neighbours, from 0 on.

    phases  how many operations each phase has
    marks   steps: the layers of the operations of forward and backward; those of the step are in `modes`
    sizes   every different size in bytes, the most frequent first; other columns have places in it
    whole   what stays for the whole step: categories, as digits that are places in `CATEGORIES`; steps of layers
    born    steps: where the other tensors are born; `lasts`: at how many later positions they are still alive
    kind    their categories, as digits
    maker   the layer that makes each, less the layer of the operation at its birth; in the step, less the maker before
    modes   for each mode the layers of the operations of its `step`, and its `sizes` of all tensors. A mode whose
            tensors differ by no more than their sizes has only those that differ from the first mode: `at` (steps of
            tensors) and `sizes`. Any other mode has all columns of its own
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.history import CATEGORIES, Life
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.sharding.rank import PHASES
from analyzer.engine.memory.tensors import CUBLAS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def lives(report: MemoryAnalysis) -> dict[str, Any]:
    """The columns of every mode that a report shows."""
    places = _places(report)
    held = [report.held(mode) for mode in report.modes]
    often = Counter(life.bytes for one in held for life in one.tensors)
    sizes = {size: place for place, (size, _) in enumerate(often.most_common())}
    first, *others = [_Columns(one, places, sizes) for one in held]
    modes: dict[str, Any] = {report.modes[0]: {"step": first.step, "sizes": first.sizes}}
    for mode, found in zip(report.modes[1:], others, strict=True):
        if found.shape != first.shape:
            modes[mode] = {"step": found.step, "sizes": found.sizes, **found.shape}
            continue
        at = [row for row, (size, other) in enumerate(zip(first.sizes, found.sizes, strict=True)) if size != other]
        modes[mode] = {"step": found.step, "sizes": [found.sizes[row] for row in at], "at": _steps(at)}
    return {"sizes": list(sizes), **first.shape, "modes": modes}


def _places(report: MemoryAnalysis) -> dict[str, int]:
    """The place of every layer, input, the loss and cuBLAS, by name; a layer of such a name has its own."""
    network = report.network
    places = {"loss": len(network.nodes), CUBLAS: len(network.nodes) + 1}
    places |= {node.name: -1 - number for number, node in enumerate(network.inputs)}
    places |= {node.name: number for number, node in enumerate(network.nodes)}
    return places


class _Columns:
    """The columns of one mode. `shape` has all but the sizes of tensors and the layers of the step."""

    def __init__(self, held: ModeMemory, places: dict[str, int], sizes: dict[int, int]) -> None:
        timeline = held.timeline
        marks = [places[layer] for _, layer, _ in timeline]
        counts = Counter(phase for phase, _, _ in timeline)
        before = len(marks) - counts["step"]
        whole, others = _parted(held.tensors, len(marks) - 1)
        self.step = marks[before:]
        self.sizes = [sizes[life.bytes] for life in chain(whole, others)]
        kinds = {category: str(place) for place, category in enumerate(CATEGORIES)}
        self.shape: dict[str, Any] = {
            "phases": [counts[phase] for phase in PHASES],
            "marks": _steps(marks[:before]),
            "whole": {
                "kind": "".join(kinds[life.category] for life in whole),
                "layer": _steps(places[life.layer] for life in whole),
            },
            "born": _steps(life.born for life in others),
            "lasts": [life.died - life.born for life in others],
            "kind": "".join(kinds[life.category] for life in others),
            "maker": _makers(others, places, marks[:before]),
        }


def _parted(tensors: Sequence[Life], last: int) -> tuple[list[Life], list[Life]]:
    """What stays for the whole step, and the others."""
    whole: list[Life] = []
    others: list[Life] = []
    for life in tensors:
        (whole if life.born == 0 and life.died == last else others).append(life)
    return whole, others


def _makers(others: Sequence[Life], places: dict[str, int], marks: Sequence[int]) -> list[int]:
    """The column `maker`."""
    found, before = [], 0
    for life in others:
        layer = places[life.layer]
        found.append(layer - (marks[life.born] if life.born < len(marks) else before))
        before = layer
    return found


def _steps(numbers: Iterable[int]) -> list[int]:
    """The differences between neighbours, the first to 0.

    >>> _steps([3, 5, 5, 4])
    [3, 2, 0, -1]
    """
    found, before = [], 0
    for number in numbers:
        found.append(number - before)
        before = number
    return found
