"""The answer of `analyzer sizes`: which input sizes a network accepts.

`render` of each format takes a sequence of answers and failed files.
"""

from __future__ import annotations

from analyzer.reporter.format import Format, by_name, on_call

FORMATS = by_name(
    Format("text", "the answer for people", on_call("analyzer.reporter.sizes.text"), colored=True),
    Format("json", "every size, for programs", on_call("analyzer.reporter.sizes.json"), (".json",), failures=True),
)
