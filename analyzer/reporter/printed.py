"""What `print` shows of a result in Python: the text of the command's default format, without colours."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnostics import Diagnostic, Findings
from analyzer.engine.result import Analysis
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The stream that `print` writes to, by its number.
_STDOUT = 1


def text_of(thing: object) -> str:
    """A result as the command shows it, as wide as the terminal; without a terminal there is no limit."""
    return "".join(_chunks(thing, Options(width=width_of(_STDOUT)))).rstrip("\n")


def _chunks(thing: Any, options: Options) -> Iterator[str]:
    """The formats are imported where they are used."""
    if isinstance(thing, Analysis):
        from analyzer.reporter.analysis.table import render

        return render([thing], options)
    if isinstance(thing, Findings):
        from analyzer.reporter.findings.checked import Checked, CheckRun
        from analyzer.reporter.findings.text import render as checked

        return checked(CheckRun([Checked(thing.file, thing, text=thing.text)]), options)
    if isinstance(thing, Diagnostic):
        from analyzer.reporter.messages import said

        return said([thing], {}, options)
    from analyzer.contract.saved_rows import SavedReport

    if isinstance(thing, SavedReport):
        from analyzer.reporter.analysis.saved import render as restored

        return restored(thing, options)
    from analyzer.difference import Difference

    if isinstance(thing, Difference):
        from analyzer.reporter.difference.text import render as compared

        return compared(thing, options)
    from analyzer.engine.sizing.result import Sizes

    if isinstance(thing, Sizes):
        from analyzer.reporter.sizes.text import render as sized

        return sized([thing], options)
    from analyzer.engine.explained.result import Explanation

    if isinstance(thing, Explanation):
        from analyzer.reporter.explanation.text import render as explained

        return explained([thing], options)
    from analyzer.matching.result import Match

    if isinstance(thing, Match):
        from analyzer.reporter.matching.text import text_of as matched

        return iter([matched(thing)])
    from analyzer.reporter.memory.text import render as remembered

    return remembered([thing], options)
