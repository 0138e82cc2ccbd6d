"""What each operator of torch is here: one module a family. Importing them fills the table of `reading`."""

from __future__ import annotations

from collections.abc import Collection

from analyzer.loader.formats.pt2.operators.table import MODULES


def load(operators: Collection[str] | None = None) -> None:
    """Fills the table with the modules that read these operators; with all of them where none are given.

    Each module takes about a millisecond, and a program has the operators of a few.
    """
    plain = None if operators is None else {name.removeprefix("aten.").rstrip("_") for name in operators}
    for module, names in MODULES.items():
        if plain is None or any(name in plain for name in names):
            __import__(f"{__name__}.{module}")
