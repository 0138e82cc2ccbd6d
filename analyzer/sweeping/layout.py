"""How variants are rows of the table `variant` of a store, and rows are variants again.

The columns are `id`, one for each axis, one for each amount, `fits`, `breaks` and `error`. An axis has the column
`column_of` its name; where that is taken, since SQLite's columns know no case (axes `W` and `w`), `set.` comes before
it, as often as it must: `set.w`.

Numbers and words are as they are: 16 and "16" differ, since no column has a type. True and False are the words `true`
and `false`. What SQLite does not have is a BLOB with the value in JSON: a whole number beyond 64 bits, the word "true",
a word with half a character. An amount of which a part is unknown is its known part, NULL where nothing is known; the
table `unknown` names these amounts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from analyzer.sweeping.result import Axis, Problem, Variant, column_of
from analyzer.units import AtLeast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from analyzer.sweeping.result import Value

    #: What a column of SQLite has.
    Cell: TypeAlias = int | float | str | bytes | None

#: The columns beside those of axes and amounts: the first one, and the last ones.
_FIRST, _LAST = "id", ("fits", "breaks", "error")

#: The whole numbers that SQLite has.
_LEAST, _MOST = -(2**63), 2**63 - 1

#: The types of the values of axes, and those of amounts.
KINDS = {int, float, str, bool}
_AMOUNTS = {int, type(None)}

#: The words of the truth values.
_TRUTHS = {"true": True, "false": False}


class Layout:
    """The columns of variants over some axes with some amounts, and both ways between a variant and its row.

    `axes` and `amounts` have the column of each by its name; `columns` are all, in their order.

    >>> layout = Layout([Axis("W", [8]), Axis("w", ["8"]), Axis("depth", [50])], ["depth"])
    >>> layout.columns
    ['id', 'W', 'set.w', 'set.depth', 'depth', 'fits', 'breaks', 'error']
    >>> row = layout.row(Variant(0, {"W": 8, "w": "8", "depth": 50}, {"depth": 2**64}, False, ["depth"]))
    >>> row, layout.variant(row).amounts
    ((0, 8, '8', 50, b'18446744073709551616', 0, 'depth', None), {'depth': 18446744073709551616})
    """

    # By hand: the columns follow from the names.
    def __init__(self, axes: Sequence[Axis], keys: Sequence[str]) -> None:
        taken = {_FIRST, *_LAST, *keys}
        self.axes: dict[str, str] = {}
        for axis in axes:
            column = column_of(_printable(axis.name), keys)
            while column.lower() in taken:
                column = f"set.{column}"
            taken.add(column.lower())
            self.axes[axis.name] = column
        self.amounts = {key: key for key in keys}
        self.columns = [_FIRST, *self.axes.values(), *keys, *_LAST]

    def row(self, variant: Variant) -> tuple[Cell, ...]:
        """The row of a variant."""
        problem = variant.error
        error = None if problem is None else _text(f"{problem.code}: {problem.message}")
        cells = chain(map(variant.set.__getitem__, self.axes), map(variant.amounts.get, self.amounts))
        return (
            variant.id,
            *[cell if cell.__class__ is int and _LEAST <= cell <= _MOST else _cell(cell) for cell in cells],
            int(variant.fits),
            ",".join(variant.breaks),
            error,
        )

    def variant(self, row: Sequence[Any], unknown: Collection[str] = (), *, front: bool = False) -> Variant:
        """The variant of a row; `unknown` are its amounts of which a part is unknown.

        Raises `ValueError` where a column has something of another kind: anybody can write a database.
        """
        id, *cells, fits, breaks, error = row
        values = [cell if cell.__class__ is int else value_of_cell(cell) for cell in cells]
        found = values[len(self.axes) :]
        right = kinds(found) <= _AMOUNTS and kinds(values[: len(self.axes)]) <= KINDS
        if not right or breaks.__class__ is not str or not (error is None or error.__class__ is str):
            raise ValueError("another kind")
        set = dict(zip(self.axes, values, strict=False))
        amounts: dict[str, Any] = {}
        problem = None
        if error is None:
            amounts = dict(zip(self.amounts, found, strict=True))
            for key in unknown:
                amounts[key] = AtLeast(amounts[key] or 0)
        else:
            code, _, message = error.partition(": ")
            problem = Problem(code, message)
        return Variant(id, set, amounts, bool(fits), breaks.split(",") if breaks else [], problem, front)


def kinds(values: Iterable[object]) -> set[type]:
    """The types of some values."""
    return {*map(type, values)}


def unknown_in(variant: Variant) -> list[str]:
    """The amounts of a variant of which a part is unknown."""
    amounts = variant.amounts
    if AtLeast not in map(type, amounts.values()):
        return []
    return [key for key, amount in amounts.items() if amount.__class__ is AtLeast]


def _cell(value: Value | None) -> Cell:
    """What a column has for a value or an amount."""
    if isinstance(value, str):
        plain = value.isascii() or _text(value) == value
        return value if plain and value not in _TRUTHS else json.dumps(value).encode()
    if isinstance(value, AtLeast):
        return _cell(int(value)) if value else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return value if _LEAST <= value <= _MOST else b"%d" % value
    return value


def value_of_cell(cell: Cell) -> Any:
    """The value or the amount that a column has."""
    if isinstance(cell, bytes):
        return json.loads(cell)
    return _TRUTHS.get(cell, cell) if isinstance(cell, str) else cell


def _text(text: str) -> str:
    """A text that UTF-8 can have: half a character, as a path may have it, is escaped."""
    return text.encode(errors="backslashreplace").decode()


def _printable(name: str) -> str:
    """The name of an axis as the name of a column: a file in another format may have any text as a name."""
    return name if name.isprintable() else name.encode("unicode_escape").decode()
