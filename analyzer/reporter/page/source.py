"""The view of the text: each line with the volume that it puts out, marked where something is wrong.

A line that is used several times has its first and its last volume. The first part of a long text is in the page; the
script adds the others where the reader comes to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from analyzer.diagnostics import Diagnostic
from analyzer.engine.result import Analysis
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import card, named, text
from analyzer.reporter.page.reviewed import Reviewed, Wrong
from analyzer.reporter.page.verdicts import GRADES
from analyzer.reporter.picture.scene import Box, Scene
from analyzer.source import inert
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The lines that are in the page itself.
FIRST = 300

#: The most characters of a line that are shown.
_LONGEST = 400

#: The most spaces of an indentation that are shown.
_DEEPEST = 40

#: Where YAML ends a line.
_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

#: The volumes of lines, as they are shown.
Volumes = Mapping[int, str]


def line_id(line: int, number: int = 0) -> str:
    """The id of a line; `number` is the place of its file on a page of several.

    >>> line_id(22), line_id(22, 1)
    ('page-line-22', 'page-line-1-22')
    """
    return f"page-line-{number}-{line}" if number else f"page-line-{line}"


def section(reviewed: Reviewed, scene: Scene | None, options: Options) -> Iterator[str]:
    """The text of the file that the network was read from, or why there is none."""
    analysis = reviewed.analysis
    if not reviewed.text:
        yield from card("source", "Source", [f'<p class="page-note">{_without(reviewed)}</p>\n'])
        return
    beside = '<span class="page-note">the volume that each line puts out</span>'
    volumes = volumes_of(analysis, scene, analysis.file)
    yield from card(
        "source", "Source", _text(analysis.file, reviewed.text, reviewed.findings or (), volumes, 0), beside
    )


def mistaken(wrong: Wrong, number: int = 0) -> Iterator[str]:
    """The texts that mistakes are in; `number` is the place of the file on a page of several."""
    for file, content in wrong.texts.items():
        beside = f'<span class="page-note">{named(file)}</span>'
        lines = _text(file, content, wrong.diagnostics, {}, number, whole=True)
        yield from card("source", "Source", lines, beside)


def data(reviewed: Reviewed, scene: Scene, options: Options) -> dict[str, Any]:
    """The lines that are not in the page yet, how bad those with findings are, and the boxes of each line's calls."""
    file = reviewed.analysis.file
    wrong = {
        finding.span.line: GRADES[finding.severity]
        for finding in reversed(reviewed.findings or ())
        if finding.span is not None and finding.span.in_text and finding.span.file == file
    }
    return {
        "rest": list(map(inert, lines_of(reviewed.text)[FIRST:])),
        "wrong": [[line, grade] for line, grade in wrong.items() if line > FIRST],
        "calls": [[line, [box.id for box in boxes]] for line, boxes in _calls(reviewed.analysis, scene, file).items()],
    }


def lines_of(content: str) -> list[str]:
    """The lines of a text, without an empty one at its end.

    >>> lines_of("a: 1\\nb: 2\\n")
    ['a: 1', 'b: 2']
    """
    lines = _ENDS.split(content)
    return lines[:-1] if lines and not lines[-1] else lines


def _without(reviewed: Reviewed) -> str:
    """Why there is no text of the file itself."""
    analysis = reviewed.analysis
    if analysis.source is not None:
        return f"{named(analysis.file)} is a file of another program, which has no lines."
    others = [file for file in reviewed.texts if file != analysis.file]
    if others:
        return f"The network was built by code: {', '.join(map(named, others))}."
    return "The network was built in Python: it has no text."


def volumes_of(analysis: Analysis, scene: Scene | None, file: str) -> dict[int, str]:
    """What each line of a file puts out: one volume, or the first and the last where it is used several times."""
    found: dict[int, tuple[str, str]] = {}
    for row in analysis.rows:
        span = row.node.origin.span
        if span is not None and span.in_text and span.file == file:
            volume = row.output.pretty()
            found[span.line] = (found.get(span.line, (volume, ""))[0], volume)
    for line, boxes in _calls(analysis, scene, file).items():
        first, last = (analysis.rows[box.stop - 1].output.pretty() for box in (boxes[0], boxes[-1]))
        found.setdefault(line, (first, last))
    for node in analysis.network.inputs:
        span = node.origin.span
        if span is not None and span.in_text and span.file == file:
            found.setdefault(span.line, (node.output.pretty(), node.output.pretty()))
    return {line: first if first == last else f"{first} … {last}" for line, (first, last) in found.items()}


