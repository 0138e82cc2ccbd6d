"""The keys that changed as text and Markdown show them: each with its values as they are written."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.difference.keys import KeyChange
from analyzer.difference.result import Difference
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The layers of a key that are named; more are counted.
NAMED = 2

#: The room for a value; what is longer is cut off.
_ROOM = 60


def sign_of(change: KeyChange) -> str:
    """Whether a key was added, removed or changed, as a sign."""
    return "+" if change.old is None else "−" if change.new is None else "~"


def where(change: KeyChange) -> str:
    """The layers that a key concerns in a few words; empty where there are none."""
    layers = change.layers or ()
    return ", ".join(layers) if len(layers) <= NAMED else plural(len(layers), "layer")


def not_compared(difference: Difference) -> str:
    """Why the keys were not compared; empty where they were, or where no file is known."""
    saved = [side.label for side in (difference.old, difference.new) if side.saved]
    if difference.keys is not None or not saved:
        return ""
    said = "both sides are saved reports, which have" if len(saved) > 1 else f"{saved[0]} is a saved report, which has"
    return f"keys of the files are not compared: {said} no YAML"


def value_text(value: Any) -> str:
    """A value as YAML writes it on one line, cut off where it is long.

    >>> value_text({"min": 1, "max": [True, None, "a b"]})
    '{min: 1, max: [true, null, a b]}'
    """
    text = ""
    for part in _parts(value):
        text += part
        if len(text) > _ROOM:
            return text[: _ROOM - 1] + "…"
    return text


def _parts(value: Any) -> Iterator[str]:
    """The pieces of a value; a long one is not written to its end."""
    if isinstance(value, dict):
        yield "{"
        for place, (key, one) in enumerate(value.items()):
            yield f"{', ' if place else ''}{key}: "
            yield from _parts(one)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for place, one in enumerate(value):
            yield ", " if place else ""
            yield from _parts(one)
        yield "]"
    elif isinstance(value, bool) or value is None:
        yield {True: "true", False: "false", None: "null"}[value]
    else:
        yield str(value)
