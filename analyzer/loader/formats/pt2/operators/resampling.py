"""Resampled axes, cells added around a tensor, and the shuffles between depth and space."""

from __future__ import annotations

from analyzer.loader.formats.padded import padded
from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, operator
from analyzer.loader.formats.resampling import resampled

_KINDS = {
    "upsample_nearest1d": "nearest", "upsample_nearest2d": "nearest", "upsample_nearest3d": "nearest",
    "_upsample_nearest_exact1d": "nearest", "_upsample_nearest_exact2d": "nearest", "_upsample_nearest_exact3d": "nearest",
    "upsample_linear1d": "linear", "upsample_bilinear2d": "linear", "upsample_trilinear3d": "linear",
    "_upsample_bilinear2d_aa": "linear", "upsample_bicubic2d": "cubic", "_upsample_bicubic2d_aa": "cubic",
}  # fmt: skip


@operator(*(f"aten.{name}" for name in _KINDS))
def upsample(reading: Reading, node: Node) -> None:
    """To the size that the file says; by whole factors where the program has factors."""
    x = reading.tensor(node, next(iter(node.args)))
    sizes = reading.own(x, reading.shape_of(node.output))
    kind = _KINDS[node.operator.removeprefix("aten.")]
    factors = reading.has(node, "scale_factors") or reading.has(node, "scales_h") or reading.has(node, "scales")
    reading.give(node, resampled(reading.heart, x, sizes, kind, reading.place(node), by_factors=factors))


_MODES = {
    "aten.constant_pad_nd": "zeros", "aten.reflection_pad1d": "reflect", "aten.reflection_pad2d": "reflect",
    "aten.reflection_pad3d": "reflect", "aten.replication_pad1d": "replicate", "aten.replication_pad2d": "replicate",
    "aten.replication_pad3d": "replicate", "aten._pad_circular": "circular", "aten.pad": "",
    "aten._pad_enum": "zeros",
}  # fmt: skip
_WORDS = {"constant": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


@operator(*_MODES)
def pad(reading: Reading, node: Node) -> None:
    """Pairs from the last axis on. Negative numbers remove cells."""
    x = reading.tensor(node)
    pads = reading.ints(node, "pad" if "pad" in node.args else "padding")
    pairs = {x.rank - 1 - at: (pads[2 * at], pads[2 * at + 1]) for at in range(len(pads) // 2)}
    mode = _MODES[node.operator] or _WORDS.get(str(reading.number(node, "mode", "constant")), "zeros")
    reading.give(node, padded(reading.heart, x, pairs, mode, reading.place(node)))


@operator("aten.pixel_shuffle")
def pixel_shuffle(reading: Reading, node: Node) -> None:
    """Blocks of planes become cells."""
    x, heart, place = reading.tensor(node), reading.heart, reading.place(node)
    r = int(reading.number(node, "upscale_factor", 1))
    *lead, c, h, w = x.shape
    at = len(lead)
    x = heart.reshape(x, [*lead, c // r**2, r, r, h, w], place)
    x = heart.transpose(x, [*range(at + 1), at + 3, at + 1, at + 4, at + 2])
    reading.give(node, heart.reshape(x, [*lead, c // r**2, h * r, w * r], place))


@operator("aten.pixel_unshuffle")
def pixel_unshuffle(reading: Reading, node: Node) -> None:
    """Cells of a block become planes."""
    x, heart, place = reading.tensor(node), reading.heart, reading.place(node)
    r = int(reading.number(node, "downscale_factor", 1))
    *lead, c, h, w = x.shape
    at = len(lead)
    x = heart.reshape(x, [*lead, c, h // r, r, w // r, r], place)
    x = heart.transpose(x, [*range(at + 1), at + 2, at + 4, at + 1, at + 3])
    reading.give(node, heart.reshape(x, [*lead, c * r**2, h // r, w // r], place))


@operator("aten.channel_shuffle", "aten.native_channel_shuffle")
def channel_shuffle(reading: Reading, node: Node) -> None:
    """The planes of groups interleaved."""
    x, heart, place = reading.tensor(node), reading.heart, reading.place(node)
    groups = int(reading.number(node, "groups", 1))
    n, c, *rest = x.shape
    x = heart.reshape(x, [n, groups, c // groups, *rest], place)
    x = heart.transpose(x, [0, 2, 1, *range(3, x.rank)])
    reading.give(node, heart.reshape(x, [n, c, *rest], place))
