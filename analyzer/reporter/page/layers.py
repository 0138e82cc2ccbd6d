"""The view of the layers in their order: volume, MACs, parameters and receptive field, four tracks on one axis."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.result import Analysis
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import card, with_code
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import Scene
from analyzer.units import count


def section(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[str]:
    """The view before the script draws the tracks: what they show, in words."""
    words = with_code(said(reviewed.analysis))
    yield from card(
        "layers", "Layers", [f'<p class="page-note layers-words">{words}</p>\n<div class="layers-tracks"></div>\n']
    )


def said(analysis: Analysis) -> str:
    """What the tracks show: where the network computes and keeps most."""
    rows, totals = analysis.rows, analysis.totals
    if not rows:
        return "The network has no layers."
    parts = [f"volumes from {analysis.input.pretty()} to {rows[-1].output.pretty()}"]
    for words, total, most in (
        ("MACs", int(totals.macs), max(rows, key=lambda row: int(row.macs))),
        ("parameters", totals.shared.parameters, max(rows, key=lambda row: row.shared.parameters)),
    ):
        if total:
            number = int(most.macs) if words == "MACs" else most.shared.parameters
            parts.append(f"most {words} in `{most.name}`: {count(number)}, {percent(number, total)}")
    return "; ".join(parts)


def percent(part: int, whole: int) -> str:
    """A share for people.

    >>> percent(1, 3), percent(1, 40), percent(1, 5000)
    ('33 %', '2.5 %', '< 0.1 %')
    """
    tenths = part * 1000 // whole
    if tenths >= 100:
        return f"{(part * 200 // whole + 1) // 2} %"
    return f"{tenths // 10}.{tenths % 10} %" if tenths else "0 %" if not part else "< 0.1 %"
