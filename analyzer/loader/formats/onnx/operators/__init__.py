"""What each operator of ONNX is here: one module a family. Importing them fills the table of `reading`."""

from __future__ import annotations

import os


def load() -> None:
    """Fills the table of operators."""
    # `pkgutil` would list the modules too, but its imports (inspect, typing) take longer than all of these.
    for name in sorted(os.listdir(os.path.dirname(__file__))):
        module, ending = os.path.splitext(name)
        if ending == ".py" and module != "__init__":
            __import__(f"{__name__}.{module}")
