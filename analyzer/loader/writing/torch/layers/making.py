"""What templates are made with: padding as PyTorch takes it, axes, tensors that are the same for every sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.engine.network import Node
from analyzer.layers.padding import Pairs
from analyzer.loader.writing.code.classes import written
from analyzer.loader.writing.code.template import Built, Code, Layout
from analyzer.volume import Volume

#: How many layers are followed back to find out whether a tensor is made of stored ones only.
_STEPS = 64


def even(pairs: Pairs) -> bool:
    """Whether each axis has as many cells before as after."""
    return all(before == after for before, after in pairs)


def pads(pairs: Pairs) -> tuple[int, ...]:
    """Cells around a volume for `F.pad`, which takes the last axis first."""
    return tuple(cells for pair in reversed(pairs) for cells in pair)


def either(make: Callable[[Layout], Built]) -> Built:
    """A layer that takes the depth where it is; `make` writes it for each of the two places."""
    built = make(Layout.FIRST)
    built.last = make(Layout.LAST)
    return built


def sizes_in(volume: Volume, layout: Layout) -> tuple[int, ...]:
    """The sizes of a tensor behind the batch."""
    return volume.sizes if layout is Layout.LAST else (volume.depth, *volume.spatial)


def dims(names: Sequence[str], volume: Volume, layout: Layout) -> tuple[int, ...]:
    """Axes of a tensor by their names; `volume` means all but the batch."""
    names = volume.axes if tuple(names) == ("volume",) else names
    places = {name: place for place, name in enumerate(volume.axes)}
    if layout is Layout.LAST:
        return tuple(1 + places[name] for name in names)
    return tuple(1 if name == "depth" else 2 + places[name] for name in names)


def dim(name: str, volume: Volume, layout: Layout) -> int:
    """One axis by its name; the depth is −1 where it is the last of several."""
    if layout is Layout.LAST and name == "depth" and volume.rank:
        return -1
    return dims([name], volume, layout)[0]


def along(names: Sequence[str], volume: Volume, layout: Layout) -> int | tuple[int, ...]:
    """Axes of a tensor as PyTorch takes them: one number where there is one."""
    if len(names) == 1 and names[0] != "volume":
        return dim(names[0], volume, layout)
    found = dims(names, volume, layout)
    return found if len(found) > 1 else found[0]


def of_rank(name: str, rank: int) -> str:
    """The module for so many spatial axes: `Conv` and 2 are `nn.Conv2d`; those of one axis take vectors too."""
    return f"nn.{name}{max(rank, 1)}d"


def constructed(built: Built) -> Code:
    """What constructs a module, as the argument of another one: `weight_norm(nn.Linear(8, 4))`."""
    values = [written(value) for value in built.positional]
    named = [f"{name}={written(value)}" for name, value in built.named.items()]
    return Code(f"{built.call}({', '.join([*values, *named])})")


def is_stored(node: Node) -> bool:
    """Whether a tensor is made of tensors that the network keeps, so that it is the same for every sample."""
    left = [node]
    for _ in range(_STEPS):
        if not left:
            return True
        one = left.pop()
        if one.index < 0:
            return False
        left.extend(one.inputs)
    return False


def batched(node: Node) -> list[str]:
    """What a layer reads, each as an expression, with stored tensors repeated for every sample of the others."""
    stored = [is_stored(source) if source.index >= 0 else False for source in node.inputs]
    other = next((place for place, one in enumerate(stored) if not one), None)
    texts = [f"{{{place}}}" for place in range(len(node.inputs))]
    if other is None:
        return texts
    for place, source in enumerate(node.inputs):
        if stored[place]:
            kept = ", -1" * len(source.output.sizes)
            texts[place] = f"{{{place}}}.expand({{{other}}}.shape[0]{kept})"
    return texts
