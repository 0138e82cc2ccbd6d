"""The examples in the docstrings of every module of the package give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import analyzer

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(analyzer.__path__, "analyzer.")
    if not module.name.endswith("__main__")  # running it is its effect
)


@pytest.mark.parametrize("name", ["analyzer", *MODULES])
def test_examples_of(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0


def test_every_module_is_looked_at() -> None:
    files = {path.stem for path in Path(analyzer.__path__[0]).rglob("*.py")} - {"__init__", "__main__"}
    assert files == {
        name.rpartition(".")[2] for name in MODULES if not hasattr(importlib.import_module(name), "__path__")
    }
