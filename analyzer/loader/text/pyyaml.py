"""PyYAML's parser, loaded without the part of PyYAML that the reader does not use.

`import yaml` takes almost twice as long as Python's own start. More than half of that is PyYAML's parser, resolver and
writer in Python, which libyaml's parser, the extension `yaml._yaml`, never runs. `_lean` imports the extension and the
four modules whose classes it makes. PyYAML's own `__init__` runs when somebody else asks the package for more, so that
a later `import yaml` has everything. See docs/decisions/speed.md.
"""

from __future__ import annotations

import sys
from _thread import RLock
from types import ModuleType

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: How `__init__` of a version begins with which the short way was tested; any other one is imported as a whole.
_TESTED = b"__version__ = '6.0"

#: The modules whose classes the extension makes.
_MODULES = ("error", "tokens", "events", "nodes")

#: What else the extension asks the package for while it is imported: exceptions, each of a module in Python.
_ERRORS = {
    "reader": "ReaderError", "scanner": "ScannerError", "parser": "ParserError", "composer": "ComposerError",
    "constructor": "ConstructorError", "emitter": "EmitterError", "serializer": "SerializerError",
    "representer": "RepresenterError",
}  # fmt: skip


class PyYaml(Record):
    """The parts of PyYAML that the reader uses: what makes a parser of a text, and the modules of events and errors."""

    parser: Callable[[str], Any]
    events: Any
    error: Any


def pyyaml() -> PyYaml:
    """PyYAML, with libyaml's parser where it was built with it, otherwise with the same in Python."""
    global _found
    if _found is None:
        _found = whole() if "yaml" in sys.modules else _lean_or_whole()
    return _found


_found: PyYaml | None = None


def whole() -> PyYaml:
    """PyYAML by a plain import."""
    import yaml
    from yaml import error, events

    return PyYaml(yaml.CLoader if yaml.__with_libyaml__ else yaml.SafeLoader, events, error)


def _lean_or_whole() -> PyYaml:
    try:
        return _lean()
    except Exception:  # whatever the reason, such as another PyYAML: the plain import always works
        kept = "yaml._yaml" in sys.modules  # an extension is initialised once, and makes the classes of that time
        for name in [name for name in sys.modules if name == "yaml" or (name.startswith("yaml.") and not kept)]:
            del sys.modules[name]
        found = whole()
        _settle(sys.modules["yaml"])
        return found


def _lean() -> PyYaml:
    """PyYAML with only its extension and the modules that this needs; raises where anything is not as tested."""
    spec = next(filter(None, (finder.find_spec("yaml", None) for finder in sys.meta_path)))
    if _TESTED not in spec.loader.get_data(spec.origin):  # type: ignore[union-attr]  # a surprise is caught above
        raise ImportError("not a version with which this was tested")
    package = ModuleType("yaml")
    package.__spec__, package.__file__, package.__path__ = spec, spec.origin, spec.submodule_search_locations or []
    package.__package__, package.__loader__ = "yaml", spec.loader
    sys.modules["yaml"] = package
    import yaml.error
    import yaml.events
    import yaml.nodes
    import yaml.tokens

    for module, error in _ERRORS.items():
        stand_in = ModuleType(module)
        setattr(stand_in, error, type(error, (yaml.error.MarkedYAMLError,), {}))
        setattr(package, module, stand_in)
    import yaml._yaml as extension

    for module in _ERRORS:
        delattr(package, module)
    _complete_later(package)
    return PyYaml(extension.CParser, yaml.events, yaml.error)


def _settle(package: ModuleType) -> None:
    """Gives the package, complete now, the modules imported before it, and the extension the package's exceptions."""
    for name in (*_MODULES, "_yaml"):
        if f"yaml.{name}" in sys.modules:
            setattr(package, name, sys.modules[f"yaml.{name}"])
    extension = sys.modules.get("yaml._yaml")
    for module, error in _ERRORS.items() if extension is not None else ():
        setattr(extension, error, getattr(sys.modules[f"yaml.{module}"], error))


def _complete_later(package: ModuleType) -> None:
    """Runs the `__init__` of PyYAML when the package is asked for a name that it does not have yet."""
    lock = RLock()
    running: list[bool] = []

    def complete(name: str) -> object:
        with lock:
            if not running and vars(package).get("__getattr__") is complete:
                running.append(True)
                package.__spec__.loader.exec_module(package)  # type: ignore[union-attr]  # it was found by this loader
                _settle(package)
                vars(package).pop("__getattr__")
            if name in vars(package):
                return vars(package)[name]
        raise AttributeError(f"module 'yaml' has no attribute {name!r}")

    vars(package)["__getattr__"] = complete
