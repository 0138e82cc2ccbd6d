"""Texts of Caffe read to the end, as `formats.read` does: for the tests beside it."""

from __future__ import annotations

from typing import Any

from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.loader.expand.expansion import expand
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.caffe import read_text
from analyzer.loader.formats.sheet import Sheet
from analyzer.loader.parse.file import parse_read


def sheet(text: str, input: Any = None, **set: Any) -> Sheet:
    """The sheet of a text; mistakes are on it."""
    written = Sheet("net.prototxt")
    read_text(text, written, Asked(input, set))
    return written


def analysis(text: str, input: Any = None, **set: Any) -> Analysis:
    """The analysis of a text without a mistake."""
    written = sheet(text, input, **set)
    assert not [one for one in written.problems if one.severity == "error"], written.problems
    parsed = parse_read(written.read(), "net.prototxt")
    assert parsed.model is not None, parsed.problems
    network, found = expand(parsed.model)
    assert not found, found
    return analyze_network(network)


def data(*shape: int) -> str:
    """An input with this shape, its batch of 2 included."""
    dims = " ".join(f"dim: {size}" for size in (2, *shape))
    return f'layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ {dims} }} }} }}\n'


def layer(name: str, type: str, bottoms: str, more: str = "", tops: str | None = None) -> str:
    """A layer; bottoms and tops are names with blanks between them."""
    read = " ".join(f'bottom: "{one}"' for one in bottoms.split())
    made = " ".join(f'top: "{one}"' for one in (name if tops is None else tops).split())
    return f'layer {{ name: "{name}" type: "{type}" {read} {made} {more} }}\n'
