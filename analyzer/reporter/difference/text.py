"""The comparison for a terminal: the two networks, their totals, and the changes by block, the biggest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.difference.result import Difference, OneSided
from analyzer.reporter.difference.entries import SIGNS, Entry, entries, grouped, renamed, renumbered
from analyzer.reporter.difference.keys import not_compared, sign_of, value_text, where
from analyzer.reporter.difference.review import Review, called, file_of, summary, verdict, with_commit
from analyzer.reporter.difference.words import (
    about,
    costs,
    counted,
    details,
    own_totals,
    run_differs,
    shown_modes,
    signed,
    subject,
    totals,
)
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import cells, joined, styled, wrapped
from analyzer.units import count, exact, plural

#: Entries and renames that are listed; nobody reviews a longer list.
_MOST = 60
_MOST_RENAMES = 20
_MOST_KEYS = 40
_SIGN_STYLES = {"+": "cyan", "−": "red", "~": "yellow"}
_STYLES = {"added": "cyan", "removed": "red", "changed": "yellow", "moved": "blue"}


def render(report: Difference | OneSided | Review, options: Options) -> Iterator[str]:
    """One comparison, or those of a folder, the biggest change first."""
    if isinstance(report, Review):
        yield from _review(report, options)
    elif isinstance(report, OneSided):
        yield from _one_sided(report, options)
    else:
        yield from _two_sided(report, options)


def _review(review: Review, options: Options) -> Iterator[str]:
    for result in review.biggest_first:
        if isinstance(result, Failed):
            continue  # its findings are messages
        head = options.fit(f"── {file_of(result)}: {verdict(result)} ──")
        yield styled(head, "bold", options.color) + "\n\n"
        yield from render(result, options)
        yield "\n"
    said = options.fit(f"{review.old} → {review.new}: {summary(review)}")
    yield wrapped(said, options.width, "  ") + "\n"


def _one_sided(found: OneSided, options: Options) -> Iterator[str]:
    word, other = ("new", "old") if found.added else ("old", "new")
    parts = [options.fit(part) for part in (called(found.side), *about(found.side))]
    lacking = options.fit(f"{with_commit(found.other, found.commit)} does not exist")
    verdict = "the model is new" if found.added else "the model was removed"
    lines = {word: parts, other: [lacking, verdict]}
    for name in ("old", "new"):
        yield styled(f"{name}  ", "bold", options.color) + _joined(lines[name], options, " " * 5, used=5) + "\n"
    yield "\n"
    rows = list(own_totals(found.side, shown_modes(found, options.mode)))
    wide, most = (max(cells(row[place]) for row in rows) for place in (0, 1))
    for name, value in rows:
        value = options.fit(value)
        yield f"{name}{' ' * (wide - cells(name))}  {' ' * max(0, most - cells(value))}{value}\n"


def _two_sided(difference: Difference, options: Options) -> Iterator[str]:
    """The whole comparison."""
    modes = shown_modes(difference, options.mode)
    width = options.width
    for word, side in (("old", difference.old), ("new", difference.new)):
        parts = [options.fit(part) for part in (called(side), *about(side))]
        yield styled(f"{word}  ", "bold", options.color) + _joined(parts, options, " " * 5, used=5) + "\n"
    if difference.run:
        said = options.fit(f"NOT THE SAME RUN: {run_differs(difference)}; the numbers below are of different runs")
        yield "\n" + styled(wrapped(said, width), "red", options.color) + "\n"
    yield from _keys(difference, options)
    if difference.equal:
        verdict = styled("equal", "green", options.color)
        yield f"\n{verdict}: " + wrapped(f"{plural(difference.unchanged, 'layer')}, the same costs", width) + "\n"
        return
    yield "\n"
    yield from _totals(difference, modes, options)
    yield "\n" + wrapped(options.fit(counted(difference)), width, "  ") + "\n"
    yield from _renames(difference, options)
    found = entries(difference)
    listed = found[:_MOST]
    for name, group in grouped(listed):
        yield "\n" + _heading(name, group, modes, options)
        for entry in group:
            yield from _entry(entry, modes, options)
    if len(found) > len(listed):
        said = f"{plural(len(found) - len(listed), 'smaller change')} not listed; --format json lists all"
        yield "\n" + wrapped(options.fit(said), width) + "\n"


def _keys(difference: Difference, options: Options) -> Iterator[str]:
    """The keys of the files that changed."""
    why = not_compared(difference)
    if why:
        yield "\n" + wrapped(options.fit(why), options.width, "  ") + "\n"
    keys = difference.keys or ()
    if keys:
        yield "\n" + styled("keys", "bold", options.color) + "\n"
    for change in keys[:_MOST_KEYS]:
        sign = sign_of(change)
        values = [value_text(value) for value in (change.old, change.new) if value is not None]
        said = [options.fit(" → ".join(values)), *([options.fit(f"in {where(change)}")] if change.layers else [])]
        head = "  " + styled(options.fit(sign), _SIGN_STYLES[sign], options.color) + " "
        yield head + _lines([options.fit(change.key), _joined(said, options, "", used=0)], "  ", options, used=4) + "\n"
    if len(keys) > _MOST_KEYS:
        said_more = f"{plural(len(keys) - _MOST_KEYS, 'more key')} not listed; --format json lists all"
        yield wrapped(options.fit(said_more), options.width, "  ") + "\n"


def _totals(difference: Difference, modes: Sequence[str], options: Options) -> Iterator[str]:
    rows = [("", "old", "new", "change", ""), *totals(difference, modes, brief=False)]
    lines = [[options.fit(cell) if cell else "" for cell in row] for row in rows]
    widths = [max(cells(line[place]) for line in lines) for place in range(5)]
    if options.width is not None and sum(widths) + 8 > options.width:
        yield from _narrow(lines, options)
        return
    for number, line in enumerate(lines):
        padded = [line[0] + " " * (widths[0] - cells(line[0]))]
        padded += [" " * (width - cells(cell)) + cell for cell, width in zip(line[1:], widths[1:], strict=True)]
        drawn = "  ".join(padded).rstrip()
        same = line[1] == line[2]
        yield (
            styled(drawn, "dim" if same else "bold" if not number else "dim", options.color and (same or not number))
            + "\n"
        )


def _narrow(lines: Sequence[Sequence[str]], options: Options) -> Iterator[str]:
    """The totals where there is no room for a table: a line or two each."""
    arrow = options.fit(" → ")
    for what, old, new, change, share in lines[1:]:
        values = old if old == new else old + arrow + new
        said = [part for part in (change, share) if part and old != new]
        yield joined([what.strip(), values, *said], "  ", options.width, "  ") + "\n"


def _renames(difference: Difference, options: Options) -> Iterator[str]:
    names = renamed(difference.renames)
    for old, new, layers in names[:_MOST_RENAMES]:
        said = f"renamed: {old or 'the top'} → {new or 'the top'} ({plural(layers, 'layer')})"
        yield wrapped(options.fit(said), options.width, "  ") + "\n"
    if len(names) > _MOST_RENAMES:
        yield wrapped(f"{plural(len(names) - _MOST_RENAMES, 'more rename')} not listed", options.width, "  ") + "\n"
    numbers = renumbered(difference.renames)
    if numbers:
        said = f"{plural(numbers, 'layer')} of which only a number in the name changed"
        yield wrapped(said, options.width, "  ") + "\n"


def _heading(name: str, group: Sequence[Entry], modes: Sequence[str], options: Options) -> str:
    parameters = sum(entry.delta[f"{modes[0]}.parameters"] for entry in group)
    macs = sum(entry.delta["macs"] for entry in group)
    parts = [options.fit(name or "at the top")]
    if parameters:
        parts.append(options.fit(f"{signed(parameters, count)} parameters"))
    if macs or not exact(macs):
        parts.append(options.fit(f"{signed(macs, count)} MACs"))
    return styled(joined(parts, "  ", options.width, "  "), "bold", options.color) + "\n"


def _entry(entry: Entry, modes: Sequence[str], options: Options) -> Iterator[str]:
    sign = options.fit(SIGNS[entry.what])
    head = [options.fit(f"{entry.name}"), options.fit(subject(entry))]
    yield "  " + styled(sign, _STYLES[entry.what], options.color) + " " + _lines(head, "  ", options, used=4) + "\n"
    if entry.what in ("added", "removed"):
        parts = [f"output {entry.output.replace('x', '×')}", *costs(entry, modes)]
    elif entry.what == "moved":
        parts = ["moved", *details(entry, modes, numbers=True)]
    else:
        parts = details(entry, modes, numbers=True)
    if parts:
        yield "      " + _joined([options.fit(part) for part in parts], options, " " * 6, used=6) + "\n"


def _joined(parts: Sequence[str], options: Options, indent: str, *, used: int) -> str:
    return _lines(parts, options.fit(" · "), options, used=used).replace("\n" + " " * used, "\n" + indent)


def _lines(parts: Sequence[str], separator: str, options: Options, *, used: int) -> str:
    """Parts on lines that begin `used` cells in."""
    room = None if options.width is None else max(options.width - used, 10)
    text = joined(parts, separator, room)
    broken = [wrapped(line, room, "  ") for line in text.split("\n")]
    return "\n".join(broken).replace("\n", "\n" + " " * used)
