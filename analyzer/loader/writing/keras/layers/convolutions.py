"""Convolutions.

`LocallyConnected` of `helpers` is the layer for sharing, biases and steps that no convolution of Keras has.
"""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.axes import per_axis
from analyzer.layers.convolution import Conv, Convolution, ConvTranspose, DepthwiseConv, SeparableConv
from analyzer.layers.padding import Padding, Pairs
from analyzer.layers.windows import Window
from analyzer.loader.writing.code.making import alike, options, unless
from analyzer.loader.writing.code.template import Built, NoTemplate
from analyzer.loader.writing.keras.layers.making import constructed, in_all, of_rank, padding_of
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The modes of `ops.pad` by ours.
PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def conv(layer: Conv, node: Node) -> Built:
    """`Conv2D`, or `LocallyConnected` for what it does not have."""
    if _is_special(layer, node):
        return _local(layer, node, layer.filters, layer.groups)
    first = (layer.filters, alike(layer.window(node.flow.input).kernel))
    named = options(groups=unless(layer.groups, 1))
    return _slid(layer, node, "Conv", first, named, causal=True)


def depthwise_conv(layer: DepthwiseConv, node: Node) -> Built:
    """`DepthwiseConv2D`. Keras has none for three axes: a convolution with as many groups as planes."""
    volume = node.flow.input
    filters = volume.depth * layer.multiplier
    if _is_special(layer, node):
        return _local(layer, node, filters, volume.depth)
    kernel = alike(layer.window(volume).kernel)
    if volume.rank == 3:
        return _slid(layer, node, "Conv", (filters, kernel), {"groups": volume.depth})
    return _slid(layer, node, "DepthwiseConv", (kernel,), options(depth_multiplier=unless(layer.multiplier, 1)))


def separable_conv(layer: SeparableConv, node: Node) -> Built:
    """`SeparableConv2D`. Keras has none for three axes, nor with filter banks of their own: two convolutions."""
    volume, middle = node.flow.input, node.flow.input.depth * layer.multiplier
    if layer.weight_norm:
        raise NoTemplate("Keras has no weight normalisation for the two parts of a separable convolution")
    if _is_special(layer, node):
        return _local_separable(layer, node)
    kernel = alike(layer.window(volume).kernel)
    if volume.rank == 3:
        first = _slid(layer, node, "Conv", (middle, kernel), {"groups": volume.depth})
        named = options(use_bias=unless(layer.bias, True))
        return _behind(first, Built("layers.Conv3D", (layer.filters, 1), named))
    named = options(depth_multiplier=unless(layer.multiplier, 1))
    return _slid(layer, node, "SeparableConv", (layer.filters, kernel), named)


def _local_separable(layer: SeparableConv, node: Node) -> Built:
    """Two layers with filter banks of their own, of which the second one reads single cells."""
    volume = node.flow.input
    first = _local(layer, node, volume.depth * layer.multiplier, volume.depth)
    last = Built("LocallyConnected", (layer.filters, 1), options(**_sharing(layer, volume.rank)), needs=first.needs)
    first.named = {name: value for name, value in first.named.items() if name != "untied_bias"}
    return _behind(first, last)


def _behind(first: Built, last: Built) -> Built:
    """Two layers as one: the second has the name, the first has no biases."""
    first.named = {**{name: value for name, value in first.named.items() if name != "use_bias"}, "use_bias": False}
    last.forward = f"{{self}}({first.forward.replace('{self}', constructed(first))})"
    last.values = first.values
    return last


def _slid(
    layer: Convolution, node: Node, kind: str, first: tuple[Any, ...], named: dict[str, object], *, causal: bool = False
) -> Built:
    """A convolution that Keras has, after a padded copy of its input where Keras does not pad so."""
    volume = node.flow.input
    window = layer.window(volume)
    padding, padded, values = _padded(layer.padding, layer.padding_mode, window, volume, causal=causal)
    named = options(
        strides=unless(alike(window.stride), 1),
        padding=unless(padding, "valid"),
        dilation_rate=unless(alike(window.dilation), 1),
        **named,
        use_bias=unless(layer.bias, True),
    )
    built = Built(of_rank(kind, volume.rank), first, named, f"{{self}}({padded})", values=values)
    return _weight_normed(built, layer.weight_norm)


