"""Layers with a window: convolutions and pools.

Sources: base_conv_layer.cpp, conv_layer.cpp, deconv_layer.cpp, pooling_layer.cpp, spp_layer.cpp, im2col_layer.cpp of
BVLC/caffe; ConvolutionDepthwise of yonghenglh6/DepthwiseConvolution; conv_dw_layer.cpp of farmingyard/ShuffleNet;
upsample_layer.cpp of alexgkendall/caffe-segnet.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.caffe.layers import Layer
from analyzer.loader.formats.caffe.reading import Reading, layer_type
from analyzer.loader.formats.caffe.values import choice, truth, whole, wholes
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CONV = "convolution_param"


@layer_type("Convolution", "DepthwiseConvolution", "ConvolutionDepthwise", "DepthwiseConv")
def convolution(reading: Reading, layer: Layer) -> None:
    """A `conv`, or a `depthwise_conv` where each filter reads one plane."""
    x, block = reading.bottom(layer), layer.parameters(_CONV)
    axis, spatial = _spatial(reading, layer, x)
    filters, planes = _filters(reading, layer, _CONV), x.shape[axis]
    groups = whole(block, "group", 1)
    if layer.type != "Convolution" and "group" not in block.fields:
        groups = planes
    parameters = _window(reading, layer, _CONV, len(spatial))
    if groups == planes > 1 and filters % groups == 0:
        type = "depthwise_conv"
        parameters.update({"multiplier": filters // groups} if filters > groups else {})
    else:
        type = "conv"
        parameters = {"filters": filters, **parameters, **({"groups": groups} if groups != 1 else {})}
    _convolved(reading, layer, type, parameters, spatial, axis)


@layer_type("Deconvolution")
def deconvolution(reading: Reading, layer: Layer) -> None:
    """A `conv_transpose`: S·(W − 1) + F − 2P on each axis."""
    x, block = reading.bottom(layer), layer.parameters(_CONV)
    axis, spatial = _spatial(reading, layer, x)
    parameters: dict[str, Any] = {"filters": _filters(reading, layer, _CONV)}
    parameters.update(_window(reading, layer, _CONV, len(spatial)))
    if whole(block, "group", 1) != 1:
        parameters["groups"] = whole(block, "group", 1)
    _convolved(reading, layer, "conv_transpose", parameters, spatial, axis)


@layer_type("Local", "LocalConvolution")
def local(reading: Reading, layer: Layer) -> None:
    """A convolution with weights of its own at each place."""
    name = next((one for one in ("local_param", "local_conv_param", _CONV) if one in layer.message.fields), _CONV)
    x = reading.bottom(layer)
    reading.axes(layer, x, 4)
    parameters = {"filters": _filters(reading, layer, name), **_window(reading, layer, name, 2), "sharing": "local"}
    if not truth(layer.parameters(name), "bias_term", True):
        parameters["bias"] = False
    _placed(reading, layer, "conv", parameters, [2, 3], 1)


def _convolved(
    reading: Reading, layer: Layer, type: str, parameters: dict[str, Any], spatial: Sequence[int], axis: int
) -> None:
    """Writes a convolution, and the activation that some forks make part of it."""
    block = layer.parameters(_CONV)
    if not truth(block, "bias_term", True):
        parameters["bias"] = False
    made = _placed(reading, layer, type, parameters, spatial, axis)
    if truth(block, "relu"):
        reading.give(layer, reading.heart.pointwise("relu", made, layer.place("relu")))


def _placed(
    reading: Reading, layer: Layer, type: str, parameters: dict[str, Any], spatial: Sequence[int], axis: int
) -> Tensor:
    """Writes a layer with weights, and biases unless the parameters say otherwise, for all outputs of the layer."""
    count = 1 + (parameters.get("bias") is not False)
    made: Tensor | None = None
    for place in range(len(reading.wires.sources[reading.index])):  # several inputs are convolved by the same weights
        more = reading.weighted(layer, count)
        if made is not None:
            more["tied"] = reading.sheet.layers[-1]
        x = reading.bottom(layer, place)
        made = reading.heart.layer(type, x, layer.place(), parameters, spatial=spatial, depth=axis, **more)
        reading.own(layer, count, reading.sheet.layers[-1])
        reading.give(layer, made, place)
    assert made is not None
    return made


def _spatial(reading: Reading, layer: Layer, x: Tensor) -> tuple[int, list[int]]:
    """The axis of the channels, and the axes behind it, over which a window slides."""
    axis = x.at(whole(layer.parameters(_CONV), "axis", 1))
    spatial = list(range(axis + 1, x.rank))
    if not spatial:
        reading.axes(layer, x, 4)
    return axis, spatial


def _filters(reading: Reading, layer: Layer, block: str) -> int:
    """The number of filters, which must be written."""
    found = whole(layer.parameters(block), "num_output")
    if found < 1:
        written = "num_output" in layer.parameters(block).fields
        message = (
            f"`num_output` of `{layer.name}` must be at least 1, not {found}"
            if written
            else f"`{layer.name}` has no `num_output`"
        )
        raise reading.refuse(layer, message, layer.at(block, "num_output"), f"write `{block} {{ num_output: 64 … }}`")
    return found


def _window(reading: Reading, layer: Layer, block: str, rank: int) -> dict[str, Any]:
    """Kernel, stride, padding and dilation; those at their defaults left out."""
    kernel = _sizes(reading, layer, block, ("kernel_size", "kernel"), rank, 0)
    stride = _sizes(reading, layer, block, ("stride", "stride"), rank, 1)
    padding = _sizes(reading, layer, block, ("pad", "pad"), rank, 0)
    dilation = _sizes(reading, layer, block, ("dilation", "dilation"), rank, 1)
    if "dilation" not in layer.parameters(block).fields:
        dilation = _sizes(reading, layer, block, ("hole", "hole"), rank, 0) if dilation == [1] * rank else dilation
        dilation = [one or 1 for one in dilation]
    if not all(kernel):
        help = f"write `{block} {{ kernel_size: 3 … }}`"
        raise reading.refuse(
            layer, f"`{layer.name}` has no `kernel_size` above 0", layer.at(block, "kernel_size"), help
        )
    found: dict[str, Any] = {"kernel": kernel}
    for name, sizes, usual in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)):
        if any(size != usual for size in sizes):
            found[name] = sizes
    return found


#: The axes of names that end in one: `kernel_h`, `kernel_w`, and `kernel_d` of forks.
_ENDINGS = {2: ("h", "w"), 3: ("d", "h", "w")}


def _sizes(reading: Reading, layer: Layer, block: str, names: tuple[str, str], rank: int, default: int) -> list[int]:
    """One of the sizes of a window on each axis: written once for all, once for each, or as `…_h` and `…_w`."""
    message = layer.parameters(block)
    name, stem = names
    found = wholes(message, name)
    own = [f"{stem}_{letter}" for letter in _ENDINGS.get(rank, ()) if f"{stem}_{letter}" in message.fields]
    if own and found:
        raise reading.refuse(
            layer,
            f"`{layer.name}` has `{name}` and `{own[0]}`",
            layer.at(block, own[0]),
            help="Caffe takes one of them",
        )
    if own:
        return [whole(message, f"{stem}_{letter}", default) for letter in _ENDINGS[rank]]
    if len(found) not in (0, 1, rank):
        help = f"write it once, or {rank} times"
        message_ = f"`{name}` of `{layer.name}` appears {len(found)} times, but its window has {rank} axes"
        raise reading.refuse(layer, message_, layer.at(block, name), help)
    return found if len(found) == rank else [found[0] if found else default] * rank


_POOL = "pooling_param"
_METHODS = ("MAX", "AVE", "STOCHASTIC")
_STOCHASTIC = "stochastic: in a test run a mean of the window, weighted by its values"


@layer_type("Pooling")
def pooling(reading: Reading, layer: Layer) -> None:
    """A pool, whose number of windows Caffe rounds up. The second output says where the largest values are."""
    x, block = reading.bottom(layer), layer.parameters(_POOL)
    reading.axes(layer, x, 4)
    method = choice(block, "pool", _METHODS, "MAX")
    type = "max_pool" if method == "MAX" else "avg_pool"
    if truth(block, "global_pooling"):
        made = reading.heart.reduce(x, "max" if method == "MAX" else "mean", [2, 3], True, layer.place())
    else:
        parameters = _window(reading, layer, _POOL, 2)
        parameters.setdefault("stride", 1)
        down = choice(block, "round_mode", ("CEIL", "FLOOR"), "CEIL") == "FLOOR" or not truth(block, "ceil_mode", True)
        if not down:
            parameters["rounding"] = "caffe"
        more = {"note": _STOCHASTIC} if method == "STOCHASTIC" else {}
        made = reading.heart.layer(type, x, layer.place(), parameters, spatial=[2, 3], depth=1, **more)
    for place in range(len(layer.tops)):
        reading.give(layer, made, place)


@layer_type("SPP")
def spp(reading: Reading, layer: Layer) -> None:
    """Pools of 1, 2, 4 … bins a side in one vector; one level is a pool of the whole plane."""
    x, block = reading.bottom(layer), layer.parameters("spp_param")
    reading.axes(layer, x, 4)
    height = whole(block, "pyramid_height")
    if not 0 < height < 16:
        at = layer.at("spp_param", "pyramid_height")
        raise reading.refuse(layer, f"`pyramid_height` of `{layer.name}` must be from 1 to 15, not {height}", at)
    if height == 1:
        op = "max" if choice(block, "pool", _METHODS, "MAX") == "MAX" else "mean"
        reading.give(layer, reading.heart.reduce(x, op, [2, 3], True, layer.place()))
        return
    inside = reading.heart.arranged(x, [[2], [3], [1]], layer.place())
    bins = [2**level for level in range(height)]
    reading.give(layer, reading.heart.new("spatial_pyramid_pool", [inside], layer.place(), {"bins": bins}))


@layer_type("Upsample")
def upsample(reading: Reading, layer: Layer) -> None:
    """Each value as a block of them; with a second input, each value goes to where a pool has found it."""
    x, block = reading.bottom(layer), layer.parameters("upsample_param")
    reading.axes(layer, x, 4)
    scale = whole(block, "scale", 2)
    factors = [whole(block, "scale_h", scale), whole(block, "scale_w", scale)]
    if len(reading.wires.sources[reading.index]) == 1 and not any("upsample" in name for name in block.fields):
        reading.give(
            layer, reading.heart.layer("upsample", x, layer.place(), {"factor": factors}, spatial=[2, 3], depth=1)
        )
        return
    sizes = [
        whole(block, f"upsample_{side}") or size * factor - truth(block, f"pad_out_{side}")
        for side, size, factor in zip("hw", x.shape[2:], factors, strict=True)
    ]
    reading.custom(layer, [x.shape[0], x.shape[1], *sizes], macs=0)


@layer_type("Im2col")
def im2col(reading: Reading, layer: Layer) -> None:
    """The cells of each window as planes."""
    x = reading.bottom(layer)
    _, spatial = _spatial(reading, layer, x)
    parameters = _window(reading, layer, _CONV, len(spatial))
    inside = reading.heart.arranged(x, [*([axis] for axis in spatial), [1]], layer.place())
    made = reading.heart.sheet.write("max_pool", [inside], layer.place(), parameters)  # only its volume is asked for
    reading.sheet.layers.pop()
    cells = 1
    for size in parameters["kernel"]:
        cells *= size
    reading.custom(layer, [x.shape[0], x.shape[1] * cells, *made.volume.spatial], macs=0)
