"""Layers that are read by a number, or by a word for the layer before, as in Ultralytics and in programs."""

from __future__ import annotations

import re

#: Words for the layer above.
_PREVIOUS = (
    "-1",
    "previous",
    "last",
    "above",
    "before",
    "prior",
    "previous_layer",
    "x",
    "out",
    "output",
    "y",
    "^",
    "self",
)


def reference_help(name: str) -> str | None:
    """What helps where no layer has the name that another one reads.

    >>> reference_help("-1")
    'write `prev`, the layer above'
    """
    if name.lower() in _PREVIOUS:
        return "write `prev`, the layer above"
    if re.fullmatch(r"-?[0-9]{1,6}", name, re.ASCII):
        return "a layer is read by its name, not by its number: write `name:` beside it, and that name here"
    return None
