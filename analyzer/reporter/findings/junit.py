"""The findings as JUnit's XML, which every build server reads: a suite a file, a case a check.

Errors and warnings are failures, notes stand in the output of their case; a file that cannot be read is an error.
Source: the schema of Jenkins' xunit plugin, junit-10.xsd.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.findings.checked import Checked, CheckRun, details, message
from analyzer.reporter.findings.concise import line
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import fitted

#: The case of what the loader says.
_LOADS = "the model loads"

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class _Case:
    """One thing that was asked of a file, and what was found."""

    def __init__(self, name: str, found: Sequence[Diagnostic], fault: bool = False) -> None:
        self.name = name
        self.failures = [finding for finding in found if finding.severity != "note"]
        self.notes = [finding for finding in found if finding.severity == "note"]
        self.fault = fault

    def kind(self) -> str | None:
        """The element of a case that went wrong."""
        return None if not self.failures else "error" if self.fault else "failure"


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """The document."""
    suites = [(checked, _cases(checked)) for checked in run.files]
    counts = _counts([case for _, cases in suites for case in cases])
    document = _document(suites, counts)
    yield from document if options.unicode else map(_ascii, document)


def _document(suites: Sequence[tuple[Checked, list[_Case]]], counts: str) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="analyzer check" {counts}>\n'
    for checked, cases in suites:
        yield f" <testsuite name={_quoted(checked.path)} {_counts(cases)}>\n"
        for case in cases:
            yield from _case(checked, case)
        yield " </testsuite>\n"
    yield "</testsuites>\n"


def _cases(checked: Checked) -> list[_Case]:
    """The cases of a file: that it loads, then every check, then what else has a code."""
    if checked.name is None:
        return [_Case(_LOADS, checked.diagnostics, fault=not checked.readable)]
    names = {rule.code: f"{rule.code} {rule.name}" for rule in checked.rules}
    found: dict[str, list[Diagnostic]] = {code: [] for code in names}
    for finding in checked.diagnostics:
        found.setdefault(finding.code, []).append(finding)
    return [_Case(_LOADS, ()), *(_Case(names.get(code, code), those) for code, those in found.items())]


def _counts(cases: Sequence[_Case]) -> str:
    kinds = [case.kind() for case in cases]
    return f'tests="{len(cases)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}"'


def _case(checked: Checked, case: _Case) -> Iterator[str]:
    yield f"  <testcase classname={_quoted(checked.path)} name={_quoted(case.name)}"
    if not case.failures and not case.notes:
        yield "/>\n"
        return
    yield ">\n"
    kind = case.kind()
    if kind is not None:
        first, *more = case.failures
        short = message(first) + (f" (and {len(more):,} more)" if more else "")
        yield f"   <{kind} type={_quoted(first.code)} message={_quoted(short)}>{_text(checked, case.failures)}</{kind}>\n"
    if case.notes:
        yield f"   <system-out>{_text(checked, case.notes)}</system-out>\n"
    yield "  </testcase>\n"


def _text(checked: Checked, found: Sequence[Diagnostic]) -> str:
    """CheckRun one below the other, each with its notes and its help."""
    lines = []
    for finding in found:
        lines.append(line(checked, finding))
        lines += [f"  {more}" for more in details(finding)]
    return "\n".join(lines).translate(_ESCAPES)


def _quoted(text: str) -> str:
    """A text as the value of an attribute."""
    return f'"{fitted(text, True).translate(_ESCAPES)}"'


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
