"""`analyzer diff` of two folders: every model that changed, was added or removed, in one result."""

from __future__ import annotations

from analyzer.cli.folders import Skipped
from analyzer.cli.main import FAULT, FINE, WRONG
from analyzer.cli.output import complain, kept_as_it_is, options_of, write
from analyzer.cli.sides import Absent, Side, compared, difference_of
from analyzer.cli.trees import Pair, folders_of, paired
from analyzer.diagnostics import Diagnostic
from analyzer.difference import Difference, OneSided
from analyzer.reporter.difference.review import Review, with_commit
from analyzer.reporter.format import Format
from analyzer.reporter.options import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.reporter.difference.review import Result


def compare_folders(first: str, second: str, asked: Any, format: Format) -> int | None:
    """Compares the models of two folders and returns the exit code; None where neither side is a folder.

    A model that is wrong is a result too: its findings go to stderr, and the exit code says that it was not compared.
    """
    skipped = Skipped()
    folders = folders_of(first, second, skipped)
    if folders is None:
        return None
    old, new = folders
    pairs = paired(old, new, asked.inputs, skipped)
    texts: dict[str, str] = {}
    results: list[Result] = []
    notes: list[Diagnostic] = []
    unchanged = pairs.unchanged
    for pair in pairs.pairs:
        found, said = _result(pair, asked, texts, format)
        if not (pair.moved or isinstance(found, Failed)) and found.equal and not _keys(found):
            unchanged += 1
        else:
            results.append(found)
            notes += said
    failed = [result for result in results if isinstance(result, Failed)]
    findings = [finding for result in failed for finding in result.diagnostics]
    untouched = kept_as_it_is(asked) if failed else None
    told, doubts = ([], []) if asked.quiet else ([str(skipped)], notes)
    lines = [line for line in (*told, untouched) if line]
    complain(findings, lines, texts, doubts=doubts, color=asked.color, width=asked.width)
    if untouched is None:
        before, after = (with_commit(folder.path, folder.commit) for folder in (old, new))
        review = Review(before, after, results, unchanged)
        write(asked, format.render(review, options_of(asked, format, mode=asked.mode)))
    if failed:
        return FAULT
    return (
        WRONG
        if any(not result.equal for result in results if not isinstance(result, Failed)) and not asked.exit_zero
        else FINE
    )


def _result(pair: Pair, asked: Any, texts: dict[str, str], format: Format) -> tuple[Result, list[Diagnostic]]:
    """What came of one pair, and the notes about it."""
    old, new = compared(pair.old, pair.new, asked, texts, pair.new.label)
    for side in (new, old):
        if isinstance(side, Failed):
            return side, []
    assert isinstance(old, (Side, Absent))
    assert isinstance(new, (Side, Absent))
    difference = difference_of(old, new)
    if format.name == "html":
        from analyzer.cli.diff_findings import check_sides  # no other format shows findings

        check_sides(difference, old, new, asked)
    return difference, [note for side in (old, new) for note in side.notes]


def _keys(result: Difference | OneSided) -> bool:
    """Whether keys of the files changed."""
    return isinstance(result, Difference) and bool(result.keys)
