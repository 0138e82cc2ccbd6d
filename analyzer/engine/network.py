"""The network: layers placed one after the other, each reading volumes that earlier ones put out.

`Network.place` is the propagation: the one place where the output volume of a layer becomes the input of the next. It
also keeps the laws of a network: unique names, the limit of layers, how many volumes a layer reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analyzer.diagnostics import LAYER, Diagnostic, Refusal
from analyzer.dtypes import is_narrow, is_quantized
from analyzer.layers import Flow, Input, Layer
from analyzer.layers.answers import Bank
from analyzer.record import Record, field
from analyzer.source import Span, shown
from analyzer.volume import Volume


class Origin(Record):
    """Where a node comes from: its place in the file, the path of the blocks around it, its author's note."""

    span: Span | None = None
    path: str = ""
    note: str | None = None


class Node(Record):
    """A placed layer: the nodes that it reads, and the volume that it puts out.

    index   its place in `Network.nodes`; inputs of the network count down from −1
    flow    the volumes that it reads and puts out; nodes with one layer that read equal volumes share one flow, so that
            a pass can ask a repeated layer once
    tied    the node whose parameters it reuses, or only the weights: see `tying`
    frozen  whether its parameters are not trained
    output  the volume that it puts out: that of its flow, which every pass asks for
    weights_only  whether it keeps its own biases, though it could reuse those of `tied`
    fused   in a network whose layers are fused, the nodes of the other network that this one takes in
    """

    index: int
    name: str
    layer: Layer
    inputs: Sequence[Node]
    flow: Flow
    origin: Origin
    tied: Node | None
    frozen: bool
    output: Volume
    weights_only: bool = False
    fused: Sequence[Node] = ()

    def __repr__(self) -> str:
        return f"Node({self.name}: {self.layer.type} {self.output})"


class Facts(Record):
    """What a loader asked of volumes while it placed a network: with the same answers it places the same layers.

    `made` has the layers whose parameters depend on a volume, by their index: the node of that volume, and a function
    that makes the layer for another volume. `sizes` says that an expression elsewhere reads a spatial size, `depths`
    that one reads a depth. `compared` has the nodes whose outputs were compared, in pairs, in their order; with True
    where a network is refused if they differ, as the two sides of a sum.
    """

    sizes: bool = False
    depths: bool = False
    made: dict[int, tuple[Node, Callable[[Volume], Layer]]] = field(factory=dict)
    compared: list[tuple[Node, Node, bool]] = field(factory=list)


class Source(Record, eq=True):
    """The file of another program that a network was read from: its format, and what wrote it, where the file says so.

    format    `onnx`, `keras` …
    producer  the program: `pytorch`
    version   its version: `2.13.0`
    """

    format: str
    producer: str | None = None
    version: str | None = None


class Kept(Record):
    """A tensor that a module of PyTorch saves: its shape, its number format, and whether it is a parameter."""

    shape: tuple[int, ...]
    dtype: str
    parameter: bool


class Refused(Record):
    """A layer that could not be placed, the nodes that it reads, and how many layers were placed before it."""

    name: str
    layer: Layer
    inputs: Sequence[Node]
    placed: int


_NOWHERE = Origin()

#: The layers that a network may have.
MOST_LAYERS = 100_000


