"""Values that come more than once in the data of a page: each is written once, and named by its place."""

from __future__ import annotations

from collections.abc import Hashable

from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Table:
    """Values by their places, each once."""

    def __init__(self) -> None:
        self.places: dict[Hashable, int] = {}

    def place(self, value: Hashable) -> int:
        """The place of a value, which is added where it is new."""
        return self.places.setdefault(value, len(self.places))

    def text(self, value: str) -> int:
        """The place of a text; −1 for none."""
        return self.place(inert(value)) if value else -1

    def list(self) -> list[Any]:
        """The values in the order of their places."""
        return list(self.places)
