"""Hints: what would make a shape fit, calculated once the expansion is done and confirmed by placing it."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.diagnostics import Reason
from analyzer.engine.network import Node
from analyzer.loader.expand.hints_axes import other_axes
from analyzer.loader.expand.hints_expect import reaching
from analyzer.loader.expand.hints_merge import merging
from analyzer.loader.expand.hints_window import shrinking
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.state import Expansion
from analyzer.loader.expand.trial import Again, Trial

_HINTS: dict[Reason, Callable[[Puzzle, list[Node], Trial], None]] = {
    Reason.OTHER_AXES: other_axes,
    Reason.TOO_LARGE: shrinking,
    Reason.SIZES_DIFFER: merging,
    Reason.UNEXPECTED: reaching,
}


#: The most findings that get a hint: more have one cause, or are in a file that is wrong everywhere.
_MOST = 20


def add_hints(run: Expansion, again: Again) -> None:
    """Gives each finding about a shape the help that fits, in the order in which they were found."""
    trial = Trial(run, again)
    for puzzle in run.mistakes.puzzles[:_MOST]:
        read = [node for node in puzzle.read if isinstance(node, Node)]
        hint = _HINTS.get(puzzle.reason)  # none for a name that comes later
        if hint is not None and len(read) == len(puzzle.read):
            hint(puzzle, read, trial)
