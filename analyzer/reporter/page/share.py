"""The view of the shares: which blocks the MACs and the parameters are in, as two icicles of the same colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.result import Row
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import card, with_code
from analyzer.reporter.page.layers import percent
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import Box, Scene

#: Blocks with at least this part of everything are named in words.
_NAMED = 5


def section(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[str]:
    """The view before the script draws the icicles: what they show, in words."""
    words = with_code(said(reviewed.analysis.rows, scene))
    yield from card(
        "share", "Where it goes", [f'<p class="page-note share-words">{words}</p>\n<div class="share-icicles"></div>\n']
    )


def said(rows: Sequence[Row], scene: Scene) -> str:
    """Which blocks have most of the MACs and of the parameters."""
    found = filter(
        None,
        (
            _most("MACs", scene.root, rows, lambda row: int(row.macs)),
            _most("parameters", scene.root, rows, lambda row: row.shared.parameters),
        ),
    )
    return "; ".join(found) or "The network computes no products and has no parameters."


def _most(noun: str, root: Box, rows: Sequence[Row], amount: Callable[[Row], int]) -> str:
    """`stage3` has 36 % of the MACs, `stage2` 25 %."""
    sums = {box.id: sum(map(amount, rows[box.start : box.stop])) for box in root.parts}
    whole = sum(sums.values())
    if not whole:
        return ""
    largest = sorted(root.parts, key=lambda box: -sums[box.id])[:2]
    first, *others = [f"`{box.label}`" for box in largest]
    text = f"{first} has {percent(sums[largest[0].id], whole)} of the {noun}"
    if others and sums[largest[1].id] * 100 >= whole * _NAMED:
        text += f", {others[0]} {percent(sums[largest[1].id], whole)}"
    return text
