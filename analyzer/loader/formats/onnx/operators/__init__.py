"""What each operator of ONNX is here: one module a family. Importing them fills the table of `reading`."""

from __future__ import annotations

from collections.abc import Collection

from analyzer.loader.formats.onnx.operators.table import MODULES


def load(operators: Collection[str] | None = None) -> None:
    """Fills the table with the modules that read these operators; with all of them where none are given.

    Each module takes about a millisecond, and a file has the operators of a few.
    """
    for module, names in MODULES.items():
        if operators is None or any(name in operators for name in names):
            __import__(f"{__name__}.{module}")
