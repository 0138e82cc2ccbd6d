"""Convolutions.

`LocalConv` and `LocalConvTranspose` of `helpers` are for sharing and biases that no convolution of PyTorch has.
"""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.axes import per_axis
from analyzer.layers.convolution import Conv, Convolution, ConvTranspose, DepthwiseConv, SeparableConv
from analyzer.layers.padding import Padding, Pairs
from analyzer.layers.windows import Window
from analyzer.loader.writing.code.making import alike, options, unless
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import constructed, even, of_rank, pads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def conv(layer: Conv, node: Node) -> Built:
    """`nn.Conv2d`, or `LocalConv` for what it does not have."""
    return _conv(layer, node, layer.filters, layer.groups)


def depthwise_conv(layer: DepthwiseConv, node: Node) -> Built:
    """`nn.Conv2d` with as many groups as planes."""
    depth = node.flow.input.depth
    return _conv(layer, node, depth * layer.multiplier, depth)


def _conv(layer: Convolution, node: Node, filters: int, groups: int) -> Built:
    volume = node.flow.input
    window = layer.window(volume)
    if _is_special(layer):
        return _local(layer, node, window, (volume.depth, filters), groups)
    padding, forward, values = _padded(layer.padding, layer.padding_mode, window)
    named = options(
        stride=unless(alike(window.stride), 1),
        padding=padding,
        dilation=unless(alike(window.dilation), 1),
        groups=unless(groups, 1),
        bias=unless(layer.bias, True),
        padding_mode=unless(layer.padding_mode, "zeros") if padding is not None else None,
    )
    first = (volume.depth, filters, alike(window.kernel))
    built = Built(of_rank("Conv", volume.rank), first, named, f"{{self}}({forward})", Layout.FIRST, values=values)
    return weight_normed(built) if layer.weight_norm else built


def weight_normed(built: Built) -> Built:
    """The same module with a gain for each of its filters."""
    call = "nn.utils.parametrizations.weight_norm"
    return Built(call, (constructed(built),), {}, built.forward, built.layout, values=built.values)


def _padded(padding: Padding, mode: str, window: Window) -> tuple[object | None, str, dict[str, Any]]:
    """The argument `padding`, what the convolution reads, and the values of that expression."""
    pairs = window.padding
    if not any(map(sum, pairs)):
        return None, "{0}", {}
    if even(pairs):
        return alike([before for before, _ in pairs]), "{0}", {}
    if padding.mode == "same" and set(window.stride) == {1}:
        return "same", "{0}", {}
    return None, padded(mode), {"padding": pads(pairs)}


def padded(mode: str) -> str:
    """The expression of a padded copy; its cells are the value `padding`."""
    return "F.pad({0}, {padding})" if mode == "zeros" else f'F.pad({{0}}, {{padding}}, mode="{mode}")'


def _is_special(layer: Convolution) -> bool:
    """Whether positions have filter banks or biases of their own."""
    return layer.sharing.policy != "shared" or (layer.bias and layer.untied_bias is True)


def _local(layer: Convolution, node: Node, window: Window, depths: tuple[int, int], groups: int) -> Built:
    """A convolution whose positions may have filter banks and biases of their own."""
    named = options(
        stride=unless(alike(window.stride), 1),
        padding=_both_sides(window.padding),
        dilation=unless(alike(window.dilation), 1),
        groups=unless(groups, 1),
        padding_mode=_mode(layer.padding_mode) if any(map(sum, window.padding)) else None,
        **_sharing(layer, node.output.rank),
        weight_norm=unless(layer.weight_norm, False),
    )
    first = (*depths, window.kernel, node.output.spatial)
    return Built("LocalConv", first, named, layout=Layout.FIRST, needs=("banks", "chosen", "LocalConv"))


def _mode(mode: str) -> object | None:
    """The mode as `F.pad` has it."""
    return unless(mode, "zeros")


def _both_sides(pairs: Pairs) -> object | None:
    """Cells around a volume as `LocalConv` takes them: those for `F.pad`."""
    return pads(pairs) if any(map(sum, pairs)) else None


def _sharing(layer: Convolution, rank: int) -> dict[str, object]:
    """Which positions share filter banks and biases."""
    steps = alike(per_axis(layer.sharing.step, rank, "sharing"))
    return options(
        sharing=unless(layer.sharing.policy, "local"),
        step=unless(steps, 1),
        bias=unless(layer.bias, True),
        untied_bias=layer.untied_bias if layer.bias else None,
    )


