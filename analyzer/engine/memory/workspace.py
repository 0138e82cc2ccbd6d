"""The memory that NVIDIA's libraries take on a card beside the tensors of a network: a rule read from measurements.

A convolution of 16-bit numbers, or of 32-bit ones in TF32, runs on tensor cores, which want the planes of a cell side
by side. So cuDNN copies what lies otherwise:

forward   the input, the output and the weights. In TF32 a convolution with few columns (kernel cells times depth, at
          most 1,000) and large planes writes its output in place.
input     the gradient of the input: the same three.
weights   the gradient of the weights: input and output, and a sum for each part of the batch. These are as many as
          fill the card's 132 multiprocessors with tiles of 128×128, or 64 where a layer has no more.

Planes are filled up to a multiple of 16 bytes. A 1×1 convolution is a matrix product where it lies, and the gradient of
its weights is made for each sample; it copies input and output where the cells of a plane are no multiple of 16 bytes,
or where it steps. A depthwise convolution takes none. With `channels_last` only tensors whose planes are no multiple of
16 bytes are copied. Without TF32 the gradients of 3×3 and 5×5 kernels that do not step are calculated by Winograd's
algorithm, with tiles of 6×6 and 13×13 numbers, and small planes are copied; nothing else takes memory.

Measured on an H200 with torch 2.11.0, CUDA 13.0 and cuDNN 9.19 (tests/data/gpu). `python benchmarks/memory_accuracy.py
--gpu` prints the errors in whole networks. Not covered: grouped convolutions of some widths, odd numbers of planes
without TF32, `cudnn.benchmark`, float64, cards with another number of multiprocessors.

Sources: the operations and traces of tests/data/gpu; Lavin & Gray 2016, "Fast algorithms for convolutional neural
networks"; torch 2.11.0, aten/src/ATen/cuda/CUDABlas.cpp (`getChosenWorkspaceSize`).
"""

from __future__ import annotations

from math import prod

from analyzer.layers.operations import ConvolutionShape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Bytes that are taken while the output, the gradient of the input and that of the weights are calculated.
    Workspaces: TypeAlias = tuple[int, int, int]

#: Places in `Workspaces`.
FORWARD, INPUT, WEIGHTS = range(3)

NONE: Workspaces = (0, 0, 0)

_MIB = 1 << 20

#: The multiprocessors of an H100 or H200.
_PROCESSORS = 132

#: The numbers of an input from which TF32 no longer writes the output in place.
_MANY = 1 << 25


def kept(device: str) -> list[int]:
    """What cuBLAS keeps on a card, in bytes: a workspace for the forward pass and one for the backward pass.

    They are made with the first matrix product of each, and stay. Between them is that of cuBLASLt.
    """
    return [32 * _MIB, _MIB, 32 * _MIB]


def workspaces(
    convolution: ConvolutionShape, batch: int, bits: int, *, tf32: bool = True, channels_last: bool = False
) -> Workspaces:
    """What cuDNN takes for a convolution of `batch` samples whose numbers have `bits` bits.

    >>> from analyzer.layers.operations import ConvolutionShape
    >>> second_of_vgg16 = ConvolutionShape(64, 64, 1, (3, 3), (1, 1), (1, 1), (224, 224), (224, 224))
    >>> workspaces(second_of_vgg16, 32, 32)
    (822231040, 822231040, 824295424)
    """
    if bits not in (16, 32) or 1 < convolution.depth == convolution.groups:
        return NONE
    if convolution.transposed:  # runs as the backward pass of a convolution from its output to its input
        forward, input, weights = _taken(convolution.turned(), batch, bits, tf32, channels_last)
        return input, forward, weights
    return _taken(convolution, batch, bits, tf32, channels_last)


