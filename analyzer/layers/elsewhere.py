"""Layer types by the names that other frameworks give them."""

from __future__ import annotations

import re

from analyzer.diagnostics import nearest
from analyzer.layers.base import CATALOGUE
from analyzer.source import shown
from analyzer.words.lookup import absent, plain

#: What other frameworks add to the name of a type: the number of its axes, or that it is a layer.
_ADDED = "([123]d)?(layer)?$"


def found_elsewhere(name: str) -> str | None:
    """The name in this language of a layer that other frameworks call `name`, or None.

    >>> found_elsewhere("nn.Conv2d"), found_elsewhere("LocallyConnected2D"), found_elsewhere("tf.keras.layers.Dense")
    ('conv', 'conv: {sharing: local}', 'dense')
    """
    named = {plain(type): type for type in CATALOGUE}
    for layer in CATALOGUE.values():
        for other in layer.elsewhere:
            known, _, meaning = other.partition(" → ")
            named[plain(known)] = meaning or layer.type
    wanted = plain(name).removeprefix("lazy")
    found = named.get(plain(name)) or named.get(wanted) or named.get(re.sub(_ADDED, "", wanted))
    return found if found != name else None


def type_help(name: str) -> str | None:
    """What helps where no layer type is called `name`, but another framework has one; None where none has."""
    elsewhere = found_elsewhere(name)
    if elsewhere is not None:
        return f"`{shown(name)}` is called `{elsewhere}` here"
    from analyzer.words.types import ABSENT

    return absent(name, ABSENT)


def nearest_type(name: str) -> str | None:
    """What helps where `name` is a misspelt type."""
    near = nearest(name, CATALOGUE)
    return f"did you mean `{near}`?" if near else None
