"""Two reports compared: which layer of the one is which of the other, and what that changed."""

from __future__ import annotations

from analyzer.difference.result import Difference, LayerChange, Side, compare

__all__ = ["Difference", "LayerChange", "Side", "compare"]
