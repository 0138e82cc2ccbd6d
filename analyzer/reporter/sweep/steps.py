"""The steps of `--sensitivity`: what one step of each axis changes, the biggest change first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.amounts import AMOUNTS
from analyzer.reporter.column import Column
from analyzer.reporter.difference.words import percent, signed
from analyzer.reporter.options import Options
from analyzer.reporter.sweep.columns import WAYS, broken_column, heading
from analyzer.reporter.sweep.fitting import drawn
from analyzer.reporter.sweep.words import written
from analyzer.reporter.terminal import styled
from analyzer.sweeping.result import Move, Swept
from analyzer.units import count, memory, ratio, short

#: The headings of what a step costs for each parameter that it adds.
_RATIOS = {"MACs/param": "macs_per_parameter", "bytes/param": "bytes_per_parameter"}


def steps(swept: Swept, moves: Sequence[Move], options: Options) -> Iterator[str]:
    """The table of the steps: axis, from and to, the change of each amount, and its cost for each added parameter."""
    yield "\n" + styled("one step from the file's values", "bold", options.color) + "\n\n"
    axes = {axis.name: axis for axis in swept.axes}

    def step(move: Move) -> str:
        axis = axes[move.axis]
        return f"{written(move.before.set[move.axis], axis)} → {written(move.after.set[move.axis], axis)}"

    first = [
        Column("axis", "axis", "the axis", value=lambda move: move.axis),
        Column("step", "step", "its value in the file, and one step from it", value=step),
    ]
    ratios = [
        Column(name, head, "of the step, for each parameter that it adds", value=_ratio(name), nature="place")
        for head, name in _RATIOS.items()
        if any(getattr(move, name) is not None for move in moves)
    ]
    last = [broken_column(lambda move: move.after)] if any(not move.after.fits for move in moves) else []
    ways = ([*_changes(swept.amounts, words, numbers), ratios] for words, numbers in WAYS)
    yield from drawn(first, ways, last, moves, options)


def _changes(keys: Sequence[str], words: bool, numbers: bool) -> Iterator[list[Column]]:
    """The change of each amount, absolute and in percent."""
    for key in keys:
        spell = memory if AMOUNTS[key] == "bytes" else short if numbers else count
        yield [
            Column(key, heading(key, brief=words), "the change", value=_change(key, spell), nature="place"),
            Column(f"{key}_percent", "", "the change in percent", value=_percent(key), nature="place"),
        ]


def _change(key: str, spell: Callable[[int], str]) -> Callable[[Move], str]:
    def text(move: Move) -> str:
        change = move.by(key)
        if change is not None:
            return signed(change, spell)
        if move.error is not None:
            return ""
        return "unknown" if key in (*move.before.at_least, *move.after.at_least) else "none"

    return text


def _percent(key: str) -> Callable[[Move], str]:
    def text(move: Move) -> str:
        pair = move.pair(key)
        return "" if pair is None else percent(*pair)

    return text


def _ratio(name: str) -> Callable[[Move], str]:
    def text(move: Move) -> str:
        found: float | None = getattr(move, name)
        return "" if found is None else ratio(found)

    return text
