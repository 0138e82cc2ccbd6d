"""Two reports compared: which layer of the one is which of the other, and what that changed."""

from __future__ import annotations

from analyzer.difference.changes import LayerChange
from analyzer.difference.result import Difference, LabelledReport, compare

__all__ = ["Difference", "LabelledReport", "LayerChange", "compare"]
