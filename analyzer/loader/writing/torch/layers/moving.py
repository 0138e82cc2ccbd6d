"""Layers that give the same elements other places, choose some of them, or repeat them."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.arrangement import Crop, Flatten, Pad, Permute, Reshape, Slice
from analyzer.layers.axes import per_axis
from analyzer.layers.moving import Flip, Gather, Rearrange, Roll, Tile
from analyzer.layers.padding import Pairs
from analyzer.layers.unfolding import Fold, Unfold
from analyzer.loader.writing.code.making import alike, options, unless
from analyzer.loader.writing.code.template import Built, Layout, NoTemplate
from analyzer.loader.writing.torch.layers.making import along, dim, dims, either, even, of_rank, pads
from analyzer.volume import Volume

#: The module that pads in each mode.
_PADS = {"zeros": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}


def flatten(layer: Flatten, node: Node) -> Built:
    """`nn.Flatten`."""
    return Built("nn.Flatten")


def reshape(layer: Reshape, node: Node) -> Built:
    """`reshape`; the depth stays first only if it keeps its size."""
    before, after = node.flow.input, node.output
    last = Built(forward=f"{{0}}.reshape(-1, {_listed(after.sizes)})", layout=Layout.LAST)
    first = f"{{0}}.reshape(-1, {_listed((after.depth, *after.spatial))})"
    if not after.rank:
        return Built(forward="{0}.flatten(1)" if before.rank else "{0}")
    if not before.rank:
        return Built(forward=first, layout=Layout.FIRST) if after.rank > 1 else last
    if before.depth != after.depth and before.positions > 1:
        return last
    built = Built(forward=first)
    built.last = last.but(layout=Layout.ANY)
    return built


def _listed(sizes: tuple[int, ...]) -> str:
    return ", ".join(map(str, sizes))


def permute(layer: Permute, node: Node) -> Built:
    """`permute`."""
    volume = node.flow.input

    def ordered(layout: Layout) -> Built:
        found = dims(layer.order, volume, layout)
        order = found if layout is Layout.LAST else (found[-1], *found[:-1])
        if order == tuple(range(1, len(order) + 1)):
            return Built(forward="{0}")
        moved = [place for place, axis in enumerate(order, 1) if place != axis]
        if len(moved) == 2:
            return Built(forward=f"{{0}}.transpose({moved[0]}, {moved[1]})")
        return Built(forward=f"{{0}}.permute(0, {_listed(order)})")

    return either(ordered)


def pad(layer: Pad, node: Node) -> Built:
    """`nn.ZeroPad2d` and its like; `F.pad` for planes."""
    volume = node.flow.input
    pairs: Pairs = layer.padding.pairs(volume.rank) if layer.padding is not None else ((0, 0),) * volume.rank
    depth = layer.depth or (0, 0)
    if layer.padding_mode != "zeros" and any(depth):
        return _repeated(layer.padding_mode, volume, (depth, *pairs))
    if volume.rank and not any(depth):
        sides = {cells for pair in pairs for cells in pair}
        cells = sides.pop() if len(sides) == 1 else pads(pairs)
        built = Built(of_rank(_PADS[layer.padding_mode], volume.rank), (cells,), layout=Layout.FIRST)
        if layer.padding_mode == "zeros":
            built.layout = Layout.ANY
            built.last = Built(forward="F.pad({0}, {padding})", values={"padding": (0, 0, *pads(pairs))})
        return built

    def padded(layout: Layout) -> Built:
        every = (depth, *pairs) if layout is Layout.FIRST else (*pairs, depth)
        return Built(forward="F.pad({0}, {padding})", values={"padding": pads(every)})

    return either(padded)


def _repeated(mode: str, volume: Volume, pairs: Pairs) -> Built:
    """Planes whose values are those of others: the depth counts as an axis of a single plane."""
    if volume.rank > 2:
        raise NoTemplate(f"PyTorch repeats values along three axes at most, and `{mode}` asks for four")
    text = f'F.pad({{0}}.unsqueeze(1), {{padding}}, mode="{mode}").squeeze(1)'
    return Built(forward=text, layout=Layout.FIRST, values={"padding": pads(pairs)})


def crop(layer: Crop, node: Node) -> Built:
    """Ranges of the axes."""
    volume = node.flow.input
    pairs = layer.padding.pairs(volume.rank)

    def cut(layout: Layout) -> Built:
        values: dict[str, object] = {}
        ranges = []
        for axis, ((before, after), size) in enumerate(zip(pairs, volume.spatial, strict=True)):
            start, stop = f"start{axis}", f"stop{axis}"
            values.update(options(**{start: unless(before, 0), stop: size - after if after else None}))
            ranges.append(f"{f'{{{start}}}' if before else ''}:{f'{{{stop}}}' if after else ''}")
        before_axes = ":, :, " if layout is Layout.FIRST else ":, "
        return Built(forward=f"{{0}}[{before_axes}{', '.join(ranges)}]", values=values)

    return either(cut)


def slice_(layer: Slice, node: Node) -> Built:
    """An index: `x[:, 1:5]`, or `x[..., :8]` for the last axis."""
    volume = node.flow.input
    bounds = layer.bounds(volume)
    values = options(
        start=unless(bounds.start, 0),
        stop=unless(bounds.stop, volume.sizes[volume.axes.index(bounds.axis)]),
        step=unless(bounds.step, 1),
    )
    texts = {name: f"{{{name}}}" if name in values else "" for name in ("start", "stop", "step")}
    inside = f"{texts['start']}:{texts['stop']}" + (f":{texts['step']}" if texts["step"] else "")

    def taken(layout: Layout) -> Built:
        axis = dim(bounds.axis, volume, layout)
        before = "..., " if axis == -1 else ":, " * axis
        return Built(forward=f"{{0}}[{before}{inside}]", values=values)

    return either(taken)


def rearrange(layer: Rearrange, node: Node) -> Built:
    """Up to three steps: a `reshape` that cuts axes, a `permute`, and a `reshape` that puts axes together."""
    cut, order = layer.cut_axes(node.flow), layer.moved_axes(node.flow)
    text = "{0}"
    if cut != node.flow.input.sizes:
        text += f".reshape(-1, {_listed(cut or (1,))})"
    if order != tuple(range(len(order))):
        text += f".permute(0, {_listed(tuple(1 + axis for axis in order))})"
    if tuple(cut[axis] for axis in order) != node.output.sizes:
        text += f".reshape(-1, {_listed(node.output.sizes)})"
    return Built(forward=text, layout=Layout.LAST)


def gather(layer: Gather, node: Node) -> Built:
    """`taken` of the file with the indices of the second input, or `picked` with indices that stand in for others."""
    volume = node.flow.input
    name = layer.axis[0]
    if len(node.inputs) > 1 and layer.count is None:
        return either(
            lambda layout: Built(
                forward="taken({0}, {1}, {dim})", needs=("taken",), values={"dim": dims([name], volume, layout)[0]}
            )
        )
    count = node.output.sizes[volume.axes.index(name)]
    return either(
        lambda layout: Built(
            forward="picked({0}, {count}, {dim})",
            needs=("picked",),
            values={"count": count, "dim": dim(name, volume, layout)},
        )
    )


def tile(layer: Tile, node: Node) -> Built:
    """`repeat`, with a number for each axis."""
    volume = node.flow.input

    def repeated(layout: Layout) -> Built:
        axes = dims(layer.axis, volume, layout)
        counts = tuple(layer.count ** axes.count(axis) for axis in range(volume.rank + 2))
        return Built(forward="{0}.repeat({repeats})", values={"repeats": counts})

    return either(repeated)


def roll(layer: Roll, node: Node) -> Built:
    """`torch.roll`."""
    volume = node.flow.input
    shift = (layer.shift,) * len(layer.axis) if len(layer.axis) > 1 else layer.shift
    return either(
        lambda layout: Built(
            forward="torch.roll({0}, {shifts}, {dims})",
            values={"shifts": shift, "dims": along(layer.axis, volume, layout)},
        )
    )


def flip(layer: Flip, node: Node) -> Built:
    """`flip`."""
    volume = node.flow.input
    return either(lambda layout: Built(forward="{0}.flip({dims})", values={"dims": along(layer.axis, volume, layout)}))


def unfold(layer: Unfold, node: Node) -> Built:
    """`F.unfold`, which knows two axes; `unfold` of the file for one or three."""
    volume = node.flow.input
    window = layer.over(volume)
    values: dict[str, object] = {"kernel": alike(window.kernel)}
    read, padding = "{0}", None
    if volume.rank == 2 and even(window.padding):
        padding = unless(alike([before for before, _ in window.padding]), 0)
    elif any(map(sum, window.padding)):
        read, values["cells"] = "F.pad({0}, {cells})", pads(window.padding)
    if volume.rank != 2:
        values.update(kernel=window.kernel, stride=window.stride, dilation=window.dilation)
        text = f"unfold({read}, {{kernel}}, {{stride}}, {{dilation}})"
        return Built(forward=text, layout=Layout.FIRST, needs=("windows", "unfold"), values=values)
    more = options(dilation=unless(alike(window.dilation), 1), padding=padding, stride=unless(alike(window.stride), 1))
    text = f"F.unfold({read}, {{kernel}}{_named(more)})"
    return Built(forward=text, layout=Layout.FIRST, values={**values, **more})


def _named(values: dict[str, object]) -> str:
    return "".join(f", {name}={{{name}}}" for name in values)


def fold(layer: Fold, node: Node) -> Built:
    """`F.fold`, which knows two axes; `fold` of the file for three."""
    whole = Volume(per_axis(layer.to, node.output.rank, "to"), node.output.depth)
    window = layer.over(whole)
    own = whole.rank == 2 and even(window.padding)
    sizes = whole.spatial if own else window.padded(whole)
    values: dict[str, object] = {"sizes": sizes, "kernel": alike(window.kernel)}
    if whole.rank == 2:
        more = options(
            dilation=unless(alike(window.dilation), 1),
            padding=unless(alike([before for before, _ in window.padding]), 0) if own else None,
            stride=unless(alike(window.stride), 1),
        )
        text = f"F.fold({{0}}, {{sizes}}, {{kernel}}{_named(more)})"
        values.update(more)
    else:
        values.update(kernel=window.kernel, stride=window.stride, dilation=window.dilation)
        text = "fold({0}, {sizes}, {kernel}, {stride}, {dilation})"
    if not own and any(map(sum, window.padding)):
        text, values["cells"] = f"F.pad({text}, {{cells}})", tuple(-cells for cells in pads(window.padding))
    needs = () if whole.rank == 2 else ("scattered", "fold")
    return Built(forward=text, layout=Layout.FIRST, needs=needs, values=values)
