"""The inputs of an ONNX graph: which axis is the batch, which one the depth, and how large open axes are.

The batch is a first axis that is open, 1, or as long as that of all inputs and outputs; it counts as 1. The depth is
the axis that the first layer to read the input takes for it; without one, the last. A named axis has one size
everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.arranging import MOST_AXES
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.onnx.reading import Reading
from analyzer.loader.formats.onnx.records import Graph, Node, ValueInfo, is_float
from analyzer.loader.formats.onnx.values import of_numbers
from analyzer.loader.formats.sheet import Halted, Place
from analyzer.source import shown

#: Operators that take the second axis for the depth, and those that take the last one.
_SECOND = (
    "Conv", "FusedConv", "QLinearConv", "ConvInteger", "ConvTranspose", "MaxPool", "AveragePool", "LpPool",
    "GlobalAveragePool", "GlobalMaxPool", "BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN",
    "DepthToSpace", "SpaceToDepth", "Upsample", "QLinearAveragePool", "QLinearGlobalAveragePool",
)  # fmt: skip
_LAST = ("MatMul", "Gemm", "LayerNormalization", "MatMulInteger", "LSTM", "GRU", "RNN", "SimplifiedLayerNormalization")

#: Operators that leave every axis where it is.
_KEEP = (
    "Add", "Sub", "Mul", "Div", "Cast", "Identity", "Relu", "Sigmoid", "Tanh", "Clip", "Pad", "Slice", "Concat",
    "Resize", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Pow", "Sqrt", "Exp", "Log", "Neg", "Abs",
    "LeakyRelu", "PRelu", "Dropout", "Min", "Max", "Split", "Where", "HardSigmoid", "HardSwish", "Elu", "Softmax",
)  # fmt: skip

#: How far the search for a layer with an opinion goes, in nodes.
_FAR = 200


def enter(reading: Reading, graph: Graph, asked: Asked) -> None:
    """Enters the inputs of a graph. Raises `Halted` after a finding."""
    infos = [info for info in graph.inputs if info.name not in graph.initializers]
    batches = {info.name: _batch(info, infos, graph) for info in infos}
    _name_batches(reading, infos, batches)
    first = True
    failed = False
    for info in infos:
        if info.dims is None:
            reading.sheet.warn(
                f"the input `{shown(info.name)}` is no tensor, or has no shape: it is not read", Place("", info.name)
            )
            continue
        if _is_variable(info):
            failed = not _variable(reading, info, asked) or failed
            continue
        failed = not _enter(reading, graph, info, batches[info.name], asked, first=first) or failed
        first = False
    if failed:
        raise Halted
    if not reading.sheet.inputs:
        raise reading.sheet.refuse("the graph has no input that is a tensor")


def _is_variable(info: ValueInfo) -> bool:
    """Whether an input is one number: a setting."""
    return not info.dims or (all(dim == 1 for dim in info.dims) and not is_float(info.dtype))


def _variable(reading: Reading, info: ValueInfo, asked: Asked) -> bool:
    """A setting with the value of `--set`; without one, a number that depends on data."""
    value = asked.value(info.name)
    shape = [1 for _ in info.dims or ()]
    if value is None:
        made = reading.heart.enter(info.name, shape or [1], batch=None, label=info.name)
        reading.scope.values[info.name] = made if shape else reading.heart.squeeze(made, [0])
        return True
    reading.scope.values[info.name] = of_numbers([value], shape, info.dtype)
    return True


def _batch(info: ValueInfo, infos: Sequence[ValueInfo], graph: Graph) -> int | None:
    """The axis of an input that is the batch."""
    dims = info.dims or ()
    if not dims:
        return None
    first = dims[0]
    if not isinstance(first, int) or first in (1, -1, 0):
        return 0
    if len(dims) < 2:
        return None
    others = [one.dims for one in (*infos, *graph.outputs) if one.dims]
    return 0 if all(dims[0] == first for dims in others) and len(others) > 1 else None


def _name_batches(reading: Reading, infos: Sequence[ValueInfo], batches: dict[str, int | None]) -> None:
    """Named axes that are the batch somewhere are one sample everywhere."""
    for info in infos:
        batch = batches[info.name]
        first = info.dims[0] if batch is not None and info.dims else None
        if isinstance(first, str):
            reading.axes[first] = 1
        elif first is not None and first > 1:
            reading.samples = first
    for info in infos:
        # an input of which the batch is the second axis: a state of layers × batch × units
        dims = info.dims or ()
        if len(dims) < 2 or not isinstance(dims[0], int) or dims[0] < 1 or batches[info.name] not in (None, 0):
            continue
        named = isinstance(dims[1], str) and reading.axes.get(dims[1]) == 1
        if named or (dims[0] > 1 and not isinstance(dims[1], str) and (dims[1] is None or dims[1] < 1)):
            batches[info.name] = 1


def _enter(reading: Reading, graph: Graph, info: ValueInfo, batch: int | None, asked: Asked, *, first: bool) -> bool:
    """Enters one input; False after a finding."""
    dims = list(info.dims or ())
    depth = _depth(reading, info, len(dims))
    order = [axis for axis in range(len(dims)) if axis not in (batch, depth)] + [depth] * (
        depth != batch and bool(dims)
    )
    given = _of_one_sample(asked.volume(info.name, first=first), len(order), batch)
    sizes: dict[int, int | None] = {}
    for axis in order:
        dim = dims[axis]
        known = dim if isinstance(dim, int) and dim > 0 else None
        if isinstance(dim, str):
            known = reading.axes.get(dim)
            known = asked.axis(dim) if known is None else known
        sizes[axis] = known
    place = Place("", info.name)
    if given is not None:
        if len(given) != max(1, len(order)):
            axes = "x".join(str(sizes[axis] or "?") for axis in order)
            reading.sheet.refuse(
                f"the input `{shown(info.name)}` has {len(order)} axes without the batch, {axes}, but "
                f"{'x'.join(map(str, given))} has {len(given)}",
                place,
            )
            return False
        for axis, size in zip(order, given, strict=False):
            dim = dims[axis]
            if isinstance(dim, int) and dim > 0 and dim != size:
                axes = _fixed(dims, order)
                reading.sheet.refuse(
                    f"the file fixes the input `{shown(info.name)}` to {axes}, not {'x'.join(map(str, given))}", place
                )
                return False
            sizes[axis] = size
            if isinstance(dim, str):
                reading.axes[dim] = size
    open_axes = [axis for axis in order if sizes[axis] is None]
    if open_axes:
        _say_open(reading, info, order, sizes, place, first=first)
        return False
    for axis in order:
        dim = dims[axis]
        if isinstance(dim, str):
            reading.axes.setdefault(dim, sizes[axis] or 1)
    shape = [1 if axis == batch else sizes[axis] or 1 for axis in range(len(dims))]
    if len(order) > MOST_AXES:
        reading.sheet.refuse(f"the input `{shown(info.name)}` has {len(order)} axes, more than a volume has", place)
        return False
    if prod(shape) > 10**15:
        reading.sheet.refuse(f"the input `{shown(info.name)}` has more than 10^15 elements", place)
        return False
    made = reading.heart.enter(info.name, shape or [1], batch=batch, depth=depth, label=info.name)
    reading.scope.values[info.name] = made if shape else reading.heart.squeeze(made, [0])
    return True


def _fixed(dims: Sequence[int | str | None], order: Sequence[int]) -> str:
    """The sizes that the file fixes, `?` for an open one."""
    return "x".join(str(dim) if isinstance(dim := dims[axis], int) and dim > 0 else "?" for axis in order)


def _of_one_sample(given: tuple[int, ...] | None, axes: int, batch: int | None) -> tuple[int, ...] | None:
    """A volume that is asked for, without a batch of 1 that was written too: `2x1x128` of layers × batch × units."""
    if given is None or batch is None or len(given) != axes + 1 or given[batch] != 1:
        return given
    return given[:batch] + given[batch + 1 :]


def _say_open(
    reading: Reading, info: ValueInfo, order: Sequence[int], sizes: dict[int, int | None], place: Place, *, first: bool
) -> None:
    """The finding about open axes, with the option that gives them sizes."""
    dims = info.dims or ()
    usual = {3: (224, 224, 3), 2: (128, 64), 1: (128,)}.get(len(order), (16, 112, 112, 3))
    example = "x".join(str(sizes[axis] or usual[at]) for at, axis in enumerate(order))
    without = [axis for axis in order if sizes[axis] is None]
    names = [shown(dim) if isinstance(dim := dims[axis], str) else f"number {axis + 1}" for axis in without]
    what = "an axis" if len(names) == 1 else "axes"
    option = f"--input {example}" if first else f"--input {shown(info.name)}={example}"
    named = [dim for axis in without if isinstance(dim := dims[axis], str)]
    also = f", or `--input {shown(named[0])}=64` for one named axis" if named else ""
    reading.sheet.refuse(
        f"the input `{shown(info.name)}` has {what} without a size: {', '.join(names)}",
        place,
        help=f"give the volume, depth last: `{option}`{also}",
    )


def _depth(reading: Reading, info: ValueInfo, rank: int) -> int:
    """The axis that the first layer with an opinion takes for the depth; without one, a Resize has channels first."""
    front: list[tuple[str, tuple[int, ...]]] = [(info.name, tuple(range(rank)))]
    seen, usual = 0, max(rank - 1, 0)
    while front and seen < _FAR:
        name, axes = front.pop(0)
        for node in reading.readers.get(name, ()):
            seen += 1
            if node.operator == "Resize" and len(axes) > 2:
                usual = axes[1]
            found = _opinion(node, name, axes)
            if isinstance(found, int):
                return found
            if found is not None:
                front += [(output, found) for output in node.outputs if output]
    return usual


def _opinion(node: Node, name: str, axes: tuple[int, ...]) -> int | tuple[int, ...] | None:
    """The axis that a node takes for the depth; the axes behind it; None where it does not say."""
    if not node.inputs or node.inputs[0] != name:
        return axes if node.operator in _KEEP and name in node.inputs else None
    if node.operator in _SECOND and len(axes) > 2:
        return axes[1]
    if node.operator in _LAST and axes:
        return axes[-1]
    if node.operator == "Transpose":
        order = node.ints("perm") or list(reversed(range(len(axes))))
        return tuple(axes[at] for at in order) if sorted(order) == list(range(len(axes))) else None
    return axes if node.operator in _KEEP else None
