"""The report of analyses: their layers with volumes and costs, in every format.

`render` of each format takes a sequence of analyses and failed files; several are compared where the format has room.
"""

from __future__ import annotations

from analyzer.reporter.format import SHOWN, Format, by_name, on_call

FORMATS = by_name(
    Format(
        "table", "a table for the terminal", on_call("analyzer.reporter.analysis.table"), colored=True, follows=SHOWN
    ),
    Format("json", "every number, for programs", on_call("analyzer.reporter.analysis.json"), (".json",), failures=True),
    Format(
        "csv",
        "every column, for spreadsheets",
        on_call("analyzer.reporter.analysis.csv"),
        (".csv",),
        follows=SHOWN,
        exact=True,
    ),
    Format(
        "markdown",
        "a table for a pull request or a wiki",
        on_call("analyzer.reporter.analysis.markdown"),
        (".md",),
        follows=SHOWN,
    ),
    Format("latex", "a `longtable` for a paper", on_call("analyzer.reporter.analysis.latex"), (".tex",), follows=SHOWN),
    Format(
        "html",
        "a page for a design review",
        on_call("analyzer.reporter.page.page"),
        (".html", ".htm"),
        failures=True,
        follows=SHOWN,
    ),
    Format(
        "svg",
        "a picture for a paper",
        on_call("analyzer.reporter.picture.svg"),
        (".svg",),
        follows=("depth",),
        single=True,
    ),
    Format(
        "mermaid",
        "a picture for a README or a pull request",
        on_call("analyzer.reporter.picture.mermaid"),
        (".mmd",),
        follows=("depth",),
        single=True,
    ),
    Format(
        "dot",
        "a picture for Graphviz",
        on_call("analyzer.reporter.picture.dot"),
        (".dot",),
        follows=("depth",),
        single=True,
    ),
)
