"""The comparison as rows: what the old network has beside what the new one has in its place.

`rows_of(difference)` gives the rows in the order of the new network; a removed part follows the part that preceded it.
A row is a layer with its normalisation and activation, a block, or a run of equal neighbours that changed alike
(`stage3.7–8`, two blocks). A block whose parts did not all change is shown by its parts, while that leaves at most
`_MOST` rows with a change. Every layer of both networks is in exactly one row, so the changes of the rows add up to the
change of the totals.

`folded(rows)` keeps the rows that changed with one neighbour on each side, and puts every stretch between them into a
`Fold`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.difference.changes import LayerChange, cost_of
from analyzer.difference.result import Difference, OneSided
from analyzer.difference.tree import NamedNode
from analyzer.record import Record, field
from analyzer.reporter.difference.entries import COSTS, together
from analyzer.reporter.difference.units import OPENED, Part, Unit, units_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

#: Rows with a change among which blocks are still opened, so that a reader sees the layer that changed in a block.
_MOST = 24
#: Components of a name that are opened at most.
_DEEPEST = 24
#: A shorter stretch of rows is not folded: its own line would hide one row and take the room of one.
_SHORTEST = 2


class Face(Record):
    """What one network has in a row: `parts`, equal neighbours or one part.

    `kind` is the type of a layer, empty for a block; `layers` counts the layers of all parts; `output` is the volume of
    the last layer; `costs` has each of `COSTS` over all parts.
    """

    parts: Sequence[Part]
    name: str = field(init=False)
    kind: str = field(init=False)
    layers: int = field(init=False)
    output: str = field(init=False)
    costs: dict[str, int] = field(init=False)

    def check(self) -> None:
        """Derives what the parts say."""
        first = self.parts[0].node.layer
        self.name = together([part.node.name for part in self.parts])
        self.kind = "" if first is None else str(first["kind"])
        self.layers = sum(len(part.layers) for part in self.parts)
        layers = [node.layer for part in self.parts for node in part.layers if node.layer is not None]
        self.output = str(layers[-1]["output"])
        self.costs = {name: sum(cost_of(layer, name) for layer in layers) for name in COSTS}

    @property
    def kinds(self) -> list[str]:
        """The types of the layers of one part, in order."""
        return [str(node.layer["kind"]) for node in self.parts[0].layers if node.layer is not None]


class Row(Record):
    """One row: `old` and `new` are what the networks have in it; None where only the other one has it.

    `change` is `added`, `removed`, `changed` or `moved`; empty where nothing changed. `affected` says of such a row
    that it differs in what follows from earlier layers or from the run, such as a receptive field. `layers` are the
    changes of the layers in one of its parts; `times` counts the parts; `delta` has the change of each of `COSTS`.
    """

    change: str
    old: Face | None
    new: Face | None
    affected: bool
    layers: Sequence[LayerChange]
    times: int = field(init=False)
    delta: dict[str, int] = field(init=False)

    def check(self) -> None:
        """Derives the change of the costs."""
        self.times = len(self.face.parts)
        costs = [dict.fromkeys(COSTS, 0) if face is None else face.costs for face in (self.old, self.new)]
        self.delta = {name: costs[1][name] - costs[0][name] for name in COSTS}

    @property
    def face(self) -> Face:
        """What the new network has, or what the old one had."""
        face = self.new if self.new is not None else self.old
        assert face is not None
        return face

    @property
    def renamed(self) -> bool:
        """Whether it has another name, and not only another number in it."""
        if self.old is None or self.new is None:
            return False
        return _numberless(self.old.parts[0].node.name) != _numberless(self.new.parts[0].node.name)

    @property
    def shown(self) -> bool:
        """Whether a reader looks for this row."""
        return bool(self.change) or self.renamed


class Fold(Record):
    """A stretch of rows that did not change."""

    rows: Sequence[Row]

    @property
    def layers(self) -> int:
        """The number of layers in it."""
        return sum(row.face.layers for row in self.rows)

    @property
    def names(self) -> list[str]:
        """The name of its first row and that of its last one."""
        return list(dict.fromkeys([self.rows[0].face.name, self.rows[-1].face.name]))


def rows_of(difference: Difference | OneSided) -> list[Row]:
    """The rows of a comparison."""
    changes = {id(change.node): change for change in difference.layers}
    old, new = _roots(difference)
    found = list(_runs(units_of(old, new, changes, level=1)))
    for level in range(2, _DEEPEST):
        deeper = list(_runs(units_of(old, new, changes, level=level)))
        if sum(bool(run[0].change) for run in deeper) > _MOST or (level > OPENED and len(deeper) == len(found)):
            break
        found = deeper
    return [_row(run) for run in found]


def _roots(difference: Difference | OneSided) -> tuple[NamedNode | None, NamedNode | None]:
    """The trees of both networks; None for one that does not exist, or that has no layers."""
    if isinstance(difference, Difference):
        return difference.root_old, difference.root_new
    top = difference.layers[0].node if difference.layers else None
    while top is not None and top.parent is not None:
        top = top.parent
    return (None, top) if difference.added else (top, None)


def folded(rows: Sequence[Row], *, around: int = 1) -> list[Row | Fold]:
    """The rows that a reader looks for, with `around` neighbours on each side; the stretches between them are folds."""
    shown = {
        place + step for place, row in enumerate(rows) if row.shown for step in range(-around, around + 1)
    }  # places outside of the rows do no harm
    found: list[Row | Fold] = []
    stretch: list[Row] = []
    for place, row in enumerate(rows):
        if place in shown:
            found += _closed(stretch)
            stretch = []
            found.append(row)
        else:
            stretch.append(row)
    return found + _closed(stretch)


def _closed(stretch: list[Row]) -> list[Row | Fold]:
    if len(stretch) < _SHORTEST:
        return [*stretch]
    return [Fold(stretch)]


def _row(run: Sequence[Unit]) -> Row:
    """The row of one unit, or of equal neighbours."""
    first = run[0]
    olds = [unit.old for unit in run if unit.old is not None]
    news = [unit.new for unit in run if unit.new is not None]
    return Row(first.change, Face(olds) if olds else None, Face(news) if news else None, first.affected, first.layers)


def _runs(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """The units, equal neighbours that changed alike together."""
    run: list[Unit] = []
    for unit in units:
        if run and not _alike(run[-1], unit):
            yield run
            run = []
        run.append(unit)
    if run:
        yield run


def _alike(one: Unit, other: Unit) -> bool:
    """Whether two neighbours can be shown as one row."""
    if one.change != other.change or one.affected != other.affected:
        return False
    if not (_repeats(one.old, other.old) and _repeats(one.new, other.new)):
        return False
    return _said(one) == _said(other)


def _repeats(one: Part | None, other: Part | None) -> bool:
    """Whether two parts are equal repetitions of one block, by their names `stage3.7`, `stage3.8`, or both are None."""
    if one is None or other is None:
        return one is other
    same = one.content == other.content and one.node.parent is other.node.parent
    return same and one.node.part.isdecimal() and other.node.part.isdecimal()


def _said(unit: Unit) -> list[tuple[object, ...]]:
    """What the changes in a unit are, apart from names."""
    return [
        (change.what, *(name for name in change.fields if name != "inputs"), repr(change.fields.get("arguments")))
        for change in unit.layers
    ]


def _numberless(name: str) -> list[str]:
    return [part.rstrip("0123456789") for part in name.split(".")]
