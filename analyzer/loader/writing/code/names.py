"""Names that Python accepts: each once, and as near to the name of the layer as it can be."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

#: Words that a name must not hide in the code that is written: keywords, and the builtins and modules that it uses.
_TAKEN = frozenset(
    (*keyword.kwlist, *keyword.softkwlist, "self", "super", "range", "print", "sum", "tuple", "list", "len", "zip")
)

#: What no name may contain.
_NO_LETTERS = re.compile(r"\W+")


def legal(name: str) -> str:
    """A name as an identifier. Two underscores at its beginning would have a meaning in a class.

    >>> legal("conv1"), legal("0"), legal("lambda"), legal("res-block/a"), legal("1x1"), legal("…"), legal("__init__")
    ('conv1', '_0', 'lambda_', 'res_block_a', '_1x1', '__', '_init__')
    """
    found = re.sub("^__+", "_", _NO_LETTERS.sub("_", name.replace(":", "_")))
    found = found.encode("ascii", "replace").decode().replace("?", "_") or "_"
    if found[0].isdigit():
        found = f"_{found}"
    return f"{found}_" if found in _TAKEN else found


def class_name(name: str) -> str:
    """A name as that of a class: `resnet-18` → `Resnet18`.

    >>> class_name("basic_block"), class_name("BasicBlock"), class_name("3d"), class_name("None")
    ('BasicBlock', 'BasicBlock', 'Net3d', 'None_')
    """
    words = [word for word in re.split(r"[\W_]+", name.encode("ascii", "ignore").decode()) if word]
    found = "".join(word[0].upper() + word[1:] for word in words) or "Net"
    if found[0].isdigit():
        found = f"Net{found}"
    return f"{found}_" if found in _TAKEN else found


class Names:
    """Names that are used once each."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def new(self, wanted: str) -> str:
        """A name that is free: the wanted one, or that with a number behind it.

        >>> names = Names(["x"])
        >>> names.new("conv"), names.new("conv"), names.new("x")
        ('conv', 'conv_2', 'x_2')
        """
        found = wanted
        while found in self._taken:
            self._last[wanted] = self._last.get(wanted, 1) + 1
            found = f"{wanted}_{self._last[wanted]}"
        self._taken.add(found)
        return found

    def __contains__(self, name: str) -> bool:
        return name in self._taken
