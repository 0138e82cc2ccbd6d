"""The tape: a network as the operations that a framework runs, in order, in bytes at one batch and number format.

`operations_of` asks every layer once what it runs as (`Layer.saved`) in one mode of sharing; `Tape` lays that out for a
run: the bytes of each tensor, the casts that autocast puts in, which operations share a parameter, which slices are one
split. Both are linear in the network.

Values are numbered: first the network's inputs, then one a step. A step's value may lie in another's memory (a view, an
in-place operation): `root` says in whose.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from analyzer.dtypes import BITS, size_in_bytes
from analyzer.engine.memory.settings import Run
from analyzer.engine.network import Network, Node
from analyzer.layers import LOCAL, SHARED
from analyzer.layers.operations import (
    FULL,
    FULL_ON_CPU,
    FULL_ON_CUDA,
    HALF,
    INDEX,
    LOGARITHM,
    NEW,
    NONE,
    OUT,
    OWN,
    PASSED,
    STATISTIC,
    VIEW,
    WIDEST,
    Array,
    Operation,
)


class Work:
    """What a network runs as in one mode: for every node its operations and the numbers of its parameter tensors."""

    __slots__ = ("buffers", "indices", "mode", "network", "nodes", "parameters", "splits", "tensors")

    def __init__(self, network: Network, mode: str) -> None:
        self.network = network
        self.mode = mode
        self.nodes: list[tuple[Node, Sequence[Operation]]] = []
        #: The shape of every parameter tensor, whether it is trained, and its layer.
        self.parameters: list[tuple[tuple[int, ...], bool, str]] = []
        #: The parameter tensors of every node, operation by operation.
        self.tensors: list[Sequence[Sequence[int]]] = []
        #: Elements of every buffer, bytes of each (None: in the run's format), and how many parameter tensors come before.
        self.buffers: list[tuple[int, int | None, int]] = []
        #: Nodes that are slices of one volume which together are all of it -> the first of them.
        self.splits: dict[int, int] = {}
        #: Inputs of the network that are only looked up with: whole numbers of eight bytes.
        self.indices: set[int] = set()


def operations_of(network: Network, mode: str) -> Work:
    """Asks every layer what it runs as with the sharing of `mode`: shared, local or declared."""
    work = Work(network, mode)
    known: dict[tuple[object, ...], Sequence[Operation]] = {}
    slices: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
    rules: dict[int, set[int]] = {}
    for node in network.nodes:
        layer = node.layer
        key = (id(layer), *[source.output.sizes for source in node.inputs])
        operations = known.get(key)
        if operations is None:
            sharing = SHARED
            if layer.shares and mode != "shared":
                sharing = LOCAL if mode == "local" else layer.declared_sharing
            operations = known[key] = layer.saved(node.flow, sharing)
        work.nodes.append((node, operations))
        work.tensors.append(_tensors(work, node, operations))
        for place, source in enumerate(node.inputs):
            if source.index < 0:
                rules.setdefault(source.index, set()).update(_rules(operations, place))
        part = layer.bounds(node.inputs[0].output) if operations[0].parts else None
        if part is not None and part.step == 1:
            slices.setdefault((node.inputs[0].index, part.axis), []).append((part.start, part.stop, node.index))
    for (_, axis), parts in slices.items():
        _find_split(work, axis, sorted(parts))
    work.indices = {index for index, found in rules.items() if found == {NONE}}
    return work


def _rules(operations: Sequence[Operation], place: int) -> set[int]:
    """What arrives at input number `place` of a layer from its operations."""
    return {
        rule
        for operation in operations
        for read, rule in zip(operation.reads, operation.gradients, strict=True)
        if read == place
    }


def _tensors(work: Work, node: Node, operations: Sequence[Operation]) -> Sequence[Sequence[int]]:
    """The numbers of a node's parameter tensors; those of the layer that it is tied to where they are the same."""
    if node.tied is not None:
        theirs = work.nodes[node.tied.index][1]
        if [one.trained for one in theirs] == [one.trained for one in operations] and (
            work.mode != "local" or theirs is operations or _alike(node, node.tied)
        ):
            return work.tensors[node.tied.index]
    numbers = []
    for operation in operations:
        first = len(work.parameters)
        work.parameters.extend((shape, not node.frozen, node.name) for shape in operation.trained)
        work.buffers.extend((buffer.size, buffer.width, len(work.parameters)) for buffer in operation.buffers)
        numbers.append(range(first, len(work.parameters)))
    return numbers


