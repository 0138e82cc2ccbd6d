"""torchvision beside a build of torch that its compiled operators do not fit.

torchvision registers Python functions for its compiled operators (`nms`, `roi_align`). Its wheels of the package index
are made for the CUDA builds of torch; beside a CPU build the operators are missing, and the import fails. No network of
ours runs them, so the names alone are enough.
"""

from __future__ import annotations

import importlib
import re
import sys
from importlib.util import find_spec
from typing import Any


def torchvision() -> Any:
    """The module `torchvision`. Raises ImportError where it is not installed."""
    if find_spec("torchvision") is None:
        raise ImportError("torchvision is not installed")
    import torch

    while True:
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            named = re.search(r"torchvision::(\w+) does not exist", str(error))
            if named is None:
                raise
            _added.append(torch.library.Library("torchvision", "FRAGMENT"))
            _added[-1].define(f"{named[1]}(Tensor a) -> Tensor")
            for name in [name for name in sys.modules if name.startswith("torchvision")]:
                del sys.modules[name]


#: Operators disappear with the library that they were added by.
_added: list[Any] = []
