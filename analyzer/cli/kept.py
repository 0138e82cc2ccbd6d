"""A file that `-o` names and that stays as it is, because a command ended without a complete result."""

from __future__ import annotations

import os
from collections.abc import Sequence

#: The endings of a store, in which a sweep keeps every variant as soon as it is calculated.
STORES = (".sqlite", ".sqlite3", ".db")


def kept(output: str | None) -> str | None:
    """The message that this file was not changed; None if it is no file that could be lost, and for a store."""
    if output is None or output.lower().endswith(STORES) or not os.path.isfile(output):
        return None
    return f"`{output}` was not changed, because there is no complete result"


def output_in(arguments: Sequence[str]) -> str | None:
    """The file that `-o` names in arguments that could not be parsed."""
    found = None
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument in ("-o", "--output"):
            found = next(iter(arguments[place + 1 : place + 2]), None)
        elif argument.startswith("--output="):
            found = argument.removeprefix("--output=")
        elif argument.startswith("-o") and argument != "-o":
            found = argument[2:]
    return found
