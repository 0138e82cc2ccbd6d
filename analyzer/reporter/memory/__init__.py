"""The report of `analyzer memory`: the memory of inference and training.

`render` of each format takes a sequence of memory reports and failed files.
"""

from __future__ import annotations

from analyzer.reporter.format import Format, by_name, on_call

FORMATS = by_name(
    Format("table", "tables and a plot for the terminal", on_call("analyzer.reporter.memory.text"), colored=True),
    Format("json", "every number, for programs", on_call("analyzer.reporter.memory.json"), (".json",), failures=True),
)
