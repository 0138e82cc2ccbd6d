"""The findings as a summary of a GitHub workflow: a table of the models, then their findings, the details folded away.

A step may write 1 MiB to `$GITHUB_STEP_SUMMARY` (docs.github.com, "Workflow commands for GitHub Actions"); of more
nothing is shown. So findings without room are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import SEVERITIES, Diagnostic
from analyzer.reporter.findings.checked import Checked, CheckRun, details, message
from analyzer.reporter.marked import code, fenced, line, sentence, table
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import markup
from analyzer.units import plural

#: The bytes of a summary, fewer than the limit: other commands of the step may write to it too.
LIMIT = 1_000_000

#: The models in the table, and the length at which a detail is cut.
_MODELS = 1_000
_LONGEST = 2_000


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """The summary; models that fail come first."""
    files = sorted(run.files, key=lambda checked: (not _fails(checked), not checked.diagnostics))
    head = markup("".join(_overview(run, files)), options.unicode)
    yield head
    left = LIMIT - len(head.encode())
    lost = 0
    for checked in files:
        for part, findings in _sections(checked, run.address, options):
            text = markup(part, options.unicode)
            size = len(text.encode())
            if lost or size > left - 200:
                lost += findings
            else:
                left -= size
                yield text
    if lost:
        yield f"\n{plural(lost, 'finding')} left out, since a summary has no room for more.\n"


def _overview(run: CheckRun, files: Sequence[Checked]) -> Iterator[str]:
    failed = sum(map(_fails, files))
    verdict = (
        f"{failed:,} of {plural(len(files), 'model')} failed" if failed else f"{plural(len(files), 'model')} passed"
    )
    yield f"### analyzer check: {verdict}\n\n"
    yield table(["model", "verdict", *(f"{severity}s" for severity in SEVERITIES)], "llrrr")
    for checked in files[:_MODELS]:
        found = [finding.severity for finding in checked.diagnostics]
        counts = [f"{found.count(severity):,}" if severity in found else "" for severity in SEVERITIES]
        yield line([code(checked.path), _verdict(checked), *counts])
    if len(files) > _MODELS:
        yield line([plural(len(files) - _MODELS, "more model"), "", "", "", ""])
    for note in run.notes:
        yield f"\n{sentence(note)}.\n"


def _fails(checked: Checked) -> bool:
    return checked.name is None or any(finding.severity != "note" for finding in checked.diagnostics)


def _verdict(checked: Checked) -> str:
    if not checked.readable:
        return "**cannot be read**"
    if checked.name is None:
        return "**does not load**"
    return "**fails**" if _fails(checked) else "passes"


def _sections(checked: Checked, address: str, options: Options) -> Iterator[tuple[str, int]]:
    """The findings of a model in pieces, each with the number of findings in it."""
    if not checked.diagnostics:
        return
    yield (
        f"\n#### {code(checked.path)}\n\n"
        + table(["place" if _labels(checked) else "line", "severity", "check", "finding"], "rlll"),
        0,
    )
    for finding in checked.diagnostics:
        place = _place(checked, finding, address)
        yield line([place, finding.severity, code(finding.code), sentence(message(finding))]), 1
    lines = [line for finding in checked.diagnostics for line in _detailed(finding, options)]
    yield f"\n<details><summary>Details</summary>\n\n{fenced(lines)}\n\n</details>\n", 0


def _labels(checked: Checked) -> bool:
    return any(finding.span is not None and not finding.span.in_text for finding in checked.diagnostics)


def _place(checked: Checked, finding: Diagnostic, address: str) -> str:
    """The line of a finding, as a link to it where the service shows files."""
    if finding.span is None:
        return ""
    if finding.span.label is not None:
        return code(finding.span.said.strip("`")) if finding.span.label else ""
    _, path, _ = checked.file_of(finding)
    number = str(finding.span.line) if path == checked.path else code(f"{path}:{finding.span.line}")
    if not address:
        return number
    from urllib.parse import quote

    return f"[{number}]({address}{quote(path, errors='backslashreplace')}#L{finding.span.line})"


def _detailed(finding: Diagnostic, options: Options) -> Iterator[str]:
    """A finding with its arithmetic and its help, as text."""
    place = "" if finding.span is None else f"{finding.span.said}: "
    for number, text in enumerate((f"{place}{finding.code}: {message(finding)}", *details(finding))):
        yield ("  " if number else "") + options.fit(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
