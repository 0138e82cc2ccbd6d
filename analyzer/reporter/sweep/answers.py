"""The answers of `--largest` and `--smallest`: a row for each choice of the other axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.reporter.options import Options
from analyzer.reporter.sweep.columns import amount_columns, axis_column, axis_columns, broken_column
from analyzer.reporter.sweep.fitting import drawn
from analyzer.reporter.terminal import styled
from analyzer.sweeping.result import Found, Swept, Variant, column_of


def answers(swept: Swept, found: Sequence[Found], options: Options) -> Iterator[str]:
    """A table for each question: the other axes, the value and its amounts, the next value and what it breaks."""
    for (name, largest), rows in questions(found).items():
        title = f"{'largest' if largest else 'smallest'} {name} that fits"
        yield "\n" + styled(options.fit(title), "bold", options.color) + "\n\n"
        (axis,) = [one for one in swept.axes if one.name == name]
        first = axis_columns([one for one in swept.axes if one is not axis], swept.amounts)
        first.append(axis_column(axis, column_of(name, swept.amounts), lambda row: row.best and row.best.set))
        last = [axis_column(axis, "next", lambda row: row.next and row.next.set), broken_column(_next)]
        yield from drawn(first, amount_columns(swept.amounts, _best), last, rows, options)


def questions(found: Sequence[Found]) -> dict[tuple[str, bool], list[Found]]:
    """The answers to each question, by the axis that it asks about and whether it asks for the largest value."""
    asked: dict[tuple[str, bool], list[Found]] = {}
    for one in found:
        asked.setdefault((one.axis, one.largest), []).append(one)
    return asked


def _best(found: Found) -> Variant | None:
    return found.best


def _next(found: Found) -> Variant | None:
    return found.next
