"""The report of `analyzer diff`: what changed from one network to another.

`render` of each format takes a `Difference`.
"""

from __future__ import annotations

from analyzer.reporter.format import Format, by_name, on_call

FORMATS = by_name(
    Format(
        "text", "the changes by block, for the terminal", on_call("analyzer.reporter.difference.text"), colored=True
    ),
    Format("markdown", "a comment on a pull request", on_call("analyzer.reporter.difference.markdown"), (".md",)),
    Format(
        "html",
        "one page: the networks side by side, changed lines, findings",
        on_call("analyzer.reporter.difference.html"),
        (".html", ".htm"),
    ),
    Format("json", "every layer and number, for programs", on_call("analyzer.reporter.difference.json"), (".json",)),
)
