"""The report of `analyzer explain`: the arithmetic of layers.

`render` of each format takes one explanation or a failed file, in a sequence.
"""

from __future__ import annotations

from analyzer.reporter.format import Format, by_name, on_call

FORMATS = by_name(
    Format("text", "for people", on_call("analyzer.reporter.explanation.text"), colored=True),
    Format(
        "json",
        "formulas as trees with every number, for programs",
        on_call("analyzer.reporter.explanation.json"),
        (".json",),
        failures=True,
    ),
    Format("latex", "equations for homework and papers", on_call("analyzer.reporter.explanation.latex"), (".tex",)),
)
