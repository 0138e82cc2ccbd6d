"""The findings as JUnit's XML, which every build server reads: a suite for each file, a case for each check.

Errors and warnings are failures, notes appear in the output of their case; a file that cannot be read is an error.
Source: the schema of Jenkins' xunit plugin, junit-10.xsd.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from analyzer.diagnostics import Diagnostic
from analyzer.record import Record
from analyzer.reporter.findings.checked import Checked, CheckRun, details, message
from analyzer.reporter.findings.concise import line
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import fitted, markup

#: The case of what the loader finds.
_LOADS = "the model loads"


class _Case(Record):
    """One thing that was asked of a file, and what was found; `fault` where the file cannot be read."""

    name: str
    found: Sequence[Diagnostic]
    fault: bool = False

    @property
    def failures(self) -> list[Diagnostic]:
        """The findings that fail the case."""
        return [finding for finding in self.found if finding.severity != "note"]

    @property
    def notes(self) -> list[Diagnostic]:
        """The findings that do not."""
        return [finding for finding in self.found if finding.severity == "note"]

    @property
    def kind(self) -> str | None:
        """The element of a case that went wrong."""
        return None if not self.failures else "error" if self.fault else "failure"


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """The document."""
    suites = [(checked, _cases(checked)) for checked in run.files]
    every = [case for _, cases in suites for case in cases]
    root = ElementTree.Element("testsuites", {"name": "analyzer check", **_counts(every)})
    for checked, cases in suites:
        name = fitted(checked.path, True)
        suite = ElementTree.SubElement(root, "testsuite", {"name": name, **_counts(cases)})
        for case in cases:
            _write(suite, checked, case, name)
    ElementTree.indent(root, " ")
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield markup(ElementTree.tostring(root, encoding="unicode"), options.unicode) + "\n"


def _cases(checked: Checked) -> list[_Case]:
    """The cases of a file: that it loads, then every check, then what else has a code."""
    if checked.name is None:
        return [_Case(_LOADS, checked.diagnostics, fault=not checked.readable)]
    names = {rule.code: f"{rule.code} {rule.name}" for rule in checked.rules}
    found: dict[str, list[Diagnostic]] = {code: [] for code in names}
    for finding in checked.diagnostics:
        found.setdefault(finding.code, []).append(finding)
    return [_Case(_LOADS, ()), *(_Case(names.get(code, code), those) for code, those in found.items())]


def _counts(cases: Sequence[_Case]) -> dict[str, str]:
    kinds = [case.kind for case in cases]
    return {
        "tests": str(len(cases)), "failures": str(kinds.count("failure")), "errors": str(kinds.count("error"))
    }  # fmt: skip


def _write(suite: ElementTree.Element, checked: Checked, case: _Case, name: str) -> None:
    """Writes a case into the suite of its file."""
    element = ElementTree.SubElement(suite, "testcase", {"classname": name, "name": fitted(case.name, True)})
    if case.kind is not None:
        first, *more = case.failures
        short = message(first) + (f" (and {len(more):,} more)" if more else "")
        attributes = {"type": fitted(first.code, True), "message": short}
        ElementTree.SubElement(element, case.kind, attributes).text = _text(checked, case.failures)
    if case.notes:
        ElementTree.SubElement(element, "system-out").text = _text(checked, case.notes)


def _text(checked: Checked, found: Sequence[Diagnostic]) -> str:
    """Findings one below the other, each with its notes and its help; XML's control characters are escaped already."""
    lines = []
    for finding in found:
        lines.append(line(checked, finding))
        lines += [f"  {more}" for more in details(finding)]
    return "\n".join(lines)
