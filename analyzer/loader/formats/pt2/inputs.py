"""The inputs of a program: which axis is the batch, which one the depth, and how large open axes are.

The batch is the axis that the first layer to read an input takes for it, the first axis where that layer does not say;
it counts as 1. The depth is found in the same way. An axis that `torch.export` was told to keep open has a symbol;
`--input` says how large it is, otherwise it has the size of the example.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.arranging import MOST_AXES
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.pt2.program import Node, Program, Ref
from analyzer.loader.formats.pt2.reading import Reading, refs_of
from analyzer.loader.formats.pt2.sizes import Expression, Unsized
from analyzer.loader.formats.sheet import Halted, Place
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.formats.pt2.program import Size

#: Operators that take the second axis for the depth, and those that take the last one.
_SECOND = (
    "conv", "batch_norm", "_native_batch_norm", "max_pool", "avg_pool", "adaptive_", "_adaptive", "instance_norm",
    "group_norm", "native_group_norm", "upsample", "_upsample", "pixel_", "channel_shuffle", "lp_pool", "fractional",
    "prelu", "cudnn_batch", "_prelu",
)  # fmt: skip
_LAST = (
    "linear", "layer_norm", "native_layer_norm", "rms_norm", "addmm", "mm", "matmul", "embedding", "lstm_cell", "gru_cell",
    "rnn_tanh_cell", "rnn_relu_cell",
)  # fmt: skip

#: Recurrent layers: the last axis is the depth, the batch is the second axis unless they say otherwise.
_RECURRENT = ("lstm", "gru", "rnn_")

#: Operators that take some cells of an axis.
_PARTS = ("slice", "select", "unbind", "narrow", "split", "chunk")

#: Operators over windows, which may read one sample without a batch; the number of axes is in their names.
_WINDOWS = re.compile(r"_?(?:adaptive_|fractional_)?(?:conv|max_pool|avg_pool)(\d)d|_?convolution")

#: How far the search for a layer with an opinion goes, in operations.
_FAR = 200


def enter(reading: Reading, asked: Asked, *, whole: bool = False) -> None:
    """Enters the inputs of a program, `whole` without a batch. Raises `Halted` after a finding."""
    program = reading.program
    names = [name for name in program.inputs if name in program.infos]
    if not names:
        raise reading.sheet.refuse("the program has no input that is a tensor")
    shapes = {name: program.infos[name].shape for name in names}
    readers = _readers(program)
    axes = {name: _axes(program, readers, name, shapes[name]) for name in names}
    if whole:
        axes = {name: Axes(one.depth, None) for name, one in axes.items()}
    _find_batch(reading, [(shapes[name], axes[name]) for name in names])
    failed = False
    for first, name in enumerate(names):
        failed = not _ask(reading, name, shapes[name], axes[name], asked, first=not first) or failed
    if failed:
        raise Halted
    for name in names:
        _enter(reading, name, shapes[name], axes[name])


class Axes(Record):
    """What the first layer with an opinion takes the axes of an input for: the depth and the batch; None for none."""

    depth: int
    batch: int | None = 0

    def order(self, rank: int) -> list[int]:
        """The axes of an input, the depth last."""
        return [axis for axis in range(rank) if axis != self.depth] + ([self.depth] if rank else [])


def _find_batch(reading: Reading, inputs: Sequence[tuple[Sequence[Size], Axes]]) -> None:
    """The batch: one symbol, or as many samples as the axis has that is the batch of all inputs."""
    sizes = [shape[axes.batch] for shape, axes in inputs if shape and axes.batch is not None]
    for size in sizes:
        if isinstance(size, Expression) and size.symbol is not None:
            reading.symbols[size.symbol] = 1
    numbers = {size for size in sizes if isinstance(size, int)}
    if len(numbers) == 1 and len(sizes) == len(inputs) and any(len(shape) > 1 for shape, _ in inputs):
        reading.samples = max(numbers)


def _batch(reading: Reading, shape: Sequence[Size], axes: Axes) -> int | None:
    """The axis of an input that is the batch; None where it has none."""
    if not shape or axes.batch is None:
        return None
    size = shape[axes.batch]
    return axes.batch if isinstance(size, Expression) or size in (1, reading.samples) else None


def _ask(reading: Reading, name: str, shape: Sequence[Size], axes: Axes, asked: Asked, *, first: bool) -> bool:
    """Gives the open axes of an input their sizes; False after a finding."""
    batch = _batch(reading, shape, axes)
    own = [axis for axis in axes.order(len(shape)) if axis != batch]
    for axis in own:
        size = shape[axis]
        symbol = size.symbol if isinstance(size, Expression) else None
        if symbol is not None and symbol not in reading.symbols:
            given = asked.axis(symbol)
            if given is not None:
                reading.symbols[symbol] = given
    given_sizes = asked.volume(name, first=first)
    place = Place("", name)
    if given_sizes is not None and len(given_sizes) != max(1, len(own)):
        sizes = "x".join(str(_shown(shape[axis])) for axis in own)
        said = "x".join(map(str, given_sizes))
        reading.sheet.refuse(
            f"the input `{shown(name)}` has {len(own)} axes without the batch, {sizes}, but {said} has {len(given_sizes)}",
            place,
        )
        return False
    for at, axis in enumerate(own):
        size = shape[axis]
        wanted = given_sizes[at] if given_sizes is not None else None
        if isinstance(size, Expression):
            symbol = size.symbol
            if symbol is not None and symbol not in reading.symbols:
                reading.symbols[symbol] = wanted or size.hint or 1
            wanted = wanted or _value(reading, size)
            if wanted == _value(reading, size):
                continue
        if wanted is not None and wanted != size:
            return _refuse(reading, name, shape, own, given_sizes or (), place)
    return all(_in_range(reading, shape[axis], place) for axis in own)


def _refuse(
    reading: Reading, name: str, shape: Sequence[Size], own: Sequence[int], given: Sequence[int], place: Place
) -> bool:
    """The finding about sizes that the program does not have."""
    fixed = "x".join(str(_shown(shape[axis])) for axis in own)
    reading.sheet.refuse(
        f"the program fixes the input `{shown(name)}` to {fixed}, not {'x'.join(map(str, given))}",
        place,
        help="export it again at that size, or with `dynamic_shapes` for the axes that change",
    )
    return False


def _in_range(reading: Reading, size: Size, place: Place) -> bool:
    """Whether an open axis has a size that the program was made for; False after a finding."""
    symbol = size.symbol if isinstance(size, Expression) else None
    low, high = reading.program.ranges.get(symbol or "", (0, 0))
    given = reading.symbols.get(symbol or "", low)
    if symbol is None or symbol not in reading.program.ranges or low <= given <= high:
        return True
    ends = f"from {low:,} on" if high >= 2**62 else f"from {low:,} to {high:,}"
    reading.sheet.refuse(
        f"the axis `{shown(symbol)}` of the input `{shown(place.label)}` is {given:,}, and the program allows {ends}",
        place,
    )
    return False


def _shown(size: Size) -> int | str:
    if isinstance(size, Expression):
        return size.symbol or "?"
    return size


def _value(reading: Reading, size: Expression) -> int | None:
    try:
        return size.value(reading.symbols)
    except Unsized:
        return size.hint


def _enter(reading: Reading, name: str, shape: Sequence[Size], axes: Axes) -> None:
    """Enters one input."""
    batch = _batch(reading, shape, axes)
    sizes = [size if isinstance(size, int) else _value(reading, size) or 1 for size in shape]
    if batch is not None:
        sizes[batch] = 1
    label = Place("", name)
    own = len(sizes) - (batch is not None)
    if own > MOST_AXES:
        raise reading.sheet.refuse(f"the input `{shown(name)}` has {own} axes, more than a volume has", label)
    if prod(sizes) > 10**15 or 0 in sizes:
        raise reading.sheet.refuse(f"the input `{shown(name)}` has no element, or more than 10^15", label)
    made = reading.heart.enter(name, sizes or [1], batch=batch, depth=axes.depth if sizes else -1, label=name)
    reading.values[name] = made if sizes else reading.heart.squeeze(made, [0])


def _readers(program: Program) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in program.nodes:
        for ref in refs_of(node.args):
            found.setdefault(ref.name, []).append(node)
    return found


def _axes(program: Program, readers: dict[str, list[Node]], name: str, shape: Sequence[Size]) -> Axes:
    """What the first layer with an opinion says; without one, the axes of torch's pictures."""
    rank = len(shape)
    front: list[tuple[str, tuple[int, ...]]] = [(name, tuple(range(rank)))]
    seen = 0
    while front and seen < _FAR:
        current, axes = front.pop(0)
        for node in readers.get(current, ()):
            seen += 1
            found = _opinion(program, node, current, axes)
            if isinstance(found, Axes):
                return _or_tokens(found, shape)
            if found is not None and node.output:
                front.append((node.output, found))
    return _or_tokens(Axes(1 if rank > 3 else max(rank - 1, 0)), shape)