def _calls(analysis: Analysis, scene: Scene | None, file: str) -> dict[int, list[Box]]:
    """The blocks that are called on each line, in their order."""
    sites = analysis.network.sites
    found: dict[int, list[Box]] = {}
    for box in scene.boxes if scene is not None and sites else ():
        span = sites.get(box.name) if box.parts and box.group is not None else None
        if span is not None and span.in_text and span.file == file:
            found.setdefault(span.line, []).append(box)
    return found


def _text(
    file: str, content: str, findings: Sequence[Diagnostic], volumes: Volumes, number: int, *, whole: bool = False
) -> Iterator[str]:
    """The lines of a text, the first of them or the `whole`: all around what is wrong."""
    spans: dict[int, list[Diagnostic]] = {}
    for finding in findings:
        if finding.span is not None and finding.span.in_text and finding.span.file == file:
            spans.setdefault(finding.span.line, []).append(finding)
    lines = lines_of(content)
    label = escape(inert(file[-80:]))
    yield f'<div class="source-text" tabindex="0" role="region" aria-label="Source of {label}">\n<ol class="source-lines">\n'
    shown = _around(len(lines), spans) if whole else range(1, min(len(lines), FIRST) + 1)
    before = 0
    for line in shown:
        if line != before + 1:
            yield f'<li class="source-gap">{plural(line - before - 1, "line")} left out</li>\n'
        yield _line(
            line, lines[line - 1] if line <= len(lines) else "", spans.get(line, ()), volumes.get(line, ""), number
        )
        before = line
    if whole and before < len(lines):
        yield f'<li class="source-gap">{plural(len(lines) - before, "line")} left out</li>\n'
    yield "</ol>\n</div>\n"


def _around(lines: int, spans: Mapping[int, object]) -> list[int]:
    """The lines of a page without a script: all of a short text, of a long one those around what is wrong."""
    if lines <= FIRST:
        return list(range(1, lines + 1))
    found = set(range(1, 21))
    for line in list(spans)[:FIRST]:
        found.update(range(max(line - 10, 1), min(line + 10, lines) + 1))
    return sorted(found)


def _line(line: int, content: str, findings: Sequence[Diagnostic], volume: str, number: int) -> str:
    """One line: its number, its indentation, its text, the volume."""
    grade = f" source-{GRADES[findings[0].severity]}" if findings else ""
    first, dots, last = volume.partition(" … ")
    both = f"<span>{text(first)}{dots.rstrip()}</span> {text(last)}" if dots else text(volume)
    bare = content.lstrip(" ")
    indent = len(content) - len(bare)
    return (
        f'<li id="{line_id(line, number)}" class="source-line{grade}"><b>{line}</b>'
        + (f"<i>{' ' * min(indent, _DEEPEST)}</i>" if indent else "")
        + f"<code>{_marked(bare, indent, findings)}</code>"
        + (f"<span>{both}</span>" if volume else "")
        + "</li>\n"
    )


def _marked(bare: str, indent: int, findings: Sequence[Diagnostic]) -> str:
    """The text of a line behind its indentation, the wrong part of it underlined."""
    if len(bare) > _LONGEST:
        return f'<span title="{text(bare)}">{text(bare[: _LONGEST - 1])}…</span>'
    if not findings:
        return text(bare)
    span = findings[0].span
    assert span is not None
    start = min(max(span.column - 1 - indent, 0), len(bare))
    stop = span.end_column - 1 - indent if span.end_line == span.line else len(bare.rstrip())
    stop = max(min(stop, len(bare)), start)
    if not bare[start:stop].strip():
        start, stop = 0, len(bare)
    said = " · ".join(finding.message for finding in findings)
    return f'{text(bare[:start])}<mark title="{text(said)}">{text(bare[start:stop])}</mark>{text(bare[stop:])}'
