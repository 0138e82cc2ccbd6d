"""The result of a sweep for a terminal: answers, steps, the front and the variants, then how many of them fit.

A designer looks for a network to take, so what may be taken comes first. The whole front is at the top, in the order of
what was minimized and maximized: read downwards, it is the price of a better network. Then come variants that fit, then
those that break a limit, then those that are no network, each by their ids, which is the order of the grid. Answers of
`--largest` and `--smallest` take the place of the variants, unless a front was asked for too.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.amounts import AMOUNTS
from analyzer.record import Record, field
from analyzer.reporter.column import Column
from analyzer.reporter.drawing import labelled
from analyzer.reporter.options import Options
from analyzer.reporter.sweep import words
from analyzer.reporter.sweep.answers import answers
from analyzer.reporter.sweep.columns import BROKEN, ON_FRONT, amount_columns, axis_columns, broken_column
from analyzer.reporter.sweep.fitting import MOST, drawn, left_out
from analyzer.reporter.terminal import joined, styled, wrapped
from analyzer.sweeping.goals import ordered
from analyzer.sweeping.result import Swept, Variant
from analyzer.units import plural

#: So many different mistakes are told.
_MISTAKES = 5


class Kept(Record):
    """What one reading of the variants keeps of them.

    front      those on the front, all of them
    fit, broken, wrong   the first of the others that fit, that break a limit, and that are no network
    limits     how many break each limit, by its key
    mistakes   by the code of a mistake, the first variant that has it and how many have it
    """

    front: list[Variant] = field(factory=list)
    fit: list[Variant] = field(factory=list)
    broken: list[Variant] = field(factory=list)
    wrong: list[Variant] = field(factory=list)
    limits: dict[str, int] = field(factory=dict)
    mistakes: dict[str, tuple[Variant, int]] = field(factory=dict)

    def add(self, variant: Variant) -> None:
        """Takes a variant into account."""
        for key in variant.breaks:
            self.limits[key] = self.limits.get(key, 0) + 1
        if variant.error is not None:
            first, number = self.mistakes.get(variant.error.code, (variant, 0))
            self.mistakes[variant.error.code] = first, number + 1
        if variant.front:
            self.front.append(variant)
            return
        some = self.fit if variant.fits else self.broken if variant.error is None else self.wrong
        if len(some) < MOST:
            some.append(variant)


def render(swept: Swept, options: Options) -> Iterator[str]:
    """The tables, and how many variants fit, break a limit and are no network."""
    parts = [swept.file, *words.axes(swept), plural(swept.counts.variants, "variant")]
    heading = joined([options.fit(part) for part in parts], options.fit(" · "), options.width, "  ")
    yield styled(heading, "bold", options.color) + "\n"
    facts = list(_facts(swept))
    if facts:
        yield "\n"
        yield from labelled(facts, options)
    if swept.found is not None:
        yield from answers(swept, swept.found, options)
    if swept.moves is not None:
        from analyzer.reporter.sweep.steps import steps

        yield from steps(swept, swept.moves, options)
    kept = Kept()
    for variant in swept.rows():
        kept.add(variant)
    if _lists(swept):
        yield from _variants(swept, kept, options)
    yield from _counts(swept, kept, options)


def _facts(swept: Swept) -> Iterator[tuple[str, list[str]]]:
    """The run, the limits that hold for all variants, and what the front is of, each with its label."""
    if _in_bytes(swept):
        yield "run", [swept.run, "the rest as in the file"] if swept.run else ["as in the file, else batch 1, float32"]
    if swept.limits:
        yield "limits", list(words.limits(swept.limits))
    if swept.front is not None:
        yield "front", [f"{plural(swept.front, 'variant')} with {words.goals(swept)}"]


def _lists(swept: Swept) -> bool:
    """Whether variants are listed."""
    return swept.found is None or swept.front is not None


def _variants(swept: Swept, kept: Kept, options: Options) -> Iterator[str]:
    """The front and the first of the others."""
    rows = [*ordered(kept.front, swept.minimize, swept.maximize), *[*kept.fit, *kept.broken, *kept.wrong][:MOST]]
    if not rows:
        return
    first = axis_columns(swept.axes, swept.amounts)
    if swept.front is not None:
        first = [Column("front", "front", "whether it is on the front", value=_on_front, style=_green), *first]
    last = [broken_column()] if any(not variant.fits for variant in rows) else []
    yield "\n"
    yield from drawn(first, amount_columns(swept.amounts), last, rows, options)
    yield left_out(swept.counts.variants - len(rows), "variant", "csv and json have", options)


def _on_front(variant: Variant) -> str:
    return ON_FRONT if variant.front else ""


def _green(variant: Variant) -> str:
    return "green" if variant.front else ""


def _counts(swept: Swept, kept: Kept, options: Options) -> Iterator[str]:
    """How many variants there are of each kind, and the mistakes."""
    said = options.fit(" · ".join(words.counted(swept, kept.limits)))
    yield "\n" + wrapped(said, options.width, "  ") + "\n"
    for first, number in list(kept.mistakes.values())[:_MISTAKES]:
        assert first.error is not None
        where = f"{plural(number, 'variant')}, the first with {words.choice(first, swept)}"
        text = f"{first.error.code}: {first.error.message} ({where})"
        yield wrapped(options.fit(text), options.width, "  ") + "\n"
    more = len(kept.mistakes) - _MISTAKES
    if more > 0:
        yield wrapped(f"and {plural(more, 'other mistake')}", options.width, "  ") + "\n"
    conventions = options.fit(" · ".join(_conventions(swept, kept)))
    if conventions:
        yield "\n" + styled(wrapped(conventions, options.width), "dim", options.color) + "\n"


def _conventions(swept: Swept, kept: Kept) -> Iterator[str]:
    """What the mark of a broken limit and the numbers mean."""
    if kept.limits and _lists(swept):
        yield f"{BROKEN}breaks a limit"
    if "macs" in swept.amounts:
        yield "MACs of one sample"
    if "flops" in swept.amounts:
        yield "FLOPs = 2 × MACs of one sample"
    if _in_bytes(swept):
        yield "KiB = 2^10 bytes"


def _in_bytes(swept: Swept) -> bool:
    return any(AMOUNTS[key] == "bytes" for key in swept.amounts)
