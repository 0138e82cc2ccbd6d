"""The work of a network: the operations that a framework runs it as, in one mode of sharing.

`operations_of` asks every layer once (`Layer.saved`). It knows no batch and no number format; the tape adds those.
Linear in the network.

>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((4, 4), 1))
>>> for name in ("conv1", "conv2"):
...     node = network.place(name, CATALOGUE["conv"](filters=2, kernel=3, padding=1), [node])
>>> network.name_outputs([node])
>>> operations_of(network, "shared").parameters  # shapes of weights and biases, whether they are trained, the layer
[((2, 3, 3), True, 'conv1'), ((2,), True, 'conv1'), ((4, 3, 3), True, 'conv2'), ((2,), True, 'conv2')]
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analyzer.engine.network import Network, Node
from analyzer.engine.tying import Reuse, reused
from analyzer.layers import LOCAL, SHARED
from analyzer.layers.operations import FIRST, LAST, NONE, Operation
from analyzer.record import Record, field


class Work(Record):
    """The operations of every node in one mode, and the numbers of its parameter tensors.

    nodes       every node with its operations
    parameters  the shape of every parameter tensor, whether it is trained, and its layer
    tensors     for every node the numbers of its parameter tensors, operation by operation
    buffers     of every buffer its elements, their bytes (None: those of the run's format), how many parameter tensors
                come before it, and its layer
    splits      slices of one volume that together are all of it: the index of each -> that of the first
    indices     inputs of the network that are only used to look up rows: whole numbers of eight bytes
    tokens      inputs of one axis that all their readers read with the depth last
    """

    network: Network
    mode: str
    nodes: list[tuple[Node, Sequence[Operation]]] = field(factory=list, init=False)
    parameters: list[tuple[tuple[int, ...], bool, str]] = field(factory=list, init=False)
    tensors: list[Sequence[Sequence[int]]] = field(factory=list, init=False)
    buffers: list[tuple[int, int | None, int, str]] = field(factory=list, init=False)
    splits: dict[int, int] = field(factory=dict, init=False)
    indices: set[int] = field(factory=set, init=False)
    tokens: set[int] = field(factory=set, init=False)


def operations_of(network: Network, mode: str, *, cuda: bool = False) -> Work:
    """Asks every layer for its operations, with the sharing of `mode`: shared, local or declared.

    They are those of the CPU's kernels, or with `cuda` those of CUDA's.
    """
    work = Work(network, mode)
    known: dict[tuple[object, ...], Sequence[Operation]] = {}
    slices: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
    rules: dict[int, set[int]] = {}
    tied = any(node.tied is not None for node in network.nodes)
    reuses = reused(network.nodes, local=mode == "local") if tied else {}
    of_tokens: dict[int, bool] = {}
    for node in network.nodes:
        layer = node.layer
        key = (id(layer), *[source.output.sizes for source in node.inputs])
        operations = known.get(key)
        if operations is None:
            sharing = SHARED
            if layer.shares and mode != "shared":
                sharing = LOCAL if mode == "local" else layer.declared_sharing
            asked = layer.saved_on_cuda if cuda else layer.saved
            operations = known[key] = asked(node.flow, sharing)
        work.nodes.append((node, operations))
        work.tensors.append(_tensors(work, node, operations, reuses.get(node.index)))
        for place, source in enumerate(node.inputs):
            if source.index < 0:
                tokens = layer.of_tokens or layer.depth_in(node.flow, FIRST) == LAST
                of_tokens[source.index] = of_tokens.get(source.index, True) and tokens
                rules.setdefault(source.index, set()).update(_rules(operations, place))
        part = layer.bounds(node.flow.input) if operations[0].parts else None
        if part is not None and part.step == 1:
            slices.setdefault((node.inputs[0].index, part.axis), []).append((part.start, part.stop, node.index))
    for (_, axis), parts in slices.items():
        _find_split(work, axis, sorted(parts))
    work.indices = {index for index, found in rules.items() if found == {NONE}}
    work.tokens = {node.index for node in network.inputs if node.output.rank == 1 and of_tokens.get(node.index, False)}
    return work


def _rules(operations: Sequence[Operation], place: int) -> set[int]:
    """The rules of the gradients that a layer's operations give to its input number `place`."""
    return {
        rule
        for operation in operations
        for read, rule in zip(operation.reads, operation.gradients, strict=True)
        if read == place
    }


def _tensors(work: Work, node: Node, operations: Sequence[Operation], reuse: Reuse | None) -> Sequence[Sequence[int]]:
    """The numbers of a node's parameter tensors, operation by operation, those that it reuses included."""
    if reuse is not None and not reuse.whole:
        return _with_weights_of(work, node, operations, reuse.owner)
    taken: list[int] = []
    if reuse is not None:
        taken = [number for numbers in work.tensors[reuse.owner.index] for number in numbers]
    found: list[Sequence[int]] = []
    for operation in operations:
        count = len(operation.trained)
        old, taken = taken[:count], taken[count:]
        first = len(work.parameters)
        work.parameters.extend((shape, not node.frozen, node.name) for shape in operation.trained[len(old) :])
        if reuse is None:
            before = len(work.parameters)
            work.buffers.extend((buffer.size, buffer.width, before, node.name) for buffer in operation.buffers)
        found.append([*old, *range(first, len(work.parameters))] if old else range(first, len(work.parameters)))
    return found


def _with_weights_of(work: Work, node: Node, operations: Sequence[Operation], owner: Node) -> Sequence[Sequence[int]]:
    """The numbers of a node's parameter tensors where its weights, tensors of several axes, are those of `owner`."""
    theirs = [number for numbers in work.tensors[owner.index] for number in numbers]
    taken = [number for number in theirs if len(work.parameters[number][0]) > 1] or theirs[:1]
    vectors = all(len(shape) < 2 for operation in operations for shape in operation.trained)
    found: list[Sequence[int]] = []
    for operation in operations:
        numbers = []
        for shape in operation.trained:
            if taken and (vectors or len(shape) > 1):
                numbers.append(taken.pop(0))
            else:
                numbers.append(len(work.parameters))
                work.parameters.append((shape, not node.frozen, node.name))
        before = len(work.parameters)
        work.buffers.extend((buffer.size, buffer.width, before, node.name) for buffer in operation.buffers)
        found.append(numbers)
    return found


def _find_split(work: Work, axis: str, parts: list[tuple[int, int, int]]) -> None:
    """Records slices that together cover an axis, one after the other, as one `split` of a framework."""
    if len(parts) < 2 or any(one[1] != after[0] for one, after in pairwise(parts)):
        return
    node = work.nodes[parts[0][2]][0].inputs[0]
    if parts[0][0] == 0 and parts[-1][1] == node.output.sizes[node.output.axes.index(axis)]:
        first = min(index for _, _, index in parts)
        work.splits.update((index, first) for _, _, index in parts)
