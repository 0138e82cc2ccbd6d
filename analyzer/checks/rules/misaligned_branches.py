"""Branches that are shifted against each other where they merge.

A merge combines cells of the same number. Where one branch was cropped or padded at one end only, or steps through the
input faster than the other, such cells do not see the same place: one picture is shifted against the other. A network
learns to compensate a small shift, at a price; a larger one blurs what the skip was meant to keep sharp.

Fires:

    input: 32x32x16
    layers:
      - parallel:
          join: add
          branches:
            body:
              - conv: {filters: 16, kernel: 5, act: relu}
            shortcut:
              - crop: [[0, 4], [0, 4]]

Instead: the same padding or crop at both ends.

    input: 32x32x16
    layers:
      - parallel:
          join: add
          branches:
            body:
              - conv: {filters: 16, kernel: 5, act: relu}
            shortcut:
              - crop: 2

Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks", distill.pub, on the
alignment of paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers.readings import KEPT, Reading
from analyzer.record import Record
from analyzer.volume import AXES

CODE = "CHECK106"
NAME = "misaligned-branches"
SEVERITY = "warning"

#: A branch that steps this many times as fast as another is reported; resizing to odd sizes stays below.
_FASTER = 1.5

#: The axes along which a branch may look only back: then its cells end where the other branch's cells end.
_IN_TIME = ("length", "time")

#: Half of a step, and what adding up fractions may add.
_HALF = 0.5 + 1e-9


class Line(Record):
    """Where the cells of a map lie along an axis of the network's first input.

    Cell u of axis number `axis` sees the input cells from first + step·u to last + step·u, averaged over the phases of
    transposed or resampled layers. After a merge, the sharpest branch counts, the one that sees the fewest cells: what
    the wider ones see is spread over them. `coarsest` is the largest step of a map on any path there: a branch that
    comes back from a coarse map cannot lie better than half of that.
    """

    axis: int
    first: float
    last: float
    step: float
    coarsest: float

    def coarser(self, coarsest: float) -> Line:
        """The same line after a path with a step as large as this."""
        return self if coarsest == self.coarsest else Line(self.axis, self.first, self.last, self.step, coarsest)

    def centre(self, cell: float) -> float:
        """The middle of what a cell sees."""
        return (self.first + self.last) / 2 + self.step * cell


#: A line for each axis of the first input; None where cells have no place along it.
Lines = list[Line | None]


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every merge of branches whose cells see the input at different places."""
    merges = [node for node in subject.network.nodes if node.layer.merges and len(node.inputs) > 1]
    lines = all_lines(subject) if merges else {}
    for node in merges:
        read = [read_by(node, which, lines) for which in range(len(node.inputs))]
        for place in range(subject.analysis.input.rank):
            found = _apart(subject, node, place, [one[place] if one else None for one in read])
            if found is not None:
                yield found
                break


def all_lines(subject: Subject) -> dict[int, Lines | None]:
    """The lines of every node, by its index; None where it does not hang on the first input, or loses every place."""
    entry = subject.network.inputs[0]
    lines: dict[int, Lines | None] = {node.index: None for node in subject.network.inputs}
    if entry.output.rank:
        lines[entry.index] = [Line(axis, 0.0, 0.0, 1.0, 1.0) for axis in range(entry.output.rank)]
    for node in subject.network.nodes:
        read = [read_by(node, which, lines) for which in range(len(node.inputs))]
        lines[node.index] = read[0] if len(read) == 1 else _merged([one for one in read if one])
    return lines


def _merged(read: list[Lines]) -> Lines | None:
    """The lines of the sharpest of several inputs, as coarse on their ways as the coarsest."""
    if not read:
        return None
    sharpest = min(read, key=_width)
    return [
        None if line is None else line.coarser(max(other.coarsest for one in read if (other := one[axis]) is not None))
        for axis, line in enumerate(sharpest)
    ]


def _width(lines: Lines) -> tuple[int, float]:
    """How many axes have no line, and how many cells a cell sees along the others."""
    known = [line.last - line.first for line in lines if line is not None]
    return len(lines) - len(known), sum(known)