def _or_tokens(axes: Axes, shape: Sequence[Size]) -> Axes:
    """The same, but for T×1×D: several tokens of one sample, since one token of several samples is rarer."""
    tokens = len(shape) == 3 and axes.depth == 2 and axes.batch == 0 and shape[1] == 1
    return Axes(2, 1) if tokens and isinstance(shape[0], int) and shape[0] != 1 else axes


def _opinion(program: Program, node: Node, name: str, axes: tuple[int, ...]) -> Axes | tuple[int, ...] | None:
    """What an operation takes its axes for; the axes behind it, −1 for a new one; None where it does not say."""
    plain = node.operator.removeprefix("aten.")
    first = next(iter(node.args.values()), None)
    if isinstance(first, Ref) and first.name == name:
        found = _taken(program, node, plain, axes)
        if found is not None:
            return found if found.depth >= 0 else None
        if plain in _PARTS and axes and axes[0] == 0:
            return _without_first(program, node, name, axes)
        if plain in ("permute", "transpose", "unsqueeze"):
            return _moved(node, plain, axes)
    info = program.infos.get(node.output)
    same = info is not None and len(info.shape) == len(axes) and not plain.startswith(("view", "reshape"))
    return axes if same else None


def _taken(program: Program, node: Node, plain: str, axes: tuple[int, ...]) -> Axes | None:
    """The depth and the batch of a layer that reads a tensor with these axes."""
    rank = len(axes)
    window = _WINDOWS.match(plain)
    if window is not None:
        weight = node.args.get("weight")
        kernel = program.infos.get(weight.name) if isinstance(weight, Ref) else None
        spatial = int(window.group(1) or 0) or (len(kernel.shape) - 2 if kernel is not None else 0)
        if rank == spatial + 1:
            return Axes(axes[0], None)
    if plain.startswith(_SECOND) and rank > 2:
        return Axes(axes[1], axes[0] if axes[0] >= 0 else None)
    if plain.startswith(_RECURRENT) and rank in (2, 3) and "params" in node.args:
        batch = None if rank == 2 else axes[0] if node.args.get("batch_first") else axes[1]
        return Axes(axes[-1], batch if batch is None or batch >= 0 else None)
    if plain.startswith(_LAST) and axes:
        return Axes(axes[-1], 0 if 0 in axes else axes[0] if rank > 1 else None)
    return None