def _alike(node: Node, other: Node) -> bool:
    """Whether two nodes read and put out equal volumes."""
    return node.output == other.output and [n.output for n in node.inputs] == [n.output for n in other.inputs]


def _find_split(work: Work, axis: str, parts: list[tuple[int, int, int]]) -> None:
    """Notes slices that follow each other from the first cell of an axis to its last: a framework's `split`."""
    if len(parts) < 2 or any(one[1] != after[0] for one, after in pairwise(parts)):
        return
    node = work.nodes[parts[0][2]][0].inputs[0]
    if parts[0][0] == 0 and parts[-1][1] == node.output.sizes[node.output.axes.index(axis)]:
        first = min(index for _, _, index in parts)
        work.splits.update((index, first) for _, _, index in parts)


class Step:
    """One operation on the tape, in bytes.

    `bytes` its output's; `reads` and `keeps` values, `keeps` without parameters; `extras` what it makes and keeps in
    training, `made` what it makes in inference and drops; `product` says that each kept value is for the other gradients alone; `parameters` (number, bytes of its gradient as the operation
    puts it out); `gradients` a rule for each read; `transient` bytes beside them in the backward pass; `copies` the
    16-bit copies of weights that autocast makes for it, `passing` those of biases, which no backward pass needs.
    """

    __slots__ = (
        "bytes", "collects", "copies", "extras", "gradients", "keeps", "made", "node", "parameters", "passing", "place",
        "product", "reads", "transient",
    )  # fmt: skip

    def __init__(self, node: Node, reads: Sequence[int], bytes: int, place: int, gradients: Sequence[int]) -> None:
        self.node = node
        self.reads = reads
        self.bytes = bytes
        self.place = place
        self.gradients = gradients
        self.keeps: Sequence[int] = ()
        self.extras: Sequence[int] = ()
        self.made: Sequence[int] = ()
        self.parameters: Sequence[tuple[int, int]] = ()
        self.copies: list[int] = []
        self.passing: list[int] = []
        self.transient = 0
        self.product = False
        self.collects = False


