"""The findings as SARIF 2.1.0, which code scanning services and editors read.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01". Columns count
characters, so the column kind is unicodeCodePoints. A message escapes its braces (§3.11.5), and nothing in it is a link
(§3.11.6).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnostics import Diagnostic
from analyzer.reporter.findings.checked import LINE_ENDS, Checked, CheckRun, Rule, array, encoded, fingerprints, whole
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import fitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: The description of a rule for mistakes that keep a model from loading; the message has the details.
_LOADS = "The model does not load"


def render(run: CheckRun, options: Options) -> Iterator[str]:
    """One run: the rules, then the findings of all files."""
    places = {rule.code: place for place, rule in enumerate(run.rules)}
    rules = [_rule(rule) for rule in run.rules]
    for checked in run.files:
        for finding in checked.diagnostics if checked.readable else ():
            if finding.code not in places:
                places[finding.code] = len(places)
                short = {"text": _LOADS if checked.name is None else finding.code}
                rules.append({"id": finding.code, "shortDescription": short})
    driver = {"name": "analyzer", **({"version": run.version} if run.version else {})}
    unicode = options.unicode
    yield f'{{"$schema": {encoded(_SCHEMA, unicode)},\n "version": "2.1.0",\n "runs": [{{\n'
    yield f'  "tool": {{"driver": {encoded(driver, unicode)[:-1]},\n   "rules": '
    yield array([encoded(rule, unicode) for rule in rules], "   ") + "}},\n"
    yield f'  "columnKind": "unicodeCodePoints",\n  "newlineSequences": {encoded(LINE_ENDS, unicode)},\n'
    yield f'  "invocations": [{encoded(_invocation(run), unicode)}],\n  "results": '
    results = [result for checked in run.files if checked.readable for result in _results(checked, places)]
    yield array([encoded(result, unicode) for result in results], "  ") + "}]}\n"


def _rule(rule: Rule) -> dict[str, Any]:
    """A check; its page is plain text that is valid Markdown too."""
    page = _clean(rule.body or rule.title)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": _clean(rule.title)},
        "fullDescription": {"text": _clean(" ".join(rule.why.split()) or rule.title)},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": rule.severity},
    }


def _clean(text: str) -> str:
    return "\n".join(fitted(line, True) for line in text.split("\n"))


def _invocation(run: CheckRun) -> dict[str, Any]:
    """How the run went: a file that could not be read is an error of the run, not a finding."""
    faults = [(checked, finding) for checked in run.files if not checked.readable for finding in checked.diagnostics]
    invocation: dict[str, Any] = {"executionSuccessful": not faults}
    if faults:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": _message(fault), "locations": [{"physicalLocation": _artifact(checked.path)}]}
            for checked, fault in faults
        ]
    return invocation


def _results(checked: Checked, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    for finding, fingerprint in zip(checked.diagnostics, fingerprints(checked), strict=True):
        place: dict[str, Any] = _artifact(checked.file_of(finding)[1])
        location: dict[str, Any] = {"physicalLocation": place}
        span = finding.span
        if span is not None and span.label:
            location["logicalLocations"] = [{"fullyQualifiedName": _clean(span.said.strip("`"))}]
        elif span is not None and span.in_text:
            place["region"] = {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.end_line,
                "endColumn": span.end_column,
            }
        yield {
            "ruleId": finding.code,
            "ruleIndex": places[finding.code],
            "level": finding.severity,
            "message": _message(finding),
            "locations": [location],
            "partialFingerprints": {"analyzerFinding/v1": fingerprint},
        }


def _message(finding: Diagnostic) -> dict[str, str]:
    return {"text": whole(finding).replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _artifact(path: str) -> dict[str, Any]:
    """The location of a file: relative to the scanned folder, or absolute."""
    from urllib.parse import quote

    address = quote(path, errors="backslashreplace")
    return {"artifactLocation": {"uri": f"file://{address}" if path.startswith("/") else address}}
