"""The memory that NVIDIA's libraries take on a card beside the tensors of a network: a rule read from measurements.

A convolution of 16-bit numbers, or of 32-bit ones in TF32, runs on tensor cores, which want the planes of a cell side
by side. So cuDNN copies what lies otherwise, and takes memory for sums:

forward   The input, the weights and the output. TF32 writes the output in place where a filter has few weights and the
          planes are of middle size. Few planes under a small kernel take none.
input     The gradient of the input: the same three.
weights   The gradient of the weights: the same three, and partial sums. This gradient is a matrix with a row for each
          filter and a column for each weight of a filter, and each number in it is a sum over all output cells of the
          batch. It has few tiles of 128×128 numbers (64×64 up to 64 filters), too few for the card's 132
          multiprocessors, so the cells are split as well: into as many parts as fill them, if a part has enough cells.
          Each part has its own 32-bit sums. What is left of the tiles in the last round is split in the same way.

Planes are filled up to units of 16 bytes, those of a group to units of 8 planes; up to 4 planes stay as they are in
TF32. A 1×1 convolution is a matrix product where it lies: only its weights take memory, a gradient for each sample.
Where the cells of a plane are no whole number of units, it copies input and output. A depthwise one takes none. With
`channels_last` only tensors whose planes are no whole number of units are copied, the weights' gradient takes less
sums, and 7×7 kernels of 32-bit numbers are copied all the same. Without TF32 the gradients of 3×3 and 5×5 kernels
that do not step are calculated by Winograd's algorithm, with tiles of 6×6 and 13×13 numbers, small planes are copied,
and nothing else takes memory.

Measured on an H200 with torch 2.11.0, CUDA 13.0 and cuDNN 9.19. Of 383 operations (tests/data/gpu/ops.json), 93 to
100 % in each mode are within 5 %, or 1 MiB where they take less, forward and backward; the table is in
docs/memory.md. The numbers of parts under kernels of 7×7 that step, under few planes and in groups are read off, not
explained. Not covered: 5×5 kernels by Fourier transforms, channels-last depthwise convolutions of 32-bit numbers
whose planes are no multiple of 4, `cudnn.benchmark`, float64, another number of multiprocessors. A cuDNN of another
version may choose other algorithms.

Sources: the operations and traces of tests/data/gpu; Lavin & Gray 2016, "Fast algorithms for convolutional neural
networks"; Osama et al. 2023, "Stream-K: work-centric parallel decomposition for dense matrix-matrix multiplication";
torch 2.11.0, aten/src/ATen/cuda/CublasHandlePool.cpp (`parseChosenWorkspaceSize`, `parseCUDABlasLtWorkspaceSize`).
"""

from __future__ import annotations

from math import prod

from analyzer.engine.memory.devices import read_device
from analyzer.layers.operations import ConvolutionShape
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Bytes that are taken while the output, the gradient of the input and that of the weights are calculated.
    Workspaces: TypeAlias = tuple[int, int, int]

#: Places in `Workspaces`.
FORWARD, INPUT, WEIGHTS = range(3)

NONE: Workspaces = (0, 0, 0)

_KIB, _MIB = 1 << 10, 1 << 20

#: The multiprocessors of an H100 or H200.
_PROCESSORS = 132

#: What aligns the copies, in bytes.
_ALIGNED = 16

#: The compute capability of Hopper. From there on cuBLAS has larger workspaces.
_HOPPER = (9, 0)


def kept(device: str) -> list[int]:
    """What cuBLAS keeps on a card, in bytes: a workspace for the forward pass and one for the backward pass.

    They are made with the first matrix product of each, and stay. Between them is that of cuBLASLt. Raises DeviceError
    as `read_device` does.

    >>> kept("H200"), kept("A100-80GB")
    ([33554432, 1048576, 33554432], [8519680, 1048576, 8519680])
    """
    own = 8 * 4096 * _KIB if read_device(device).compute >= _HOPPER else (2 * 4096 + 8 * 16) * _KIB
    return [own, _MIB, own]


def workspaces(
    convolution: ConvolutionShape, batch: int, bits: int, *, tf32: bool = True, channels_last: bool = False
) -> Workspaces:
    """What cuDNN takes for a convolution of `batch` samples whose numbers have `bits` bits.

    >>> from analyzer.layers.operations import ConvolutionShape
    >>> second_of_vgg16 = ConvolutionShape(64, 64, 1, (3, 3), (1, 1), (1, 1), (224, 224), (224, 224))
    >>> workspaces(second_of_vgg16, 32, 32)
    (822231056, 822231056, 824296103)
    """
    if bits not in (16, 32) or 1 < convolution.depth == convolution.groups:
        return NONE
    if convolution.transposed:  # runs as the backward pass of a convolution from its output to its input
        forward, input, weights = _taken(convolution.turned(), batch, bits, tf32, channels_last)
        return input, forward, weights
    return _taken(convolution, batch, bits, tf32, channels_last)


