"""The table for a paper: a `longtable` with `booktabs` rules, to be included with `\\input`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.compare import comparable, comparison
from analyzer.reporter.analysis.shown import grid_of
from analyzer.reporter.analysis.summary import about_layers, conventions, facts, title
from analyzer.reporter.grid import Grid, grouped
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import fitted

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
        "|": r"\textbar{}", "`": r"\textasciigrave{}", '"': r"\textquotedbl{}", "×": r"$\times$", "·": r"$\cdot$",
        "Σ": r"$\Sigma$", "−": "$-$", "÷": r"$\div$", "█": r"\rule{.5em}{1.2ex}", "▌": r"\rule{.25em}{1.2ex}",
        "…": r"\dots{}", "≥": r"$\geq$",
    }
)  # fmt: skip

#: The option that a folded report names.
_UNFOLD = "--depth all"


def render(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """The comparison of several, then the reports."""
    yield "% needs \\usepackage{booktabs,longtable} and, for names, \\usepackage[T1]{fontenc}\n"
    if comparable(reports):
        yield from _table(comparison(reports, options), "Comparison", options)
    for report in reports:
        if isinstance(report, Analysis):
            if len(reports) > 1:
                yield "\n"
            yield from _report(report, options)


def escaped(text: str) -> str:
    """Text with the special characters of LaTeX escaped, and no space after the comma of thousands: `3{,}860`."""
    text = " ".join(text.split())
    plain = text.removeprefix("≥ ").replace(",", "")
    if plain.isascii() and plain.isdigit():
        return text.replace(",", "{,}").replace("≥ ", "$\\geq$ ")
    return text.translate(_SPECIAL)


def _report(analysis: Analysis, options: Options) -> Iterator[str]:
    grid = grid_of(analysis, options)
    yield from _table(grid, " · ".join(title(analysis)), options)
    yield "\\begin{itemize}\n"
    for label, parts in facts(analysis, options):
        yield f"  \\item {label}: {_set(' · '.join(parts), options)}\n"
    yield "\\end{itemize}\n"
    notes = [
        _set(note, options) for note in (*about_layers(analysis), *grid.notes, " · ".join(conventions(grid))) if note
    ]
    if grid.folded:
        notes.append(_option(_set(" · ".join(grid.folded), options)))
    for note in notes:
        yield f"\\noindent{{\\footnotesize {note}}}\\par\n"


def _option(text: str) -> str:
    """Text whose `--depth all` keeps its two signs, which LaTeX would make a dash."""
    return text.replace(_UNFOLD, f"\\verb|{_UNFOLD}|")


def _table(grid: Grid, caption: str, options: Options) -> Iterator[str]:
    letters = "".join("r" if column.align == "right" else "l" for column in grid.columns)
    yield f"\\begin{{longtable}}{{@{{}}{letters}@{{}}}}\n\\caption{{{_set(caption, options)}}}\\\\\n\\toprule\n"
    yield from _groups(grid)
    yield _line([_set(column.heading, options) for column in grid.columns])
    yield "\\midrule\n\\endhead\n"
    for line in grid.body():
        yield _line([_set(cell, options) for cell in line])
    sums = grid.sum_texts()
    if sums:
        yield "\\midrule\n"
    for line in sums:
        yield _line([_set(cell, options) for cell in line])
    yield "\\bottomrule\n\\end{longtable}\n"


def _groups(grid: Grid) -> Iterator[str]:
    """The titles above their columns, each with a rule below."""
    cells, rules, place = [], [], 1
    for name, number in grouped(grid.columns):
        cells.append(f"\\multicolumn{{{number}}}{{c}}{{{name}}}" if name else "&" * (number - 1))
        if name:
            rules.append(f"\\cmidrule(lr){{{place}-{place + number - 1}}}")
        place += number
    if rules:
        yield _line(cells)
        yield "".join(rules) + "\n"


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + " \\\\\n"


def _set(text: str, options: Options) -> str:
    return fitted(escaped(text), options.unicode)
