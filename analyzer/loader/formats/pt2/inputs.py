"""The inputs of a program: which axis is the batch, which one the depth, and how large open axes are.

The batch is the first axis of all inputs; it counts as 1. The depth is the axis that the first layer to read the input
takes for it. An axis that `torch.export` was told to keep open has a symbol; `--input` says how large it is, otherwise
it has the size of the example.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.arranging import MOST_AXES
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.pt2.program import Node, Program, Ref
from analyzer.loader.formats.pt2.reading import Reading, refs_of
from analyzer.loader.formats.pt2.sizes import Expression, Unsized
from analyzer.loader.formats.sheet import Halted, Place
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.formats.pt2.program import Size

#: Operators that take the second axis for the depth, and those that take the last one.
_SECOND = (
    "conv", "batch_norm", "_native_batch_norm", "max_pool", "avg_pool", "adaptive_", "_adaptive", "instance_norm",
    "group_norm", "native_group_norm", "upsample", "pixel_", "channel_shuffle", "lp_pool", "fractional", "prelu", "cudnn_batch",
)  # fmt: skip
_LAST = (
    "linear",
    "layer_norm",
    "native_layer_norm",
    "rms_norm",
    "lstm",
    "gru",
    "rnn_",
    "addmm",
    "mm",
    "matmul",
    "embedding",
)

#: How far the search for a layer with an opinion goes, in operations.
_FAR = 200


def enter(reading: Reading, asked: Asked) -> None:
    """Enters the inputs of a program. Raises `Halted` after a finding."""
    program = reading.program
    names = [name for name in program.inputs if name in program.infos]
    if not names:
        raise reading.sheet.refuse("the program has no input that is a tensor")
    shapes = {name: program.infos[name].shape for name in names}
    _find_batch(reading, list(shapes.values()))
    readers = _readers(program)
    failed = False
    orders = {name: _order(program, readers, name, len(shapes[name])) for name in names}
    for first, name in enumerate(names):
        failed = not _ask(reading, name, shapes[name], orders[name], asked, first=not first) or failed
    if failed:
        raise Halted
    for name in names:
        _enter(reading, name, shapes[name], orders[name])


def _find_batch(reading: Reading, shapes: Sequence[Sequence[Size]]) -> None:
    """The batch: one symbol, or as many samples as the first axis of all inputs has."""
    firsts = [shape[0] for shape in shapes if shape]
    for size in firsts:
        if isinstance(size, Expression) and size.symbol is not None:
            reading.symbols[size.symbol] = 1
    numbers = {size for size in firsts if isinstance(size, int)}
    if len(numbers) == 1 and len(firsts) == len(shapes) and all(len(shape) > 1 for shape in shapes):
        reading.samples = max(numbers)


def _batched(reading: Reading, shape: Sequence[Size]) -> bool:
    """Whether the first axis of an input is the batch."""
    if not shape:
        return False
    first = shape[0]
    return isinstance(first, Expression) or first in (1, reading.samples)


def _ask(
    reading: Reading, name: str, shape: Sequence[Size], order: Sequence[int], asked: Asked, *, first: bool
) -> bool:
    """Gives the open axes of an input their sizes; False after a finding."""
    own = [axis for axis in order if axis or not _batched(reading, shape)]
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
        axes = "x".join(str(_shown(shape[axis])) for axis in own)
        said = "x".join(map(str, given_sizes))
        reading.sheet.refuse(
            f"the input `{shown(name)}` has {len(own)} axes without the batch, {axes}, but {said} has {len(given_sizes)}",
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
    return True


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


def _shown(size: Size) -> int | str:
    if isinstance(size, Expression):
        return size.symbol or "?"
    return size


def _value(reading: Reading, size: Expression) -> int | None:
    try:
        return size.value(reading.symbols)
    except Unsized:
        return size.hint


def _enter(reading: Reading, name: str, shape: Sequence[Size], order: Sequence[int]) -> None:
    """Enters one input."""
    batch = 0 if _batched(reading, shape) else None
    sizes = [size if isinstance(size, int) else _value(reading, size) or 1 for size in shape]
    if batch is not None:
        sizes[0] = 1
    label = Place("", name)
    axes = len(sizes) - (batch is not None)
    if axes > MOST_AXES:
        raise reading.sheet.refuse(f"the input `{shown(name)}` has {axes} axes, more than a volume has", label)
    if prod(sizes) > 10**15 or 0 in sizes:
        raise reading.sheet.refuse(f"the input `{shown(name)}` has no element, or more than 10^15", label)
    depth = order[-1] if order else -1
    made = reading.heart.enter(name, sizes or [1], batch=batch, depth=depth, label=name)
    reading.values[name] = made if sizes else reading.heart.squeeze(made, [0])


def _readers(program: Program) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in program.nodes:
        for ref in refs_of(node.args):
            found.setdefault(ref.name, []).append(node)
    return found


def _order(program: Program, readers: dict[str, list[Node]], name: str, rank: int) -> list[int]:
    """The axes of an input, the depth last."""
    depth = _depth(program, readers, name, rank)
    return [axis for axis in range(rank) if axis != depth] + ([depth] if rank else [])


def _depth(program: Program, readers: dict[str, list[Node]], name: str, rank: int) -> int:
    """The axis that the first layer with an opinion takes for the depth; without one, that of torch's pictures."""
    front: list[tuple[str, tuple[int, ...]]] = [(name, tuple(range(rank)))]
    seen, usual = 0, 1 if rank > 3 else max(rank - 1, 0)
    while front and seen < _FAR:
        current, axes = front.pop(0)
        for node in readers.get(current, ()):
            seen += 1
            found = _opinion(program, node, current, axes)
            if isinstance(found, int):
                return found
            if found is not None and node.output:
                front.append((node.output, found))
    return usual


def _opinion(program: Program, node: Node, name: str, axes: tuple[int, ...]) -> int | tuple[int, ...] | None:
    """The axis that an operation takes for the depth; the axes behind it; None where it does not say."""
    plain = node.operator.removeprefix("aten.")
    first = next(iter(node.args.values()), None)
    if isinstance(first, Ref) and first.name == name:
        if plain.startswith(_SECOND) and len(axes) > 2:
            return axes[1]
        if plain.startswith(_LAST) and axes:
            return axes[-1]
        if plain == "permute":
            order = [int(one) % len(axes) for one in node.args.get("dims", []) if isinstance(one, int)]
            return tuple(axes[at] for at in order) if sorted(order) == list(range(len(axes))) else None
        if plain == "transpose":
            moved = list(axes)
            a, b = (int(node.args.get(at, 0)) % len(axes) for at in ("dim0", "dim1"))
            moved[a], moved[b] = moved[b], moved[a]
            return tuple(moved)
    info = program.infos.get(node.output)
    return (
        axes
        if info is not None and len(info.shape) == len(axes) and not plain.startswith(("view", "reshape"))
        else None
    )
