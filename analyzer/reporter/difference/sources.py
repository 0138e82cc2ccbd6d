"""The lines of the two files that differ, with a few lines around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.align import aligned
from analyzer.difference.result import LabelledReport
from analyzer.record import Record, field

#: Lines around a change.
_AROUND = 3


class Line(Record):
    """A line of one of the files, or of both.

    `sign` is `+` for a line that only the new file has, `−` for one of the old file, empty for one of both; `old` and
    `new` are its numbers in the files. `text[start:stop]` is what differs from the line in its place in the other file;
    nothing where there is none.
    """

    sign: str
    old: int | None
    new: int | None
    text: str
    start: int = field(default=0, init=False)
    stop: int = field(default=0, init=False)


def text_of(side: LabelledReport) -> str | None:
    """The text of the file of a side; None where it has none."""
    if side.described is None or side.described.model is None:
        return None
    return side.described.model.text or None


def changed_lines(old: str, new: str) -> list[list[Line]]:
    """The stretches of two texts that differ, each with the lines around it; a line break makes no difference.

    >>> [[line.sign + line.text for line in stretch] for stretch in changed_lines("a\\nb\\nc", "a\\nB\\nc")]
    [['a', '−b', '+B', 'c']]
    """
    lines = list(_unified(old.splitlines(), new.splitlines()))
    shown: set[int] = set()
    for place, line in enumerate(lines):
        if line.sign:
            shown.update(range(place - _AROUND, place + _AROUND + 1))
    stretches: list[list[Line]] = []
    before = -2
    for place, line in enumerate(lines):
        if place in shown:
            if place > before + 1:
                stretches.append([])
            stretches[-1].append(line)
            before = place
    return stretches


def _unified(olds: Sequence[str], news: Sequence[str]) -> Iterator[Line]:
    """All lines; between two common ones first those of the old file, then those of the new one."""
    at_old = at_new = 0
    for old, new in [*aligned(olds, news), (len(olds), len(news))]:
        removed = [Line("−", place + 1, None, olds[place]) for place in range(at_old, old)]
        added = [Line("+", None, place + 1, news[place]) for place in range(at_new, new)]
        if len(removed) == len(added):
            for one, other in zip(removed, added, strict=True):
                _mark(one, other)
        yield from removed
        yield from added
        if old < len(olds):
            yield Line("", old + 1, new + 1, olds[old])
        at_old, at_new = old + 1, new + 1


def _mark(one: Line, other: Line) -> None:
    """Marks what differs in two lines, unless they have nothing in common but blanks."""
    start = _common(one.text, other.text)
    end = _common(one.text[start:][::-1], other.text[start:][::-1])
    if one.text[:start].strip() or one.text[len(one.text) - end :].strip():
        for line in (one, other):
            line.start, line.stop = start, len(line.text) - end


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common at their start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))
