"""The bytes alive over a training step as a plot of characters. A column is an operation, or the most of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.reporter.options import Options
from analyzer.reporter.terminal import cells, fitted, styled
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Phase, layer and bytes alive at an operation.
    Point: TypeAlias = tuple[str, str, int]

#: Columns of the whole plot, and its rows.
_NARROWEST, _WIDEST, _ROWS = 60, 100, 8

#: Characters of a cell by its filled eighths, and of the axes: upright, corner, between phases, level, mark of the
#: peak.
_FILLED = (" ▁▂▃▄▅▆▇█", "    #####")
_AXES = (("│", "└", "┴", "─", "▼"), ("|", "+", "+", "-", "v"))


class _Stretch:
    """The columns of a phase: its name, and the most bytes alive in each."""

    def __init__(self, phase: str, moments: Sequence[Point], columns: int) -> None:
        count = len(moments)
        self.phase = phase
        self.columns = [
            max(moment[2] for moment in moments[place * count // columns : max(-(-(place + 1) * count // columns), 1)])
            for place in range(columns)
        ]


def plot(moments: Sequence[Point], options: Options) -> Iterator[str]:
    """The plot in lines: the peak's mark, the columns, the axis with the phases under them."""
    phase, layer, most = max(moments, key=lambda moment: moment[2])
    marks = [memory(most * (_ROWS - row) // _ROWS) if row % 2 == 0 else "" for row in range(_ROWS)]
    wide = max(map(len, marks))
    width = min(max(options.width or _WIDEST, _NARROWEST), _WIDEST) - wide - 2
    stretches = _stretches(moments, width)
    heights = [bytes for stretch in stretches for bytes in stretch.columns]
    upright, corner, between, level, mark = _AXES[0 if options.unicode else 1]
    indent = " " * (wide + 2)
    words = f"peak {memory(most)} at {fitted(layer, options.unicode)}, {phase}"
    for line in _marked(heights.index(most), words, mark, width):
        yield styled(indent + line, "bold", options.color) + "\n"
    filled = _FILLED[0 if options.unicode else 1]
    eighths = [max(8 * _ROWS * height // most, 1) for height in heights]
    for row, label in enumerate(marks):
        below = 8 * (_ROWS - 1 - row)
        drawn = "".join(filled[min(max(eighth - below, 0), 8)] for eighth in eighths)
        yield f"{label.rjust(wide)} {upright}{drawn}".rstrip() + "\n"
    axis = between.join(f" {stretch.phase} ".center(len(stretch.columns) - 1, level) for stretch in stretches)
    yield f"{'0 B'.rjust(wide)} {corner}{axis}{level}\n"


def _stretches(moments: Sequence[Point], width: int) -> list[_Stretch]:
    """The phases with their columns: in proportion to their operations, and wide enough for their names."""
    phases: dict[str, list[Point]] = {}
    for moment in moments:
        phases.setdefault(moment[0], []).append(moment)
    least = {phase: len(phase) + 4 for phase in phases}
    spare = width - sum(least.values())
    columns = {phase: least[phase] + spare * len(own) // len(moments) for phase, own in phases.items()}
    longest = max(phases, key=lambda phase: len(phases[phase]))
    columns[longest] += width - sum(columns.values())
    return [_Stretch(phase, own, columns[phase]) for phase, own in phases.items()]


def _marked(place: int, words: str, mark: str, width: int) -> Iterator[str]:
    """The words beside the mark over the peak's column, or above it where there is no room."""
    taken = cells(words)
    if place + 2 + taken <= width:
        yield f"{' ' * place}{mark} {words}"
    elif taken + 1 <= place:
        yield f"{' ' * (place - taken - 1)}{words} {mark}"
    else:
        yield " " * max(min(place - taken // 2, width - taken), 0) + words
        yield " " * place + mark
