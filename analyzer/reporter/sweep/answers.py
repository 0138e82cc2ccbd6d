"""The answers of `--largest` and `--smallest`: a row for each choice of the other axes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.record import Record, field
from analyzer.reporter.options import Options
from analyzer.reporter.sweep.columns import amount_columns, axis_column, axis_columns, broken_column
from analyzer.reporter.sweep.fitting import MOST, drawn, left_out
from analyzer.reporter.terminal import styled
from analyzer.sweeping.result import Found, Swept, Variant, column_of


class Question(Record):
    """A question about an axis: whether it asks for the largest value, its first answers, and how many it has."""

    axis: str
    largest: bool
    first: list[Found] = field(factory=list, init=False)
    number: int = field(default=0, init=False)

    @property
    def title(self) -> str:
        """The question, as a heading has it."""
        return f"{'largest' if self.largest else 'smallest'} {self.axis} that fits"


def answers(swept: Swept, found: Iterable[Found], options: Options) -> Iterator[str]:
    """A table for each question: the other axes, the value and its amounts, the next value and what it breaks."""
    for question in questions(found):
        yield "\n" + styled(options.fit(question.title), "bold", options.color) + "\n\n"
        (axis,) = [one for one in swept.axes if one.name == question.axis]
        first = axis_columns([one for one in swept.axes if one is not axis], swept.amounts)
        first.append(axis_column(axis, column_of(axis.name, swept.amounts), lambda row: row.best and row.best.set))
        last = [axis_column(axis, "next", lambda row: row.next and row.next.set), broken_column(_next)]
        yield from drawn(first, amount_columns(swept.amounts, _best), last, question.first, options)
        yield left_out(question.number - len(question.first), "answer", "json has", options)


def questions(found: Iterable[Found]) -> list[Question]:
    """The questions in their order, each with the first of its answers."""
    asked: dict[tuple[str, bool], Question] = {}
    for one in found:
        question = asked.setdefault((one.axis, one.largest), Question(one.axis, one.largest))
        question.number += 1
        if question.number <= MOST:
            question.first.append(one)
    return [*asked.values()]


def _best(found: Found) -> Variant | None:
    return found.best


def _next(found: Found) -> Variant | None:
    return found.next
