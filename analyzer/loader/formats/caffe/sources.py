"""The inputs of a network: layers that read files, and the `Input` layer. Their sizes are in the file, or asked for.

The first axis of an input is the batch, and is no axis of its volume. A layer of an LSTM reads time × batch × values.

Sources: the layers Input, Data, ImageData, WindowData, MemoryData, DummyData of BVLC/caffe; their `top[0]->Reshape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.arranging import MOST_AXES
from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.reading import RECURRENT, Reading
from analyzer.loader.formats.caffe.values import numbers, truth, whole, wholes
from analyzer.loader.formats.caffe.wiring import Wires
from analyzer.loader.formats.digits import BATCH
from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

#: The most elements of an input.
_MOST = 10**15


def enter(reading: Reading) -> bool:
    """Enters what the network reads; False after a finding."""
    wires = reading.wires
    sources = [index for index in range(len(wires.layers)) if wires.is_source(index) and wires.kept[index]]
    blobs = [(index, place) for index in sources for place in range(len(wires.layers[index].tops))]
    read = [blob for blob in blobs if wires.is_calculated(blob)] or blobs[:1]
    if not read:
        reading.sheet.refuse("the network has no input", Place("", line=1), help=_EXAMPLE)
        return False
    steps = _steps(wires)
    entered = [_enter(reading, wires.layers[index], place, (index, place), steps) for index, place in read]
    return all(entered)


_EXAMPLE = 'an input is `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 … } } }`'


def _steps(wires: Wires) -> list[int] | None:
    """Steps and batch of sequences: the shape of the second input of an LSTM, where the file gives it."""
    for index, layer in enumerate(wires.layers):
        if layer.type in RECURRENT and wires.kept[index] and len(wires.sources[index]) > 1:
            source, place = wires.sources[index][1]
            other = wires.layers[source]
            if other.type == "Reshape":
                dims: Sequence[int | None] | None = wholes(other.parameters("reshape_param").message("shape"), "dim")
            else:
                dims = dims_of(other, place) if wires.is_source(source) else None
            if dims is not None and len(dims) == 2 and all(dim is not None and dim > 0 for dim in dims):
                return [dim or 1 for dim in dims]
    return None


def _enter(
    reading: Reading,
    layer: Layer,
    place: int,
    blob: tuple[int, int],
    steps: Sequence[int] | None,
) -> bool:
    """Enters one input; False after a finding."""
    name = layer.tops[place]
    first = not reading.sheet.inputs
    dims = dims_of(layer, place)
    at = layer.at("input_param", "shape") if layer.type == "Input" else Place("", line=layer.line)
    least = min((dim for dim in dims or () if dim is not None), default=1)
    if least < 1:
        reading.sheet.refuse(f"an axis of `{shown(name)}` is {least}; it must be at least 1", at)
        return False
    batch: int | None = 0
    frames = 1
    if dims is not None and steps and list(dims[:2]) == list(steps):
        batch = 1
    elif dims and steps and dims[0] == prod(steps):
        frames = steps[0]  # the first step of each sample, then the second one …
    elif dims is not None and not first and dims and dims[0] not in (None, reading.samples):
        batch = None
    given = reading.asked.volume(name, first=first)
    found = _sized(dims, given, batch)
    if found is None:
        assert given is not None
        axes = len(dims or ()) - (batch is not None)
        message = f"the input `{shown(name)}` has {axes} axes without the batch, but {'x'.join(map(str, given))} has {len(given)}"
        reading.sheet.refuse(message, at)
        return False
    if not all(found):
        _say_open(reading, layer, name, found, at, first=first)
        return False
    if len(found) - (batch is not None) + (frames > 1) > MOST_AXES:
        reading.sheet.refuse(f"the input `{shown(name)}` has {len(found)} axes, more than a volume has", at)
        return False
    if prod(size or 1 for size in found) > _MOST:
        reading.sheet.refuse(f"the input `{shown(name)}` has more than 10^15 elements", at)
        return False
    if first and batch is not None:
        reading.samples = (found[batch] or 1) // frames
    reading.blobs[blob] = _entered(reading, name, [size or 1 for size in found], batch, frames)
    return True


def _entered(reading: Reading, name: str, sizes: list[int], batch: int | None, frames: int) -> Tensor:
    """The input as a tensor of one sample. Where a sample has several frames, they are in front of its batch."""
    if frames > 1:
        made = reading.heart.enter(name, [frames, *sizes[1:]], batch=None, depth=min(1, len(sizes) - 1), label=name)
        return Tensor(made.base, [(*made.axes[0], BATCH), *made.axes[1:]])
    shape = [1 if axis == batch else size for axis, size in enumerate(sizes)]
    return reading.heart.enter(name, shape, batch=batch, depth=_depth(len(shape), batch), label=name)


def _depth(rank: int, batch: int | None) -> int:
    """The axis that a volume has as its depth: the second one behind a batch, the last one of a sequence."""
    return 1 if rank > 1 and (batch == 0 or rank > 3) else rank - 1


def _sized(
    dims: Sequence[int | None] | None, given: Sequence[int] | None, batch: int | None
) -> list[int | None] | None:
    """The sizes of all axes, with those asked for in place of the file's; None where these have another number of axes.

    What is asked for has the depth last, and no batch.
    """
    if dims is None:
        if given is None:
            return [1, None, None, None]
        return [1, given[-1], *given[:-1]]
    found = list(dims)
    if batch is not None and found and found[batch] is None:
        found[batch] = 1
    if given is None:
        return found
    depth = _depth(len(found), batch)
    order = [axis for axis in range(len(found)) if axis not in (batch, depth)] + ([depth] if depth != batch else [])
    sizes = list(given)
    if len(sizes) == len(order) + 1 and sizes[0] == 1:
        sizes = sizes[1:]
    if len(sizes) == 1 and len(order) > 1 and all(found[axis] == 1 for axis in order[:-1]):
        sizes = [1] * (len(order) - 1) + sizes  # a vector that the file writes as N×C×1×1
    if len(sizes) != len(order):
        return None if order else found
    for axis, size in zip(order, sizes, strict=True):
        found[axis] = size
    return found


def _say_open(
    reading: Reading, layer: Layer, name: str, found: Sequence[int | None], at: Place, *, first: bool
) -> None:
    """The finding about an input whose size the file does not give, with the option that gives it."""
    usual = (1, 3, 224, 224)
    sizes = [size or usual[axis] if axis < len(usual) else size or 1 for axis, size in enumerate(found)]
    volume = "x".join(map(str, [*sizes[2:], *sizes[1:2]]))
    option = f"--input {volume}" if first else f"--input {shown(name)}={volume}"
    known = [size for size in found[2:] if size]
    what = f"`{shown(layer.name)}` ({shown(layer.type)}) reads data whose "
    what += "number of channels" if known else "size"
    reading.sheet.refuse(f"{what} the file does not give", at, help=f"give the volume, depth last: `{option}`")


def dims_of(layer: Layer, place: int) -> list[int | None] | None:
    """The shape of an output of a layer that reads data, batch first, None for an open axis; None without a shape."""
    if layer.type in ("Input", "DummyData"):
        return _written(layer, place)
    if place:
        return None
    return _image(layer)


def _written(layer: Layer, place: int) -> list[int | None] | None:
    """A shape that the file has: one for each output, or one for all."""
    block = layer.parameters("input_param" if layer.type == "Input" else "dummy_data_param")
    shapes = [wholes(shape, "dim") for shape in block.messages("shape")]
    if not shapes and layer.type == "DummyData":
        columns = [wholes(block, name) for name in ("num", "channels", "height", "width")]
        shapes = [
            [column[min(at, len(column) - 1)] for column in columns] if all(columns) else []
            for at in range(max(map(len, columns)))
        ]
    if not shapes:
        return None
    found = shapes[place] if place < len(shapes) else shapes[0]
    return list(found)


#: The parameters of layers that read images.
_BLOCKS = {
    "ImageData": "image_data_param", "WindowData": "window_data_param", "MemoryData": "memory_data_param",
    "DenseImageData": "dense_image_data_param",
}  # fmt: skip


def _image(layer: Layer) -> list[int | None] | None:
    """The shape of images: their size where they are cropped or resized, their channels where the file says them."""
    block, transform = layer.parameters(_BLOCKS.get(layer.type, "data_param")), layer.parameters("transform_param")
    batch = whole(block, "batch_size") or None
    if layer.type == "MemoryData":
        return [batch, *(whole(block, name) or None for name in ("channels", "height", "width"))]
    if layer.type == "HDF5Data":
        return None
    crop = whole(transform, "crop_size") or whole(block, "crop_size")
    resized = transform.message("resize_param")
    height = crop or whole(transform, "crop_h") or whole(block, "crop_height") or whole(transform, "crop_height")
    width = crop or whole(transform, "crop_w") or whole(block, "crop_width") or whole(transform, "crop_width")
    for other in (block, resized):
        height = height or whole(other, "new_height") or whole(other, "height")
        width = width or whole(other, "new_width") or whole(other, "width")
    channels = None
    if len(numbers(transform, "mean_value")) > 1:
        channels = len(numbers(transform, "mean_value"))
    elif truth(transform, "force_color"):
        channels = 3
    elif truth(transform, "force_gray"):
        channels = 1
    elif layer.type in ("ImageData", "DenseImageData"):
        channels = 3 if truth(block, "is_color", True) else 1
    return [batch, channels, height or None, width or None]
