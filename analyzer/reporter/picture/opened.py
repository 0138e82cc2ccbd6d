"""Which boxes are open: where a reader begins, and under `--depth`, where pictures fold as the tables do."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.tree import Run
from analyzer.reporter.fold import ALL, AUTO, ROWS, Fold, folds, shown_runs, to_level
from analyzer.reporter.picture.scene import Box, Scene


def at_first(scene: Scene) -> set[int]:
    """The ids of the boxes that are open where a reader begins: the first repeated block and those around it."""
    found = {scene.root.id}
    run = next(
        (box for box in scene.boxes if box.times > 1 and box.parts[0].parts and not _expanded(box.parts[0])), None
    )
    if run is None or run.parent is None:
        return found
    block = run.parts[0]
    alike = (part for part in run.parent.parts if _block(part) is not None and _block(part) == _block(block))
    box: Box | None = next(alike, block)
    while box is not None:
        found.add(box.id)
        box = box.parent
    return found


def _block(box: Box) -> str | None:
    """The name of the block that a box is a call of."""
    return None if box.group is None else box.group.block


def _expanded(box: Box) -> bool:
    """Whether a box is a layer with its `norm` and `act`."""
    return box.group is not None and box.group.expanded


def opened(scene: Scene, depth: int | str) -> set[int]:
    """The ids of the boxes that are open under `--depth`: `auto` folds as the table does, `all` nothing."""
    if depth == ALL:
        return {box.id for box in scene.boxes if box.parts}
    shown = {(run.start, run.stop) for run in _rows(scene, depth)}
    found: set[int] = set()
    left = [scene.root]
    while left:
        box = left.pop()
        found.add(box.id)
        left.extend(part for part in box.parts if part.parts and (part.start, part.stop) not in shown)
    return found


def _rows(scene: Scene, depth: int | str) -> Sequence[Run]:
    """The runs that have a row each."""
    tree = scene.root.group
    assert tree is not None
    if depth != AUTO:
        return list(shown_runs(tree, to_level(int(depth))))
    rows: Sequence[Run] = list(shown_runs(tree, Fold()))
    for found in folds(tree) if len(rows) > ROWS else ():
        rows = found
        if len(rows) <= ROWS:
            break
    return rows