def _without_first(program: Program, node: Node, name: str, axes: tuple[int, ...]) -> Axes | tuple[int, ...] | None:
    """Where the program takes some cells of the first axis, that axis is the time, not the batch.

    Of one cell nothing is said: `x[0]` is how programs for one sample take it.
    """
    rank, taken = len(axes), int(node.args.get("dim", 0)) == 0
    first, made = program.infos[name].shape[0], program.infos.get(node.output)
    if not taken or not isinstance(first, int) or first == 1:
        return axes if rank == (0 if made is None else len(made.shape)) else None
    if made is not None and len(made.shape) == rank:
        batch = axes[1] if rank == 3 and axes[1] >= 0 else None
        return axes if made.shape[0] == first else Axes(axes[-1], batch)
    return axes[1:]


def _moved(node: Node, plain: str, axes: tuple[int, ...]) -> tuple[int, ...] | None:
    """The axes behind a permutation, or with a new one."""
    rank = len(axes)
    if plain == "permute":
        order = [int(one) % rank for one in node.args.get("dims", []) if isinstance(one, int)]
        return tuple(axes[at] for at in order) if sorted(order) == list(range(rank)) else None
    if plain == "unsqueeze":
        at = int(node.args.get("dim", 0)) % (rank + 1)
        return (*axes[:at], -1, *axes[at:])
    moved = list(axes)
    a, b = (int(node.args.get(at, 0)) % rank for at in ("dim0", "dim1"))
    moved[a], moved[b] = moved[b], moved[a]
    return tuple(moved)
