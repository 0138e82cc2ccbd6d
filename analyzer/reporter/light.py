"""Imports modules without what they import for nothing, which takes longer than what they are used for.

`tabulate` imports `importlib.metadata` to learn its own version; `argparse` imports `gettext`, and with it `locale`, to
look for translations of its words, of which Python has none. While such a module is imported, a stand-in with the few
functions that it uses takes the place of the other one; later imports get the real one. docs/decisions/speed.md has
the measurements.
"""

from __future__ import annotations

import os
import sys

from analyzer.later import Later, without

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def tabulate() -> ModuleType:
    """The module `tabulate`, without the import of `importlib.metadata`; that of `dataclasses` waits for one."""
    made = _imported("tabulate", "importlib.metadata", {"version": _version, "PackageNotFoundError": ImportError})
    waiting = vars(made).get("dataclasses")
    if waiting.__class__ is Later:
        vars(waiting)["is_dataclass"] = _is_dataclass
    return made


def argparse() -> ModuleType:
    """The module `argparse`, without the import of `gettext`; its words are not translated."""
    return _imported("argparse", "gettext", {"gettext": str, "ngettext": lambda one, more, n: one if n == 1 else more})


def _imported(name: str, needless: str, used: dict[str, object]) -> ModuleType:
    """A module that is imported while a stand-in with `used` takes the place of the module `needless`."""
    if name not in sys.modules and needless not in sys.modules:
        stand_in = sys.modules[needless] = type(sys)(needless)
        vars(stand_in).update(used)
        try:
            without(name, "dataclasses")
        finally:
            del sys.modules[needless]
    __import__(name)
    return sys.modules[name]


def _is_dataclass(value: object) -> bool:
    """What `dataclasses.is_dataclass` says, which `tabulate` asks of the first row."""
    return hasattr(value if isinstance(value, type) else type(value), "__dataclass_fields__")


def _version(name: str) -> str:
    """The version of a package that is being imported, from the name of the folder that its installer put beside it."""
    package = sys.modules[name].__path__[0]
    for entry in os.listdir(os.path.dirname(package)):
        if entry.startswith(f"{name}-") and entry.endswith(".dist-info"):
            return entry[len(name) + 1 : -len(".dist-info")]
    raise ImportError(f"no version of {name} is known")
