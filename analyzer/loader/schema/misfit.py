"""A part of a document that does not fit its schema, whoever found it."""

from __future__ import annotations

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Misfit(Record):
    """A value that does not fit: the way to it, the value, and the schema, of which `keyword` wants something else.

    `of_name` says that the value is the name of a key, at whose mapping the way ends.
    """

    way: tuple[str | int, ...]
    value: Any
    schema: dict[str, Any]
    keyword: str
    wanted: Any
    of_name: bool = False
