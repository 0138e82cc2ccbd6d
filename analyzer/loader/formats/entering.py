"""Tables of what a reader knows: a function for each operator or layer of the format."""

from __future__ import annotations

from collections.abc import Callable, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Function = TypeVar("Function")


def entering(table: dict[str, Function], names: Sequence[str]) -> Callable[[Function], Function]:
    """Makes a function the one of these names. Raises `TypeError` for a name that has one already."""

    def enter(function: Function) -> Function:
        for name in names:
            if name in table:
                raise TypeError(f"{name} has two functions")
            table[name] = function
        return function

    return enter
