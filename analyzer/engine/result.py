"""What an analysis returns: rows, their running sums and totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.engine.network import Network, Node
from analyzer.engine.receptive_field import ReceptiveField
from analyzer.record import Reported
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

#: The modes of weight sharing, in the order of the reports.
MODES = ("shared", "local", "declared")

#: What is counted of parameters: the fields of `Cost`, in the order of the reports.
COUNTS = ("weights", "biases", "parameters", "trainable", "buffers", "bytes")


class Cost(Reported, eq=True):
    """What parameters cost in one mode: counts, and bytes of all of them at the run's dtype.

    `trainable` is `parameters` less those of frozen layers.
    """

    weights: int
    biases: int
    buffers: int
    bytes: int
    trainable: int

    # By hand, like that of `Sums` and `Row`: each layer of a network makes several.
    def __init__(self, weights: int, biases: int, buffers: int, bytes: int, trainable: int) -> None:
        self.weights = weights
        self.biases = biases
        self.buffers = buffers
        self.bytes = bytes
        self.trainable = trainable

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    def __add__(self, other: Cost) -> Cost:
        if other is FREE:  # most layers have no parameters
            return self
        return Cost(
            self.weights + other.weights,
            self.biases + other.biases,
            self.buffers + other.buffers,
            self.bytes + other.bytes,
            self.trainable + other.trainable,
        )


FREE = Cost(0, 0, 0, 0, 0)


class Sums(Reported):
    """Costs summed over rows: one `Cost` a mode, MACs of one sample, bytes of the outputs at the run's batch and dtype."""

    shared: Cost
    local: Cost
    declared: Cost
    macs: int
    activation_bytes: int

    def __init__(self, shared: Cost, local: Cost, declared: Cost, macs: int, activation_bytes: int) -> None:
        self.shared = shared
        self.local = local
        self.declared = declared
        self.macs = macs
        self.activation_bytes = activation_bytes

    def __add__(self, other: Sums) -> Sums:
        shared = self.shared + other.shared
        same = self.declared is self.shared and other.declared is other.shared
        return Sums(
            shared,
            self.local + other.local,
            shared if same else self.declared + other.declared,
            self.macs + other.macs,
            self.activation_bytes + other.activation_bytes,
        )


class Row(Reported):
    """One layer of a report.

    `name` is its full name, `kind` its type, `path` the blocks around it, `inputs` the names of what it reads,
    `output` its output volume, `own` its own costs, `cumulative` the sums up to and with it; `macs_on_data` the MACs that
    fall on no padding, `unread` the cells at the end of each axis that no window reads, `receptive_field` the cells of
    the network's first input that an output cell sees (each None where there is no such thing). `saved` and `live` are
    there once `Analysis.measure_memory` was asked: bytes that it is the first to keep for the backward pass, and bytes of
    activations alive while it runs.
    """

    node: Node
    own: Sums
    cumulative: Sums
    macs_on_data: int | None
    unread: list[int] | None
    receptive_field: ReceptiveField | None
    saved: int | None
    live: int | None

    def __init__(
        self,
        node: Node,
        own: Sums,
        cumulative: Sums,
        macs_on_data: int | None = None,
        unread: list[int] | None = None,
        receptive_field: ReceptiveField | None = None,
    ) -> None:
        self.node = node
        self.own = own
        self.cumulative = cumulative
        self.macs_on_data = macs_on_data
        self.unread = unread
        self.receptive_field = receptive_field
        self.saved = None
        self.live = None

    @property
    def name(self) -> str:
        """The full name: `stage2.1.conv3`."""
        return self.node.name

    @property
    def kind(self) -> str:
        """The layer's type."""
        return self.node.layer.type

    @property
    def path(self) -> str:
        """The path of the blocks around it; empty at the top."""
        return self.node.origin.path

    @property
    def line(self) -> int | None:
        """The line that it stands on."""
        return None if self.node.origin.span is None else self.node.origin.span.line

    @property
    def inputs(self) -> list[str]:
        """The names of the layers that it reads; `input` is the network's."""
        return [node.name for node in self.node.inputs]

    @property
    def output(self) -> Volume:
        """The output volume of one sample."""
        return self.node.output

    @property
    def shared(self) -> Cost:
        """Its parameters where every layer shares its weights."""
        return self.own.shared

    @property
    def local(self) -> Cost:
        """Its parameters where every layer that can is locally connected."""
        return self.own.local

    @property
    def declared(self) -> Cost:
        """Its parameters as the file says."""
        return self.own.declared

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample."""
        return self.own.macs

    @property
    def activation_bytes(self) -> int:
        """Bytes of its output at the run's batch and dtype."""
        return self.own.activation_bytes

    def memory(self, mode: str) -> int:
        """Bytes of its parameters in a mode and of its output."""
        cost: Cost = getattr(self.own, mode)
        return cost.bytes + self.own.activation_bytes


class ActivationPeak(Reported):
    """The most bytes of activations alive at once while the network runs forward, and the name of the layer there."""

    bytes: int
    name: str


class Analysis(Reported, kw_only=True):
    """What every layer of a network puts out and costs.

    `rows` in the order of computation, `totals` their sums, `peak` the peak of activation memory; `file`, `name`,
    `batch` and `dtype` of the run; `diagnostics` the warnings and notes.
    """

    network: Network
    rows: Sequence[Row]
    totals: Sums
    peak: ActivationPeak
    name: str
    file: str
    batch: int
    dtype: str
    description: str | None = None
    diagnostics: Sequence[Diagnostic] = ()

    #: How a notebook shows an analysis; the public API sets it, since no report format is known on this floor.
    notebook: ClassVar[Callable[[Analysis], str] | None] = None

    def _repr_html_(self) -> str | None:
        show = Analysis.notebook
        return None if show is None else show(self)

    @property
    def input(self) -> Volume:
        """The volume that the first layer reads."""
        return self.network.inputs[0].output

    @property
    def mixed(self) -> bool:
        """Whether the file declares sharing of its own, so that `declared` differs from `shared`."""
        return self.totals.declared != self.totals.shared

    @property
    def macs_on_data(self) -> int | None:
        """The MACs of all layers that fall on no padding; None where a layer does not say."""
        total = 0
        for row in self.rows:
            if row.macs_on_data is None:
                return None
            total += row.macs_on_data
        return total

    def measure_memory(self) -> None:
        """Works out what each row saves for the backward pass and has alive; once, for the reports that show it."""
        if not self.rows or self.rows[0].saved is not None:
            return
        from analyzer.engine.memory.by_layer import saved_and_live

        found = saved_and_live(self.network, batch=self.batch, dtype=self.dtype)
        for row in self.rows:
            row.saved, row.live = found[row.name]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)
