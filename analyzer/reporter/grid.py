"""The content of a table, before a format draws it: columns, rows, sums, and notes on what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.record import Record
from analyzer.reporter.column import Column
from analyzer.reporter.modes import TITLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Grid(Record):
    """Columns, the subjects of the rows (layers; whole analyses in a comparison), and sums below them.

    `sums` are rows that have no place in the network, such as the total; `notes` are sentences about what is left out
    and why; `folded` says what was folded and how to unfold it, and ends a report.
    """

    columns: Sequence[Column]
    subjects: Sequence[Any]
    sums: Sequence[Any] = ()
    notes: Sequence[str] = ()
    folded: Sequence[str] = ()

    def body(self) -> Iterator[list[str]]:
        """The cells of every subject."""
        writers = [column.text for column in self.columns]
        return ([write(subject) for write in writers] for subject in self.subjects)

    def values(self) -> Iterator[list[float | str]]:
        """The exact values of every subject."""
        readers = [column.value for column in self.columns]
        return ([read(subject) for read in readers] for subject in self.subjects)

    def sum_texts(self) -> list[list[str]]:
        """The cells of the sums. The name of a sum is in the first column, unless that column has a sum itself."""
        lines = []
        for row in self.sums:
            cells = [column.text(row) if column.sums else "" for column in self.columns]
            if self.columns and not self.columns[0].sums:
                cells[0] = row.name
            lines.append(cells)
        return lines


def grouped(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """The groups of columns, each as its title and its number of columns."""
    spans: list[tuple[str, int]] = []
    last = None
    for column in columns:
        if column.group == last:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((TITLES[column.group], 1))
        last = column.group
    return spans
