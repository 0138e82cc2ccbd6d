"""The rows of a page: the old network at the left, the new one at the right, and between them what it costs more.

Every number is in the text. Bars repeat it: to the right of the axis the new network costs more, to the left less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.difference.changes import LayerChange
from analyzer.difference.match import named_by_type
from analyzer.difference.result import Difference, LabelledReport, OneSided
from analyzer.record import Record
from analyzer.reporter.difference.entries import SIGNS
from analyzer.reporter.difference.pairs import Face, Fold, Row, folded, rows_of
from analyzer.reporter.difference.units import happened
from analyzer.reporter.difference.words import changed_fields, pretty, signed
from analyzer.reporter.page.document import card, named, text
from analyzer.units import brief_count, count, exact, plural

#: Changes of the layers in a block that are listed, and rows up to which they are: a page is for people.
_MOST = 60
_MOST_ROWS = 1500
#: Rows of a stretch without a change that have a side for each network; a longer one has a line for both.
_MOST_FOLDED = 100
#: Rows from which on a browser draws only those on the screen.
_LONG = 400

#: What a mode is called beside a bar; parameters have no mode where they are the same in all.
_WORDS = {"shared": "shared", "local": "local", "declared": "as declared"}


class Drawing(Record):
    """How rows are drawn: the modes, the largest change of each cost, the blocks that names are in each network."""

    modes: Sequence[str]
    largest: Mapping[str, int]
    blocks: tuple[Mapping[str, str], Mapping[str, str]]
    brief: bool


def section(difference: Difference | OneSided, modes: Sequence[str]) -> Iterator[str]:
    """The view with all rows."""
    rows = rows_of(difference)
    drawing = _drawing(difference, rows, modes)
    return card("graph", "Layers", _content(rows, drawing), f'<p class="page-note">{_heading(rows, modes)}</p>')


def _content(rows: Sequence[Row], drawing: Drawing) -> Iterator[str]:
    if not rows:
        return
    many = " dx-many" if len(rows) > _LONG else ""
    yield (
        '<div class="difference-heads" aria-hidden="true"><span>old</span><span><i>← less</i><i>more →</i></span>'
        f'<span>new</span></div>\n<ol class="difference-rows{many}">\n'
    )
    for one in folded(rows):
        yield from _fold(one, drawing) if isinstance(one, Fold) else _row(one, drawing)
    yield "</ol>\n"


def _heading(rows: Sequence[Row], modes: Sequence[str]) -> str:
    if not rows:
        return "Neither network has layers."
    said = "old at the left, new at the right, between them what the new one costs more or less"
    differ = any(len({row.delta[f"{mode}.parameters"] for mode in modes}) > 1 for row in rows)
    return f"{said}; parameters shared and locally connected" if differ and len(modes) > 1 else said


def _drawing(difference: Difference | OneSided, rows: Sequence[Row], modes: Sequence[str]) -> Drawing:
    names = [*(f"{mode}.parameters" for mode in modes), "macs"]
    return Drawing(
        modes,
        {name: max((abs(int(row.delta[name])) for row in rows), default=0) for name in names},
        (_blocks(difference.old), _blocks(difference.new)),
        sum(bool(row.change) for row in rows) > _MOST_ROWS,
    )


def _blocks(side: LabelledReport | None) -> Mapping[str, str]:
    return {} if side is None or side.described is None else side.described.network.groups


def _fold(fold: Fold, drawing: Drawing) -> Iterator[str]:
    names = " … ".join(map(named, fold.names))
    layers = fold.layers
    more = f" · {plural(layers, 'layer')}" if layers != len(fold.rows) else ""
    affected = sum(row.affected for row in fold.rows)
    if affected:
        more += f" · {count(affected)} only in what follows from earlier layers or from the run"
    brief = ' class="dx-brief"' if len(fold.rows) > _MOST_FOLDED else ""
    yield (
        f'<li class="dx-fold"><details><summary>{count(len(fold.rows))} unchanged: <b>{names}</b>'
        f"<small>{more}</small></summary>\n<ol{brief}>\n"
    )
    for row in fold.rows:
        yield from _same(row, drawing) if brief else _row(row, drawing)
    yield "</ol></details></li>\n"


def _same(row: Row, drawing: Drawing) -> Iterator[str]:
    """A row of a long stretch that did not change: both networks in one line."""
    face = row.face
    was = "" if row.old is None or row.old.name == face.name else f"{named(row.old.name)} → "
    output, kind = text(pretty(face.output)), _kind(face, drawing.blocks[1], row.times)
    yield f"<li><b>{was}{named(face.name)}{_times(row)}</b> {output} <small>{kind}</small></li>\n"


def _row(row: Row, drawing: Drawing) -> Iterator[str]:
    change = f' data-change="{row.change}"' if row.change else ' class="dx-same"'
    said = row.change or ("renamed" if row.renamed else "unchanged")
    sign = text(SIGNS.get(row.change, "=" if row.renamed else ""))
    yield f'<li{change}><b class="dx-sign">{sign}<i> {said}: </i></b>'
    old, new = row.old, row.new
    differs = old is not None and new is not None and old.output != new.output
    yield _box(old, "old", drawing.blocks[0], drawing, row, differs=differs)
    yield _between(row, drawing)
    yield _box(new, "new", drawing.blocks[1], drawing, row, differs=differs)
    yield from _changes(row, drawing)
    yield "</li>\n"


def _box(face: Face | None, side: str, blocks: Mapping[str, str], drawing: Drawing, row: Row, *, differs: bool) -> str:
    """What one network has."""
    if face is None:
        return f'<div class="dx-box dx-none"><i>not in the {side} network</i></div> '
    output = f"<{'mark' if differs else 'span'}>{text(pretty(face.output))}</{'mark' if differs else 'span'}>"
    costs = _costs(face, drawing.modes) if row.change else ""
    return (
        f'<div class="dx-box"><i>{side} </i><b>{named(face.name)}{_times(row)}</b> {output}'
        f" <small>{_kind(face, blocks, row.times)}{costs}</small></div> "
    )


def _times(row: Row) -> str:
    return f" ×{count(row.times)}" if row.times > 1 else ""


def _kind(face: Face, blocks: Mapping[str, str], times: int) -> str:
    """What a part is: `conv with batch_norm, relu`, `Bottleneck of 10 layers`."""
    each = face.layers // times
    if not face.kind:
        word = blocks.get(face.parts[0].node.name, "").partition(" ×")[0] or "block"
        return f"{named(word)} of {plural(each, 'layer')}"
    kinds = face.kinds[1:]
    more = f" with {', '.join(kinds[:3])}" if kinds else ""
    return text(face.kind + more) + (f" and {len(kinds) - 3} more" if len(kinds) > 3 else "")


def _costs(face: Face, modes: Sequence[str]) -> str:
    numbers = {mode: face.costs[f"{mode}.parameters"] for mode in modes}
    if len(set(numbers.values())) == 1:
        parts = [f"{count(next(iter(numbers.values())))} parameters"]
    else:
        parts = [f"{count(number)} {_WORDS[mode]}" for mode, number in numbers.items()]
    macs = face.costs["macs"]
    parts += [f"{brief_count(macs)} MACs"] if macs or not exact(macs) else []
    return f" <br>{' · '.join(parts)}" if any(numbers.values()) or macs or not exact(macs) else ""


def _between(row: Row, drawing: Drawing) -> str:
    """What the new network costs more or less: a line for each cost that changed."""
    deltas = [(mode, row.delta[f"{mode}.parameters"]) for mode in drawing.modes]
    lines = []
    if len({delta for _, delta in deltas}) == 1:
        lines.append(_line(deltas[0][1], "parameters", f"{deltas[0][0]}.parameters", drawing))
    else:
        lines += [_line(delta, _WORDS[mode], f"{mode}.parameters", drawing) for mode, delta in deltas]
    lines.append(_line(row.delta["macs"], "MACs", "macs", drawing))
    said = "".join(lines)
    return f'<div class="dx-mid">{said or _without_costs(row, drawing.modes)}</div> '


def _without_costs(row: Row, modes: Sequence[str]) -> str:
    """What is between two parts that cost the same; empty where nothing is to be said."""
    if row.old is None or row.new is None:
        return "<p>no parameters, no MACs</p>"
    if row.change:
        return "<p>costs the same</p>"
    if row.renamed:
        return "<p>renamed</p>"
    return f"<p>{text(', '.join(_said(row.layers[0], modes)[:2]))}</p>" if row.affected else ""


def _line(delta: int, what: str, name: str, drawing: Drawing) -> str:
    if not delta and exact(delta):
        return ""
    largest = drawing.largest[name]
    tenths = max(abs(int(delta)) * 1000 // largest, 5) if largest and delta else 0
    share = f"{tenths // 10}.{tenths % 10}"
    bar, side = "", "more"
    if delta < 0:
        side = "less"
        bar = f'<rect x="{100 - tenths / 10:g}%" width="{share}%" height="9"/>'
    elif tenths:
        bar = f'<rect width="{share}%" height="9"/>'
    return f'<p class="dx-{side}"><span>{signed(delta, count)} {what}</span><svg height="9" aria-hidden="true">{bar}</svg></p> '


def _changes(row: Row, drawing: Drawing) -> Iterator[str]:
    """What changed, beyond the numbers of the row: in one layer, or in the layers of a block."""
    if row.old is None or row.new is None or not row.change or drawing.brief:
        return
    if row.face.kind:
        found = [change for change in row.layers if change.node is row.new.parts[0].node]
        said = [part for change in found for part in _said(change, drawing.modes, brief=True)]
        if any(change.moved for change in row.layers):
            said.insert(0, "moved")
        if said:
            yield f'<p class="dx-said">{text("; ".join(said))}</p>'
        return
    changes = [change for change in row.layers if change.what != "affected"]
    each = f" in each of {count(row.times)}" if row.times > 1 else ""
    yield f'<details class="dx-inner"><summary>{_tally(changes)}{each}</summary><ul>'
    for change in changes[:_MOST]:
        what = happened(change)
        parts = [str(change.node.layer["kind"]) if change.node.layer else "", *_said(change, drawing.modes)]
        yield (
            f'<li data-change="{what}"><b class="dx-sign">{text(SIGNS[what])}<i> {what}: </i></b>'
            f"<span><b>{named(change.node.name)}</b> {text(' · '.join(filter(None, parts)))}</span></li>"
        )
    if len(changes) > _MOST:
        yield f"<li>{plural(len(changes) - _MOST, 'more layer')}</li>"
    yield "</ul></details>"


def _tally(changes: Sequence[LayerChange]) -> str:
    numbers: dict[str, int] = {}
    for change in changes:
        numbers[happened(change)] = numbers.get(happened(change), 0) + 1
    parts = [f"{count(number)} {what}" for what, number in numbers.items()]
    return f"{', '.join(parts)} {'layer' if len(changes) == 1 else 'layers'}"


def _said(change: LayerChange, modes: Sequence[str], *, brief: bool = False) -> list[str]:
    """What changed in a layer; `brief` leaves out what its row has anyway."""
    if change.old is None or change.new is None:
        output = change.node.layer["output"] if change.node.layer else ""
        return [f"output {pretty(output)}"]
    other = change.old.name != change.new.name and not named_by_type(change.old, change.new)
    was = change.old.name if other and not brief else ""
    return changed_fields(change.fields, was, modes, numbers=not brief, output=not brief)
