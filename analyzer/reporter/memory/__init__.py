"""The report of `analyzer memory`: the memory of inference and training.

`render` of each format takes a sequence of memory reports and failed files; the page takes reviewed networks.
"""

from __future__ import annotations

from analyzer.reporter.format import SHOWN, Format, by_name, on_call

FORMATS = by_name(
    Format(
        "table",
        "tables and a plot for the terminal",
        on_call("analyzer.reporter.memory.text"),
        colored=True,
        follows=SHOWN,
    ),
    Format("json", "every number, for programs", on_call("analyzer.reporter.memory.json"), (".json",), failures=True),
    Format(
        "csv",
        "what each layer holds, for spreadsheets",
        on_call("analyzer.reporter.memory.csv"),
        (".csv",),
        follows=SHOWN,
        exact=True,
    ),
    Format(
        "markdown",
        "tables for a pull request or a wiki",
        on_call("analyzer.reporter.memory.markdown"),
        (".md",),
        follows=SHOWN,
    ),
    Format(
        "html",
        "the page for a design review, opened at its view of memory",
        on_call("analyzer.reporter.page.opened_at_memory"),
        (".html", ".htm"),
        failures=True,
        follows=("depth",),
    ),
)
