"""The findings for people: each with its line of the file; at the end the number of models and of findings."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnostics import SEVERITIES
from analyzer.reporter import messages
from analyzer.reporter.findings.checked import CheckRun
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import styled


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """All findings, then the counts; files that cannot be read are left out."""
    files = [checked for checked in run.files if checked.readable]
    if not files:
        return
    for checked in files:
        texts = {checked.file: checked.text, **{name: text for name, (_, text) in checked.others.items()}}
        yield from messages.said(checked.diagnostics, texts, options, about=checked.file)
    found = [finding for checked in files for finding in checked.diagnostics]
    models = f"{len(files):,} model{'s' if len(files) > 1 else ''}"
    counts = [(sum(finding.severity == severity for finding in found), severity) for severity in SEVERITIES]
    said = ", ".join(f"{count:,} {severity}{'s' if count > 1 else ''}" for count, severity in counts if count)
    fine = f"{models} {'are' if len(files) > 1 else 'is'} fine"
    yield styled(f"{models} checked: {said}" if said else fine, messages.worst(found), options.color) + "\n"
