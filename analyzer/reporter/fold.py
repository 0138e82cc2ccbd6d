"""How far the tree of a network is folded, and which groups then have a row of their own.

`--depth auto` folds only as far as a report needs to fit, in this order: a layer with its `norm` and `act` becomes one
row; equal neighbours become one row, a run; blocks become one row each, those with the longest names first. A report
fits if it has at most `ROWS` rows and, where its width is limited, at most `LINES` lines.

Every layer is in exactly one row. Nothing here draws, so tables, pages and pictures fold alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.tree import Group, Run, inside
from analyzer.record import Record

#: The values of `Options.depth` besides a number of levels: as many rows as fit, and every row.
AUTO, ALL = "auto", "all"

#: The most rows that fit, and the most lines where the width is limited: a screen to scroll through once.
ROWS, LINES = 40, 70


class Fold(Record, eq=True):
    """How far a tree is folded.

    layers  a layer with its `norm` and `act` has one row
    runs    equal neighbours have one row
    level   groups whose names have this many components have one row each, if it is not None
    """

    layers: bool = False
    runs: bool = False
    level: int | None = None


def to_level(level: int) -> Fold:
    """The fold of `--depth N`."""
    return Fold(layers=True, level=level)


def folds(root: Group) -> Iterator[list[Run]]:
    """The rows of the folds of `--depth auto`, each with fewer rows than the one before.

    A single row says no more than the totals, so only more than `ROWS` rows are folded into one.
    """
    fewest = root.layers
    levels = {group.level for group in inside(root) if group.layers > 1 and group.level and not group.expanded}
    for fold in (Fold(True), Fold(True, True), *(Fold(True, True, level) for level in sorted(levels, reverse=True))):
        found = list(shown_runs(root, fold))
        if len(found) < fewest and (len(found) > 1 or fewest > ROWS):
            fewest = len(found)
            yield found


def shown_runs(root: Group, fold: Fold) -> Iterator[Run]:
    """The groups that have a row each, in order: runs, most of them of one group."""
    left = [Run([root])] if root.layers else []
    while left:
        run = left.pop()
        group = run.groups[0]
        if (len(run.groups) > 1 and fold.runs) or not group.parts or _is_one_row(group, fold):
            yield run
        else:
            left.extend(reversed(group.runs if fold.runs else [Run([part]) for part in group.parts]))


def _is_one_row(group: Group, fold: Fold) -> bool:
    """Whether a group of several layers has one row."""
    if group.expanded and fold.layers:
        return True
    if fold.level is None or group.level < fold.level:
        return False
    return group.layers > 1 or not fold.runs  # one layer has its whole name, unless so many levels were asked for
