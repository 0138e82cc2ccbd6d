"""The findings as commands of a GitHub workflow: each becomes an annotation at its line.

Source: docs.github.com, "Workflow commands for GitHub Actions". The escaped characters are those of
`packages/core/src/command.ts` in actions/toolkit: `%` and line ends everywhere, in properties also `:` and `,`.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.findings.checked import Checked, CheckRun, whole
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import fitted

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}

#: An annotation may have 64 KB; more than this is not readable.
_LONGEST = 4_000

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """A command for each finding."""
    for checked in run.files:
        for finding in checked.diagnostics:
            yield _command(checked, finding, options.unicode) + "\n"


def _command(checked: Checked, finding: Diagnostic, unicode: bool) -> str:
    properties = [f"file={fitted(checked.file_of(finding)[1], unicode).translate(_PROPERTY)}"]
    if finding.span is not None and finding.span.in_text:
        properties += [f"line={finding.span.line}", f"col={finding.span.column}"]
    properties.append(f"title={finding.code.translate(_PROPERTY)}")
    text = whole(finding, unicode)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + ("…" if unicode else "")
    return f"::{_COMMANDS[finding.severity]} {','.join(properties)}::{text.translate(_DATA)}"