class Network:
    """Layers in the order they were placed, which is an order of computation.

    `inputs` are the nodes where volumes enter, `nodes` the placed layers, `names` the placed layers by full name.
    `groups` has the block or structure at a path, with its repetitions: `stage2` → `Bottleneck ×4`; `calls` what the
    block at a path was called on, `sites` the place of that call in the file; `refused` the layers that a loader could
    not place. `most` is the number of layers that it may have. `again`, which a loader sets, makes the network from its
    description once more, with other volumes for some inputs; it returns None where a layer refuses what it reads.
    `notes` are what the loader says about the description of a network without a mistake, `facts` what it asked of
    volumes, where `again` placed it.

    `expected` has the sizes that a description's `expect` says of an output, by the index of the layer, where they hold
    (None: any size).

    Of a network that was read from a file of another program, `source` says which, `uncovered` how often each of its
    operators became a `custom` layer, and `weights_dtype` the number format of most weights, where it has one that the
    run does not override; `formats` has that of each layer by its name, where they have several. `tensors` are what a
    module of PyTorch saves, by their names, which begin with the names of layers. `quantized`: its biases are those of
    a runtime, which have 32 bits where weights have few.

    >>> from analyzer.layers import CATALOGUE
    >>> network = Network()
    >>> image = network.enter("image", Volume((32, 32), 3))
    >>> network.place("flat", CATALOGUE["flatten"](), [image])
    Node(flat: flatten 3072)
    """

    def __init__(self, most: int = MOST_LAYERS) -> None:
        self.most = most
        self.inputs: list[Node] = []
        self.nodes: list[Node] = []
        self.names: dict[str, Node] = {}
        self.groups: dict[str, str] = {}
        self.calls: dict[str, Node] = {}
        self.sites: dict[str, Span] = {}
        self.again: Callable[[Mapping[str, Volume]], Network | None] | None = None
        self.notes: list[Diagnostic] = []
        self.facts = Facts()
        self.expected: dict[int, tuple[int | None, ...]] = {}
        self.refused: list[Refused] = []
        self.source: Source | None = None
        self.uncovered: dict[str, int] = {}
        self.weights_dtype: str | None = None
        self.formats: dict[str, str] = {}
        self.quantized = False
        self.tensors: Mapping[str, Kept] = {}
        self._entered: set[str] = set()
        self._named_outputs: list[Node] = []
        # Flows by the identities of a layer and of the volumes that it reads. Equal volumes are one object.
        self._flows: dict[tuple[int, ...], Flow] = {}
        self._volumes: dict[tuple[tuple[int, ...], int], Volume] = {}

    def __getstate__(self) -> dict[str, object]:
        """Without the flows, since objects get other identities in a pickle, and without the way back to a description.

        Nodes are pickled in the order of computation, so that none leads into a recursion.
        """
        return {**self.__dict__, "_flows": {}, "again": None}

    def enter(self, name: str, volume: Volume) -> Node:
        """A volume that enters the network under this name. Raises `Refusal` (NAME103) for a name in use."""
        self._check_name(name)
        flow = Flow((), self._one(volume))
        node = Node(-1 - len(self.inputs), name, Input(), (), flow, _NOWHERE, None, False, flow.output)
        self.inputs.append(node)
        self._entered.add(name)
        return node

    def _one(self, volume: Volume) -> Volume:
        """The one object for all volumes that are equal to this one."""
        return self._volumes.setdefault((volume.spatial, volume.depth), volume)

    def _check_name(self, name: str) -> None:
        if name in self.names or name in self._entered:
            raise Refusal(
                f"a second layer is called {LAYER}",
                code="NAME103",
                help="a `residual` adds no level to names: leave the name out, or put it in a `sequence`",
            )

    def place(
        self,
        name: str,
        layer: Layer,
        inputs: Sequence[Node],
        origin: Origin = _NOWHERE,
        *,
        tied: Node | None = None,
        weights_only: bool = False,
        frozen: bool = False,
    ) -> Node:
        """Places `layer` after `inputs` and returns its node, which has its output volume.

        Raises `Refusal`, and places nothing, where the network is full (LIMIT106), the name is in use (NAME103), the
        layer cannot read these volumes (SHAPE2xx) or cannot reuse the parameters of `tied` (NAME105).
        """
        if len(self.nodes) >= self.most:
            raise Refusal(f"{LAYER} is one more than the {self.most:,} layers that a network may have", code="LIMIT106")
        self._check_name(name)
        least, most = layer.reads
        if not least <= len(inputs) or (most is not None and len(inputs) > most):
            wanted = f"{least}" if least == most else f"{least} to {most}" if most else f"at least {least}"
            volumes = "volume" if wanted.endswith("1") else "volumes"
            given = "1 is" if len(inputs) == 1 else f"{len(inputs)} are"
            raise Refusal(f"{{layer}} reads {wanted} {volumes}, but {given} given", code="SHAPE212")
        alike = (id(layer), *[id(node.output) for node in inputs])
        flow = self._flows.get(alike)
        if flow is None:
            read = [node.output for node in inputs]
            flow = Flow(read, self._one(layer.output(read)))
        if tied is not None:
            check_tied(layer, flow, tied, weights_only=weights_only)
        node = Node(len(self.nodes), name, layer, inputs, flow, origin, tied, frozen, flow.output, weights_only)
        self._flows[alike] = flow
        self.nodes.append(node)
        self.names[name] = node
        return node

    def stored(self, name: str, dtype: str) -> tuple[str, str]:
        """The number formats of a layer's weights, and of its biases and buffers, in a run of this number format.

        Biases of weights in narrow formats have as many bits as the run's numbers: int32, or float32. As a runtime has
        them, they have 32 bits.
        """
        own = self.formats.get(name, dtype) if self.formats else self.weights_dtype or dtype
        if self.quantized and is_quantized(own):
            return own, "int32"
        return own, dtype if own != dtype and is_narrow(own) else own

    def store(self, dtype: str | None) -> None:
        """Gives all weights one number format in place of those of the file; None: that of the run."""
        if dtype is None or dtype != self.weights_dtype:
            self.weights_dtype, self.formats = dtype, {}

    def tie(self, node: Node, owner: Node) -> None:
        """Lets a placed node reuse all parameters of an earlier one. Raises `Refusal` (NAME105) where it cannot."""
        check_same(node.layer, node.flow, owner)
        node.tied = owner

    def expect(self, node: Node, sizes: tuple[int | None, ...]) -> None:
        """Notes the sizes that an output was found to have as expected; what two say of one layer is one statement."""
        if node.index >= 0 and any(size is not None for size in sizes):
            known = self.expected.get(node.index, sizes)
            self.expected[node.index] = tuple(b if a is None else a for a, b in zip(known, sizes, strict=True))

    @property
    def doubtful(self) -> bool:
        """Whether every number may be that of another network, though every layer fits: see `analyzer.checks.doubts`.

        A cheap question, since each command asks it; it is never answered with a wrong no.
        """
        if any(node.output.rank == 1 < node.output.depth or node.output.reordered for node in self.inputs):
            return True
        return any(node.output.rank > 1 and _ends_at_each(node) for node in self.outputs)

    def also_name(self, name: str, node: Node) -> None:
        """Gives a placed layer a second name: that of the repetition that ends with it."""
        self.names[name] = node

    @property
    def names_outputs(self) -> bool:
        """Whether the outputs were named, instead of being every node that nothing reads."""
        return bool(self._named_outputs)

    def name_outputs(self, nodes: Sequence[Node]) -> None:
        """Names the nodes that are the outputs."""
        self._named_outputs = list(nodes)

    @property
    def outputs(self) -> list[Node]:
        """The outputs: the nodes that were named, or every node that nothing reads."""
        if self._named_outputs:
            return self._named_outputs
        read = {source.index for node in self.nodes for source in node.inputs}
        return [
            node
            for node in (*self.inputs, *self.nodes)
            if node.index not in read and (node.index >= 0 or not self.nodes)
        ]


