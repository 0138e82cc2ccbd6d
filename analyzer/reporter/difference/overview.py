"""The head of a comparison on a page: the two networks, the verdicts, and the totals with what they changed by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.difference.result import Difference, LabelledReport, OneSided
from analyzer.reporter.difference.entries import entries, grouped
from analyzer.reporter.difference.judged import Judged, was_checked
from analyzer.reporter.difference.review import called
from analyzer.reporter.difference.words import (
    counted,
    own_totals,
    percent,
    pretty,
    run_differs,
    signed,
    tally,
    totals,
)
from analyzer.reporter.page.document import card, named, text
from analyzer.units import count, exact, memory, plural, short

#: The code of the check of budgets.
_BUDGET = "CHECK501"

#: Totals that are shown large, with what they are called and how they are written.
_LARGE: tuple[tuple[str, str, Callable[[int], str]], ...] = (
    ("shared.parameters", "parameters, shared", short),
    ("local.parameters", "parameters, locally connected", short),
    ("declared.parameters", "parameters, as declared", short),
    ("macs", "MACs per sample", short),
    ("peak_training_memory", "training peak", memory),
    ("peak_inference_memory", "inference peak", memory),
    ("layers", "layers", count),
)  # fmt: skip


def head(difference: Difference | OneSided, found: Judged, modes: Sequence[str], level: str) -> Iterator[str]:
    """The title at a `level` of headings, the run, the verdicts and the totals."""
    yield '<section data-view="summary" aria-label="Summary">\n<div class="difference-head"><div>\n'
    yield f"<{level}>{title(difference)}</{level}>\n"
    yield f'<p class="page-run">{_sides(difference)}</p>\n<p class="page-run">{_about(difference)}</p></div>\n'
    chips = "".join(f'<li class="difference-{kind}">{said}</li>' for kind, said in _chips(difference, found))
    yield f'<ul class="difference-chips">{chips}</ul></div>\n' if chips else "</div>\n"
    if isinstance(difference, Difference):
        if difference.run:
            yield (
                f'<p class="difference-warning"><b>Not the same run</b>: {text(run_differs(difference))}. '
                "The numbers below are of different runs.</p>\n"
            )
        if difference.equal:
            yield (
                f'<p class="difference-equal"><b>Equal</b>: {plural(difference.unchanged, "layer")}, the same costs in '
                "every mode.</p>\n"
            )
    yield '<dl class="difference-cards">\n'
    for name, label, spell in _LARGE:
        if name.partition(".")[0] in ("shared", "local", "declared") and name.partition(".")[0] not in modes:
            continue
        yield _large(difference, name, label, spell)
    yield "</dl>\n</section>\n"


def title(difference: Difference | OneSided) -> str:
    """The names of the networks, once where they are the same."""
    names = [str(side.report["name"]) for side in (difference.old, difference.new) if side is not None]
    said = " → ".join(map(named, dict.fromkeys(names)))
    if isinstance(difference, OneSided):
        said += ": new model" if difference.added else ": removed model"
    return said


def _sides(difference: Difference | OneSided) -> str:
    """What is compared: both files."""
    if isinstance(difference, OneSided):
        other = f"{difference.other} ({difference.commit})" if difference.commit else difference.other
        return f"<b>{named(called(difference.side))}</b>; {named(other)} does not exist"
    old, new = (f"<b>{named(called(side))}</b>" for side in (difference.old, difference.new))
    return f"{old} → {new}"


def _about(difference: Difference | OneSided) -> str:
    """The run, that of the new network where there are two, and what happened to the layers."""
    side = difference.new if difference.new is not None else difference.old
    assert side is not None
    inputs = [f"{name} {pretty(volume)}" for name, volume in side.inputs.items()]
    weights = [f"weights {side.report['weights_dtype']}"] if "weights_dtype" in side.report else []
    layers = [counted(difference)] if isinstance(difference, Difference) else [plural(side.layers, "layer")]
    return text(" · ".join([*inputs, f"batch {count(side.report['batch'])}", side.report["dtype"], *weights, *layers]))


def _chips(difference: Difference | OneSided, found: Judged) -> Iterator[tuple[str, str]]:
    """The verdicts: the device, the budgets, the findings."""
    verdicts = [_verdict(side) for side in (difference.old, difference.new)]
    new = verdicts[1] or verdicts[0]
    if new:
        before = f", before: {text(verdicts[0])}" if verdicts[0] and verdicts[0] != new else ""
        yield "good" if new.startswith("fits") else "bad", f"training {text(new)}{before}"
    if not any(map(was_checked, (difference.old, difference.new))):
        return
    side = difference.new
    budget = side.described.model.budget if side and side.described and side.described.model else {}
    broken = sum(finding.code == _BUDGET for finding in (*found.new, *found.still))
    if broken:
        yield "bad", f"<b>{count(broken)}</b> of {plural(len(budget), 'budget')} of the file broken"
    elif budget:
        yield "good", f"within the file's {plural(len(budget), 'budget')}"
    parts = [f"<b>{count(len(some))}</b> {word}" for some, word in ((found.new, "new"), (found.gone, "gone")) if some]
    said = ", ".join(parts) or "none new"
    yield "bad" if any(one.severity != "note" for one in found.new) else "good", f"findings: {said}"


def _verdict(side: LabelledReport | None) -> str:
    return "" if side is None or side.described is None else side.described.verdict


def _large(difference: Difference | OneSided, name: str, label: str, spell: Callable[[int], str]) -> str:
    """One total, the new number large, the old one struck out."""
    if name.startswith("peak_") and name not in difference.peaks():
        return ""
    values = [side.total(name) for side in (difference.old, difference.new) if side is not None]
    written = memory if spell is memory else count
    change = ""
    if len(values) == 2 and values[0] != values[1]:
        share = percent(*values) or signed(values[1] - values[0], spell)
        change = (
            f'<dd class="difference-was"><i>was </i><del title="{count(values[0])}">{spell(values[0])}</del> '
            f'<b class="difference-{"up" if values[1] > values[0] else "down"}">{share}</b></dd>'
        )
    elif len(values) == 2:
        change = '<dd class="difference-was">unchanged</dd>'
    return (
        f'<div class="page-card"><dt>{label}</dt><dd class="difference-large" title="{written(values[-1])}">'
        f"{spell(values[-1])}</dd>{change}</div>\n"
    )


def numbers(difference: Difference | OneSided, modes: Sequence[str]) -> Iterator[str]:
    """The totals as a table, without rounding."""
    if isinstance(difference, OneSided):
        content = [_table(["", "network"], [[name, value] for name, value in own_totals(difference.side, modes)])]
        return card("table", "Totals", content)
    lines = [
        [what, before, after, "" if before == after else change, "" if before == after else share]
        for what, before, after, change, share in totals(difference, modes, brief=False)
    ]
    return card("table", "Totals", [_table(["", "old", "new", "change", "%"], lines)])


def blocks(difference: Difference | OneSided, modes: Sequence[str]) -> Iterator[str]:
    """What changed by block, the biggest change first; nothing where all of it is in one block."""
    if isinstance(difference, OneSided):
        return
    groups = grouped(entries(difference))
    if len(groups) < 2:
        return
    names = [*(f"{mode}.parameters" for mode in modes), "macs"]
    lines = []
    for name, group in groups:
        deltas = [sum(entry.delta[cost] for entry in group) for cost in names]
        lines.append(
            [
                name or "at the top",
                tally(group),
                *(signed(one, count) if one or not exact(one) else "" for one in deltas),
            ]
        )
    headings = [f"{mode} parameters" for mode in modes]
    yield from card("table", "By block", [_table(["block", "layers", *headings, "MACs"], lines)])


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table whose first column names the rows; a line whose name begins with blanks is a part of the one above."""
    first = "".join(f'<th scope="col">{text(heading)}</th>' for heading in headings)
    rows = []
    for name, *values in lines:
        part = ' class="difference-part"' if name.startswith(" ") else ""
        cells = "".join(f"<td{_toned(value)}>{text(value)}</td>" for value in values)
        rows.append(f'<tr{part}><th scope="row">{named(name.strip())}</th>{cells}</tr>\n')
    return (
        f'<div class="difference-scroll" tabindex="0" role="group" aria-label="Table"><table class="difference-table"><thead><tr>{first}</tr></thead>\n'
        f"<tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )


def _toned(value: str) -> str:
    """More is not the same as less; the sign says it too."""
    tone = {"+": "up", "−": "down"}.get(value[:1])
    return f' class="difference-{tone}"' if tone else ""
