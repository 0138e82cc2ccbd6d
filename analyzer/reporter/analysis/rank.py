"""The biggest rows, and the share of each in the whole."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.result import Row
from analyzer.reporter.analysis.columns import COLUMNS
from analyzer.reporter.analysis.fold import Folded
from analyzer.reporter.column import Column
from analyzer.reporter.modes import TITLES

#: Cells of the longest bar.
_BAR = 20


def ranking_column(sort: str | None, modes: Sequence[str]) -> Column:
    """The column to sort by: the one asked for, otherwise the parameters; declared before shared before local."""
    name = sort or "parameters"
    if name in COLUMNS:
        return COLUMNS[name]
    return COLUMNS[f"{'declared' if 'declared' in modes else modes[0]}.{name}"]


def ordered(rows: Sequence[Row], column: Column) -> list[Row]:
    """The rows, the biggest first; equal ones in the order of the network."""
    return sorted(rows, key=lambda row: column.value(row) or 0, reverse=True)  # a row may have no value


def biggest(rows: Sequence[Row], column: Column, top: int) -> tuple[list[Row], Row | None]:
    """The `top` biggest rows, and one row for all others."""
    rows = ordered(rows, column)
    others = rows[top:]
    if not others:
        return rows, None
    layers = sum(len(row.members) if isinstance(row, Folded) else 1 for row in others)
    name = "the other layer" if layers == 1 else f"the other {layers:,} layers"
    return rows[:top], Folded.of(name, "", others)


def share_columns(rows: Sequence[Row], rest: Row | None, column: Column, unicode: bool) -> list[Column]:
    """A column of percentages that add up to 100, and a column of bars; none where the numbers do not add up."""
    if column.nature != "amount":
        return []
    everyone = [*rows, *([rest] if rest is not None else [])]
    amounts = [int(column.value(row) or 0) for row in everyone]
    tenths = dict(zip(map(id, everyone), apportioned(amounts, 1000), strict=True))
    most = max(amounts[: len(rows)], default=0) or 1
    halves = {id(row): amount * _BAR * 2 // most for row, amount in zip(rows, amounts, strict=False)}
    words = [TITLES[column.group], column.heading]
    what = " ".join(reversed(words) if column.group == "declared" else words).strip()
    whole, half = ("█", "▌") if unicode else ("#", "")

    def percent(row: Row) -> str:
        part = tenths.get(id(row), 1000 if any(amounts) else 0)
        return f"{part // 10}.{part % 10}"

    def bar(row: Row) -> str:
        part = halves.get(id(row), 0)
        return whole * (part // 2) + half * (part % 2)

    return [
        Column("share", "%", f"percent of the {what}", value=percent, nature="amount"),
        Column("bar", f"of the {what}", "the same as a bar", value=bar),
    ]


def apportioned(amounts: Sequence[int], whole: int) -> list[int]:
    """`whole` units divided in proportion to the amounts, so that they add up exactly (by largest remainders).

    >>> apportioned([1, 1, 1], 100)
    [34, 33, 33]
    """
    total = sum(amounts)
    if not total:
        return [0] * len(amounts)
    parts = [amount * whole // total for amount in amounts]
    remainders = sorted(range(len(amounts)), key=lambda place: -(amounts[place] * whole % total))
    for place in remainders[: whole - sum(parts)]:
        parts[place] += 1
    return parts