def _ends_at_each(node: Node) -> bool:
    """Whether the last layer that is not pointwise sums over the depth alone, at each position."""
    while node.inputs and node.layer.pointwise:
        node = node.inputs[0]
    return node.layer.linear and "kernel" not in node.layer.declared


def check_tied(layer: Layer, flow: Flow, tied: Node, *, weights_only: bool = False) -> None:
    """Refuses to reuse parameters that do not fit (NAME105).

    They fit where a layer of the same type has parameters of the same shape, or weights of the same shape; where the
    weights are a filter bank of the same shape, as it is or transposed. With `weights_only` it is enough that there are
    as many weights, since a framework may hand on a tensor in another shape.
    """
    mine, theirs = (one.parameters(of, one.declared_sharing) for one, of in ((layer, flow), (tied.layer, tied.flow)))
    if weights_only:
        if not mine.weights or mine.weights != theirs.weights:
            notes = [
                f"{{layer}} has {mine.weights:,} weights",
                f"`{shown(tied.name)}` has {theirs.weights:,}",
            ]
            raise _misfit(tied, notes, what="weights", have="are not as many")
        return
    same = tied.layer.type == layer.type
    if same and is_same(layer, flow, tied):
        return
    bank, other = layer.bank(flow), tied.layer.bank(tied.flow)
    if bank is None or other is None:
        fits = same and mine.weights == theirs.weights and layer.agreed() == tied.layer.agreed()
        if not (fits and _has_matrices(layer, flow)):
            check_same(layer, flow, tied)
    elif other not in (bank, bank.transposed):
        if same:
            check_same(layer, flow, tied)
        raise _misfit(
            tied,
            [f"the weights of {{layer}} are {bank}", f"those of `{shown(tied.name)}` are {other}"],
            help=_fitting(bank, other),
        )


