"""Why a Keras model cannot be called, in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.matching.keras.backend import Backend
from analyzer.matching.keras.paths import layers_of
from analyzer.matching.keras.watch import Seen
from analyzer.matching.observed import Entered
from analyzer.matching.unreadable import Unreadable
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What Keras writes around the message of an error.
_AROUND = ("Exception encountered", "Arguments received", "Could not automatically infer")

#: Colours of a terminal.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

#: A longer message is cut.
_LONGEST = 200


def unreadable(
    model: Any, backend: Backend, failed: Seen | None, error: Exception, entered: Sequence[Entered]
) -> Unreadable:
    """The refusal of a model that raised an error: the layer, its path, and the first line of the error."""
    if isinstance(error, Unreadable):
        return error
    given = ", ".join(f"`{shown(one.name)}` of {one.volume.pretty()}" for one in entered)
    line = first_line(error)
    if failed is None or failed.layer is model:
        return Unreadable(f"the model raises an error when it reads {given}: {line}")
    found = layers_of(model, backend).get(id(failed.layer))
    path = found.path if found is not None else str(failed.layer.name)
    return Unreadable(f"`{shown(path)}` ({type(failed.layer).__name__}) raises an error for {given}: {line}")


def first_line(error: Exception) -> str:
    """The class of an error, and the first line that says something."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)  # it shows its `repr`
    lines = [line.strip() for line in _COLOURS.sub("", text).splitlines()]
    said = [line for line in lines if line and not line.startswith(_AROUND)]
    return f"{type(error).__name__}: {shown(said[0], _LONGEST)}" if said else type(error).__name__
