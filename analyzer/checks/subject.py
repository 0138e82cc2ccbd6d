"""What a check is asked about."""

from __future__ import annotations

from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyzer.engine.amounts import Amounts
    from analyzer.engine.network import Network, Node
    from analyzer.engine.result import Analysis, Row
    from analyzer.loader.parse.description import Limit, Model
    from analyzer.source import Span


class Guard(Record):
    """How much the amount of `key` may grow: at most by `most`, which was written as `written` (`+100K`, `+5%`).

    `unit` is the unit it was written in, `base` the amount of the base, `label` the name of the base.
    """

    key: str
    most: int
    unit: str
    written: str
    base: int
    label: str


class Subject(Record):
    """The analysis of a network, and the description of its file (None: the network was built without one).

    `limits` hold in place of the file's budget where they are given; `guards` say how much an amount may grow against
    that of another network. `readers` are the nodes that read each node, by its index (inputs count down from −1);
    `outputs` the indices of the network's outputs.
    """

    analysis: Analysis
    model: Model | None = None
    limits: Mapping[str, Limit] | None = None
    guards: Sequence[Guard] = ()
    network: Network = field(init=False)
    rows: Sequence[Row] = field(init=False)
    readers: dict[int, list[Node]] = field(init=False)
    outputs: set[int] = field(init=False)

    def check(self) -> None:
        """Sets what follows from the analysis."""
        self.network = self.analysis.network
        self.rows = self.analysis.rows
        self.readers = {}
        for node in self.network.nodes:
            for source in dict.fromkeys(node.inputs):
                self.readers.setdefault(source.index, []).append(node)
        self.outputs = {node.index for node in self.network.outputs}

    @property
    def budget(self) -> Mapping[str, Limit]:
        """The limits that hold, by key: those that were given, otherwise the file's."""
        if self.limits is not None:
            return self.limits
        return self.model.budget if self.model is not None else {}

    @property
    def training(self) -> Mapping[str, object]:
        """The run that the file's `training` describes; empty where no file does."""
        return self.model.training if self.model is not None else self.analysis.training

    @property
    def amounts(self) -> Amounts:
        """The amounts that budgets limit, with the peaks of the file's `training`."""
        from analyzer.engine.amounts import Amounts

        return Amounts(self.analysis, self.training)

    @property
    def loss(self) -> str:
        """The loss that the file's `training` names; cross-entropy where none is named."""
        return str(self.training.get("loss", "cross_entropy"))

    def place_of_input(self, node: Node) -> Span | None:
        """Where the file writes this input; None where no file does."""
        written = self.model.inputs.get(node.name) if self.model is not None else None
        return written.tree.span(self.model.file) if self.model is not None and written is not None else None

    def place_of_training(self, key: str) -> Span | None:
        """Where the file writes this key of `training`; None where it does not."""
        written = None if self.model is None else self.model.training_places().get(key)
        return written.span(self.model.file) if self.model is not None and written is not None else None

    def read_by(self, node: Node) -> list[Node]:
        """The nodes that read this one."""
        return self.readers.get(node.index, [])

    def only_reader(self, node: Node) -> Node | None:
        """The single node that reads this one; None where several do, or where it is an output."""
        readers = self.read_by(node)
        return readers[0] if len(readers) == 1 and node.index not in self.outputs else None