def check_same(layer: Layer, flow: Flow, tied: Node) -> None:
    """Refuses to reuse all parameters of a layer of another type, or parameters of another shape (NAME105)."""
    if tied.layer.type != layer.type:
        raise Refusal(
            f"{{layer}} is a `{layer.type}`, but it reuses the parameters of `{shown(tied.name)}`, a `{tied.layer.type}`",
            code="NAME105",
            parameter="tied",
        )
    if is_same(layer, flow, tied):
        return
    mine = layer.parameters(flow, layer.declared_sharing)
    theirs = tied.layer.parameters(tied.flow, tied.layer.declared_sharing)
    depths = flow.input.depth, tied.flow.input.depth
    raise _misfit(
        tied,
        [
            f"{{layer}} has {mine.weights:,} weights and {mine.biases:,} biases over an input depth of {depths[0]}",
            f"`{shown(tied.name)}` has {theirs.weights:,} and {theirs.biases:,} over {depths[1]}",
        ],
    )


def _has_matrices(layer: Layer, flow: Flow) -> bool:
    """Whether weights are tensors of several axes: the gains of a norm are a vector, which belongs to its centre."""
    operations = layer.saved(flow, layer.declared_sharing)
    return any(len(shape) > 1 for operation in operations for shape in operation.trained)


def _misfit(
    tied: Node,
    notes: Sequence[str],
    *,
    what: str = "parameters",
    have: str = "have another shape",
    help: str | None = None,
) -> Refusal:
    message = f"{{layer}} reuses the {what} of `{shown(tied.name)}`, which {have}"
    return Refusal(message, code="NAME105", parameter="tied", notes=notes, help=help)


def _fitting(bank: Bank, theirs: Bank) -> str | None:
    """What would fit where only the depth that a layer puts out does not."""
    for other in (theirs, theirs.transposed):
        if bank.reads == other.reads and bank.but(filters=other.filters) == other:
            return f"{other.filters:,} in place of {bank.filters:,} would fit"
    return None


def is_same(layer: Layer, flow: Flow, tied: Node) -> bool:
    """Whether a layer has parameters of the same shape as another one of its type."""
    mine = layer.parameters(flow, layer.declared_sharing)
    theirs = tied.layer.parameters(tied.flow, tied.layer.declared_sharing)
    same = mine.weights == theirs.weights and mine.biases == theirs.biases and mine.buffers == theirs.buffers
    if not same or (layer.shares and flow.input.depth != tied.flow.input.depth):
        return False
    return layer.agreed() == tied.layer.agreed()
