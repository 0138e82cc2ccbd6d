"""Modules that are imported when something asks them for the first time, not when the module that names them is."""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Later(ModuleType):
    """A stand-in for a module. It imports the module when one of its attributes is first used."""

    def __getattr__(self, name: str) -> Any:
        return vars(__import__(self.__name__))[name]


def without(name: str, *needless: str) -> ModuleType:
    """The module `name`, whose imports of the modules `needless` wait until it uses them.

    That saves their time where it never does: `zipfile` imports `pathlib` and `shutil` to write archives. Other
    importers get the real modules. See docs/decisions/speed.md.
    """
    waiting = [] if name in sys.modules else [one for one in needless if one not in sys.modules]
    for one in waiting:
        sys.modules[one] = Later(one)
    try:
        __import__(name)
    finally:
        for one in waiting:
            if sys.modules.get(one).__class__ is Later:
                del sys.modules[one]
    return sys.modules[name]
