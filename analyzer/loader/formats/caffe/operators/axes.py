"""Layers that regroup, join or divide tensors along their axes, or put one number in place of several.

Sources: concat_layer.cpp, slice_layer.cpp, split_layer.cpp, flatten_layer.cpp, reshape_layer.cpp, tile_layer.cpp,
crop_layer.cpp, reduction_layer.cpp, argmax_layer.cpp, softmax_layer.cpp of BVLC/caffe; permute_layer.cpp of
weiliu89/caffe; shuffle_channel_layer.cpp of farmingyard/ShuffleNet; interp_layer.cpp of hszhao/PSPNet.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod

from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.reading import Reading, Unsupported, layer_type, text_of
from analyzer.loader.formats.caffe.values import choice, number, truth, whole, wholes
from analyzer.loader.formats.digits import joined_with_batch
from analyzer.loader.formats.views import Tensor

_BATCH = "it changes the batch"


def axis_of(reading: Reading, layer: Layer, x: Tensor, block: str, default: int, *, old: str = "") -> int:
    """The axis that a layer works along, from the front; `old` is another name of the field in old files."""
    message = layer.parameters(block)
    name = old if old in message.fields else "axis"
    written = whole(message, name, default)
    if not -x.rank <= written < x.rank:
        at = layer.at(block, name)
        raise reading.refuse(
            layer,
            f"`{name}` of `{layer.name}` is {written}, but `{layer.bottoms[0]}` has {x.rank} axes: {text_of(x)}",
            at,
        )
    return written % x.rank


@layer_type("Concat")
def concat(reading: Reading, layer: Layer) -> None:
    """One behind the other along the channels, or another axis."""
    xs = reading.bottoms(layer)
    axis = axis_of(reading, layer, xs[0], "concat_param", 1, old="concat_dim")
    reading.same(layer, xs, axis)
    if len(xs) == 1:
        reading.give(layer, xs[0])
    elif any(x.is_batch(axis) for x in xs):
        raise Unsupported(_BATCH)
    else:
        reading.give(layer, reading.heart.concat(xs, axis, layer.place()))


@layer_type("Slice")
def slices(reading: Reading, layer: Layer) -> None:
    """Parts along an axis: up to the points that the file gives, or equal ones."""
    x, block = reading.bottom(layer), layer.parameters("slice_param")
    axis = axis_of(reading, layer, x, "slice_param", 1, old="slice_dim")
    if x.is_batch(axis):
        raise Unsupported(_BATCH)
    points, size, count = wholes(block, "slice_point"), x.shape[axis], max(1, len(layer.tops))
    at = layer.at("slice_param", "slice_point")
    if not points:
        if size % count:
            raise reading.refuse(
                layer,
                f"`{layer.name}` divides {size} cells into {count} parts",
                help="equal parts need a multiple, or give `slice_point`",
            )
        points = [size // count * part for part in range(1, count)]
    if len(points) != count - 1:
        raise reading.refuse(
            layer, f"`{layer.name}` has {len(points)} `slice_point` for {count} outputs", at, f"give {count - 1}"
        )
    bounds = [0, *points, size]
    if any(stop <= start for start, stop in pairwise(bounds)):
        what = " < ".join(map(str, bounds))
        raise reading.refuse(layer, f"the parts of `{layer.name}` are not in order: {what} must be true", at)
    for place in range(len(layer.tops)):
        part = layer.place(layer.tops[place])
        reading.give(layer, reading.heart.slice(x, axis, bounds[place], bounds[place + 1], 1, part), place)


@layer_type("Split")
def split(reading: Reading, layer: Layer) -> None:
    """The same tensor under several names: no layer here."""
    for place in range(max(1, len(layer.tops))):
        reading.give(layer, reading.bottom(layer), place)


@layer_type("Flatten")
def flatten(reading: Reading, layer: Layer) -> None:
    """Some axes as one."""
    x, block = reading.bottom(layer), layer.parameters("flatten_param")
    first = axis_of(reading, layer, x, "flatten_param", 1) if x.rank > 1 else 0
    last = x.at(whole(block, "end_axis", -1))
    if last < first:
        raise reading.refuse(
            layer, f"`end_axis` of `{layer.name}` is before its `axis`", layer.at("flatten_param", "end_axis")
        )
    reading.give(layer, merged(x, first, last))


def merged(x: Tensor, first: int, last: int) -> Tensor:
    """A tensor with some of its axes as one."""
    digits = [digit for axis in x.axes[first : last + 1] for digit in axis]
    return Tensor(x.base, [*x.axes[:first], joined_with_batch(digits), *x.axes[last + 1 :]])


@layer_type("Reshape")
def reshape(reading: Reading, layer: Layer) -> None:
    """Other axes for the same elements: 0 keeps a size, −1 is what is left. Only the axes from `axis` on may change."""
    x, block = reading.bottom(layer), layer.parameters("reshape_param")
    axis, count = whole(block, "axis", 0), whole(block, "num_axes", -1)
    start = axis if axis >= 0 else x.rank + axis + 1
    end = x.rank if count == -1 else start + count
    dims = wholes(block.message("shape"), "dim")
    if not 0 <= start <= end <= x.rank:
        raise reading.refuse(
            layer, f"`{layer.name}` reshapes axes {start} to {end} of {text_of(x)}", layer.at("reshape_param", "axis")
        )
    if dims.count(-1) > 1 or any(dim < -1 for dim in dims):
        raise reading.refuse(
            layer, f"`{layer.name}` may have one −1 and no other size below 0", layer.at("reshape_param", "shape")
        )
    new = [x.shape[start + at] if dim == 0 else dim for at, dim in enumerate(dims)]
    shape = [*x.shape[:start], *new, *x.shape[end:]]
    known = prod(size for size in shape if size != -1)
    fits = (x.size * reading.samples) % known == 0 if -1 in shape else known in (x.size, x.size * reading.samples)
    if not fits and not (-1 in shape and x.size % known == 0):
        written = "×".join("?" if size == -1 else str(size) for size in shape)
        raise reading.refuse(
            layer,
            f"`{layer.name}` cannot reshape {text_of(x)}, {x.size:,} elements, to {written}",
            layer.at("reshape_param", "shape"),
        )
    reading.give(layer, reading.heart.reshape(x, shape, layer.place(), samples=reading.samples))


@layer_type("Permute")
def permute(reading: Reading, layer: Layer) -> None:
    """The axes in another order; those that are not named keep theirs."""
    x, order = reading.bottom(layer), wholes(layer.parameters("permute_param"), "order")
    if len(set(order)) < len(order) or any(axis >= x.rank for axis in order):
        written = ", ".join(map(str, order))
        at = layer.at("permute_param", "order")
        raise reading.refuse(
            layer, f"`order` of `{layer.name}` is {written}; `{layer.bottoms[0]}` has axes 0 to {x.rank - 1}", at
        )
    reading.give(layer, reading.heart.transpose(x, [*order, *(axis for axis in range(x.rank) if axis not in order)]))


@layer_type("ShuffleChannel")
def shuffle(reading: Reading, layer: Layer) -> None:
    """The channels of groups interleaved."""
    groups = whole(layer.parameters("shuffle_channel_param"), "group", 1)
    x = reading.bottom(layer)
    made = reading.heart.over_depth("channel_shuffle", x, 1, layer.place(), {"groups": groups}) if groups != 1 else x
    reading.give(layer, made)


@layer_type("Tile")
def tile(reading: Reading, layer: Layer) -> None:
    """Copies behind each other along an axis."""
    x, count = reading.bottom(layer), whole(layer.parameters("tile_param"), "tiles", 0)
    axis = axis_of(reading, layer, x, "tile_param", 1)
    if x.is_batch(axis):
        raise Unsupported(_BATCH)
    reading.give(layer, reading.heart.on_axis("tile", x, axis, layer.place(), {"count": count}) if count != 1 else x)


@layer_type("Crop")
def crop(reading: Reading, layer: Layer) -> None:
    """Cut from `axis` on to the size of a second input, at an offset."""
    x, like = reading.bottom(layer), reading.bottom(layer, 1)
    block = layer.parameters("crop_param")
    axis, offsets = axis_of(reading, layer, x, "crop_param", 2), wholes(block, "offset")
    count = x.rank - axis
    if len(offsets) not in (0, 1, count) or like.rank != x.rank:
        what = (
            f"{len(offsets)} `offset` for {count} axes"
            if like.rank == x.rank
            else f"inputs of {x.rank} and {like.rank} axes"
        )
        raise reading.refuse(layer, f"`{layer.name}` has {what}", layer.at("crop_param", "offset"))
    starts = offsets if len(offsets) == count else (offsets or [0]) * count
    for at, start in zip(range(axis, x.rank), starts, strict=True):
        if start + like.shape[at] > x.shape[at]:
            sizes = f"{start} + {like.shape[at]} > {x.shape[at]}"
            message = f"`{layer.name}` cuts more than there is along axis {at}: {sizes}"
            raise reading.refuse(layer, message, layer.at("crop_param", "offset"))
    cuts = {at: start for at, start in zip(range(axis, x.rank), starts, strict=True) if x.shape[at] != like.shape[at]}
    if set(cuts) <= {2, 3} and x.rank == 4 and cuts:
        pairs = [[cuts.get(at, 0), x.shape[at] - like.shape[at] - cuts.get(at, 0)] for at in (2, 3)]
        x = reading.heart.layer("crop", x, layer.place(), {"padding": pairs}, spatial=[2, 3], depth=1)
    else:
        for at, start in cuts.items():
            if x.is_batch(at):
                raise Unsupported(_BATCH)
            x = reading.heart.slice(x, at, start, start + like.shape[at], 1, layer.place())
    reading.give(layer, x)


_REDUCTIONS = {"SUM": "sum", "ASUM": "l1", "SUMSQ": "sum_square", "MEAN": "mean"}


@layer_type("Reduction")
def reduction(reading: Reading, layer: Layer) -> None:
    """One number of all axes from `axis` on."""
    x, block = reading.bottom(layer), layer.parameters("reduction_param")
    axis = axis_of(reading, layer, x, "reduction_param", 0)
    axes = range(axis, x.rank)
    if any(x.is_batch(at) for at in axes):
        raise Unsupported("it reduces the batch")
    op = _REDUCTIONS[choice(block, "operation", ("_", *_REDUCTIONS), "SUM")]
    made = reading.heart.reduce(x, op, axes, False, layer.place())
    if number(block, "coeff", 1.0) != 1:
        made = reading.heart.pointwise("elementwise", made, layer.place("coeff"), {"op": "multiply"})
    reading.give(layer, made)


@layer_type("ArgMax")
def arg_max(reading: Reading, layer: Layer) -> None:
    """The places of the largest values along an axis, or in a whole sample."""
    x, block = reading.bottom(layer), layer.parameters("argmax_param")
    count = whole(block, "top_k", 1)
    if "axis" in block.fields:
        axis = axis_of(reading, layer, x, "argmax_param", 1)
        shape = [count if at == axis else size for at, size in enumerate(x.shape)]
        if count == 1 and not x.is_batch(axis):
            reading.give(layer, reading.heart.reduce(x, "argmax", [axis], True, layer.place()))
            return
    else:
        shape = [x.shape[0], 2 if truth(block, "out_max_val") else 1, count]
        if count == 1 and shape[1] == 1 and x.rank > 1:
            flat = reading.heart.new("flatten", [reading.heart.natural(x)], layer.place("flat"))
            made = reading.heart.reduce(flat, "argmax", [1], True, layer.place())
            reading.give(layer, reading.heart.unsqueeze(made, [2]))
            return
    reading.custom(layer, shape, macs=0)


@layer_type("Softmax", "LogSoftmax")
def softmax(reading: Reading, layer: Layer) -> None:
    """Over the channels, or another axis."""
    x = reading.bottom(layer)
    axis = axis_of(reading, layer, x, "softmax_param", 1)
    type = "softmax" if layer.type == "Softmax" else "log_softmax"
    if x.is_batch(axis):
        raise Unsupported("it goes over the batch")
    reading.give(layer, reading.heart.on_axis(type, x, axis, layer.place(), reading.inplace(layer, type)))


@layer_type("Interp")
def interp(reading: Reading, layer: Layer) -> None:
    """Other sizes of the planes by linear interpolation: given, or by factors that keep the corners."""
    x, block = reading.bottom(layer), layer.parameters("interp_param")
    reading.axes(layer, x, 4)
    sizes = [size + whole(block, "pad_beg") + whole(block, "pad_end") for size in x.shape[2:]]
    shrink, zoom = whole(block, "shrink_factor", 1), whole(block, "zoom_factor", 1)
    if "height" in block.fields and "width" in block.fields:
        sizes = [whole(block, "height"), whole(block, "width")]
    elif len(reading.wires.sources[reading.index]) > 1:
        sizes = list(reading.bottom(layer, 1).shape[2:])
    elif shrink < 1 or zoom < 1:
        raise reading.refuse(layer, f"a factor of `{layer.name}` is below 1", layer.place())
    else:
        sizes = [(size - 1) // shrink + 1 for size in sizes]
        sizes = [size + (size - 1) * (zoom - 1) for size in sizes]
    made = reading.heart.layer("resize", x, layer.place(), {"to": sizes, "mode": "bilinear"}, spatial=[2, 3], depth=1)
    reading.give(layer, made)


@layer_type("Reorg")
def reorg(reading: Reading, layer: Layer) -> None:
    """Blocks of a plane as planes, or back."""
    x, block = reading.bottom(layer), layer.parameters("reorg_param")
    reading.axes(layer, x, 4)
    type = "pixel_shuffle" if truth(block, "reverse") else "pixel_unshuffle"
    factor = {"factor": whole(block, "stride", 2)}
    reading.give(layer, reading.heart.layer(type, x, layer.place(), factor, spatial=[2, 3], depth=1))