def separable_conv(layer: SeparableConv, node: Node) -> Built:
    """`SeparableConv2d` of the file: a depthwise convolution, and one of single cells."""
    volume = node.flow.input
    window = layer.window(volume)
    middle = volume.depth * layer.multiplier
    if _is_special(layer) or layer.weight_norm:
        return _two(layer, node, window, middle)
    padding, forward, values = _padded(layer.padding, layer.padding_mode, window)
    named = options(
        multiplier=unless(layer.multiplier, 1),
        stride=unless(alike(window.stride), 1),
        padding=padding,
        dilation=unless(alike(window.dilation), 1),
        bias=unless(layer.bias, True),
        padding_mode=unless(layer.padding_mode, "zeros") if padding is not None else None,
    )
    call = f"SeparableConv{volume.rank}d"
    first = (volume.depth, layer.filters, alike(window.kernel))
    return Built(call, first, named, f"{{self}}({forward})", Layout.FIRST, needs=(call,), values=values)


def _two(layer: SeparableConv, node: Node, window: Window, middle: int) -> Built:
    """Two convolutions one after the other, whose positions or weights are special; the first has no biases."""
    volume, rank = node.flow.input, node.output.rank
    if not _is_special(layer):
        padding, forward, values = _padded(layer.padding, layer.padding_mode, window)
        one = Built(
            of_rank("Conv", rank),
            (volume.depth, middle, alike(window.kernel)),
            options(
                stride=unless(alike(window.stride), 1),
                padding=padding,
                dilation=unless(alike(window.dilation), 1),
                groups=unless(volume.depth, 1),
                bias=False,
                padding_mode=unless(layer.padding_mode, "zeros") if padding is not None else None,
            ),
        )
        other = Built(of_rank("Conv", rank), (middle, layer.filters, 1), options(bias=unless(layer.bias, True)))
        both = constructed(weight_normed(one)), constructed(weight_normed(other))
        return Built("nn.Sequential", both, {}, f"{{self}}({forward})", Layout.FIRST, values=values)
    first = _local(layer, node, window, (volume.depth, middle), volume.depth)
    first.named = {**{name: value for name, value in first.named.items() if name != "untied_bias"}, "bias": False}
    named = options(**_sharing(layer, rank), weight_norm=unless(layer.weight_norm, False))
    last = Built("LocalConv", (middle, layer.filters, (1,) * rank, node.output.spatial), named)
    return Built("nn.Sequential", (constructed(first), constructed(last)), layout=Layout.FIRST, needs=first.needs)


def conv_transpose(layer: ConvTranspose, node: Node) -> Built:
    """`nn.ConvTranspose2d`, with cells of its output cut off where it cannot do so itself."""
    volume = node.flow.input
    window = layer.window(volume)
    extra = _extra(layer, node, window)
    if _is_special(layer):
        return _local_transpose(layer, node, window, extra)
    padding, more, cut = _cut(window, extra)
    named = options(
        stride=unless(alike(window.stride), 1),
        padding=unless(alike(padding), 0),
        output_padding=unless(alike(more), 0),
        groups=unless(layer.groups, 1),
        bias=unless(layer.bias, True),
        dilation=unless(alike(window.dilation), 1),
    )
    first = (volume.depth, layer.filters, alike(window.kernel))
    built = Built(of_rank("ConvTranspose", volume.rank), first, named, layout=Layout.FIRST)
    if cut is not None:
        built.forward, built.values = "F.pad({self}({0}), {padding})", {"padding": tuple(-cells for cells in pads(cut))}
    return weight_normed(built) if layer.weight_norm else built


def _extra(layer: ConvTranspose, node: Node, window: Window) -> tuple[int, ...]:
    """The cells added at the end of each axis of the output, those that `same` needs included."""
    found = []
    for axis, (size, length) in enumerate(zip(node.flow.input.spatial, node.output.spatial, strict=True)):
        full = (size - 1) * window.stride[axis] + window.span(axis)
        found.append(length - (full - sum(window.padding[axis])))
    return tuple(found)


def _cut(window: Window, extra: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...], Pairs | None]:
    """The arguments `padding` and `output_padding`, and what is cut off afterwards where these cannot say it.

    `padding` removes p cells before and p − `output_padding` after, which must be below the stride or the dilation.
    """
    padding = tuple(before for before, _ in window.padding)
    more = tuple(before - after + one for (before, after), one in zip(window.padding, extra, strict=True))
    if all(0 <= one < max(s, d) for one, s, d in zip(more, window.stride, window.dilation, strict=True)):
        return padding, more, None
    return (0,), extra, window.padding


def _local_transpose(layer: ConvTranspose, node: Node, window: Window, extra: tuple[int, ...]) -> Built:
    """A transposed convolution whose input positions may have filter banks of their own."""
    volume = node.flow.input
    named = options(
        stride=unless(alike(window.stride), 1),
        padding=_both_sides(window.padding),
        output_padding=unless(alike(extra), 0),
        groups=unless(layer.groups, 1),
        dilation=unless(alike(window.dilation), 1),
        **_sharing(layer, volume.rank),
        weight_norm=unless(layer.weight_norm, False),
    )
    first = (volume.depth, layer.filters, window.kernel, volume.spatial)
    needs = ("banks", "chosen", "scattered", "LocalConvTranspose")
    return Built("LocalConvTranspose", first, named, layout=Layout.FIRST, needs=needs)
