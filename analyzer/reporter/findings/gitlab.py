"""The findings as a code quality report of GitLab: an array of issues, recognised in later runs by a fingerprint.

Source: docs.gitlab.com, "Code Quality", "Code Quality report format".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.reporter.findings.checked import Checked, CheckRun, array, encoded, fingerprints, labelled
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import fitted

#: GitLab has info, minor, major, critical and blocker.
_SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """The array; a finding about the whole network is placed on the first line."""
    issues = [issue for checked in run.files for issue in _issues(checked, options)]
    yield array(issues) + "\n"


def _issues(checked: Checked, options: Options) -> Iterator[str]:
    for finding, fingerprint in zip(checked.diagnostics, fingerprints(checked), strict=True):
        line = finding.span.line if finding.span is not None and finding.span.in_text else 1
        issue = {
            "description": labelled(finding),
            "check_name": finding.code,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": fitted(checked.file_of(finding)[1], True), "lines": {"begin": line}},
        }
        yield encoded(issue, options.unicode)
