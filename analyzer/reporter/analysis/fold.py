"""Rows for several layers: a folded block, a total, the layers that were left out."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.result import Analysis, Row, Sums
from analyzer.engine.tree import Group, Run
from analyzer.reporter.analysis.geometry import SHORT, kind_text
from analyzer.units import plural

#: A run of `conv5` to `conv7` is called `conv5–7`.
_DIGITS = "0123456789"


class Folded(Row):
    """One row for several: costs are summed; output, receptive field and running sums are those of the last.

    `label` describes them, `members` are the rows. `layered`: whether the label has the kind of the first; `added` are
    the rows of its `norm` and `act` then.
    """

    __slots__ = ("_name", "added", "label", "layered", "members")

    def __init__(self, name: str, label: str, members: Sequence[Row], own: Sums, cumulative: Sums) -> None:
        known = [row.macs_on_data for row in members]
        super().__init__(
            members[-1].node,
            own,
            cumulative,
            macs_on_data=None if None in known else sum(filter(None, known)),
            receptive_field=members[-1].receptive_field,
            receptive_fields=members[-1].receptive_fields,
        )
        self._name = name
        self.label = label
        self.members = members
        self.layered = False
        self.added: Sequence[Row] = ()
        if members[0].saved is not None:
            self.saved = sum(filter(None, (row.saved for row in members)))
            self.live = max(filter(None, (row.live for row in members)), default=0)

    @classmethod
    def of(cls, name: str, label: str, members: Sequence[Row]) -> Folded:
        """The row for these members, with the sum of their costs."""
        own = members[0].own
        for row in members[1:]:
            own = own + row.own
        return cls(name, label, members, own, members[-1].cumulative)

    @property
    def name(self) -> str:
        """The common prefix of their names."""
        return self._name

    @property
    def kind(self) -> str:
        """The description of the members."""
        return self.label

    @property
    def path(self) -> str:
        """The path of the first."""
        return self.members[0].path

    @property
    def line(self) -> int | None:
        """The line of the first."""
        return self.members[0].line

    @property
    def inputs(self) -> list[str]:
        """The layers outside that the members read, each once."""
        inside = {row.name for row in self.members}
        return list(dict.fromkeys(name for row in self.members for name in row.inputs if name not in inside))

    @property
    def note(self) -> str | None:
        """Their notes, each once."""
        return "; ".join(dict.fromkeys(note for row in self.members if (note := row.node.origin.note))) or None

    @property
    def authored(self) -> bool:
        """Whether some of the numbers were given in the file."""
        return any(row.node.layer.authored for row in self.members)


def total_row(analysis: Analysis) -> Folded | None:
    """The row of totals; None for a network without layers."""
    if not analysis.rows:
        return None
    return Folded("total", "", analysis.rows, analysis.totals, analysis.totals)


def row_of(run: Run, rows: Sequence[Row]) -> Row:
    """The row of a run, of all rows of an analysis."""
    group = run.groups[0]
    members = rows[run.start : run.stop]
    if len(members) == 1 and members[0].name == group.name:
        return members[0]
    row = Folded.of(run_name(run), label_of(group, rows), members)
    layer = _layer_of(group)
    row.layered = layer is not None
    row.added = () if layer is None else members[1 : layer.layers]
    return row


def described(row: Row) -> Row | None:
    """The layer whose kind a row shows; None for a row that shows what its block is called."""
    if not isinstance(row, Folded):
        return row
    return row.members[0] if row.layered else None


def run_name(run: Run) -> str:
    """The name of a run: `stage3.2–6 ×5`, `conv5–7 ×3`."""
    first, last = run.groups[0].name, run.groups[-1].name
    if len(run.groups) == 1:
        return first
    stem = first.rstrip(_DIGITS)
    end = last[len(stem) :] if last.startswith(stem) else ""
    if stem == first or not (end.isascii() and end.isdigit()):
        end = last[_alike(first, last) :]
    return f"{first}–{end} ×{len(run.groups)}"


def _alike(first: str, last: str) -> int:
    """How many characters of two names are the parts that both begin with; frameworks join parts with `_` too.

    >>> _alike("a.left_1.conv", "a.left_2.conv"), _alike("conv1", "conv2"), _alike("s.left", "s.left")
    (7, 0, 2)
    """
    begin = 0
    for place, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            break
        if one in "._" and place + 1 < len(last):
            begin = place + 1
    return begin


def label_of(group: Group, rows: Sequence[Row]) -> str:
    """What a group is: its block, a block and its repetitions, or a layer with those it expands to."""
    if group.block is not None:
        return group.block
    if group.expanded or not group.parts:
        added = rows[group.start + 1 : group.stop]
        return ", ".join([kind_text(rows[group.start]), *(SHORT.get(row.kind, row.kind) for row in added)])
    blocks = {part.block for part in group.parts}
    block = blocks.pop() if len(blocks) == 1 else None
    if block is None and _layer_of(group) is not None:
        block = label_of(group.parts[0], rows)
    if block is not None:
        return f"{block} ×{len(group.parts)}" if len(group.parts) > 1 else block
    return plural(group.layers, "layer")


def _layer_of(group: Group) -> Group | None:
    """The layer whose kind the label of a group has: its own, or that of all its parts, which are equal."""
    while group.block is None and group.parts and not group.expanded:
        if len(group.runs) > 1 or len(group.parts) == 1:
            return None
        group = group.parts[0]
    return group if group.block is None else None
