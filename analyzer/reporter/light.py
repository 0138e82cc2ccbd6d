"""Imports `tabulate` without `importlib.metadata`, which takes three times as long as Python's own start.

`tabulate` imports it only to learn its own version (docs/decisions/speed.md has the measurement). A stand-in that
answers this one question takes its place while `tabulate` is imported; later imports get the real one.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_METADATA = "importlib.metadata"


def tabulate() -> ModuleType:
    """The module `tabulate`, the same as `import tabulate` gives."""
    if "tabulate" in sys.modules or _METADATA in sys.modules:
        import tabulate

        return tabulate
    stand_in = type(sys)(_METADATA)
    stand_in.version = _version  # type: ignore[attr-defined]
    stand_in.PackageNotFoundError = ImportError  # type: ignore[attr-defined]  # its base class
    sys.modules[_METADATA] = stand_in
    try:
        import tabulate
    finally:
        del sys.modules[_METADATA]
    return tabulate


def _version(name: str) -> str:
    """The version of a package that is being imported, from the name of the folder that its installer put beside it."""
    package = sys.modules[name].__path__[0]
    for entry in os.listdir(os.path.dirname(package)):
        if entry.startswith(f"{name}-") and entry.endswith(".dist-info"):
            return entry[len(name) + 1 : -len(".dist-info")]
    raise ImportError(f"no version of {name} is known")
