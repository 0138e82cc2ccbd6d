"""Layers that give the same elements other places, choose some of them, or repeat them."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.arrangement import Crop, Flatten, Pad, Permute, Reshape, Slice
from analyzer.layers.axes import per_axis
from analyzer.layers.moving import Flip, Gather, Rearrange, Roll, Tile
from analyzer.layers.padding import Pairs
from analyzer.layers.unfolding import Fold, Unfold
from analyzer.layers.windows import Window
from analyzer.loader.writing.code.making import alike, options, unless
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.layers.convolutions import PAD_MODES
from analyzer.loader.writing.keras.layers.making import FIRST_AXIS, axes_of, axis_of, in_all, of_rank, padding_of
from analyzer.volume import Volume


def flatten(layer: Flatten, node: Node) -> Built:
    """`Flatten`."""
    return Built("layers.Flatten")


def reshape(layer: Reshape, node: Node) -> Built:
    """`Reshape`; one size that is left open is −1 in Keras too."""
    return Built("layers.Reshape", (tuple(-1 if size is None else size for size in layer.to),))


def permute(layer: Permute, node: Node) -> Built:
    """`Permute`, which counts the axes from 1."""
    return Built("layers.Permute", (axes_of(layer.order, node.flow.input),))


def pad(layer: Pad, node: Node) -> Built:
    """`ZeroPadding2D`; `ops.pad` for planes and for values of the volume."""
    volume = node.flow.input
    pairs: Pairs = layer.padding.pairs(volume.rank) if layer.padding is not None else ((0, 0),) * volume.rank
    depth = layer.depth or (0, 0)
    if layer.padding_mode == "zeros" and not any(depth) and volume.rank:
        return Built(of_rank("ZeroPadding", volume.rank), (padding_of(pairs),))
    mode = "" if layer.padding_mode == "zeros" else f', mode="{PAD_MODES[layer.padding_mode]}"'
    return Built(forward=f"ops.pad({{0}}, {{padding}}{mode})", values={"padding": in_all(pairs, depth)})


def crop(layer: Crop, node: Node) -> Built:
    """`Cropping2D`."""
    rank = node.flow.input.rank
    return Built(of_rank("Cropping", rank), (padding_of(layer.padding.pairs(rank)),))


def slice_(layer: Slice, node: Node) -> Built:
    """An index: `x[:, 1:5]`, or `x[..., :8]` for the depth."""
    volume = node.flow.input
    bounds = layer.bounds(volume)
    before = "..., " if bounds.axis == "depth" else ":, " * axes_of([bounds.axis], volume)[0]
    values = {}
    start = stop = step = ""
    if bounds.start:
        start, values["start"] = "{start}", bounds.start
    if bounds.stop < volume.sizes[volume.axes.index(bounds.axis)]:
        stop, values["stop"] = "{stop}", bounds.stop
    if bounds.step > 1:
        step, values["step"] = ":{step}", bounds.step
    return Built(forward=f"{{0}}[{before}{start}:{stop}{step}]", values=values)


def rearrange(layer: Rearrange, node: Node) -> Built:
    """Up to three layers: a `Reshape` that cuts axes, a `Permute`, and a `Reshape` that puts axes together."""
    return moved(node, layer.cut_axes(node.flow), layer.moved_axes(node.flow))


def moved(node: Node, cut: tuple[int, ...], order: tuple[int, ...]) -> Built:
    """The layers that cut the axes of a volume, put them in another order, and join them to those of the output."""
    made: list[tuple[str, tuple[int, ...]]] = []
    if cut != node.flow.input.sizes:
        made.append(("layers.Reshape", cut or (1,)))
    if order != tuple(range(len(order))):
        made.append(("layers.Permute", tuple(FIRST_AXIS + axis for axis in order)))
    if tuple(cut[axis] for axis in order) != node.output.sizes:
        made.append(("layers.Reshape", node.output.sizes))
    if not made:
        return Built("layers.Identity")
    text, values = "{0}", {}
    for place, (call, argument) in enumerate(made[:-1]):
        name = f"{call.rpartition('.')[2].lower()}{place or ''}"
        text, values[name] = f"{call}({{{name}}})({text})", argument
    call, argument = made[-1]
    return Built(call, (argument,), forward=f"{{self}}({text})", values=values)


def gather(layer: Gather, node: Node) -> Built:
    """`ops.take` with the indices of the second input, or those that `gather` of the file stands in for."""
    volume = node.flow.input
    values = {"axis": axis_of(layer.axis[0], volume)}
    if len(node.inputs) > 1 and layer.count is None:
        return Built(forward="take({0}, {1}, {axis})", needs=("take",), values=values)
    values["count"] = node.output.sizes[volume.axes.index(layer.axis[0])]
    return Built(forward="gather({0}, {count}, {axis})", needs=("gather",), values=values)


def tile(layer: Tile, node: Node) -> Built:
    """The operation, with a number for each axis."""
    axes = axes_of(layer.axis, node.flow.input)
    counts = tuple(layer.count ** axes.count(axis) for axis in range(node.flow.input.rank + 2))
    return Built(forward="ops.tile({0}, {repeats})", values={"repeats": counts})


def roll(layer: Roll, node: Node) -> Built:
    """The operation."""
    axes = axes_of(layer.axis, node.flow.input)
    shift = (layer.shift,) * len(axes) if len(axes) > 1 else layer.shift
    values = {"shift": shift, "axis": axes if len(axes) > 1 else axes[0]}
    return Built(forward="ops.roll({0}, {shift}, axis={axis})", values=values)


def flip(layer: Flip, node: Node) -> Built:
    """The operation."""
    axes = axes_of(layer.axis, node.flow.input)
    return Built(forward="ops.flip({0}, axis={axis})", values={"axis": axes if len(axes) > 1 else axes[0]})


def unfold(layer: Unfold, node: Node) -> Built:
    """`unfold` of the file, behind a layer that pads."""
    volume = node.flow.input
    window = layer.over(volume)
    padded = "{0}"
    values: dict[str, object] = {"kernel": window.kernel}
    if any(map(sum, window.padding)):
        padded = f"{of_rank('ZeroPadding', volume.rank)}({{padding}})({{0}})"
        values["padding"] = padding_of(window.padding)
    steps = _steps(window, values)
    return Built(forward=f"unfold({padded}, {{kernel}}{steps})", needs=("unfold",), values=values)


def fold(layer: Fold, node: Node) -> Built:
    """`fold` of the file, before a layer that crops."""
    whole = Volume(per_axis(layer.to, node.output.rank, "to"), node.output.depth)
    window = layer.over(whole)
    values: dict[str, object] = {"sizes": window.padded(whole), "kernel": window.kernel}
    text = f"fold({{0}}, {{sizes}}, {{kernel}}{_steps(window, values)})"
    if not any(map(sum, window.padding)):
        return Built(forward=text, needs=("fold",), values=values)
    crop = Built(of_rank("Cropping", whole.rank), (padding_of(window.padding),), needs=("fold",), values=values)
    crop.forward = f"{{self}}({text})"
    return crop


def _steps(window: Window, values: dict[str, object]) -> str:
    """The arguments of stride and dilation, where they are not 1, whose values are added to `values`."""
    found = options(strides=unless(alike(window.stride), 1), dilation_rate=unless(alike(window.dilation), 1))
    values.update(found)
    return "".join(f", {name}={{{name}}}" for name in found)
