"""What the checks find before and after: which findings are new, which are gone, and which are still there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.difference.result import LabelledReport
from analyzer.record import Record


class Judged(Record):
    """The findings of two networks: those that only the new one has, only the old one, and both (as the new one's)."""

    new: Sequence[Diagnostic]
    gone: Sequence[Diagnostic]
    still: Sequence[Diagnostic]


def judged(old: LabelledReport | None, new: LabelledReport | None) -> Judged:
    """The findings of two networks compared; a side that was not checked, or does not exist, has none."""
    olds, news = [*findings_of(old)], [*findings_of(new)]
    still: list[Diagnostic] = []
    for key in (_message, _numberless):
        still += _paired(olds, news, key)
    places = {id(finding): place for place, finding in enumerate(findings_of(new))}
    return Judged(news, olds, sorted(still, key=lambda finding: places[id(finding)]))


def findings_of(side: LabelledReport | None) -> Sequence[Diagnostic]:
    """What the checks found in a network."""
    return () if side is None or side.described is None else side.described.findings or ()


def was_checked(side: LabelledReport | None) -> bool:
    """Whether checks ran on a network."""
    return side is not None and side.described is not None and side.described.findings is not None


def _message(finding: Diagnostic) -> Hashable:
    return finding.code, finding.severity, finding.message


def _numberless(finding: Diagnostic) -> Hashable:
    """A finding without its numbers: after an insertion `conv3` is called `conv4`, and amounts are others."""
    return finding.code, "".join(c for c in finding.message if not c.isdecimal() and c not in ",.")


def _paired(olds: list[Diagnostic], news: list[Diagnostic], key: Callable[[Diagnostic], Hashable]) -> list[Diagnostic]:
    """Takes equal findings out of both lists, each once, and returns those of the new one."""
    left: dict[Hashable, list[Diagnostic]] = {}
    for finding in olds:
        left.setdefault(key(finding), []).append(finding)
    found = [finding for finding in news if left.get(key(finding)) and left[key(finding)].pop(0)]
    kept = {id(finding) for findings in left.values() for finding in findings}
    olds[:] = [finding for finding in olds if id(finding) in kept]
    taken = {id(finding) for finding in found}
    news[:] = [finding for finding in news if id(finding) not in taken]
    return found
