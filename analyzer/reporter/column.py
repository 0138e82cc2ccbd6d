"""A column of any table."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Column(Record):
    """One column of a report.

    `value` gives the exact value of a row for programs, `text` the same for people (None: the value as a string).
    `nature` is `word`, `amount` (adds up over the rows), `ratio` (of two amounts: several rows together have one too),
    `running` (a running sum) or `place` (a number that does not add up). `group` is a mode or empty. `style` gives the
    style of a cell on a terminal, empty for none.
    """

    name: str
    heading: str
    doc: str
    value: Callable[[Any], float | str]
    text: Callable[[Any], str] = None  # type: ignore[assignment]  # `check` derives it
    nature: str = "word"
    group: str = ""
    style: Callable[[Any], str] | None = None

    def check(self) -> None:
        """Derives `text` where it was not given."""
        if self.text is None:
            value = self.value
            self.text = lambda row: str(value(row))

    @property
    def align(self) -> str:
        """`left` for words, `right` for numbers."""
        return "left" if self.nature == "word" else "right"

    @property
    def sums(self) -> bool:
        """Whether a total makes sense."""
        return self.nature in ("amount", "ratio", "running")

    @property
    def metric(self) -> str:
        """The name without its mode. A column that is left out in one mode is left out in all, by this name."""
        return self.name.rpartition(".")[2]
