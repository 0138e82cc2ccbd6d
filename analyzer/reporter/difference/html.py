"""The comparison as a page: the two networks side by side, what each part costs more or less, and why.

All of it is there without a script; what did not change is in elements that a reader opens. The page loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.difference.result import Difference, OneSided
from analyzer.reporter.difference import beside, drawn, overview
from analyzer.reporter.difference.judged import judged
from analyzer.reporter.difference.review import Review, file_of, summary, title, verdict
from analyzer.reporter.difference.words import percent, shown_modes, signed
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page.document import MAIN, document, named, text, with_code
from analyzer.units import memory, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.reporter.difference.review import Result

#: The scripts and styles of the page.
_ASSETS = ("core", "difference")

#: The totals in the table of a folder.
_OVERVIEW = (
    ("shared.parameters", "parameters", short), ("macs", "MACs", short), ("peak_training_memory", "training peak", memory)
)  # fmt: skip


def render(report: Difference | OneSided | Review, options: Options) -> Iterator[str]:
    """The whole page."""
    if isinstance(report, Review):
        said, body = title(report), _review(report, options)
    else:
        names = [str(side.report["name"]) for side in (report.old, report.new) if side is not None]
        said, body = " → ".join(dict.fromkeys(names)), _compared(report, options.mode, "h1")
    return document(said, _main(body), options, assets=_ASSETS)


def _main(body: Iterator[str]) -> Iterator[str]:
    yield f'<main id="{MAIN}" tabindex="-1">\n'
    yield from body
    yield "</main>\n"


def _compared(difference: Difference | OneSided, mode: str, level: str) -> Iterator[str]:
    """One comparison, its title at a `level` of headings."""
    modes = shown_modes(difference, mode)
    found = judged(difference.old, difference.new)
    yield from overview.head(difference, found, modes, level)
    yield '<div class="difference-columns">\n<div class="difference-column">\n'
    yield from drawn.section(difference, modes)
    yield from overview.blocks(difference, modes)
    yield from overview.numbers(difference, modes)
    yield '</div>\n<div class="difference-column">\n'
    yield from beside.source(difference)
    yield from beside.keys(difference)
    yield from beside.findings(difference, found)
    yield from beside.names(difference)
    yield "</div>\n</div>\n"


def _review(review: Review, options: Options) -> Iterator[str]:
    """The models of two folders: a table of all, then each, the biggest change first."""
    results = review.biggest_first
    yield f'<section data-view="comparison" aria-label="All models">\n<h1>{text(title(review))}</h1>\n'
    yield f'<p class="page-run"><b>{named(review.old)}</b> → <b>{named(review.new)}</b> · {text(summary(review))}</p>\n'
    if results:
        yield from _models(results)
    yield "</section>\n"
    for number, result in enumerate(results, 1):
        yield f'<article class="difference-model" id="page-model{number}" aria-label="{text(file_of(result)[:120])}">\n'
        if isinstance(result, Failed):
            yield from _failed(result)
        else:
            yield from _compared(result, options.mode, "h2")
        yield "</article>\n"


def _models(results: Sequence[Result]) -> Iterator[str]:
    yield (
        '<div class="page-card difference-scroll" tabindex="0" role="group" aria-label="Table"><table class="difference-table"><thead><tr><th scope="col">model</th>'
        '<th scope="col">verdict</th>'
    )
    yield "".join(f'<th scope="col">{label}</th>' for _, label, _ in _OVERVIEW) + "</tr></thead>\n<tbody>\n"
    for number, result in enumerate(results, 1):
        cells = "".join(f"<td>{_cell(result, name)}</td>" for name, _, _ in _OVERVIEW)
        yield f'<tr><th scope="row">{_link(file_of(result), number)}</th><td>{verdict(result)}</td>{cells}</tr>\n'
    yield "</tbody></table></div>\n"


def _link(file: str, number: int) -> str:
    """The name of a model, which leads to its part of the page."""
    return f'<a href="#page-model{number}">{named(file)}</a>'


def _cell(result: Result, name: str) -> str:
    """A total of a model, and its change."""
    spell = next(spell for known, _, spell in _OVERVIEW if known == name)
    if isinstance(result, Failed):
        return ""
    if name.startswith("peak_") and name not in result.peaks():
        return ""
    if isinstance(result, OneSided):
        return spell(result.side.total(name))
    old, new = result.old.total(name), result.new.total(name)
    if old == new:
        return spell(new)
    tone = "up" if new > old else "down"
    share = percent(old, new) or signed(new - old, spell)
    return f'{spell(old)} → {spell(new)} <b class="difference-{tone}">{share}</b>'


def _failed(result: Failed) -> Iterator[str]:
    """A model that is wrong: what is wrong with it."""
    yield f'<h2>{named(result.file)}</h2>\n<div class="page-card"><ul class="difference-list">\n'
    for finding in result.diagnostics:
        place = f" · {named(str(finding.span))}" if finding.span is not None else ""
        yield (
            f'<li><span><span class="difference-is-error">{text(finding.severity)}</span> <span class="page-note">'
            f"{text(finding.code)}{place}</span><br>{with_code(finding.message)}</span></li>\n"
        )
    yield "</ul></div>\n"
