"""The keys of two model files compared: which of them changed, from what to what, and which layers that concerns."""

from __future__ import annotations

from analyzer.difference.keys.change import KeyChange
from analyzer.difference.keys.compare import changed_keys

__all__ = ["KeyChange", "changed_keys"]