class Tape:
    """The steps of a run. `inputs` are bytes of the network's inputs, `outputs` the values that are its outputs.

    `root` gives for every value the value in whose memory it lies; `widths` its bytes an element. `parameters` are
    (bytes, trained) of every parameter tensor, `buffers` bytes of every buffer.
    """

    def __init__(self, work: Work, run: Run, *, training: bool = True) -> None:
        self.training = training
        self.work = work
        self.run = run
        self.steps: list[Step] = []
        network = work.network
        self.bits = BITS[run.dtype]
        self.parameters = [(size_in_bytes(prod(shape), run.dtype), trained) for shape, trained, _ in work.parameters]
        self.buffers = [
            size_in_bytes(size, run.dtype) if width is None else size * width for size, width, _ in work.buffers
        ]
        self.first = len(network.inputs)
        self.inputs = [
            run.batch * node.output.size * INDEX
            if node.index in work.indices
            else size_in_bytes(node.output.size * run.batch, run.dtype)
            for node in network.inputs
        ]
        self.root = list(range(self.first))
        self.value_bits = [self.bits] * self.first
        self.value_bytes = list(self.inputs)
        #: The value of every node, by its index; inputs count down from −1.
        self.values: dict[int, int] = {node.index: number for number, node in enumerate(network.inputs)}
        self._copied: set[int] = set()
        self._split: dict[int, int] = {}
        for (node, operations), tensors in zip(work.nodes, work.tensors, strict=True):
            self._lay(node, operations, tensors)
        self.outputs = [self.values[node.index] for node in network.outputs]

    @property
    def static(self) -> list[int]:
        """Bytes of parameter tensors and buffers, in the order of the layers."""
        sizes: list[int] = []
        at = 0
        for size, (_, _, before) in zip(self.buffers, self.work.buffers, strict=True):
            sizes.extend(bytes for bytes, _ in self.parameters[at:before])
            sizes.append(size)
            at = before
        return [*sizes, *[bytes for bytes, _ in self.parameters[at:]]]

    def _lay(self, node: Node, operations: Sequence[Operation], tensors: Sequence[Sequence[int]]) -> None:
        """The steps of one node."""
        own = [self.values[source.index] for source in node.inputs]
        if node.index in self.work.splits:
            own[0] = self._part(node, own[0])
        for operation, numbers in zip(operations, tensors, strict=True):
            own.append(self._step(node, operation, numbers, own))
        self.values[node.index] = own[-1]

    def _part(self, node: Node, source: int) -> int:
        """The value of the split that a slice is a part of; the first slice puts it on the tape."""
        first = self.work.splits[node.index]
        if first not in self._split:
            step = Step(node, (source,), self.value_bytes[source], VIEW, (NEW,))
            step.collects = True
            self._split[first] = self.add(step, self.value_bits[source])
        return self._split[first]

    def _step(self, node: Node, operation: Operation, numbers: Sequence[int], own: list[int]) -> int:
        run, batch = self.run, self.run.batch
        reads = [own[read] for read in operation.reads]
        bits, reads = self._precision(node, operation, reads) if run.autocast else (self.bits, reads)
        gradients = operation.gradients
        if operation.parts and node.index in self.work.splits:
            gradients = (PASSED,)
        place = VIEW if operation.training and not self.training else operation.place
        step = Step(node, reads, (operation.size * batch * bits + 7) // 8, place, gradients)
        value = self.first + len(self.steps)
        if operation.keeps:
            given = dict(zip(operation.reads, reads, strict=True))
            step.keeps = [value if kept == OUT else given[kept] for kept in operation.keeps]
        if operation.extras:
            sizes = [self._bytes(extra, bits) for extra in operation.extras]
            step.extras = [size for size, extra in zip(sizes, operation.extras, strict=True) if extra.kept]
            if self.bits >= 16:  # an interpreter of whole numbers makes no places and no statistics
                step.made = [size for size, extra in zip(sizes, operation.extras, strict=True) if extra.always]
        if numbers:
            half = bits < self.bits and operation.precision == HALF
            step.parameters = [
                (number, self.parameters[number][0] * (bits if half else self.bits) // self.bits) for number in numbers
            ]
            if half:
                fresh = [number for number in numbers if number not in self._copied]
                self._copied.update(fresh)
                for number in fresh:
                    copies = step.copies if len(self.work.parameters[number][0]) > 1 else step.passing
                    copies.append(self.parameters[number][0] * bits // self.bits)
        step.product = operation.product
        step.transient = (operation.transient * batch * bits + 7) // 8
        return self.add(step, bits)

    def _bytes(self, extra: Array, bits: int) -> int:
        """The bytes of what an operation makes besides its output of so many bits an element."""
        width = extra.width if self.run.device is None else extra.cuda
        if width == STATISTIC and self.run.device is None:
            bits = self.bits
        elif width in (STATISTIC, LOGARITHM):
            bits = max(32, self.bits)
        elif width is not None:
            bits = 8 * width
        return (extra.size * (self.run.batch if extra.batched else 1) * bits + 7) // 8

    def _precision(self, node: Node, operation: Operation, reads: list[int]) -> tuple[int, list[int]]:
        """The bits of an operation's output under autocast, and its reads, cast where it wants them so."""
        precision = operation.precision
        if precision in (FULL_ON_CUDA, FULL_ON_CPU):
            if (self.run.device is None) is (precision == FULL_ON_CUDA):
                return self.value_bits[reads[0]], reads
            return self.bits, self._cast_all(node, operation, reads, self.bits)
        if precision == HALF:
            return 16, self._cast_all(node, operation, reads, 16)
        if precision == FULL:
            return self.bits, reads
        if precision == WIDEST:
            return max(self.value_bits[read] for read in reads), reads
        return self.value_bits[reads[0]], reads

    def _cast_all(self, node: Node, operation: Operation, reads: list[int], bits: int) -> list[int]:
        """The reads in so many bits; what is only held stays as it is."""
        return [
            read if rule == NONE else self.cast(node, read, bits)
            for read, rule in zip(reads, operation.gradients, strict=True)
        ]

    def cast(self, node: Node, value: int, bits: int) -> int:
        """The value in so many bits: itself, or the copy of it that a step makes."""
        if self.value_bits[value] == bits:
            return value
        size = self.value_bytes[value] * bits // self.value_bits[value]
        return self.add(Step(node, (value,), size, OWN, (NEW,)), bits)

    def add(self, step: Step, bits: int) -> int:
        """Puts a step on the tape, with an output of so many bits an element; returns its value."""
        value = self.first + len(self.steps)
        self.steps.append(step)
        self.root.append(value if step.place == OWN else self.root[step.reads[0]])
        self.value_bits.append(bits)
        self.value_bytes.append(step.bytes)
        return value