def _taken(one: ConvolutionShape, batch: int, bits: int, tf32: bool, channels_last: bool) -> Workspaces:
    if bits == 32 and not tf32:
        return _without_tensor_cores(one, batch)
    sizes = _sizes(one, batch, bits)
    if channels_last:
        return _grouped_in_place(one, sizes) if one.groups > 1 else _channels_last(one, sizes)
    if one.groups > 1:
        return _grouped(one, sizes)
    if sizes.taps == 1:
        return _products(one, sizes)
    if one.depth < 32:
        return _few_planes(one, sizes)
    copied = sizes.copied
    forward = copied - sizes.made if _in_place(one, sizes) else copied
    return forward, copied, sizes.all + _partial_sums(one, sizes)


class _Sizes(Record):
    """A convolution on tensor cores.

    `planes` and `filters` are those of a group, filled up; `cells` are the output's, of all samples. `read`, `made` and
    `weights` are the bytes of the tensors with filled planes, and `sums` those of the weights in 32 bits.
    """

    bits: int
    batch: int
    taps: int
    planes: int
    filters: int
    cells: int
    read: int
    made: int
    weights: int
    sums: int

    @property
    def both(self) -> int:
        """Input and output."""
        return self.read + self.made

    @property
    def all(self) -> int:
        """Input, output and weights."""
        return self.read + self.made + self.weights

    @property
    def copied(self) -> int:
        """A copy of each of the three."""
        return self.read + self.made + self.weights + _ALIGNED