def _weight_normed(built: Built, wanted: bool) -> Built:
    """The same layer inside of `WeightNormalization`."""
    if not wanted:
        return built
    needs = ("WeightNormalization",)
    return Built("WeightNormalization", (constructed(built),), {}, built.forward, needs=needs, values=built.values)


def _padded(
    padding: Padding, mode: str, window: Window, volume: Volume, *, causal: bool
) -> tuple[str, str, dict[str, Any]]:
    """The word for Keras's own padding, the expression of what the layer reads, and its values.

    With a stride, cells that were written are added by a layer of their own, also where `same` would add as many for
    this input: then blocks of other strides and sizes have the same code.
    """
    if not any(map(sum, window.padding)) and padding.mode == "explicit":
        return "valid", "{0}", {}
    if mode == "zeros" and padding.mode == "causal" and causal:
        return "causal", "{0}", {}
    if (
        mode == "zeros"
        and (padding.mode == "same" or set(window.stride) == {1})
        and window.padding == same(window, volume)
    ):
        return "same", "{0}", {}
    if mode == "zeros":
        text = f"{of_rank('ZeroPadding', volume.rank)}({{padding}})({{0}})"
        return "valid", text, {"padding": padding_of(window.padding)}
    text = f'ops.pad({{0}}, {{padding}}, mode="{PAD_MODES[mode]}")'
    return "valid", text, {"padding": in_all(window.padding)}


def same(window: Window, volume: Volume) -> Pairs:
    """The cells that `padding="same"` adds around a volume."""
    return Padding("same").resolve(volume.spatial, window.kernel, window.stride, window.dilation)


def _is_special(layer: Convolution, node: Node) -> bool:
    """Whether Keras has no convolution with this sharing, these biases, or these steps."""
    window = layer.window(node.flow.input)
    stepped = max(window.stride) > 1 and max(window.dilation) > 1  # Keras refuses the two together
    biased = layer.bias and layer.untied_bias is True
    return layer.sharing.policy != "shared" or biased or stepped


def _local(layer: Convolution, node: Node, filters: int, groups: int) -> Built:
    """A convolution whose positions may have filter banks and biases of their own."""
    if layer.weight_norm:
        raise NoTemplate("Keras has no weight normalisation for filter banks of their own")
    volume = node.flow.input
    window = layer.window(volume)
    zeros = layer.padding_mode == "zeros"
    named = options(
        strides=unless(alike(window.stride), 1),
        padding=unless(_both_sides(window.padding), 0) if zeros else None,
        dilation_rate=unless(alike(window.dilation), 1),
        groups=unless(groups, 1),
        **_sharing(layer, volume.rank),
    )
    built = Built("LocallyConnected", (filters, alike(window.kernel)), named, needs=("LocallyConnected",))
    if not zeros and any(map(sum, window.padding)):
        built.forward = f'{{self}}(ops.pad({{0}}, {{padding}}, mode="{PAD_MODES[layer.padding_mode]}"))'
        built.values = {"padding": in_all(window.padding)}
    return built


def _both_sides(pairs: Pairs) -> object:
    """Cells around a volume: one number where all sides have it, otherwise before and after on each axis."""
    sides = {cells for pair in pairs for cells in pair}
    return sides.pop() if len(sides) == 1 else pairs


def _sharing(layer: Convolution, rank: int) -> dict[str, object]:
    """Which positions share filter banks and biases, as `LocallyConnected` takes it."""
    steps = alike(per_axis(layer.sharing.step, rank, "sharing")) if rank else 1
    return {
        "sharing": unless(layer.sharing.policy, "local"),
        "step": unless(steps, 1),
        "use_bias": unless(layer.bias, True),
        "untied_bias": layer.untied_bias if layer.bias else None,
    }


