"""Rows for several layers: a folded block, a total, the layers that were left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.network import Network
from analyzer.engine.result import Analysis, Row, Sums
from analyzer.reporter.analysis.geometry import kind_text


class Folded(Row):
    """One row for several: costs are summed; output, receptive field and running sums are those of the last.

    `label` describes them, `members` are the rows.
    """

    __slots__ = ("_name", "label", "members")

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
        """Their notes."""
        return "; ".join(note for row in self.members if (note := row.node.origin.note)) or None

    @property
    def authored(self) -> bool:
        """Whether some of the numbers were given in the file."""
        return any(row.node.layer.authored for row in self.members)


def total_row(analysis: Analysis) -> Folded | None:
    """The row of totals; None for a network without layers."""
    if not analysis.rows:
        return None
    return Folded("total", "", analysis.rows, analysis.totals, analysis.totals)


def folded(analysis: Analysis, depth: int | None) -> Sequence[Row]:
    """The rows; those whose names have more than `depth` components are folded into one row for each prefix.

    At depth 1 `stage2.1.conv1`, `stage2.1.conv2`, … become the row `stage2`.
    """
    if depth is None:
        return analysis.rows
    return [
        rows[0] if len(rows) == 1 and rows[0].name == prefix else _fold(prefix, rows, analysis.network)
        for prefix, rows in runs(analysis.rows, depth)
    ]


def runs(rows: Sequence[Row], depth: int) -> Iterator[tuple[str, list[Row]]]:
    """Neighbouring rows whose names begin with the same `depth` components."""
    run: list[Row] = []
    last = ""
    for row in rows:
        prefix = ".".join(row.name.split(".", depth)[:depth])
        if run and prefix != last:
            yield last, run
            run = []
        last = prefix
        run.append(row)
    if run:
        yield last, run


def _fold(prefix: str, rows: list[Row], network: Network) -> Folded:
    return Folded.of(prefix, _label(prefix, rows, network.groups), rows)


def _label(prefix: str, rows: list[Row], groups: dict[str, str]) -> str:
    """The description of a prefix: its block, a block and its repetitions, or a layer with those it expands to."""
    if prefix in groups:
        return groups[prefix]
    if rows[0].name == prefix:
        return ", ".join([kind_text(rows[0]), *[row.kind for row in rows[1:]]])  # conv1, conv1.batch_norm, conv1.relu
    level = prefix.count(".") + 2
    parts = dict.fromkeys(".".join(row.name.split(".", level)[:level]) for row in rows)
    blocks = {groups.get(part) for part in parts}
    block = blocks.pop() if len(blocks) == 1 else None
    if block is not None:
        return f"{block} ×{len(parts)}" if len(parts) > 1 else block
    return "1 layer" if len(rows) == 1 else f"{len(rows)} layers"
