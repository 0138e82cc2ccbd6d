"""What each operator of ONNX is here: one module a family. Importing them fills the table of `reading`."""

from __future__ import annotations


def load() -> None:
    """Fills the table of operators."""
    from importlib import import_module
    from pkgutil import iter_modules

    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