def conv_transpose(layer: ConvTranspose, node: Node) -> Built:
    """`Conv2DTranspose`, with cells of its output removed where Keras removes others."""
    volume = node.flow.input
    window = layer.window(volume)
    stepped = max(window.stride) > 1 and max(window.dilation) > 1
    biased = layer.bias and layer.untied_bias is True
    extra = per_axis(layer.output_padding, volume.rank, "output_padding")
    removed = tuple((before, after - more) for (before, after), more in zip(window.padding, extra, strict=True))
    lengthened = any(after < 0 for _, after in removed)
    if layer.sharing.policy != "shared" or biased or stepped or layer.groups > 1 or lengthened:
        return _local_transpose(layer, node, window, extra)
    named = options(
        strides=unless(alike(window.stride), 1),
        dilation_rate=unless(alike(window.dilation), 1),
        use_bias=unless(layer.bias, True),
    )
    first = (layer.filters, alike(window.kernel))
    built = Built(of_rank("Conv", volume.rank) + "Transpose", first, named)
    if layer.padding.mode == "same" or removed == _same_removed(window):
        built.named = {**named, "padding": "same"}
        return _weight_normed(built, layer.weight_norm)
    if not any(extra) and max(window.dilation) == 1 and removed == tuple((k // 2, k // 2) for k in window.kernel):
        built.named = {**named, "padding": "same", "output_padding": 0}  # which removes as many cells at both ends
        return _weight_normed(built, layer.weight_norm)
    # Keras puts out at least a stride for each position: a shorter kernel leaves empty cells at the end.
    counts = layer.padding.mode == "explicit"  # otherwise these cells are part of its output too
    empty = [max(step - window.span(axis), 0) * counts for axis, step in enumerate(window.stride)]
    cropped = tuple((before, after + more) for (before, after), more in zip(removed, empty, strict=True))
    if any(map(sum, cropped)):
        built.forward = f"{of_rank('Cropping', volume.rank)}({{cropping}})({{self}}({{0}}))"
        built.values = {"cropping": padding_of(cropped)}
    return _weight_normed(built, layer.weight_norm)


def _same_removed(window: Window) -> Pairs | None:
    """The cells that `padding="same"` removes from the output; None where it would have to add some."""
    totals = [window.span(axis) - step for axis, step in enumerate(window.stride)]
    if min(totals) < 0 or max(totals) == 0:
        return None
    return tuple((total // 2, total - total // 2) for total in totals)


def _local_transpose(layer: ConvTranspose, node: Node, window: Window, extra: tuple[int, ...]) -> Built:
    """A transposed convolution with groups, or whose input positions may have filter banks of their own."""
    if layer.weight_norm:
        raise NoTemplate("Keras has no weight normalisation for a transposed convolution with groups or banks")
    volume = node.flow.input
    if layer.padding.mode != "explicit":  # W·S cells, also where the kernel is shorter than the stride
        full = [
            (size - 1) * step + window.span(axis)
            for axis, (size, step) in enumerate(zip(volume.spatial, window.stride, strict=True))
        ]
        missing = [
            length - (whole - before - after)
            for length, whole, (before, after) in zip(node.output.spatial, full, window.padding, strict=True)
        ]
        extra = tuple(missing)
    named = options(
        strides=unless(alike(window.stride), 1),
        cropping=unless(_both_sides(window.padding), 0),
        output_padding=unless(alike(extra), 0),
        dilation_rate=unless(alike(window.dilation), 1),
        groups=unless(layer.groups, 1),
        **_sharing(layer, volume.rank),
    )
    first = (layer.filters, alike(window.kernel))
    return Built("LocallyConnectedTranspose", first, named, needs=("LocallyConnectedTranspose",))
