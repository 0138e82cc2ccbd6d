"""Convolutions: a window over the last axes, the depth behind or before them; further axes before are frames.

Sources: keras/src/layers/convolutional/, backend/common/backend_utils.py (Keras 3.15.1); LocallyConnected1D and 2D
(Keras 2.15).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.keras.call import Called, layer, rank_of
from analyzer.loader.formats.keras.config import Config
from analyzer.loader.formats.keras.layers.activations import activated
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def axes_of(call: Called, x: Tensor, rank: int) -> tuple[list[int], int]:
    """The spatial axes of a tensor, and its depth."""
    last = rank_of(call, x, rank + 2)
    if call.config.channels_first:
        return list(range(last - rank, last)), last - rank - 1
    return list(range(last - rank - 1, last - 1)), last - 1


def rank_in(kind: str) -> int:
    """The number in the name of a class: `Conv2D` has 2."""
    return next(int(letter) for letter in kind if letter.isdigit())


def padding_of(config: Config, *more: str) -> str:
    """`valid`, `same`, or one of `more`."""
    return config.word("padding", ("valid", "same", *more), "valid")


def _window(config: Config, rank: int) -> dict[str, Any]:
    """What all convolutions share."""
    found: dict[str, Any] = {"kernel": config.sizes("kernel_size", rank)}
    strides, dilation = config.sizes("strides", rank, 1), config.sizes("dilation_rate", rank, 1)
    if set(strides) != {1}:
        found["stride"] = strides
    if set(dilation) != {1}:
        found["dilation"] = dilation
    if not config.flag("use_bias", True):
        found["bias"] = False
    return found


def _padding(call: Called, rank: int) -> dict[str, Any]:
    """The padding where it is not `valid`. In front of frames, `causal` is a number of cells."""
    config = call.config
    padding = padding_of(config, "causal")
    if padding == "causal" and (call.x.rank > rank + 2 or not call.x.is_batch(0)):
        cells = (config.sizes("kernel_size", rank)[0] - 1) * config.sizes("dilation_rate", rank, 1)[0]
        return {"padding": [[cells, 0]]}
    return {} if padding == "valid" else {"padding": padding}


def _written(call: Called, type: str, parameters: dict[str, Any], axes: tuple[Sequence[int], int]) -> Tensor:
    spatial, depth = axes
    made = call.weighted(
        lambda **more: call.heart.layer(type, call.x, call.place(), parameters, spatial=spatial, depth=depth, **more)
    )
    return activated(call, made)


@layer(
    "Conv1D", "Conv2D", "Conv3D", "Convolution1D", "Convolution2D", "Convolution3D", "AtrousConvolution1D",
    "AtrousConvolution2D", "AtrousConv1D", "AtrousConv2D",
)  # fmt: skip
def conv(call: Called) -> Tensor:
    """A `conv`; `causal` pads before the first step."""
    rank, config = rank_in(call.kind), call.config
    parameters = {"filters": config.whole("filters"), **_window(config, rank)}
    parameters.update(_padding(call, rank))
    groups = config.whole("groups", 1)
    if groups > 1:
        parameters["groups"] = groups
    return _written(call, "conv", parameters, axes_of(call, call.x, rank))


@layer("LocallyConnected1D", "LocallyConnected2D")
def local(call: Called) -> Tensor:
    """A `conv` that shares nothing."""
    rank, config = rank_in(call.kind), call.config
    parameters = {"filters": config.whole("filters"), **_window(config, rank), "sharing": "local"}
    padding = padding_of(config)
    if padding != "valid":
        parameters["padding"] = padding
    if config.whole("implementation", 1) == 2 or (padding != "valid" and config.whole("implementation", 1) == 3):
        call.kept.sheet.note(
            f"`{config.name}` keeps its filters as another matrix (`implementation: {config.whole('implementation', 1)}`), "
            "whose elements Keras counts; here its filters count",
            call.place(),
        )
    return _written(call, "conv", parameters, axes_of(call, call.x, rank))


@layer("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(call: Called) -> Tensor:
    """A `depthwise_conv`."""
    rank, config = rank_in(call.kind), call.config
    parameters = _window(config, rank)
    multiplier, padding = config.whole("depth_multiplier", 1), padding_of(config)
    if multiplier > 1:
        parameters["multiplier"] = multiplier
    if padding != "valid":
        parameters["padding"] = padding
    return _written(call, "depthwise_conv", parameters, axes_of(call, call.x, rank))


@layer("SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D")
def separable(call: Called) -> Tensor:
    """A `separable_conv`."""
    rank, config = rank_in(call.kind), call.config
    parameters = {"filters": config.whole("filters"), **_window(config, rank)}
    multiplier = config.whole("depth_multiplier", 1)
    if multiplier > 1:
        parameters["multiplier"] = multiplier
    parameters.update(_padding(call, rank))
    return _written(call, "separable_conv", parameters, axes_of(call, call.x, rank))


@layer(
    "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Convolution1DTranspose", "Convolution2DTranspose",
    "Convolution3DTranspose", "Deconvolution2D", "Deconvolution3D",
)  # fmt: skip
def transposed(call: Called) -> Tensor:
    """A `conv_transpose`, with the output sizes of Keras, which are those of TensorFlow."""
    rank, config = rank_in(call.kind), call.config
    parameters = {"filters": config.whole("filters"), **_window(config, rank)}
    groups = config.whole("groups", 1)
    if groups > 1:
        parameters["groups"] = groups
    same = padding_of(config) == "same"
    kernel, strides = config.sizes("kernel_size", rank), config.sizes("strides", rank, 1)
    dilation = config.sizes("dilation_rate", rank, 1)
    if same and not config.has("output_padding"):
        parameters["padding"] = "same"
        return _written(call, "conv_transpose", parameters, axes_of(call, call.x, rank))
    added = config.sizes("output_padding", rank, 0, least=0)
    removed = [(0, 0)] * rank
    for axis in range(rank):
        cells = (kernel[axis] - 1) * dilation[axis] + 1
        if same:  # (W − 1)·S + F mod 2 + the padding
            both = cells - cells % 2
            removed[axis] = (both // 2, both - both // 2)
        elif not config.has("output_padding"):
            added[axis] = max(strides[axis] - cells, 0)
    if any(added):
        parameters["output_padding"] = added
    if same:
        parameters["padding"] = [list(pair) for pair in removed]
    return _written(call, "conv_transpose", parameters, axes_of(call, call.x, rank))
