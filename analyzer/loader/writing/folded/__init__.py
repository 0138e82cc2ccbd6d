"""The folded model: blocks, repetitions and structures that a person would have written."""

from __future__ import annotations

from analyzer.loader.writing.folded.write import network_of as network_of
from analyzer.loader.writing.folded.write import write_folded as write_folded
