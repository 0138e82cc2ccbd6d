"""Layers that move cells: reshapes write no row of their own; padding, cropping and resampling do.

Sources: keras/src/layers/reshaping/ (Keras 3.15.1).
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.keras.call import Called, layer
from analyzer.loader.formats.keras.config import Mistake
from analyzer.loader.formats.keras.layers.convolutions import axes_of, rank_in
from analyzer.loader.formats.padded import padded
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def reshaped(call: Called, x: Tensor, shape: list[int]) -> Tensor:
    """The tensor with these sizes; one may be −1. Raises `Mistake` where they do not fit."""
    known = prod(size for size in shape if size != -1)
    fits = shape.count(-1) <= 1 and known > 0 and all(size > 0 or size == -1 for size in shape)
    if not fits or (x.size % known if -1 in shape else x.size != known):
        sizes = ", ".join(map(str, shape[1:]))
        raise Mistake(f"`{shown(call.config.name)}` reshapes {x.size} cells to ({sizes}), which does not fit")
    return call.heart.reshape(x, shape, call.beside())


@layer("Reshape")
def reshape(call: Called) -> Tensor:
    """Other sizes of the same cells; the batch stays."""
    value = call.config.value("target_shape")
    if not isinstance(value, list) or not all(size is None or type(size) is int for size in value):
        raise call.config.wrong("target_shape", "a list of whole numbers")
    return reshaped(call, call.x, [call.x.shape[0], *[-1 if size is None else size for size in value]])


@layer("Flatten")
def flatten(call: Called) -> Tensor:
    """One axis of all cells; the depth is last before."""
    x, heart = call.x, call.heart
    if call.config.channels_first and x.rank > 2:
        x = heart.transpose(x, [0, *range(2, x.rank), 1])
    return heart.reshape(x, [x.shape[0], -1], call.beside())


@layer("Permute")
def permute(call: Called) -> Tensor:
    """The axes behind the batch in another order, counted from 1."""
    order = call.config.wholes("dims")
    if sorted(order) != list(range(1, call.x.rank)):
        raise call.config.wrong("dims", f"the numbers 1 to {call.x.rank - 1} in some order")
    return call.heart.transpose(call.x, [0, *order])


@layer("RepeatVector")
def repeat_vector(call: Called) -> Tensor:
    """`tile` of a new axis behind the batch."""
    x, count = call.x, call.config.whole("n")
    if x.rank != 2:
        raise Mistake(f"`{shown(call.config.name)}` repeats a vector, but reads a tensor of {x.rank - 1} axes")
    return call.heart.expand(call.heart.unsqueeze(x, [1]), [x.shape[0], count, x.shape[1]], call.place())


@layer("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(call: Called) -> Tensor:
    """`pad` of the spatial axes."""
    rank = rank_in(call.kind)
    spatial, _ = axes_of(call, call.x, rank)
    pairs = call.config.pairs("padding", rank, 1)
    return padded(call.heart, call.x, dict(zip(spatial, pairs, strict=True)), "zeros", call.place())


@layer("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(call: Called) -> Tensor:
    """`crop` of the spatial axes."""
    rank, x = rank_in(call.kind), call.x
    spatial, depth = axes_of(call, x, rank)
    pairs = call.config.pairs("cropping", rank, 1 if rank == 1 else 0)
    return cropped(call, x, spatial, depth, [list(pair) for pair in pairs])


def cropped(call: Called, x: Tensor, spatial: list[int], depth: int, pairs: list[list[int]]) -> Tensor:
    """The tensor without cells at the ends of axes, as a row; without a row where nothing is removed."""
    for axis, (before, after) in zip(spatial, pairs, strict=True):
        if before + after >= x.shape[axis]:
            raise Mistake(f"`{shown(call.config.name)}` removes {before} and {after} of {x.shape[axis]} cells")
    if not any(map(any, pairs)):
        return x
    if any(x.shape[axis] > 1 for axis in range(x.rank) if axis not in (*spatial, depth)):
        for axis, (before, after) in zip(spatial, pairs, strict=True):
            x = call.heart.slice(x, axis, before, x.shape[axis] - after, 1, call.place())
        return x
    return call.heart.layer("crop", x, call.place(), {"padding": pairs}, spatial=spatial, depth=depth)


_MODES = {
    "nearest": "nearest", "bilinear": "bilinear", "bicubic": "bicubic", "area": "area", "lanczos3": "bicubic",
    "lanczos5": "bicubic", "gaussian": "bicubic", "mitchellcubic": "bicubic",
}  # fmt: skip


def mode_of(call: Called) -> str:
    """The interpolation as `resize` calls it."""
    return _MODES[call.config.word("interpolation", tuple(_MODES), "nearest")]


@layer("UpSampling1D", "UpSampling2D", "UpSampling3D")
def upsampling(call: Called) -> Tensor:
    """`upsample` of the spatial axes."""
    rank = rank_in(call.kind)
    spatial, depth = axes_of(call, call.x, rank)
    parameters: dict[str, Any] = {"factor": call.config.sizes("size", rank, 2)}
    mode = mode_of(call) if rank == 2 else "nearest"
    if mode != "nearest":
        parameters["mode"] = mode
    if any(call.x.shape[axis] > 1 for axis in range(call.x.rank) if axis not in (*spatial, depth)):
        parameters["factor"] = [1, *parameters["factor"]]
    return call.heart.layer("upsample", call.x, call.place(), parameters, spatial=spatial, depth=depth)


def resized(call: Called, x: Tensor, to: list[int], spatial: list[int], depth: int) -> Tensor:
    """`resize` to a size; no row where it has it."""
    if [x.shape[axis] for axis in spatial] == to:
        return x
    parameters: dict[str, Any] = {"to": to}
    mode = mode_of(call)
    if mode != "nearest":
        parameters["mode"] = mode
    extra = [axis for axis in range(x.rank) if axis not in (*spatial, depth) and x.shape[axis] > 1]
    if extra:
        parameters["to"] = [prod(x.shape[axis] for axis in extra), *to]
    return call.heart.layer("resize", x, call.place(), parameters, spatial=spatial, depth=depth)