def read_by(node: Node, which: int, lines: dict[int, Lines | None]) -> Lines | None:
    """The lines of what a node reads of its input number `which`, in its own cells."""
    state = lines[node.inputs[which].index]
    if state is None:
        return None
    readings = node.layer.windows(node.flow, which)
    if not isinstance(readings, tuple):
        return None
    if all(reading is KEPT for reading in readings):
        return state
    seen = [None if line is None else _through(line, readings) for line in state]
    return seen if any(seen) else None


def _through(line: Line, readings: tuple[Reading, ...]) -> Line | None:
    """The line after the readings of one layer; None where the axis is gone, or read as a whole."""
    for axis, reading in enumerate(readings):
        if (axis if reading.axis is None else reading.axis) == line.axis and reading.scale:
            return _composed(line, reading, axis)
    return None


def _composed(line: Line, reading: Reading, axis: int) -> Line:
    """The line of cells that read cells on `line`."""
    if reading.through is not None:
        line = _composed(line, reading.through, axis)
    first, last = (_mean(reading, bound) for bound in (reading.low, reading.high))
    step = line.step * reading.scale / reading.divisor
    return Line(axis, line.first + line.step * first, line.last + line.step * last, step, max(line.coarsest, step))


def _mean(reading: Reading, bound: int) -> float:
    """The mean of ⌊(scale·u + bound)/divisor⌋ − scale·u/divisor over u: remainders lie gcd(scale, divisor) apart."""
    if reading.divisor == 1:
        return bound
    apart = gcd(reading.scale, reading.divisor)
    return (2 * (bound - bound % apart) - (reading.divisor - apart)) / (2 * reading.divisor)


def _apart(subject: Subject, node: Node, place: int, lines: list[Line | None]) -> Found | None:
    """What is wrong along one axis of the input with the inputs of a merge that have these lines."""
    known = [(source, line) for source, line in zip(node.inputs, lines, strict=True) if line is not None]
    if len(known) < 2 or len({line.axis for _, line in known}) > 1 or node.output.spatial[known[0][1].axis] < 2:
        return None
    middle = (node.output.spatial[known[0][1].axis] - 1) / 2
    known.sort(key=lambda pair: pair[1].centre(middle))
    (low, lowest), (high, highest) = known[0], known[-1]
    slow, fast = min(known, key=lambda pair: pair[1].step), max(known, key=lambda pair: pair[1].step)
    name = AXES[subject.analysis.input.rank][place]
    coarsest = max(line.coarsest for _, line in known)
    shift = highest.centre(middle) - lowest.centre(middle)
    if fast[1].step >= _FASTER * slow[1].step:
        message = f"`{slow[0].name}` and `{fast[0].name}` step differently along the {name} of the input"
        shown, end = (slow, fast), node.output.spatial[lowest.axis] - 1
        steps = f"{_number(slow[1].step)} and {_number(fast[1].step)}"
        apart = _number(end * (fast[1].step - slow[1].step))
        notes = [
            f"neighbouring cells are {steps} input cells apart, so cell {end:,} of the one and of the other are {apart} "
            "input cells apart"
        ]
        help = "the same product of strides on all branches"
    elif shift > _HALF * coarsest and not (name in _IN_TIME and _ends_together(known, middle)):
        cells = "1 input cell" if shift == 1 else f"{_number(shift)} input cells"
        message = f"`{low.name}` and `{high.name}` are {cells} apart along the {name}"
        shown = ((low, lowest), (high, highest))
        notes = [f"{_number(shift)} > {_number(coarsest)}/2, half of the largest step on either path"]
        help = "pad or crop each branch by the same amount at both ends"
    else:
        return None
    seen = [
        f"`{source.name}`: cell 0 sees {_span(line)}, the middle is {_number(line.centre(0))}" for source, line in shown
    ]
    return Found(f"{message}, and `{node.name}` merges them", node, notes=[*seen, *notes], help=help)


def _ends_together(known: list[tuple[Node, Line]], middle: float) -> bool:
    """Whether the branches see the input up to the same cell, as causal convolutions do."""
    ends = [line.last + line.step * middle for _, line in known]
    return max(ends) - min(ends) <= _HALF * min(line.step for _, line in known)


def _span(line: Line) -> str:
    """The cells that cell 0 sees."""
    first, last = _number(line.first), _number(line.last)
    return f"input cell {first}" if first == last else f"input cells {first} to {last}"


def _number(value: float) -> str:
    """A number for people, with a true minus sign."""
    return f"{round(value, 2) + 0.0:,}".removesuffix(".0").replace("-", "−")
