"""A layer built from its type's name and its parameters as a file writes them: for importers, programs and tests.

>>> build("conv", {"filters": 64, "kernel": "3x3"}).written()
{'filters': 64, 'kernel': [3, 3]}
>>> build("dense", 10).written()
{'units': 10}
"""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.diagnostics import Refusal
from analyzer.layers import CATALOGUE, Layer
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def build(type: str, written: Mapping[str, Any] | Any = None) -> Layer:
    """The layer of this type with these parameters; a value that is no mapping means the main one.

    Raises `Refusal` for a type that does not exist (MODEL102), for an unknown or missing parameter (VALUE102, VALUE103)
    and for a wrong value, which it names.
    """
    cls = CATALOGUE.get(type)
    if cls is None:
        from analyzer.layers.elsewhere import nearest_type, type_help  # with tables that only a mistake needs

        help = type_help(type) or nearest_type(type)
        raise Refusal(f"there is no layer type called `{shown(type)}`", code="MODEL102", help=help)
    if written is None:
        return cls()
    if isinstance(written, Mapping):
        return cls(**written)
    if cls.main is None:
        raise Refusal(f"`{type}` has no main parameter, so each value needs its name", code="VALUE104")
    return cls(**{cls.main: written})
