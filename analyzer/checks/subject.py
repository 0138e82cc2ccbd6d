"""What a check is asked about, and what it answers with."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Node
from analyzer.engine.result import Analysis, Row
from analyzer.loader.parse.description import Model
from analyzer.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.checks.budget.budgets import Guard


class Found:
    """What a check found: `at` a layer or a place in the file (None: the network as a whole).

    `notes` carry the arithmetic, `help` a change that makes the check pass; `severity` where it is not the check's own.
    """

    __slots__ = ("at", "help", "message", "notes", "severity")

    def __init__(
        self,
        message: str,
        at: Node | Span | None,
        *,
        notes: Sequence[str] = (),
        help: str | None = None,
        severity: str | None = None,
    ) -> None:
        self.message = message
        self.at = at
        self.notes = tuple(notes)
        self.help = help
        self.severity = severity


class Subject:
    """A model that loaded: its description, and the analysis of its network.

    `readers` are the nodes that read each node, by its index (inputs count down from −1); `outputs` the indices of the
    network's outputs. `guards` say how much its amounts may grow against another network's.
    """

    def __init__(self, model: Model, analysis: Analysis, *, guards: Sequence[Guard] = ()) -> None:
        self.model = model
        self.analysis = analysis
        self.guards = tuple(guards)
        self.network = analysis.network
        self.rows: Sequence[Row] = analysis.rows
        self.readers: dict[int, list[Node]] = {}
        for node in self.network.nodes:
            for source in dict.fromkeys(node.inputs):
                self.readers.setdefault(source.index, []).append(node)
        self.outputs = {node.index for node in self.network.outputs}

    @property
    def loss(self) -> str:
        """The loss that the file's `training` names, cross-entropy unless it does."""
        return str(self.model.training.get("loss", "cross_entropy"))

    def read_by(self, node: Node) -> list[Node]:
        """The nodes that read this one."""
        return self.readers.get(node.index, [])

    def only_reader(self, node: Node) -> Node | None:
        """The node that alone reads this one, where it is no output; None otherwise."""
        readers = self.read_by(node)
        return readers[0] if len(readers) == 1 and node.index not in self.outputs else None
