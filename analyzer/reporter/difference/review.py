"""The comparison of two folders: one result for each model that changed, was added, was removed or was moved."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.difference.result import Difference, LabelledReport, OneSided
from analyzer.record import Record
from analyzer.reporter.options import Failed
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: What came of one model.
    Result: TypeAlias = Difference | OneSided | Failed

#: What may have happened to a model, in the order in which it is counted.
VERDICTS = ("changed", "added", "removed", "moved", "wrong")

#: What a reviewer weighs a change by.
_WEIGHED = ("shared.parameters", "macs", "peak_activation")


class Review(Record):
    """The models of two folders, `old` and `new` for people, that are not the same; `unchanged` counts the others."""

    old: str
    new: str
    results: Sequence[Result]
    unchanged: int

    @property
    def biggest_first(self) -> list[Result]:
        """The results in the order of a review; wrong models come first."""
        return sorted(self.results, key=lambda result: -_weight(result))


def verdict(result: Result) -> str:
    """What happened to a model."""
    if isinstance(result, Failed):
        return "wrong"
    if isinstance(result, OneSided):
        return "added" if result.added else "removed"
    return "moved" if result.equal and not result.keys else "changed"


def file_of(result: Result) -> str:
    """The file of a model for people, the new one where there are two, or where it would be."""
    if isinstance(result, Failed):
        return result.file
    if isinstance(result, OneSided):
        return result.side.label if result.added else result.other
    return result.new.label


def summary(review: Review) -> str:
    """How many models changed, and how: `1 changed, 2 added, 12 unchanged`."""
    found = [verdict(result) for result in review.results]
    parts = [f"{found.count(word):,} {word}" for word in VERDICTS if word in found]
    return ", ".join([*parts, f"{review.unchanged:,} unchanged"])


def title(review: Review) -> str:
    """What the comparison is about, for a heading."""
    number = sum(verdict(result) != "moved" for result in review.results)
    return f"{plural(number, 'model')} {'differs' if number == 1 else 'differ'}" if number else "No model differs"


def called(side: LabelledReport) -> str:
    """A side for people: its name, with the commit that it is from."""
    return with_commit(side.label, side.commit)


def with_commit(label: str, commit: str) -> str:
    """A name with the commit that it means: `git:main:model.yaml (1a2b3c4)`."""
    return f"{label} ({commit})" if commit and f":{commit}:" not in label else label


def _weight(result: Result) -> float:
    if isinstance(result, Failed):
        return float("inf")
    if isinstance(result, OneSided):
        return 1.0
    shares = []
    for name in (*_WEIGHED, *result.peaks()):
        old, new = result.old.total(name), result.new.total(name)
        shares.append(abs(new - old) / max(old, 1))
    return max(shares)