def _sizes(one: ConvolutionShape, batch: int, bits: int) -> _Sizes:
    width = bits // 8
    groups, taps = one.groups, prod(one.kernel)
    unit = 8 if groups > 1 else 16 // width
    if one.depth <= 4 and bits == 32:
        unit = 1
    planes, filters = _filled(one.depth // groups, unit), _filled(one.filters // groups, unit)
    cells = batch * prod(one.made)
    sums = 4 * groups * filters * planes * taps
    return _Sizes(
        bits, batch, taps, planes, filters, cells,
        batch * prod(one.read) * groups * planes * width, cells * groups * filters * width, sums * width // 4, sums,
    )  # fmt: skip


def _filled(planes: int, unit: int) -> int:
    """The planes, filled up to whole units."""
    return -(-planes // unit) * unit


def _in_place(one: ConvolutionShape, sizes: _Sizes) -> bool:
    """Whether TF32 writes the output where it lies: few weights a filter, planes of middle size."""
    if sizes.bits == 16 or one.depth % 8:
        return False
    large = sizes.cells >= 16384 or (sizes.taps > 1 and prod(one.made) >= 400)
    return large and 128 <= one.depth * sizes.taps < 1024 and (len(one.read) == 1 or max(one.read) <= 128)


def _partial_sums(one: ConvolutionShape, sizes: _Sizes) -> int:
    """The sums of the parts that the gradient of the weights is calculated in, of at least 32 planes."""
    if sizes.bits == 16:
        return _partial_sums_16(one, sizes)
    if one.depth % 4:
        return 200_000 * sizes.taps
    if _large_steps(one, sizes):
        return sizes.sums * min((sizes.cells - 1) // 512, 7 if sizes.cells < 65536 else 17)
    if _small_batch(one, sizes):
        return 12 * sizes.sums
    side = 64 if sizes.filters <= 64 else 128
    tiles = -(-sizes.filters // side) * -(-sizes.planes * sizes.taps // side) * one.groups
    processors = _PROCESSORS if side == 64 else _PROCESSORS // 2 if one.depth <= 64 else 127
    parts = min(processors // tiles, sizes.cells // 1376)
    if parts > 1:
        return _tiles(parts * tiles, side, side)
    if max(one.dilation) > 1 or side == 64 or 2 * tiles <= processors:
        return 0
    return _last_round(tiles, sizes.cells)


def _last_round(tiles: int, cells: int) -> int:
    """The sums where tiles of 128×128, or of 128×64, are enough to fill the card: only the last are split."""
    wide = 128 if tiles > _PROCESSORS else 64
    last = tiles * 128 // wide % _PROCESSORS
    parts = min(_PROCESSORS // last, cells // 224) if last else 0
    return _tiles(parts * last, 128, wide) if parts > 1 else 0


def _tiles(count: int, high: int, wide: int) -> int:
    """So many tiles of 32-bit sums, a counter for each, and their alignment."""
    return 4 * count * (high * wide + 1) + 175


def _large_steps(one: ConvolutionShape, sizes: _Sizes) -> bool:
    """Whether it has a large kernel that steps: its sums are those of another algorithm."""
    return sizes.taps >= 49 and max(one.stride) > 1


def _small_batch(one: ConvolutionShape, sizes: _Sizes) -> bool:
    """Whether it has a 5×5 kernel and few planes and cells, which has that algorithm too."""
    return sizes.taps == 25 and one.depth <= 64 and sizes.cells < 65536 and max(one.stride) == 1


def _partial_sums_16(one: ConvolutionShape, sizes: _Sizes) -> int:
    """The same for 16-bit numbers, in tiles of 64 columns."""
    if one.depth % 8:
        return sizes.sums * _parts_of_few(sizes)
    if _large_steps(one, sizes):
        if one.filters > 64:
            return 0
        return sizes.sums * (20 if sizes.cells < 16384 else 30 if sizes.cells > 131072 else 2)
    side = 64 if sizes.filters <= 64 else 128
    tiles = -(-sizes.filters // side) * -(-sizes.planes * sizes.taps // 64) * one.groups
    parts = 118 // tiles
    if tiles > 4:
        parts = min(parts, sizes.cells // (11520 if tiles > 9 else 1280))
    return _tiles(parts * tiles, side, 64) if parts > 1 else 0


def _parts_of_few(sizes: _Sizes) -> int:
    """The parts that the gradient of 16-bit weights of few planes is calculated in, whatever the kernel."""
    parts = max(round((65 - sizes.planes / 2) / -(-sizes.filters // 64)), 0)
    return 2 * parts if sizes.planes == 8 and sizes.taps <= 9 else parts


def _sums_of_few(sizes: _Sizes) -> int:
    """The sums under fewer than 32 planes: in 32 bits so many for each tap of the kernel, whatever the planes."""
    return 4 * 63_744 * sizes.taps + 144 if sizes.bits == 32 else sizes.sums * _parts_of_few(sizes) + sizes.weights


def _few_planes(one: ConvolutionShape, sizes: _Sizes) -> Workspaces:
    """Fewer than 32 planes: a kernel up to 3×3 reads them as they lie."""
    copied = sizes.copied
    sums = sizes.both + _sums_of_few(sizes)
    if sizes.bits == 32 and one.depth <= 4:
        if sizes.taps < 49:
            return NONE
        return copied - sizes.made if sizes.taps > 100 else copied, copied, sums
    plain = sizes.taps <= 9 and (sizes.bits == 16 or max(one.dilation) == 1)
    if sizes.bits == 32 and max(one.stride) > 1:
        plain = True
    return 0 if plain else copied, copied, sums


def _products(one: ConvolutionShape, sizes: _Sizes) -> Workspaces:
    """1×1 convolutions: matrix products. The gradient of the weights is made for each sample, and added up."""
    both = sizes.both + _ALIGNED
    if max(one.stride) > 1:
        forward = both - sizes.made + sizes.weights if _in_place(one, sizes) else both
        return forward, both, sizes.both + max(_sums_of_product(one, sizes), _ALIGNED)
    apart = sizes.batch * 4 * one.filters * one.depth
    if one.depth <= 4 or (sizes.bits == 16 and one.depth % 8):
        return 0, 0, apart
    whole = prod(one.read) % (128 // sizes.bits) == 0
    copied = 0 if whole else both
    if sizes.bits == 32 and (one.depth % 8 or sizes.read >= 128 * _MIB):
        return copied, copied, sizes.both + _tiles(min(120, sizes.cells // 64) * -(-one.filters // 64), 64, 64)
    if not whole and sizes.bits == 16 and min(one.depth, one.filters) >= 512:
        return copied, copied, copied
    most = 128 * _MIB
    if not whole and prod(one.made) < 100:  # 7×7 and less
        most = 16 * _MIB if sizes.bits == 32 else most if sizes.batch <= 64 else 0
    if (sizes.sums < 2 * _MIB and apart <= most) or (whole and apart <= 16 * _MIB):
        return copied, copied, apart
    return copied, copied, sizes.both + max(_sums_of_product(one, sizes) if whole else 0, _ALIGNED)


def _sums_of_product(one: ConvolutionShape, sizes: _Sizes) -> int:
    """The partial sums of a 1×1 convolution, which adds them up in 32 bits beside them."""
    sums = _partial_sums(one, sizes)
    return sums + sizes.weights if sums else 0


def _grouped(one: ConvolutionShape, sizes: _Sizes) -> Workspaces:
    """Several groups of several planes; fewer than 32 planes are filled up to the filters of a group."""
    copied = sizes.copied
    if sizes.planes >= 128:
        return copied, copied, 12 * sizes.sums
    if sizes.planes >= 32:
        return copied, copied, sizes.all + _partial_sums(one, sizes)
    filling = sizes.read * (max(one.filters // one.depth, 1) - 1)
    sums = sizes.all + _sums_of_groups(sizes)
    if sizes.bits == 32:
        return copied + filling, copied, sums
    return copied, copied, sums + filling


def _sums_of_groups(sizes: _Sizes) -> int:
    if sizes.bits == 16:
        return 1_800_000
    return 24 * sizes.sums if sizes.planes == 8 else 2_500_000


def _grouped_in_place(one: ConvolutionShape, sizes: _Sizes) -> Workspaces:
    """The same with `channels_last`."""
    if one.depth // one.groups % 8:
        return sizes.copied, sizes.copied, sizes.both + _sums_of_groups(sizes)
    if sizes.bits == 16:
        if sizes.planes > 64:
            return 0, 0, sizes.both + 2 * sizes.sums
        return sizes.both, 0, 0
    if sizes.planes >= 32:
        return NONE
    wide = one.filters // one.depth
    return (sizes.read + sizes.weights) * wide if wide > 1 else 0, 0, sizes.both + 100 * sizes.sums


def _channels_last(one: ConvolutionShape, sizes: _Sizes) -> Workspaces:
    """Little is copied but what tensor cores cannot read as it lies."""
    if sizes.bits == 16:
        return _channels_last_16(one, sizes)
    read, copied = sizes.read + sizes.weights + _ALIGNED, sizes.copied
    if sizes.taps == 1:
        return 0, 0, _sums_of_channels_last_product(one, sizes)
    if one.depth <= 4:
        if sizes.taps <= 9 and max(one.stride) == 1:
            return read, read, 0
        return read, copied, sizes.both + (331 * sizes.sums if sizes.taps >= 49 else 0)
    if one.depth % 4:
        return copied, copied, sizes.both + _partial_sums(one, sizes)
    if one.depth < 32:
        return read, copied, sizes.both + _sums_of_few(sizes)
    if _large_steps(one, sizes):
        return read, sizes.both, sizes.both + _partial_sums(one, sizes)
    if _small_batch(one, sizes):
        return 0, 0, sizes.both + 13 * sizes.sums
    return 0, 0, _partial_sums(one, sizes)


def _sums_of_channels_last_product(one: ConvolutionShape, sizes: _Sizes) -> int:
    if one.depth % 4:
        return 0
    if one.filters <= 64:
        return _tiles(124, 64, 64)
    tiles = -(-one.filters // 128) * -(-one.depth // 128)
    return 2 * _PROCESSORS // tiles * sizes.sums


def _channels_last_16(one: ConvolutionShape, sizes: _Sizes) -> Workspaces:
    plain = max(one.stride) == max(one.dilation) == 1
    if one.depth <= 4:
        reads = sizes.taps == 49 or (sizes.taps in (1, 9) and plain)
        read = sizes.read + sizes.weights + _ALIGNED if reads else 0
        return read, read if sizes.taps == 1 else 0, read + (_sums_of_few(sizes) if sizes.taps > 1 else 0)
    if one.depth % 8 and sizes.taps > 1:
        direct = one.depth < 32 and sizes.taps <= 9 and max(one.dilation) == 1
        return 0 if direct else sizes.copied, sizes.copied, sizes.both + _sums_of_few(sizes)
    return (0, 0, _partial_sums(one, sizes)) if sizes.taps > 1 else NONE


def _without_tensor_cores(one: ConvolutionShape, batch: int) -> Workspaces:
    """32-bit numbers without TF32."""
    read, made = 4 * batch * prod(one.read) * one.depth, 4 * batch * prod(one.made) * one.filters
    both, weights = read + made, 4 * one.filters * one.depth // one.groups * prod(one.kernel)
    if one.groups > 1 and one.depth // one.groups < 64:
        return both if one.depth == one.filters else 0, both, both
    if len(one.kernel) == 3:
        return 0, both + weights, both + weights
    if one.depth > 8 and one.kernel in ((3, 3), (5, 5)) and max(one.stride) == max(one.dilation) == 1:
        step, across = (4, 6) if one.kernel == (3, 3) else (9, 13)
        tiles = batch * prod(-(-size // step) for size in one.made)
        numbers = tiles * (one.depth + one.filters) + one.depth * one.filters // one.groups
        taken = 4 * across * across * numbers
        return 0, taken, taken
    small = 28 if one.kernel == (3, 3) and max(one.stride) > 1 else 14
    if max(one.made) > small or one.depth % 4:
        return NONE
    copied = both + weights if prod(one.kernel) > 1 else both
    return 0, 0 if one.kernel == one.stride else copied, copied