def _taken(one: ConvolutionShape, batch: int, bits: int, tf32: bool, channels_last: bool) -> Workspaces:
    width = bits // 8
    fills = 16 // width if one.depth > 4 or bits == 16 else 1
    depth, filters = _filled(one.depth, one.groups, fills), _filled(one.filters, one.groups, fills)
    taps = prod(one.kernel)
    read = batch * prod(one.read) * depth * width
    made = batch * prod(one.made) * filters * width
    weights = filters * (depth // one.groups) * taps * width
    if channels_last:
        return _channels_last(one, read, made, weights, fills)
    if bits == 32 and not tf32:
        return _without_tensor_cores(one, batch, read, made, weights)
    sums = 4 * filters * (depth // one.groups) * taps
    if taps == 1:
        return _products(one, batch, read, made, weights, sums, fills)
    copied = read + made + weights
    parts = read + made + _partial_sums(one, batch, sums, bits)
    if one.depth < 32 and taps <= 9:
        few = one.depth <= 4 and bits == 32
        return (0, copied, 0 if few else parts)
    return (read + weights if bits == 32 and _in_place(one, batch) else copied, copied, parts)


def _in_place(one: ConvolutionShape, batch: int) -> bool:
    """Whether TF32 writes the output where it lies: few columns, large planes."""
    columns = one.depth // one.groups * prod(one.kernel)
    planes = batch * prod(one.made) >= 16384 and max(one.made) <= 128
    if one.depth <= 4:
        return prod(one.kernel) > 100
    return one.depth % 8 == 0 and 128 <= columns <= 1000 and planes


def _filled(planes: int, groups: int, fills: int) -> int:
    """The planes of a tensor, those of each group filled up to whole units of 16 bytes; of groups, to 8."""
    fills = 8 if groups > 1 else fills
    return groups * (-(-(planes // groups) // fills) * fills)


def _partial_sums(one: ConvolutionShape, batch: int, sums: int, bits: int) -> int:
    """The sums of the parts that the gradient of weights of `sums` bytes is calculated in."""
    if one.depth < 32:
        return max(2 * _MIB, 61 * sums)
    if max(one.kernel) >= 7 and max(one.stride) > 1:
        return 8 * sums if one.depth < 128 else 4 * sums
    columns = one.depth // one.groups * prod(one.kernel)
    tiles = -(-one.filters // 128) * -(-columns // (64 if one.depth <= 64 else 128))
    parts = _PROCESSORS // tiles
    if bits == 16:
        return sums * (2 * max(parts - 1, 0) + 1) // 2
    if parts > 1:
        return sums * (parts + 1)
    return sums * 23 // 12 if batch * prod(one.made) >= 4096 else sums * 19 // 12


def _products(
    one: ConvolutionShape, batch: int, read: int, made: int, weights: int, sums: int, fills: int
) -> Workspaces:
    """1×1 convolutions: matrix products. The gradient of the weights is made for each sample, and added up."""
    both = read + made
    if max(one.stride) > 1:
        tiles = -(-one.filters // 128) * -(-one.depth // 128)
        parts = _PROCESSORS // tiles
        forward = read + weights if fills == 4 and _in_place(one, batch) else both
        return (forward, both, both + weights * (parts if parts >= 8 else parts // 2))
    copied = both if prod(one.read) % fills else 0
    if one.depth < 8:
        return NONE
    if fills == 4 and (one.depth % 8 or read >= 4 * _MANY):
        return (copied, copied, both + 2 * _MIB)
    apart = batch * sums
    if copied and fills == 8 and min(one.depth, one.filters) >= 512:
        return (copied, copied, copied)
    most = 16 * _MIB if copied and fills == 4 and prod(one.made) < 100 else 128 * _MIB
    if sums < 2 * _MIB and apart <= most:
        return (copied, copied, apart)
    return (copied, copied, both if copied else both + 4 * weights)


def _channels_last(one: ConvolutionShape, read: int, made: int, weights: int, fills: int) -> Workspaces:
    """Nothing is copied but what tensor cores cannot read as it lies."""
    copied = 0
    if prod(one.kernel) > 1 or one.depth < 8:
        copied += read if one.depth % 8 else 0
        copied += made if one.filters % fills else 0
        copied += weights if copied else 0
    return (copied, copied, copied)


def _without_tensor_cores(one: ConvolutionShape, batch: int, read: int, made: int, weights: int) -> Workspaces:
    """32-bit numbers without TF32."""
    still = max(one.stride) == max(one.dilation) == 1
    if still and len(one.kernel) == 2 and one.depth > 8 and one.kernel in ((3, 3), (5, 5)):
        step, across = (4, 6) if one.kernel == (3, 3) else (9, 13)
        tiles = batch * prod(-(-size // step) for size in one.made)
        numbers = tiles * (one.depth + one.filters) + one.depth * one.filters // one.groups
        taken = 4 * across * across * numbers
        return (0, taken, taken)
    small = 28 if one.kernel == (3, 3) and max(one.stride) > 1 else 14
    if max(one.made) <= small:
        copied = read + made + (weights if prod(one.kernel) > 1 else 0)
        return (0, copied, copied)
    return NONE
