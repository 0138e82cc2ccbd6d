"""The view of what is wrong: each finding with its line, the arithmetic and the nearest fix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from analyzer.diagnostics import Diagnostic, numbered
from analyzer.engine.network import Node
from analyzer.engine.result import Analysis
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page.document import card, named, text, with_code
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.page.source import line_id
from analyzer.reporter.page.verdicts import GRADES
from analyzer.reporter.picture.scene import Scene
from analyzer.units import count

#: The most findings that a page shows.
MOST = 200

#: Where YAML ends a line.
_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def section(reviewed: Reviewed, scene: Scene | None, options: Options) -> Iterator[str]:
    """The findings about a network, in the order of the file."""
    findings = reviewed.findings
    if findings is None:
        yield from card("findings", "Findings", ['<p class="page-note">The checks did not run.</p>\n'])
        return
    if not findings:
        yield from card("findings", "Findings", ["<p>None: every check passes.</p>\n"])
        return
    yield from _listed(findings, reviewed.analysis, reviewed.analysis.file, 0)


def mistakes(wrong: Failed, number: int = 0) -> Iterator[str]:
    """The mistakes in a file; `number` is the place of the file on a page of several."""
    return _listed(wrong.diagnostics, None, wrong.file, number)


def _listed(findings: Sequence[Diagnostic], analysis: Analysis | None, file: str, number: int) -> Iterator[str]:
    beside = f'<span class="page-note">{text(numbered(findings))}</span>'
    labels = {} if analysis is None else _by_label(analysis)
    items = [_item(finding, file, labels, number) for finding in findings[:MOST]]
    more = len(findings) - MOST
    if more > 0:
        items.append(f'<li class="page-note">and {count(more)} more, which <code>analyzer check</code> lists</li>\n')
    yield from card("findings", "Findings", ['<ol class="findings-list">\n', *items, "</ol>\n"], beside)


def _by_label(analysis: Analysis) -> dict[tuple[str, str], Node]:
    """The first layer at each place that is no line: a node of another program's file, a value of a dict."""
    found: dict[tuple[str, str], Node] = {}
    for node in analysis.network.nodes:
        span = node.origin.span
        if span is not None and span.label is not None:
            found.setdefault((span.file, span.label), node)
    return found


def _item(finding: Diagnostic, file: str, labels: dict[tuple[str, str], Node], number: int) -> str:
    """One finding: severity, code and place in its first line."""
    severity = f'<span class="findings-severity findings-{GRADES[finding.severity]}">{finding.severity}</span>'
    place, at = _place(finding, file, labels, number)
    notes = "".join(f'<li class="findings-detail">{_lines(note)}</li>' for note in finding.notes)
    helped = f'<p class="findings-help"><b>help</b> {_lines(finding.help)}</p>' if finding.help else ""
    return (
        f'<li class="findings-item"{at}>\n<p class="findings-head">{severity} <code>{text(finding.code)}</code>{place}</p>\n'
        f'<p class="findings-message">{_lines(finding.message)}</p>\n'
        + (f'<ul class="findings-notes">{notes}</ul>\n' if notes else "")
        + (f"{helped}\n" if helped else "")
        + "</li>\n"
    )


def _place(finding: Diagnostic, file: str, labels: dict[tuple[str, str], Node], number: int) -> tuple[str, str]:
    """The place of a finding as markup, and as attributes for the script."""
    span = finding.span
    if span is None:
        return "", ""
    if span.label is not None:
        layer = labels.get((span.file, span.label))
        if layer is None:
            return f" · {named(span.label)}" if span.label else "", ""
        return f' · <a href="#{text(quote(layer.name))}">{named(span.label)}</a>', f' data-layer="{layer.index}"'
    other = "" if span.file == file else f"{named(span.file)}, "
    link = f'<a href="#{line_id(span.line, number)}">line {span.line}</a>' if not other else f"line {span.line}"
    return f" · {other}{link}", f' data-line="{span.line}"'


def _lines(sentence: str) -> str:
    """A sentence that may have line breaks."""
    return "<br>".join(map(with_code, _ENDS.split(sentence)))
