"""Two reports compared: which layer of the one is which of the other, and what that changed."""

from __future__ import annotations

from analyzer.difference.changes import LayerChange
from analyzer.difference.keys import KeyChange
from analyzer.difference.result import Difference, LabelledReport, OneSided, compare, of_analysis

__all__ = ["Difference", "KeyChange", "LabelledReport", "LayerChange", "OneSided", "compare", "of_analysis"]
