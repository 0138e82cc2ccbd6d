"""The result of an analysis: a row for each layer, running sums, and totals."""

# Longer than most modules: each number of a report is a property with its documentation, from which its page is made.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.engine.network import Network, Node, Source
from analyzer.engine.receptive_field import ReceptiveField
from analyzer.layers.windows import NO_GEOMETRY
from analyzer.record import ABOVE, Printed, Record, Reported, field
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

    from analyzer.layers.windows import Geometry

#: The modes of weight sharing, in the order of the reports.
MODES = ("shared", "local", "declared")

#: What is counted of parameters: the fields of `Cost`, in the order of the reports.
COUNTS = ("weights", "biases", "parameters", "trainable", "buffers", "bytes")


class Cost(Reported, eq=True):
    """The cost of parameters in one mode of sharing: how many there are, and their size.

    `bytes` is the size of weights, biases and buffers in the number format of the run. `trainable` counts the
    parameters of layers that are not frozen.
    """

    weights: int
    biases: int
    buffers: int
    bytes: int
    trainable: int

    # Written by hand, like those of `Sums` and `Row`: every layer of every network makes several.
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


class Traffic(Record, eq=True):
    """The bytes that a forward pass moves in each mode of sharing: inputs, parameters and output, each of them once.

    For the batch and number format of the run; `analyzer.engine.traffic` says what counts.
    """

    shared: int
    local: int
    declared: int

    def __init__(self, shared: int, local: int, declared: int) -> None:
        self.shared = shared
        self.local = local
        self.declared = declared

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.shared + other.shared, self.local + other.local, self.declared + other.declared)


#: That of a view.
STILL = Traffic(0, 0, 0)


class Sums(Reported):
    """The costs of one layer, or of several added up.

    A `Cost` for each mode of sharing, the MACs of one sample in the forward and in the backward pass, and for the
    `batch` and number format of the run the bytes of the outputs and the traffic. `macs` and `backward_macs` are an
    `analyzer.units.AtLeast` where a part of them is unknown.
    """

    shared: Cost
    local: Cost
    declared: Cost
    macs: int
    activation_bytes: int
    backward_macs: int
    traffic: Traffic
    batch: int

    def __init__(
        self,
        shared: Cost,
        local: Cost,
        declared: Cost,
        macs: int,
        activation_bytes: int,
        backward_macs: int,
        traffic: Traffic,
        batch: int,
    ) -> None:
        self.shared = shared
        self.local = local
        self.declared = declared
        self.macs = macs
        self.activation_bytes = activation_bytes
        self.backward_macs = backward_macs
        self.traffic = traffic
        self.batch = batch

    @property
    def at_least(self) -> list[str]:
        """The names of the numbers of which a part is unknown: they are at least as large as they are here."""
        return [] if self.macs.__class__ is int else ["macs"]

    def intensity(self, mode: str) -> float | None:
        """FLOPs for each byte of traffic in a mode: 2 · MACs of the batch / traffic.

        None where nothing is moved and where no MACs are known; of those that are known where a part is unknown.
        """
        traffic: int = getattr(self.traffic, mode)
        known = self.macs or not self.at_least
        return 2 * int(self.macs) * self.batch / traffic if traffic and known else None

    def __add__(self, other: Sums) -> Sums:
        shared = self.shared + other.shared
        same = self.declared is self.shared and other.declared is other.shared
        return Sums(
            shared,
            self.local + other.local,
            shared if same else self.declared + other.declared,
            self.macs + other.macs,
            self.activation_bytes + other.activation_bytes,
            self.backward_macs + other.backward_macs,
            self.traffic + other.traffic,
            self.batch,
        )


