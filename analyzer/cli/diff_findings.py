"""What the page of a comparison has besides: what the checks find in both sides, and whether they fit on the device."""

from __future__ import annotations

from analyzer.cli.options import working
from analyzer.cli.reviewing import findings_of
from analyzer.cli.sides import AGAIN, Absent, Side
from analyzer.difference import Difference, OneSided
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.planned import merged
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Model
from analyzer.settings import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def check_sides(difference: Difference | OneSided, old: Side | Absent, new: Side | Absent, asked: Any) -> None:
    """Sets findings and verdict of each side that is a model, in the run of the comparison; a saved report has none."""
    for labelled, side in ((difference.old, old), (difference.new, new)):
        if labelled is None or labelled.described is None or isinstance(side, Absent):
            continue
        if side.analysis is None or side.model is None:
            continue
        batch, dtype = side.run
        side.model.training = merged(side.model.training, {"batch": batch, "dtype": dtype})
        file = working(side.label.removesuffix(AGAIN))
        labelled.described.findings = findings_of(file, asked, side.analysis, side.model)
        labelled.described.verdict = _verdict(side.analysis, side.model)


def _verdict(analysis: Analysis, model: Model) -> str:
    """Whether training fits on its device; empty where none is named, or where nothing is known of the run."""
    try:
        found = MemoryAnalysis.of(analysis.network, model.training)
    except SettingError:  # `training` does not suit the network
        return ""
    fit = found.verdict()
    return "" if fit is None or found.device is None else f"{fit.word} on {found.device.name}"
