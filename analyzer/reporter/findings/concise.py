"""The findings, one per line, as editors and `grep` read them: `file:line:column: severity CODE message`."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.findings.checked import Checked, CheckRun, labelled
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import fitted


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """A line for each finding."""
    for checked in run.files:
        for finding in checked.diagnostics if checked.readable else ():
            yield line(checked, finding, options.unicode) + "\n"


def line(checked: Checked, finding: Diagnostic, unicode: bool = True) -> str:
    """One finding; a finding about the whole network has neither line nor column."""
    span = finding.span
    place = f":{span.line}:{span.column}" if span is not None and span.in_text else ""
    said = labelled(finding, unicode)
    return f"{fitted(checked.file_of(finding)[0], unicode)}{place}: {finding.severity} {finding.code} {said}"