class Row(Reported):
    """One layer of a report.

    `node` is the placed layer; `name`, `kind` (its type), `path` (the blocks around it), `inputs` (the names of the
    layers that it reads) and `output` are properties of it. `own` has the costs of this layer, `cumulative` the sum of
    all rows up to and including this one.

    Three fields are None where a layer has no such number: `macs_on_data`, the MACs whose taps do not fall on padding;
    `unread`, how many cells at the end of each axis no window reads; `receptive_field`, the cells of the network's
    input that an output cell sees, the first one of those that it sees. `receptive_fields` has them for each input that
    it sees, by the input's name, and None where its field there is unknown.

    `saved` and `live` are None until `analyzer.engine.memory.by_layer.measure_memory` sets them. `saved` is the size in
    bytes of the tensors that this layer is the first to save for the backward pass, `live` that of all activations
    alive while it runs.
    """

    node: Node
    own: Sums
    cumulative: Sums
    macs_on_data: int | None
    unread: list[int] | None
    receptive_field: ReceptiveField | None
    receptive_fields: dict[str, ReceptiveField | None]
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
        receptive_fields: dict[str, ReceptiveField | None] | None = None,
    ) -> None:
        self.node = node
        self.own = own
        self.cumulative = cumulative
        self.macs_on_data = macs_on_data
        self.unread = unread
        self.receptive_field = receptive_field
        self.receptive_fields = {} if receptive_fields is None else receptive_fields
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
        """The line of the file that it is written on; None for a network that was not read from a text."""
        span = self.node.origin.span
        return span.line if span is not None and span.in_text else None

    @property
    def inputs(self) -> list[str]:
        """The names of the layers that it reads; the input of the network is usually called `input`."""
        return [node.name for node in self.node.inputs]

    @property
    def input(self) -> Volume:
        """The volume of one sample that it reads; of several the first. A layer that reads none: what it puts out."""
        return self.node.flow.input

    @property
    def input_volumes(self) -> list[Volume]:
        """The volumes of one sample that it reads, in the order of `inputs`."""
        return [node.output for node in self.node.inputs]

    @property
    def output(self) -> Volume:
        """The output volume of one sample."""
        return self.node.output

    @property
    def tied(self) -> str | None:
        """The name of the layer whose parameters it reuses."""
        return None if self.node.tied is None else self.node.tied.name

    @property
    def frozen(self) -> bool:
        """Whether its parameters are not trained."""
        return self.node.frozen

    @property
    def authored(self) -> bool:
        """Whether its numbers were given in the file and not calculated."""
        return self.node.layer.authored

    @property
    def fused(self) -> list[str]:
        """The names of the layers that it takes in, where layers are fused."""
        return [node.name for node in self.node.fused]

    @property
    def note(self) -> str | None:
        """Its note in the file."""
        return self.node.origin.note

    @property
    def geometry(self) -> Geometry:
        """The numbers of its window; each of them is a property of the row too."""
        return self.node.layer.geometry(self.input) if self.node.inputs else NO_GEOMETRY

    @property
    def kernel(self) -> tuple[int, ...] | None:
        """The size of its window in cells on each spatial axis; None for a layer without a window."""
        return self.geometry.kernel

    @property
    def stride(self) -> tuple[int, ...] | None:
        """The cells from one window to the next on each spatial axis; None for a layer without a window."""
        return self.geometry.stride

    @property
    def padding(self) -> tuple[tuple[int, int], ...] | None:
        """The cells before and after its input on each spatial axis, in numbers also where the file says `same`.

        A transposed convolution removes that many cells of its output, a `crop` of its input. None for a layer without
        padding.
        """
        return self.geometry.padding

    @property
    def dilation(self) -> tuple[int, ...] | None:
        """The cells from one tap of its window to the next on each axis; None for a layer without a window."""
        return self.geometry.dilation

    @property
    def groups(self) -> int | None:
        """The groups of planes that it does not mix: 1, or the depth of the input for a depthwise convolution.

        None for a layer that is no convolution.
        """
        return self.geometry.groups

    @property
    def shared(self) -> Cost:
        """The cost of its parameters if every layer shares its weights."""
        return self.own.shared

    @property
    def local(self) -> Cost:
        """The cost of its parameters if every layer that can be is locally connected."""
        return self.own.local

    @property
    def declared(self) -> Cost:
        """The cost of its parameters with the sharing that the file declares."""
        return self.own.declared

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample; of a layer whose MACs are `unknown` those that are known, 0."""
        return self.own.macs

    @property
    def backward_macs(self) -> int:
        """Multiply-accumulates of the backward pass of one sample: the gradients of its inputs and of its weights."""
        return self.own.backward_macs

    @property
    def unknown(self) -> list[str]:
        """The names of its numbers that nobody knows: `macs`, or none."""
        return self.own.at_least

    @property
    def traffic(self) -> Traffic:
        """The bytes of its inputs, parameters and output in each mode: what a forward pass reads and writes once."""
        return self.own.traffic

    def intensity(self, mode: str = "shared") -> float | None:
        """FLOPs for each byte of traffic in a mode; None where nothing is moved or the MACs are unknown."""
        return self.own.intensity(mode)

    @property
    def activation_bytes(self) -> int:
        """The size of its output in bytes, for the batch and number format of the run."""
        return self.own.activation_bytes

    def __repr__(self) -> str:
        return f"Row({self.name!r}: {self.kind} {self.input} -> {self.output}, {self.shared.parameters:,} parameters)"

    def memory(self, mode: str) -> int:
        """The size of its parameters in a mode and of its output, in bytes."""
        cost: Cost = getattr(self.own, mode)
        return cost.bytes + self.own.activation_bytes


class ActivationPeak(Reported):
    """The most bytes of activations alive at once while the network runs forward, and the name of the layer there."""

    bytes: int
    name: str


class Analysis(Reported, Printed, kw_only=True):
    """The output volume and the costs of every layer of a network.

    `rows` has the layers in the order of computation, `totals` their sums, `peak` the peak of activation memory.
    `batch` and `dtype` are those of the run, `training` the settings of a run that the file writes; `diagnostics` has
    warnings and notes.

    `print` shows the table, folded as the command folds it. `to_dict()` gives the JSON report
    (schemas/report.schema.json) as plain data, `to_dataframe()` a row for each layer, `amounts()` the totals that a
    budget may limit.
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
    training: Mapping[str, Any] = field(factory=dict)

    #: Draws an analysis as HTML for a notebook. The public API sets it, since this floor knows no report format.
    notebook: ClassVar[Callable[[Analysis], str] | None] = None

    def _repr_html_(self) -> str | None:
        show = Analysis.notebook
        return None if show is None else show(self)

    @property
    def input(self) -> Volume:
        """The volume that the first layer reads."""
        return self.network.inputs[0].output

    @property
    def weights_dtype(self) -> str | None:
        """The number format of most weights where it is not `dtype` for all: that of the file of another program."""
        own = self.network.weights_dtype
        return None if own == self.dtype and not self.network.formats else own

    @property
    def source(self) -> Source | None:
        """The file of another program that the network was read from; None for one of our own."""
        return self.network.source

    @property
    def uncovered(self) -> dict[str, int]:
        """How often each operator of that file became a `custom` layer, since the catalogue has no such type."""
        return self.network.uncovered

    def to_dataframe(self, mode: str = "both") -> Any:
        """A pandas DataFrame with a row for each layer; its columns are those of the CSV (docs/spreadsheets.md).

        `mode` is `both` (the columns of every mode of sharing), `shared`, `local` or `declared`. Whole numbers are
        exact: `Int64`, or Python's own beyond 2^63. Sizes are bytes. A cell without a value is None (`NA`).

        Raises `ImportError` where pandas is not installed, and `SettingError` for another mode.
        """
        return ABOVE["dataframe"](self, mode)

    def amounts(self, **training: object) -> dict[str, int]:
        """The numbers that a budget may limit, by its keys: `params`, `macs`, `peak_training_memory` and so on.

        `training` are settings of `analyzer.memory` (`batch`, `dtype`, `optimizer`, `device`, …); the file's
        `training`, and the batch and number format of this analysis, hold where they are not given. Every number is a
        plain `int`, so that the dict can be logged. A number that the network does not have or that nobody knows is
        left out: `peak_training_memory` in a number format that nothing is trained in, `macs` where a part of them is
        unknown.

        Raises `SettingError` for a wrong setting.

        >>> import analyzer
        >>> model = {"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8}}], "training": {"batch": 2}}
        >>> found = analyzer.analyze(model).amounts()  # 4 bytes for each of 2 · 25·25·20 activations
        >>> found["params"], found["macs"], found["activation_memory"]
        (3860, 2400000, 100000)
        >>> "peak_training_memory" in found, "peak_training_memory" in analyzer.analyze(model).amounts(dtype="int8")
        (True, False)
        """
        found: dict[str, int] = ABOVE["amounts"](self, training)
        return found

    @property
    def mixed(self) -> bool:
        """Whether the file declares sharing of its own, so that `declared` differs from `shared`."""
        return self.totals.declared != self.totals.shared

    @property
    def macs_on_data(self) -> int | None:
        """The MACs of all layers whose taps do not fall on padding; None if a layer has no such number."""
        total = 0
        for row in self.rows:
            if row.macs_on_data is None:
                return None
            total += row.macs_on_data
        return total

    @property
    def unknown(self) -> dict[str, list[str]]:
        """The layers of which a number is unknown, by the number: `{"macs": ["grid_sample1"]}`."""
        names = [row.name for row in self.rows if row.unknown]
        return {"macs": names} if names else {}

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"Analysis({described(self)})"


def described(found: Any) -> str:
    """An analysis, or one that was saved, in a line.

    >>> from analyzer import analyze
    >>> described(analyze("input: 4x4x3\\nlayers: [{dense: 10}]"))
    "'model': 1 layer from 4x4x3, 490 parameters, 480 MACs"
    """
    totals, layers = found.totals, len(found.rows)
    parameters = f"{totals.shared.parameters:,} parameters"
    if totals.local.parameters != totals.shared.parameters:
        parameters = f"{parameters} shared, {totals.local.parameters:,} locally connected"
    many = "1 layer" if layers == 1 else f"{layers:,} layers"
    return f"{found.name!r}: {many} from {found.input}, {parameters}, {totals.macs:,} MACs"
