"""The comparison as a comment on a pull request: GitHub-flavoured Markdown that never outgrows what a comment may hold.

The totals and the biggest changes are open, the rest is folded away, and changes without room are counted. Names come
from other people's files: they are written so that nothing in them is markup, a mention, a link or a reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from analyzer.difference.result import Difference, LabelledReport, OneSided
from analyzer.record import Record
from analyzer.reporter.difference.entries import SIGNS, Entry, entries, grouped, renamed, renumbered
from analyzer.reporter.difference.keys import NAMED, not_compared, value_text, where
from analyzer.reporter.difference.mermaid import graph
from analyzer.reporter.difference.review import Review, file_of, summary, title, verdict
from analyzer.reporter.difference.words import (
    counted,
    details,
    own_totals,
    percent,
    pretty,
    run_differs,
    shown_modes,
    signed,
    subject,
    tally,
    totals,
)
from analyzer.reporter.marked import code, html_code, line, table, words
from analyzer.reporter.options import Failed, Options
from analyzer.units import exact, memory, plural, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.reporter.difference.review import Result

#: GitHub refuses comments of more than 65,536 characters; bytes are counted here, which are never fewer.
LIMIT = 60_000
#: Changes, blocks and renames that are open.
_OPEN = 10
_BLOCKS = 12
_RENAMES = 8
#: Models in the table of a folder, how many of them are not folded away, and the columns of the table.
_MODELS = 100
_OPEN_MODELS = 2
_OVERVIEW: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("shared.parameters", short), ("macs", short), ("peak_training_memory", memory)
)  # fmt: skip


def render(report: Difference | OneSided | Review, options: Options) -> Iterator[str]:
    """The whole comment."""
    if isinstance(report, Review):
        yield from _review(report, options.mode)
    else:
        yield from comment(report, options.mode, LIMIT)


def comment(report: Difference | OneSided, mode: str, limit: int) -> Iterator[str]:
    """One comparison in about `limit` bytes: its head is needed, and changes take the room that is left."""
    modes = shown_modes(report, mode)
    if isinstance(report, OneSided):
        yield from _one_sided(report, modes)
        return
    room = Room(limit)
    yield from room.all(_head(report, modes))
    yield from room.some(_keys(report), "more key")
    if report.equal:
        return
    yield from room.all(_totals(report, modes))
    yield from room.all(graph(report, modes[0], room.left))
    found = entries(report)
    yield from room.all(_blocks(found, modes))
    heading = table(["", "layer", "what", *_cost_headings(modes)], "lll" + "r" * (len(modes) + 1))
    yield from room.some(Rows("Biggest changes", heading, [_row(entry, modes) for entry in found]), "smaller change")


def _review(review: Review, mode: str) -> Iterator[str]:
    """The models of a folder in one comment: a table of all, then each folded away, the biggest change first."""
    results = review.biggest_first
    room = Room(LIMIT)
    yield from room.all(_overview(review, results))
    drawn = 0
    for result in results:
        share = room.left // (len(results) - drawn)
        body = "" if isinstance(result, Failed) else "".join(comment(result, mode, share - 400))
        opened = " open" if len(results) <= _OPEN_MODELS else ""
        section = f"\n<details{opened}><summary>{html_code(file_of(result))}: {verdict(result)}</summary>\n\n{body}\n</details>\n"
        if len(section.encode()) > room.left - 400:
            break
        drawn += 1
        if body:
            yield from room.all([section])
    if drawn < len(results):
        left = plural(len(results) - drawn, "more model")
        yield f"\n{left} left out, since a comment has no room for more; `analyzer diff --format json` lists all.\n"


def _overview(review: Review, results: Sequence[Result]) -> Iterator[str]:
    yield f"### {title(review)}\n\n{code(review.old)} → {code(review.new)}: {summary(review)}.\n"
    if not results:
        return
    yield "\n" + table(["model", "", "parameters", "MACs", "training peak"], "llrrr")
    for result in results[:_MODELS]:
        cells = [_cell(result, name, spell) for name, spell in _OVERVIEW]
        yield line([code(file_of(result)), verdict(result), *cells])
    if len(results) > _MODELS:
        yield line([plural(len(results) - _MODELS, "more model"), "", "", "", ""])


def _cell(result: Result, name: str, spell: Callable[[int], str]) -> str:
    """A total of a model, and its change."""
    if isinstance(result, Failed):
        return ""
    if isinstance(result, OneSided):
        known = name in result.side.peaks or not name.startswith("peak_")
        return spell(result.side.total(name)) if known else ""
    if name.startswith("peak_") and name not in result.peaks():
        return ""
    old, new = result.old.total(name), result.new.total(name)
    return (
        spell(new) if old == new else f"{spell(old)} → {spell(new)} ({percent(old, new) or signed(new - old, spell)})"
    )


def _one_sided(found: OneSided, modes: Sequence[str]) -> Iterator[str]:
    """A model that is new, or that was removed."""
    side = found.side
    what = "new model" if found.added else "removed model"
    yield f"### {code(str(side.report['name']))}: {what}\n\n"
    yield f"{code(found.other)}{f' ({found.commit})' if found.commit else ''} does not exist.\n\n"
    yield table(["", _side(side)], "lr")
    for name, value in own_totals(side, modes):
        yield line([("&emsp;" if name.startswith("  ") else "") + name.strip(), value])
    run = f"input {', '.join(pretty(volume) for volume in side.inputs.values())}"
    yield f"\n<sub>{words(run)}, batch {side.report['batch']}, {words(side.report['dtype'])}.</sub>\n"


class Rows(Record):
    """Rows of a table, the most important first, below a title."""

    title: str
    heading: str
    lines: Sequence[str]


class Room(Record):
    """How many bytes a comment may still have."""

    left: int

    def all(self, chunks: Iterable[str]) -> Iterator[str]:
        """Chunks that are needed, whatever they take."""
        for chunk in chunks:
            self.left -= len(chunk.encode())
            yield chunk

    def some(self, rows: Rows, what: str) -> Iterator[str]:
        """As many rows as there is room for: the first ones open, others folded away, the rest counted."""
        lines = rows.lines
        used = 2 * len(rows.heading.encode()) + 400
        fits = 0
        while fits < len(lines) and used + len(lines[fits].encode()) < self.left:
            used += len(lines[fits].encode())
            fits += 1
        self.left -= used if lines else 0
        if lines:
            yield f"\n#### {rows.title}\n\n{rows.heading}" + "".join(lines[: min(fits, _OPEN)])
        if fits > _OPEN:
            yield f"\n<details><summary>{plural(fits - _OPEN, what)}</summary>\n\n{rows.heading}"
            yield from lines[_OPEN:fits]
            yield "\n</details>\n"
        if fits < len(lines):
            left = plural(len(lines) - fits, what)
            yield f"\n{left} left out, since a comment has no room for more; `analyzer diff --format json` lists all.\n"


def _head(difference: Difference, modes: Sequence[str]) -> Iterator[str]:
    """The title, warnings, and the verdict."""
    yield f"### {_title(difference.old, difference.new)}\n\n"
    if difference.run:
        yield f"> [!WARNING]\n> **Not the same run**: {words(run_differs(difference))}. The numbers below are of different runs.\n\n"
    if difference.equal:
        yield f"**Equal**: {plural(difference.unchanged, 'layer')}, the same costs.\n"
    else:
        yield f"{_sentence(difference, modes)}\n"
    why = not_compared(difference)
    if why:
        yield f"\n<sub>{words(why)}.</sub>\n"


def _keys(difference: Difference) -> Rows:
    """The keys of the files that changed."""
    lines = []
    for change in difference.keys or ():
        values = ["" if value is None else code(value_text(value)) for value in (change.old, change.new)]
        layers = change.layers or ()
        place = ", ".join(map(code, layers)) if len(layers) <= NAMED else where(change)
        lines.append(line([code(change.key), *values, place]))
    return Rows("Keys", table(["key", "old", "new", "layers"], "llll"), lines)


def _totals(difference: Difference, modes: Sequence[str]) -> Iterator[str]:
    """The totals, and the names that changed."""
    old, new = difference.old, difference.new
    yield "\n" + table(["", _side(old), _side(new), "change", "%"], "lrrrr")
    for what, before, after, change, share in totals(difference, modes, brief=True):
        same = before == after
        label = ("&emsp;" if what.startswith("  ") else "") + what.strip()
        yield line([label, before, after, "" if same else change, "" if same else share])
    run = f"input {', '.join(pretty(volume) for volume in new.inputs.values())}"
    yield f"\n<sub>{words(run)}, batch {new.report['batch']}, {words(new.report['dtype'])}. Layers: {counted(difference)}.</sub>\n"
    yield from _renames(difference)


def _title(old: LabelledReport, new: LabelledReport) -> str:
    names = [str(side.report["name"]) for side in (old, new)]
    return code(names[0]) if names[0] == names[1] else f"{code(names[0])} → {code(names[1])}"


def _side(side: LabelledReport) -> str:
    return code(side.label) + (f" ({side.commit})" if side.commit and f":{side.commit}:" not in side.label else "")


def _sentence(difference: Difference, modes: Sequence[str]) -> str:
    """The one line for those who read only one."""
    parts = []
    for name, what in ((f"{modes[0]}.parameters", "parameters"), ("macs", "MACs")):
        before, after = difference.old.total(name), difference.new.total(name)
        if before == after:
            parts.append(f"{what} unchanged at {short(after)}")
        else:
            share = percent(before, after)
            parts.append(f"**{share or signed(after - before, short)} {what}** ({short(before)} → {short(after)})")
    return ", ".join(parts)


def _renames(difference: Difference) -> Iterator[str]:
    names = renamed(difference.renames)
    texts = [
        f"{code(old) if old else 'the top'} → {code(new) if new else 'the top'} ({plural(layers, 'layer')})"
        for old, new, layers in names[:_RENAMES]
    ]
    if len(names) > _RENAMES:
        texts.append(f"{len(names) - _RENAMES} more")
    if texts:
        yield f"\n**Renamed**: {', '.join(texts)}\n"
    numbers = renumbered(difference.renames)
    if numbers:
        yield f"\n{plural(numbers, 'layer')} of which only a number in the name changed.\n"


def _blocks(found: Sequence[Entry], modes: Sequence[str]) -> Iterator[str]:
    """The changes summed by block, where there are several blocks."""
    groups = grouped(found)
    if len(groups) < 2 or len(found) <= len(groups):
        return
    yield "\n#### By block\n\n"
    yield table(["block", "layers", *_cost_headings(modes)], "ll" + "r" * (len(modes) + 1))
    for name, group in groups[:_BLOCKS]:
        yield line([code(name) if name else "at the top", tally(group), *_costs(group, modes)])
    if len(groups) > _BLOCKS:
        rest = [entry for _, group in groups[_BLOCKS:] for entry in group]
        yield line([plural(len(groups) - _BLOCKS, "more block"), tally(rest), *_costs(rest, modes)])


def _cost_headings(modes: Sequence[str]) -> list[str]:
    return [*(f"{mode} parameters" for mode in modes), "MACs"]


def _costs(group: Sequence[Entry], modes: Sequence[str]) -> list[str]:
    names = [*(f"{mode}.parameters" for mode in modes), "macs"]
    return [_change(sum(entry.delta[name] for entry in group)) for name in names]


def _change(change: int) -> str:
    return signed(change, short) if change or not exact(change) else ""


def _row(entry: Entry, modes: Sequence[str]) -> str:
    """An entry as a row of a table."""
    said = [words(subject(entry))]
    if entry.what in ("added", "removed"):
        if entry.output:
            said.append(words(f"output {pretty(entry.output)}"))
    else:
        said += ["moved"] if entry.what == "moved" else []
        said += [words(part) for part in details(entry, modes, numbers=False)]
    name = code(entry.name)
    if entry.what == "removed":
        name = f"<del>{name}</del>"
    return line([SIGNS[entry.what], name, "; ".join(said), *_costs([entry], modes)])
