"""The tape: a network's operations in order, with sizes in bytes at one batch and number format.

The tape adds to a network's work the bytes of each tensor, the casts of autocast, parameters that operations share, and
slices that are one split. It is linear in the network.

Values are numbered: first the network's inputs, then one for each step. A step's value may use another value's memory
(a view, an in-place operation).

>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> input = network.enter("input", Volume((4, 4), 3))
>>> network.name_outputs([network.place("flatten1", CATALOGUE["flatten"](), [input])])
>>> tape = Tape(operations_of(network, "shared"), Run(batch=2))
>>> tape.inputs, [step.bytes for step in tape.steps], tape.root  # value 1 is a view of the input, value 0
([384], [384], [0, 0])
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cache
from math import prod

from analyzer.dtypes import BITS, size_in_bytes
from analyzer.engine.memory.devices import Device, read_device
from analyzer.engine.memory.lying import Lying, place_of, planes_beside
from analyzer.engine.memory.settings import CHANNELS_LAST, TRAINED, Run, trained_dtype
from analyzer.engine.memory.steps import Convolved, Step
from analyzer.engine.memory.sums import Buffer, resident
from analyzer.engine.memory.work import Work
from analyzer.engine.memory.workspace import kept
from analyzer.engine.network import Node
from analyzer.layers.operations import (
    ALIKE,
    BY_GRADIENT,
    BY_ORDER,
    FIRST,
    FULL,
    FULL_ON_CPU,
    FULL_ON_CUDA,
    HALF,
    INDEX,
    INPLACE,
    LAST,
    LOGARITHM,
    NEW,
    NONE,
    OUT,
    OWN,
    PASSED,
    SCALAR,
    STATISTIC,
    TOGETHER,
    VIEW,
    WIDEST,
    Array,
    Depth,
    Kernel,
    Operation,
    View,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.strides import Sizes

#: Tapes of one device are many.
_device = cache(read_device)

#: A cast, as an operation that lies as what it reads.
_CAST = Operation((0,), 0, lies=ALIKE)


class Tape:
    """The steps of a run, laid out for training or for inference. All sizes are bytes.

    steps             in the order in which they run
    inputs, outputs   sizes of the network's inputs; the values that are its outputs
    parameters        (size, trained) of every parameter tensor
    buffers           sizes
    first             the number of inputs, so the value of the first step
    root              for every value the value whose memory it uses
    base              for every view the value that it is a view of, for others themselves
    weight_bits       the bits of an element of parameters in training, `parameter_bits` those of each tensor here
    value_bits        for every value the bits of an element
    value_bytes       for every value its size
    lying             for every value where its elements lie
    values            the value of every node, by the node's index; inputs count down from −1
    libraries         sizes of what libraries keep on a device
    """

    def __init__(self, work: Work, run: Run, *, training: bool = True) -> None:
        self.training = training
        self.work = work
        self.run = run
        self.steps: list[Step] = []
        network = work.network
        self.bits = BITS[run.dtype]
        weights = trained_dtype(network, run)
        self.weight_bits = BITS[weights]
        own = {name: (weights, weights) if training else network.stored(name, run.dtype) for name in network.names}
        formats = [own[name][len(shape) < 2] for shape, _, name in work.parameters]
        self.parameter_bits = [BITS[format] for format in formats]
        self.parameters = [
            (size_in_bytes(prod(shape), format), trained)
            for (shape, trained, _), format in zip(work.parameters, formats, strict=True)
        ]
        self.buffers = [
            size_in_bytes(size, own[name][1]) if width is None else size * width
            for size, width, _, name in work.buffers
        ]
        self.libraries = [] if run.device is None else kept(run.device)
        self.first = len(network.inputs)
        self.inputs = [
            run.batch * node.output.size * INDEX
            if node.index in work.indices
            else size_in_bytes(node.output.size * run.batch, run.dtype)
            for node in network.inputs
        ]
        self.root = list(range(self.first))
        self.base = list(range(self.first))
        self.value_bits = [self.bits] * self.first
        self.value_bytes = list(self.inputs)
        self.lying = Lying(run.batch, planes_last=run.device is not None and run.layout == CHANNELS_LAST)
        for node in network.inputs:
            depth = LAST if node.index in work.tokens else FIRST
            self.lying.add(*self.lying.given(node.output, depth), depth)
        self.values: dict[int, int] = {node.index: number for number, node in enumerate(network.inputs)}
        self._device = None if run.device is None else _device(run.device)
        self._copied: set[int] = set()
        self._split: dict[int, int] = {}
        for (node, operations), tensors in zip(work.nodes, work.tensors, strict=True):
            self._lay(node, operations, tensors)
        self.outputs = [self.values[node.index] for node in network.outputs]

    def under(self, run: Run) -> Tape:
        """The same steps in a run that differs only in settings of `AFTER_STEPS`."""
        found = copy(self)
        found.run = run
        return found

    @property
    def static(self) -> list[int]:
        """The sizes of parameter tensors and buffers, in the order of the layers."""
        sizes: list[int] = []
        at = 0
        for size, (_, _, before, _) in zip(self.buffers, self.work.buffers, strict=True):
            sizes.extend(bytes for bytes, _ in self.parameters[at:before])
            sizes.append(size)
            at = before
        return [*sizes, *[bytes for bytes, _ in self.parameters[at:]]]

    def _lay(self, node: Node, operations: Sequence[Operation], tensors: Sequence[Sequence[int]]) -> None:
        """Puts the steps of one node on the tape."""
        own = [self.values[source.index] for source in node.inputs]
        depths = self.lying.depths
        depth = node.layer.depth_in(node.flow, depths[own[0]]) if own else FIRST
        for place, value in enumerate(own):
            if depths[value] != depth:
                own[place] = self._turn(node, value, depth)
        if node.index in self.work.splits:
            own[0] = self._part(node, own[0])
        for operation, numbers in zip(operations, tensors, strict=True):
            own.append(self._step(node, operation, numbers, own, depth))
        self.values[node.index] = own[-1]

    def _turn(self, node: Node, value: int, depth: Depth) -> int:
        """A view of a value with its depth at another place."""
        turned = self.lying.turn(value, depth)
        if turned is None:
            return value
        step = Step(node, (value,), self.value_bytes[value], VIEW, (PASSED,))
        step.view = View(turned=turned[0])
        return self.add(step, self.value_bits[value], *turned[1:], depth)

    def _part(self, node: Node, source: int) -> int:
        """The value of the split that a slice belongs to; the first slice puts it on the tape."""
        first = self.work.splits[node.index]
        if first not in self._split:
            step = Step(node, (source,), self.value_bytes[source], VIEW, (NEW,))
            step.collects = True
            lying = self.lying
            self._split[first] = self.add(
                step, self.value_bits[source], lying.shapes[source], lying.strides[source], lying.depths[source]
            )
        return self._split[first]

    def _step(self, node: Node, operation: Operation, numbers: Sequence[int], own: list[int], depth: Depth) -> int:
        """Puts one operation on the tape and returns its value.

        `own` are the values that its node has so far, `depth` is the place of the depth in those that it makes.
        """
        run, batch = self.run, self.run.batch
        reads = [own[read] for read in operation.reads]
        bits, reads = self._precision(node, operation, reads) if run.autocast else (self.bits, reads)
        if bits == 16 and operation.cuda is not None and self._device is not None and self._device.compute >= (8, 0):
            operation = operation.cuda.narrow or operation
        gradients = operation.gradients
        held = self._order(node, operation, reads) if operation.orders else []
        if operation.parts and node.index in self.work.splits:
            gradients = (PASSED,)
        place = VIEW if operation.training and not self.training else operation.place
        if place == INPLACE and self.training and self.base[reads[0]] != reads[0]:
            return self._over_view(node, operation, reads, bits)
        step = Step(node, reads, (operation.size * batch * bits + 7) // 8, place, gradients)
        lie = self._lie(step, node, operation, reads, depth)
        if held:
            step.reads, step.gradients = [*reads, *held], [*gradients, *[NONE] * len(held)]
        value = self.first + len(self.steps)
        if operation.keeps:
            given = dict(zip(operation.reads, reads, strict=True))
            step.keeps = [value if kept == OUT else given[kept] for kept in operation.keeps]
        if operation.extras:
            self._add_extras(step, operation, bits)
        if numbers:
            self._add_parameters(step, numbers, bits, half=bits < self.bits and operation.precision == HALF)
        if operation.precision == TOGETHER and bits == 16 and run.dtype != "float16":
            together = sum(prod(self.work.parameters[number][0]) for number in numbers) * bits // 8
            step.extras, step.made = [*step.extras, together], [*step.made, together]
        step.product, step.viewed = operation.product, operation.viewed
        step.transient = (max(operation.transient * batch + operation.once, 0) * bits + 7) // 8
        if operation.cuda is not None and self._device is not None:
            self._add_kernel(step, operation.cuda, self._device, bits, beside=planes_beside(*lie))
        if operation.convolution is not None and self._device is not None and run.dtype in TRAINED:
            last, tf32 = self.lying.lies_last(reads[0]), run.tf32 and self._device.tf32
            step.convolved = Convolved(operation.convolution, bits, tf32, last, batch)
        return self.add(step, bits, *lie)

    def _over_view(self, node: Node, operation: Operation, reads: Sequence[int], bits: int) -> int:
        """Writes over a view: torch then takes the gradient of all that it is a view of, and cuts the view out anew."""
        lying, value = self.lying, reads[0]
        base = self.base[value]
        size = (operation.size * self.run.batch * bits + 7) // 8
        step = Step(node, (base, *reads[1:]), self.value_bytes[base], INPLACE, (NEW,) * len(reads))
        self._add_extras(step, operation, bits)
        step.keeps = [self.first + len(self.steps)] * (OUT in operation.keeps)
        step.transient = 2 * size + (operation.transient * self.run.batch * bits + 7) // 8
        written = self.add(step, bits, lying.shapes[base], lying.strides[base], lying.depths[base])
        again = Step(node, (written,), size, VIEW, (NEW,))
        again.view = View((0, 0, 0, 1))
        return self.add(again, bits, lying.shapes[value], lying.strides[value], lying.depths[value])

    def _order(self, node: Node, operation: Operation, reads: list[int]) -> list[int]:
        """Copies the reads that an operation needs in order and that lie otherwise.

        Returns what was copied: as arguments of a call these are alive until it returns.
        """
        lying, held = self.lying, []
        for place, read in enumerate(operation.reads):
            value = reads[place]
            if read in operation.orders and not lying.ordered(value, operation):
                step = Step(node, (value,), self.value_bytes[value], OWN, (PASSED,))
                strides = lying.copied(value, operation)
                held.append(value)
                reads[place] = self.add(step, self.value_bits[value], lying.shapes[value], strides, lying.depths[value])
        return held

    def _lie(
        self, step: Step, node: Node, operation: Operation, reads: Sequence[int], depth: Depth
    ) -> tuple[Sizes | None, Sizes | None, Depth]:
        """Where the output of a step lies; sets what its backward pass needs to know of that."""
        lying = self.lying
        step.lies, step.backward = operation.lies, operation.backward or BY_ORDER
        view = operation.view
        if view is not None and view.reshapes:
            shape, strides = lying.reshape(operation, reads[0], node, depth)
            step.view = view
            step.place = OWN if strides is None else VIEW
            return shape, strides, depth
        if step.place != OWN:
            shape, strides = lying.view(view, reads[0])
            step.view = view
            if view is not None and view.turned is not None and shape is not None:
                rank, first = len(shape), lying.depths[reads[0]] == FIRST
                step.view = View(turned=[place_of(axis, rank, first=first) for axis in view.turned])
                depth = LAST
            return shape, strides, depth
        shape, strides = lying.output(node, operation, reads, depth)
        return shape, strides, depth

    def _add_extras(self, step: Step, operation: Operation, bits: int) -> None:
        """Adds the tensors that an operation makes beside its output, which has `bits` per element."""
        sizes = [self._bytes(extra, bits) for extra in operation.extras]
        step.extras = [size for size, extra in zip(sizes, operation.extras, strict=True) if extra.kept]
        if self.bits >= 16:  # interpreters of smaller formats make no positions and no statistics
            step.made = [
                size for size, extra in zip(sizes, operation.extras, strict=True) if extra.always and extra.kept
            ]
        step.brief = [size for size, extra in zip(sizes, operation.extras, strict=True) if not extra.kept]

    def _add_kernel(self, step: Step, kernel: Kernel, device: Device, bits: int, *, beside: bool) -> None:
        """Adds what a kernel of CUDA takes on a device.

        `beside` says whether the planes of its output lie side by side.
        """
        step.transient += sum(self._bytes(extra, bits) for extra in kernel.back)
        if kernel.summed is not None:
            summed = kernel.summed if kernel.summed.beside is not None else kernel.summed.but(beside=beside)
            step.summed = Buffer(summed, device.processors, resident(device.compute))
        step.inside = kernel.inside
        if kernel.inside and self.lying.strides[step.reads[0]] is not None:
            size = self.value_bytes[step.reads[0]]
            step.brief = [*step.brief, size]
            step.transient += size * (step.reads[0] in step.keeps)

    def _add_parameters(self, step: Step, numbers: Sequence[int], bits: int, *, half: bool) -> None:
        """Adds a step's parameters, and with `half` the 16-bit copies of those that have none yet."""
        halved = {number for number in numbers if half and bits < self.parameter_bits[number]}
        step.parameters = [
            (number, self.parameters[number][0] * bits // self.parameter_bits[number])
            if number in halved
            else (number, self.parameters[number][0])
            for number in numbers
        ]
        if halved:
            fresh = [number for number in numbers if number in halved and number not in self._copied]
            self._copied.update(fresh)
            for number in fresh:
                weights = len(self.work.parameters[number][0]) > 1 or (number == numbers[0] and step.keeps)
                copies = step.copies if weights else step.passing
                copies.append(self.parameters[number][0] * bits // self.parameter_bits[number])

    def _bytes(self, extra: Array, bits: int) -> int:
        """The size of a tensor that an operation makes beside its output, which has `bits` per element."""
        width = extra.width if self.run.device is None else extra.cuda
        if width == STATISTIC and self.run.device is None:
            bits = self.bits
        elif width in (STATISTIC, LOGARITHM):
            bits = max(32, self.bits)
        elif width == SCALAR:
            bits = 64 if self.training and self.run.in_place_joins and self.run.device is None else 0
        elif width is not None:
            bits = 8 * width
        size = (extra.size * (self.run.batch if extra.batched else 1) * bits + 7) // 8
        return -(-size // extra.page) * extra.page

    def _precision(self, node: Node, operation: Operation, reads: list[int]) -> tuple[int, list[int]]:
        """The bits of an operation's output under autocast, and its reads, cast where autocast casts them."""
        precision = operation.precision
        if precision in (FULL_ON_CUDA, FULL_ON_CPU):
            if (self.run.device is None) is (precision == FULL_ON_CUDA):
                return self.value_bits[reads[0]], reads
            return self.bits, self._cast_all(node, operation, reads, self.bits)
        if precision in (HALF, TOGETHER):
            return 16, self._cast_all(node, operation, reads, 16)
        if precision == FULL:
            return self.bits, reads
        if precision == WIDEST:
            return max(self.value_bits[read] for read in reads), reads
        return self.value_bits[reads[0]], reads

    def _cast_all(self, node: Node, operation: Operation, reads: list[int], bits: int) -> list[int]:
        """Casts each value this step reads to `bits` per element. Values that are only kept alive are not cast."""
        return [
            read if rule == NONE else self.cast(node, read, bits)
            for read, rule in zip(reads, operation.gradients, strict=True)
        ]

    def cast(self, node: Node, value: int, bits: int) -> int:
        """A value with `bits` per element: itself, or a copy of it that a new step makes."""
        if self.value_bits[value] == bits:
            return value
        size = self.value_bytes[value] * bits // self.value_bits[value]
        step = Step(node, (value,), size, OWN, (NEW,))
        step.lies, step.backward = ALIKE, BY_GRADIENT
        lying = self.lying
        strides = lying.output(node, _CAST, (value,), lying.depths[value])[1]
        return self.add(step, bits, lying.shapes[value], strides, lying.depths[value])

    def add(
        self, step: Step, bits: int, shape: Sizes | None = None, strides: Sizes | None = None, depth: Depth = FIRST
    ) -> int:
        """Puts a step on the tape, whose output has `bits` per element and lies so, and returns its value."""
        value = self.first + len(self.steps)
        self.steps.append(step)
        self.lying.add(shape, strides, depth)
        self.root.append(value if step.place == OWN else self.root[step.reads[0]])
        viewed = step.place == VIEW and (step.view is not None or self.base[step.reads[0]] != step.reads[0])
        self.base.append(self.base[step.reads[0]] if viewed else value)
        self.value_bits.append(bits)
        self.value_bytes.append(step.bytes)
        return value
