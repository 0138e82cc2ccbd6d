"""The verdicts on a network in a few words each, and the run that they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from analyzer.checks.rules.over_budget import CODE as OVER_BUDGET
from analyzer.diagnostics import numbered
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.verdict import AT_RISK, FITS
from analyzer.record import Record
from analyzer.reporter.analysis.summary import title
from analyzer.reporter.memory.words import title as title_of_run
from analyzer.reporter.modes import TITLES
from analyzer.reporter.page.document import text
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.units import memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.diagnostics import Diagnostic
    from analyzer.engine.memory.analysis import MemoryAnalysis

#: A run of which nothing was said.
_USUAL = Run()

#: How good a verdict is, with its sign: nothing is said by colour alone.
_SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "note": "i"}

#: How bad a finding of each severity is.
GRADES = {"error": "bad", "warning": "warn", "note": "note"}


class Chip(Record):
    """A verdict: its grade, a key of `_SIGNS`, its words, and the reason for it."""

    grade: str
    words: str
    reason: str = ""


def run_said(reviewed: Reviewed) -> list[str]:
    """The run that the page is about: batch, number format, optimizer, and each other setting that is not the usual."""
    analysis, report = reviewed.analysis, reviewed.memory
    if report is None:
        _, *found = title(analysis)
    else:
        _, *found = [part for part in title_of_run(report) if part != f"{_USUAL.step} step"]
        found += [*_more(report), plural(len(analysis.rows), "layer")]
    found += [f"{name}={value}" for name, value in reviewed.given if name != "input"]
    return [*found, analysis.file] if analysis.file else found


def _more(report: MemoryAnalysis) -> Iterator[str]:
    """The settings that the title of a memory report leaves out."""
    if report.trains and report.run.loss != _USUAL.loss:
        yield f"loss {report.run.loss}"
    if report.device is not None:
        yield f"on {report.device.name}"
        if report.context != report.device.context:
            yield f"context {memory(report.context)}"


def chips(reviewed: Reviewed, modes: Sequence[str]) -> Iterator[str]:
    """The verdicts as a list; nothing where there is none."""
    return listed([*_about_device(reviewed, modes), *_about_budget(reviewed), *_about_findings(reviewed)])


def listed(found: Sequence[Chip]) -> Iterator[str]:
    """Verdicts as a list; nothing where there is none."""
    if found:
        yield f'<ul class="summary-chips" aria-label="Verdicts">\n{"".join(map(_drawn, found))}</ul>\n'


def _drawn(chip: Chip) -> str:
    reason = f' title="{text(chip.reason)}"' if chip.reason else ""
    sign = f'<span class="summary-sign" aria-hidden="true">{_SIGNS[chip.grade]}</span>'
    return f'<li class="summary-chip summary-{chip.grade}"{reason}>{sign} {text(chip.words)}</li>\n'


def _about_device(reviewed: Reviewed, modes: Sequence[str]) -> Iterator[Chip]:
    """Whether the run fits on the device, in each mode."""
    report = reviewed.memory
    if report is None or report.device is None:
        return
    what = "training" if report.trains else "inference"
    for mode in modes:
        found = report.verdict(mode)
        if found is not None:
            grade = {FITS: "good", AT_RISK: "warn"}.get(found.word, "bad")
            is_ = "is " if found.word == AT_RISK else ""
            yield Chip(grade, f"{TITLES[mode]} {what} {is_}{found.word} on {report.device.name}", found.reason)


def _about_budget(reviewed: Reviewed) -> Iterator[Chip]:
    """Whether the network keeps its budget."""
    limits, findings = len(reviewed.budget), reviewed.findings
    if not limits or findings is None:
        return
    broken = [one for one in findings if one.code == OVER_BUDGET and one.severity == "error"]
    if broken:
        reason = " · ".join(one.message for one in broken)
        yield Chip("bad", f"{len(broken)} of {plural(limits, 'budget')} broken", reason)
    else:
        yield Chip("good", f"{plural(limits, 'budget')} kept", ", ".join(reviewed.budget))


def _about_findings(reviewed: Reviewed) -> Iterator[Chip]:
    """What the checks found."""
    if reviewed.findings is not None:
        yield counted(reviewed.findings)


def counted(findings: Sequence[Diagnostic]) -> Chip:
    """How many findings there are of each severity."""
    if not findings:
        return Chip("good", "every check passes")
    worst = next(severity for severity in GRADES if any(one.severity == severity for one in findings))
    return Chip(GRADES[worst], numbered(findings))


def modes_in_words(mode: str) -> str:
    """A mode, or all of them, beside a number."""
    return {"both": "in both modes", "all": "in all modes"}.get(mode) or escape(TITLES[mode])
