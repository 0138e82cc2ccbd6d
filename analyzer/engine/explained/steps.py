"""The steps of one layer, in the order of an explanation: output, parameters, MACs, memory, what it keeps, its field.

Each formula comes from the layer's own rules (`arithmetic`) and each number from the report's row. A step that they do
not agree on loses its formula, so that nothing false is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

from analyzer.diagnostics import Refusal
from analyzer.engine.explained.amounts import bytes_of, elements_of
from analyzer.engine.explained.arithmetic import Arithmetic
from analyzer.engine.explained.expression import Expression, Letter, Number, Product, Sum
from analyzer.engine.explained.field import field_steps
from analyzer.engine.explained.kept import Kept
from analyzer.engine.explained.lettered import AXIS_LETTERS, lettered, lettered_volume
from analyzer.engine.explained.result import Step
from analyzer.engine.explained.rule import why_no_macs
from analyzer.engine.explained.saved import saved_steps
from analyzer.engine.explained.simplified import simplified
from analyzer.engine.explained.traced import formula
from analyzer.engine.network import Network, Node
from analyzer.engine.result import Cost, Row
from analyzer.engine.tying import Reuse
from analyzer.layers import LOCAL, SHARED, Layer
from analyzer.layers.windows import window_count
from analyzer.record import Record
from analyzer.units import count, plural
from analyzer.volume import Volume

#: What parameters are called, in the order of the steps.
_COUNTS = ("weights", "biases", "buffers")


class Around(Record, kw_only=True):
    """What the steps of a layer need to know of its network and of the run.

    rows            every row by its name
    kept            the tensors that each layer keeps, by its name
    shared, local   what each tied layer reuses, by its index
    modes           the modes of sharing that are shown
    """

    rows: Mapping[str, Row]
    kept: Mapping[str, Sequence[Kept]]
    shared: Mapping[int, Reuse]
    local: Mapping[int, Reuse]
    modes: Sequence[str]
    batch: int
    dtype: str
    network: Network


def steps_of(row: Row, around: Around) -> Iterator[Step]:
    """The steps of one layer."""
    arithmetic = Arithmetic(row.node.layer, row.node.flow)
    yield from own_steps(row, arithmetic, around)
    yield from saved_steps(row.node, row.saved, arithmetic, around.kept[row.name], around.batch, around.dtype)
    yield from field_steps(row, around.rows, arithmetic)


def own_steps(row: Row, arithmetic: Arithmetic, around: Around) -> Iterator[Step]:
    """The steps that do not depend on the layers before: they are the same for equal layers."""
    parameters = list(_parameters(row, arithmetic, around))
    macs = _macs(row, arithmetic)
    yield from _output(row, arithmetic)
    for letter, one in arithmetic.defaults.items():
        if isinstance(letter, Letter):
            yield Step(topic="parameters", name=letter.name, value=letter.value, formula=one)
    yield from parameters
    yield macs
    yield from _memory(row, arithmetic, around)


def input_steps(node: Node, batch: int, dtype: str) -> Iterator[Step]:
    """The steps of an input of the network: its elements and their bytes."""
    factors = tuple(Letter(axis, size) for axis, size in zip(node.output.axes, node.output.sizes, strict=True))
    elements = simplified(Product(factors))
    yield Step(topic="output", name="elements", value=node.output.size, formula=elements)
    size = bytes_of(elements, batch, dtype)
    yield Step(topic="memory", name="volume", value=size.value, formula=size, unit="bytes")


def refused_steps(layer: Layer, inputs: Sequence[Volume]) -> Iterator[Step]:
    """The steps of a layer that was refused, as far as they go: the positions of its window on each axis."""
    first = lettered_volume(inputs[0], "", "input")
    try:
        window = lettered(layer).window(first)
    except Refusal:
        return
    if window is None or window.scatters:
        return
    axes = zip(first.axes, first.spatial, window.kernel, window.stride, window.dilation, window.padding, strict=False)
    for axis, size, *numbers in axes:
        kernel, stride, dilation, pair = numbers
        positions = window_count(size, kernel, stride, dilation, pair, window.rounding)
        words = "" if positions > 0 else "not even one position fits"
        name = f"{AXIS_LETTERS[axis]}_out"
        yield Step(
            topic="output",
            name=name,
            value=int(positions),
            formula=simplified(formula(positions)),
            axis=axis,
            words=words,
        )


def _output(row: Row, arithmetic: Arithmetic) -> Iterator[Step]:
    """The calculated padding, and the output on each axis."""
    for letter, cells in arithmetic.padding.items():
        if isinstance(letter, Letter) and not isinstance(cells, Number):
            yield Step(topic="output", name=letter.name, value=letter.value, formula=cells, words=letter.meaning)
    volume = row.output
    unread = row.unread or [0] * volume.rank
    for place, ((name, one), axis, size) in enumerate(zip(arithmetic.output, volume.axes, volume.sizes, strict=True)):
        left = unread[place] if place < len(unread) else 0
        words = f"no window reads the last {plural(left, 'cell')}" if left else ""
        if place < volume.rank and _is_one_less(row, place, size):
            words = "without the last window, which would begin beyond the input and the padding before it"
        yield Step(topic="output", name=name, value=size, formula=one, axis=axis, words=words)


def _is_one_less(row: Row, place: int, size: int) -> bool:
    """Whether a window that rounds up leaves out its last position."""
    volume = row.node.flow.input
    window = row.node.layer.window(volume)
    if window is None or window.rounding == "floor" or window.scatters:
        return False
    room = volume.spatial[place] - window.span(place) + sum(window.padding[place])
    return -(-room // window.stride[place]) + 1 > size


def _parameters(row: Row, arithmetic: Arithmetic, around: Around) -> Iterator[Step]:
    """The parameters in each mode that is shown; once, where they are the same in all."""
    layer, costs = row.node.layer, {"shared": row.shared, "local": row.local, "declared": row.declared}
    declared = arithmetic.declared
    sharings = {"shared": SHARED, "local": LOCAL, "declared": declared}
    if not layer.shares and row.local == row.shared:
        yield from _counts(row, row.declared, arithmetic.counts(SHARED), around, None)
        return
    for mode in around.modes:
        if mode != "declared" or len(around.modes) == 1 or layer.declared_sharing not in (SHARED, LOCAL):
            yield from _counts(row, costs[mode], arithmetic.counts(sharings[mode]), around, mode)


def _counts(
    row: Row, cost: Cost, formulas: Mapping[str, Expression], around: Around, mode: str | None
) -> Iterator[Step]:
    """The parameters in one mode."""
    node = row.node
    reuse = (around.local if mode == "local" else around.shared).get(node.index)
    values = {"weights": cost.weights, "biases": cost.biases, "buffers": cost.buffers}
    for name in _COUNTS:
        reused = reuse is not None and (reuse.whole or name == "weights")
        if reused and reuse is not None and formulas[name].value:
            yield Step(topic=name, name=name, value=0, mode=mode, words=f"those of `{reuse.owner.name}`, counted there")
        elif values[name]:
            words = _words(row, name, mode)
            yield Step(topic=name, name=name, value=values[name], formula=formulas[name], mode=mode, words=words)
    if cost.weights and cost.biases:
        words = _times(cost.parameters, row.shared.parameters) if mode == "local" else ""
        yield Step(
            topic="parameters",
            name="parameters",
            value=cost.parameters,
            formula=formulas["parameters"],
            mode=mode,
            words=words,
        )
    elif not cost.parameters and not cost.buffers and reuse is None:
        yield Step(topic="parameters", name="parameters", value=0, mode=mode, words="none")


def _words(row: Row, name: str, mode: str | None) -> str:
    """What the formula of a count does not say."""
    layer, cost = row.node.layer, row.local if mode == "local" else row.shared
    if layer.authored:
        return "as its author gives them"
    words = []
    if name == "weights" and mode == "local":
        positions = layer.bank_positions(row.node.flow)
        factors = "·".join(map(count, positions))
        total = f" = {count(prod(positions))}" if len(positions) > 1 else ""
        words.append(f"one filter bank for each of {factors}{total} positions")
        if not cost.biases:
            words.append(_times(row.local.weights, row.shared.weights))
    if name in ("weights", "biases") and row.node.frozen:
        words.append("frozen: not trained")
    if name == "buffers":
        words.append("kept, but not trained")
    return ", ".join(filter(None, words))


def _times(more: int, fewer: int) -> str:
    """How many times as many, where that is a whole number."""
    return f"{count(more // fewer)} × as many as shared" if fewer and more % fewer == 0 and more > fewer else ""


def _macs(row: Row, arithmetic: Arithmetic) -> Step:
    """The MACs, and how many of them multiply padding."""
    layer = row.node.layer
    if row.unknown:
        return Step(
            topic="macs", name="MACs", words="unknown: the catalogue has no rule for them, and its author gives none"
        )
    if not row.macs:
        return Step(topic="macs", name="MACs", value=0, words=why_no_macs(layer))
    words = "as its author gives them" if layer.authored else ""
    padded = 0 if row.macs_on_data is None else row.macs - row.macs_on_data
    if padded:
        words = f"{count(padded)} of them multiply padding"
    return Step(topic="macs", name="MACs", value=row.macs, formula=arithmetic.macs, words=words)


def _memory(row: Row, arithmetic: Arithmetic, around: Around) -> Iterator[Step]:
    """The bytes of the output, and of the parameters in each mode that is shown."""
    size = bytes_of(elements_of(arithmetic.flow.output), around.batch, around.dtype)
    yield Step(topic="memory", name="output", value=row.activation_bytes, formula=size, unit="bytes")
    same = not row.node.layer.shares
    costs = {"shared": row.shared, "local": row.local, "declared": row.declared}
    for mode in around.modes[:1] if same else around.modes:
        cost = costs[mode]
        parts = [
            (name, number) for name, number in (("parameters", cost.parameters), ("buffers", cost.buffers)) if number
        ]
        if parts and not (mode == "declared" and len(around.modes) > 1 and cost in (row.shared, row.local)):
            numbers = simplified(Sum(tuple((1, Letter(name, number)) for name, number in parts)))
            size = bytes_of(numbers, 1, around.network.stored(row.name, around.dtype)[0])
            name = "parameters" if cost.parameters else "buffers"
            yield Step(
                topic="memory", name=name, value=cost.bytes, formula=size, unit="bytes", mode=None if same else mode
            )
