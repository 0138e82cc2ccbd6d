"""The result of `analyzer sweep`: many variants of a network, which of them fit, and which are on the front.

`render` of each format takes a `Swept`; that of json a failed file too.
"""

from __future__ import annotations

from analyzer.reporter.format import Format, by_name, on_call

FORMATS = by_name(
    Format("table", "the front, the variants and their counts", on_call("analyzer.reporter.sweep.table"), colored=True),
    Format("csv", "a line for each variant, for spreadsheets", on_call("analyzer.reporter.sweep.csv"), (".csv",)),
    Format("json", "every variant, for programs", on_call("analyzer.reporter.sweep.json"), (".json",), failures=True),
    Format(
        "svg",
        "a picture: a point for each variant, the front and the limits as lines",
        on_call("analyzer.reporter.sweep.svg"),
        (".svg",),
    ),
    Format(
        "html",
        "one page: the picture, in which a pointer shows the values of a point, and the front",
        on_call("analyzer.reporter.sweep.html"),
        (".html", ".htm"),
    ),
)
