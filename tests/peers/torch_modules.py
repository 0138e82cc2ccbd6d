"""A placed network as a torch module that runs it node by node, each as its author would write it in torch.

Every value is freed after its last reader, as an fx graph run by its interpreter; nothing else is held but the inputs.

A volume H x W x D is a tensor N x D x H x W (`first`) or N x H x W x D (`last`). What slides or pools wants the depth
first, what works along the depth of tokens (linear, layer_norm, attention, recurrent layers) wants it last, and
everything else takes it as it comes. A change between the two is a view (`permute`), as in torchvision's ConvNeXt,
ViT and Swin; `Module.conversions` lists them. torch copies by itself where an operation needs its input in order.

What differs from the catalogue's counts: a `blur_pool` keeps its filter for each plane, attention with relative
positions keeps their indices, both as buffers; `batch_norm` counts its batches.
"""

# Longer than most modules because the types are many: each is a few lines.

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint

from analyzer.engine.network import Network, Node, is_same
from analyzer.layers.axes import per_axis
from analyzer.layers.padding import Padding, Pairs
from analyzer.layers.spatial_kinds import axis_named
from analyzer.layers.windows import Window
from analyzer.volume import Volume

FIRST, LAST = "first", "last"


class Unsupported(Exception):
    """A layer that torch has no module for; the message begins with its type."""


class Built(NamedTuple):
    """What a node runs: modules one after the other; the layout that it wants and gives (None: as it comes)."""

    modules: list[nn.Module]
    wants: str | None = None
    gives: str | None = None


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs)


def ranked(stem: str, rank: int) -> Any:
    """nn.Conv2d for `Conv` and 2."""
    return getattr(nn, f"{stem}{rank}d")


def dimension(volume: Volume, layout: str, axis: str) -> int:
    """The tensor's dimension that is this axis of the volume."""
    place = axis_named(axis, volume.axes, "axis")
    if layout == LAST:
        return 1 + place
    return 1 if place == volume.rank else 2 + place


def along(volume: Volume, layout: str, sizes: Sequence[int] | None = None) -> tuple[int, ...]:
    """The tensor's shape, without the batch, of `sizes` in the volume's order (its own by default)."""
    *spatial, depth = volume.sizes if sizes is None else sizes
    return (*spatial, depth) if layout == LAST else (depth, *spatial)


def turned(x: Tensor, layout: str) -> Tensor:
    """The view of a tensor of the other layout in this one."""
    if layout == LAST:
        return x.permute(0, *range(2, x.dim()), 1)
    return x.permute(0, x.dim() - 1, *range(1, x.dim() - 1))


# Windows: convolutions and pools.


def _split_padding(pairs: Pairs) -> tuple[tuple[int, ...], list[int]]:
    """Padding as a module takes it, and as `functional.pad` takes what is left, the last axis first."""
    if all(before == after for before, after in pairs):
        return tuple(before for before, _ in pairs), []
    return (0,) * len(pairs), [cells for pair in reversed(pairs) for cells in pair]


def _padded(cells: list[int], mode: str = "constant", value: float = 0.0) -> list[nn.Module]:
    if not cells:
        return []
    return [
        Call(lambda x: functional.pad(x, cells, mode, value) if mode == "constant" else functional.pad(x, cells, mode))
    ]


def _conv(node: Node, _: str) -> Built:
    layer: Any = node.layer
    volume = node.inputs[0].output
    if str(layer.sharing) != "shared" or layer.untied_bias:
        raise Unsupported(f"{layer.type}: {layer.sharing} weights or biases of their own at each position")
    window: Window = layer.window(volume)
    kernel, stride, dilation, pairs = window.kernel, window.stride, window.dilation, window.padding
    pairs = layer.padding.balanced(pairs, stride) if layer.padding_mode == "zeros" else pairs
    conv = ranked("Conv", volume.rank)
    padding: Any
    padding, cells = _split_padding(pairs)
    if layer.padding.mode == "same" and cells and set(stride) == {1}:
        padding, cells = "same", []
    mode = {"zeros": "constant"}.get(layer.padding_mode, layer.padding_mode)
    inner = layer.padding_mode if not cells else "zeros"
    common = {"stride": stride, "padding": padding, "dilation": dilation, "padding_mode": inner}
    if layer.type == "conv":
        parts = [conv(volume.depth, layer.filters, kernel, groups=layer.groups, bias=layer.bias, **common)]
    else:
        wide = volume.depth * layer.multiplier
        bias = layer.bias and layer.type == "depthwise_conv"
        parts = [conv(volume.depth, wide, kernel, groups=volume.depth, bias=bias, **common)]
        if layer.type == "separable_conv":
            parts.append(conv(wide, layer.filters, 1, bias=layer.bias))
    return Built([*_padded(cells, mode), *[_normalised(layer, part) for part in parts]], FIRST, FIRST)


def _normalised(layer: Any, module: nn.Module) -> nn.Module:
    """The module, its weights normalised where the layer says so."""
    return weight_norm(module) if layer.weight_norm else module


def _conv_transpose(node: Node, _: str) -> Built:
    """`same` by torch's output_padding; padding that differs between two sides cut off behind it."""
    layer: Any = node.layer
    volume, rank = node.inputs[0].output, node.output.rank
    if str(layer.sharing) != "shared" or layer.untied_bias:
        raise Unsupported(f"{layer.type}: {layer.sharing} weights or biases of their own at each position")
    window: Window = layer.window(volume)
    kernel, stride, dilation, pairs = window.kernel, window.stride, window.dilation, window.padding
    extra = per_axis(layer.output_padding, rank, "output_padding")
    cut: list[nn.Module] = []
    padding = [before for before, _ in pairs]
    if layer.padding.mode != "explicit":
        padding = [-(-(before + after) // 2) for before, after in pairs]
        spans = zip(volume.spatial, stride, padding, kernel, dilation, node.output.spatial, strict=True)
        extra = tuple(out - ((n - 1) * s - 2 * p + d * (k - 1) + 1) for n, s, p, k, d, out in spans)
    elif any(before != after for before, after in pairs):
        padding = [0] * rank
        ends = [slice(before, before + out) for (before, _), out in zip(pairs, node.output.spatial, strict=True)]
        cut = [Call(lambda x: x[(slice(None), slice(None), *ends)])]
    module = ranked("ConvTranspose", rank)(
        volume.depth,
        layer.filters,
        kernel,
        stride=stride,
        padding=tuple(padding),
        output_padding=extra,
        groups=layer.groups,
        bias=layer.bias,
        dilation=dilation,
    )
    return Built([_normalised(layer, module), *cut], FIRST, FIRST)


def _pool(node: Node, _: str) -> Built:
    layer: Any = node.layer
    volume, rank = node.inputs[0].output, node.output.rank
    window: Window = layer.window(volume)
    kernel, stride, dilation, pairs = window.kernel, window.stride, window.dilation, window.padding
    if layer.rounding == "caffe" and node.output.spatial != window.but(rounding="ceil").slide(volume):
        raise Unsupported(f"{layer.type}: a last window beyond the input, which Caffe alone has")
    pairs = layer.padding.balanced(pairs, stride)
    padding, cells = _split_padding(pairs)
    if layer.type == "lp_pool" or any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        padding, cells = (0,) * rank, [c for pair in reversed(pairs) for c in pair] if any(map(any, pairs)) else []
    lowest = float("-inf") if layer.type == "max_pool" else 0.0
    keywords: dict[str, Any] = {
        "stride": stride,
        "ceil_mode": layer.rounding != "floor" and layer.padding.mode == "explicit",
    }
    if layer.type != "lp_pool":
        keywords["padding"] = padding
    if layer.type == "max_pool":
        module = ranked("MaxPool", rank)(kernel, dilation=dilation, **keywords)
    elif rank == 1 and layer.type == "lp_pool":
        module = nn.LPPool1d(2, kernel[0], stride=stride[0], ceil_mode=keywords["ceil_mode"])
    elif layer.type == "lp_pool":
        module = ranked("LPPool", rank)(2, kernel, **keywords)
    else:
        module = ranked("AvgPool", rank)(kernel, **keywords)
    return Built([*_padded(cells, value=lowest), module], FIRST, FIRST)


class Blur(nn.Module):
    """Zhang 2019: a fixed binomial filter for each plane."""

    def __init__(self, depth: int, kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...]) -> None:
        super().__init__()
        self.stride, self.padding, self.groups = stride, padding, depth
        self.convolve = getattr(functional, f"conv{len(kernel)}d")
        self.register_buffer("filter", torch.full((depth, 1, *kernel), 1 / prod(kernel)))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.convolve(x, self.filter, stride=self.stride, padding=self.padding, groups=self.groups)
        return result


def _blur_pool(node: Node, _: str) -> Built:
    layer: Any = node.layer
    volume = node.inputs[0].output
    window: Window = layer.window(volume)
    padding, cells = _split_padding(Padding("same").balanced(window.padding, window.stride))
    return Built([*_padded(cells), Blur(volume.depth, window.kernel, window.stride, padding)], FIRST, FIRST)


def _adaptive(stem: str) -> Callable[[Node, str], Built]:
    def build(node: Node, _: str) -> Built:
        if not node.output.rank:
            return Built([nn.Identity()])
        return Built([ranked(stem, node.output.rank)(node.output.spatial)], FIRST, FIRST)

    return build


def _pyramid(node: Node, _: str) -> Built:
    layer: Any = node.layer
    rank = node.inputs[0].output.rank
    pool = getattr(functional, f"adaptive_max_pool{rank}d")
    return Built([Call(lambda x: torch.cat([pool(x, (n,) * rank).flatten(1) for n in layer.bins], 1))], FIRST, FIRST)


def _mean(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    places = [dimension(node.output, layout, axis) for axis in layer.axis]
    return Built([Call(lambda x: x.mean(places, keepdim=True))])


# Dense layers and what stands around attention.


def _dense(node: Node, _: str) -> Built:
    layer: Any = node.layer
    flat = [nn.Flatten()] if node.inputs[0].output.rank else []
    module = nn.Linear(node.inputs[0].output.size, layer.units, bias=layer.bias)
    return Built([*flat, _normalised(layer, module)], FIRST, FIRST)


def _linear(node: Node, _: str) -> Built:
    layer: Any = node.layer
    module = nn.Linear(node.inputs[0].output.depth, layer.units, bias=layer.bias)
    return Built([_normalised(layer, module)], LAST, LAST)


def _embedding(node: Node, _: str) -> Built:
    layer: Any = node.layer
    return Built([nn.Embedding(layer.vocabulary, layer.size)], None, LAST)


class Attention(nn.Module):
    """torch's attention as called, without its weights; a feature map's positions are its tokens."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        layer: Any = node.layer
        depths = [source.output.depth for source in node.inputs]
        self.layer = nn.MultiheadAttention(
            depths[0],
            layer.heads,
            bias=bool(layer.biases),
            kdim=depths[1 % len(depths)],
            vdim=depths[-1],
            batch_first=True,
        )

    def forward(self, *inputs: Tensor) -> Tensor:
        tokens = [x if x.dim() == 3 else x.flatten(1, -2) for x in inputs]
        result: Tensor = self.layer(tokens[0], tokens[1 % len(tokens)], tokens[-1], need_weights=False)[0]
        return result if inputs[0].dim() == 3 else result.view(inputs[0].shape)


class Projections(nn.Module):
    """The four dense layers of an attention with depths, heads and biases of its own."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        layer: Any = node.layer
        depths = [source.output.depth for source in node.inputs]
        key = layer.key_depth or depths[0] // layer.heads
        value = layer.value_depth or key
        self.heads, self.groups = layer.heads, layer.key_value_heads or layer.heads
        sizes = {
            "query": (depths[0], self.heads * key),
            "key": (depths[1 % len(depths)], self.groups * key),
            "value": (depths[-1], self.groups * value),
            "output": (self.heads * value, depths[0]),
        }
        made = {name: nn.Linear(*size, bias=name in layer.biases) for name, size in sizes.items()}
        self.query, self.key, self.value, self.output = made.values()

    def split(self, *tokens: Tensor) -> list[Tensor]:
        """Queries, keys and values, N x heads x tokens x depth."""
        reads = (self.query, tokens[0], self.heads), (self.key, tokens[1 % len(tokens)], self.groups)
        return [
            project(x).view(*x.shape[:2], heads, -1).transpose(1, 2)
            for project, x, heads in (*reads, (self.value, tokens[-1], self.groups))
        ]


class Projected(Projections):
    """Attention whose heads have depths, groups or biases of their own: four dense layers around a fused attention."""

    def forward(self, *inputs: Tensor) -> Tensor:
        parts = self.split(*[x if x.dim() == 3 else x.flatten(1, -2) for x in inputs])
        mixed = functional.scaled_dot_product_attention(*parts, enable_gqa=self.groups < self.heads)
        del parts
        result: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return result if inputs[0].dim() == 3 else result.view(inputs[0].shape)


class Windows(NamedTuple):
    """The windows of a volume, copied out and back as torchvision's Swin and SAM do."""

    spatial: tuple[int, ...]
    window: tuple[int, ...]

    @property
    def padded(self) -> tuple[int, ...]:
        return tuple(-(-size // cells) * cells for size, cells in zip(self.spatial, self.window, strict=True))

    def _order(self, *, back: bool) -> tuple[int, ...]:
        """The order of a view's axes: windows first, then the cells of one; and back."""
        rank = len(self.spatial)
        if back:
            return (0, *[1 + axis + rank * inner for axis in range(rank) for inner in (0, 1)], 2 * rank + 1)
        return (0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1)

    def out(self, x: Tensor) -> Tensor:
        """N x ... x D to N·windows x tokens x D."""
        if self.padded != self.spatial:
            ends = [cells for size, to in zip(self.spatial, self.padded, strict=True) for cells in (to - size, 0)]
            x = functional.pad(x, (0, 0, *reversed(ends)))
        counts = [n for to, cells in zip(self.padded, self.window, strict=True) for n in (to // cells, cells)]
        depth = x.shape[-1]
        return x.view(len(x), *counts, depth).permute(self._order(back=False)).reshape(-1, prod(self.window), depth)

    def back(self, x: Tensor) -> Tensor:
        """N·windows x tokens x D to N x ... x D."""
        depth, counts = x.shape[-1], [to // cells for to, cells in zip(self.padded, self.window, strict=True)]
        x = x.view(-1, *counts, *self.window, depth).permute(self._order(back=True)).reshape(-1, *self.padded, depth)
        return x[(slice(None), *(slice(size) for size in self.spatial))].contiguous()


class Table(nn.Module):
    """One table of relative positions for a window, as torchvision's Swin adds it."""

    def __init__(self, window: tuple[int, ...], heads: int) -> None:
        super().__init__()
        self.tokens = prod(window)
        self.table = nn.Parameter(torch.zeros(prod(2 * cells - 1 for cells in window), heads))
        self.places: Tensor
        self.register_buffer("places", torch.zeros(self.tokens**2, dtype=torch.int64))

    def forward(self, attention: Tensor) -> Tensor:
        bias = self.table[self.places].view(self.tokens, self.tokens, -1)
        return attention + bias.permute(2, 0, 1).contiguous().unsqueeze(0)


class Tables(nn.Module):
    """A table of relative positions for each axis, as SAM adds them; written for any number of axes."""

    def __init__(self, queries: tuple[int, ...], keys: tuple[int, ...], depth: int) -> None:
        super().__init__()
        self.queries, self.keys = queries, keys
        self.tables = nn.ParameterList(
            [nn.Parameter(torch.zeros(2 * max(q, k) - 1, depth)) for q, k in zip(queries, keys, strict=True)]
        )

    @staticmethod
    def _rows(table: Tensor, q: int, k: int) -> Tensor:
        queries = torch.arange(q)[:, None] * max(k / q, 1.0)
        keys = torch.arange(k)[None, :] * max(q / k, 1.0)
        return table[((queries - keys) + (k - 1) * max(q / k, 1.0)).long()]

    def forward(self, query: Tensor) -> list[Tensor]:
        """What is added to the matrix: for each axis a number for each query and each position on that axis."""
        letters = "xyz"[: len(self.queries)]
        each = query.view(len(query), *self.queries, query.shape[-1])
        products = []
        for place, table in enumerate(self.tables):
            rows = self._rows(table, self.queries[place], self.keys[place])
            product = torch.einsum(f"b{letters}c,{letters[place]}kc->b{letters}k", each, rows)
            products.append(
                product.view(*product.shape[:-1], *(n if i == place else 1 for i, n in enumerate(self.keys)))
            )
        return products


class WrittenOut(nn.Module):
    """Attention with its matrix, for windows and tables of relative positions: step by step as torchvision's Swin (not
    shifted) and, with decomposed positions, as SAM.
    """

    def __init__(self, node: Node) -> None:
        super().__init__()
        layer: Any = node.layer
        volumes = [source.output for source in node.inputs]
        query, key = volumes[0].spatial, volumes[1 % len(volumes)].spatial
        self.shape = query
        self.windows: Windows | None = None
        if layer.within is not None:
            self.windows = Windows(query, per_axis(layer.within, volumes[0].rank, "window"))
            query = key = self.windows.window
        parts = Projections(node)
        self.heads, self.groups = parts.heads, parts.groups
        self.output, self.scale = parts.output, (parts.query.out_features // parts.heads) ** -0.5
        self.packed: nn.Linear | None = None
        same = len({name in layer.biases for name in ("query", "key", "value")}) == 1
        if len(volumes) == 1 and same and parts.value.out_features == parts.query.out_features:
            self.packed = nn.Linear(volumes[0].depth, 3 * parts.query.out_features, bias="query" in layer.biases)
        else:
            self.parts = parts
        self.positions: nn.Module | None = None
        if layer.relative_position == "decomposed":
            self.positions = Tables(query, key, parts.query.out_features // parts.heads)
        elif layer.relative_position:
            if query != key:
                raise Unsupported("multi_head_attention: one table over a memory of other positions")
            self.positions = Table(query, layer.heads)

    def forward(self, *inputs: Tensor) -> Tensor:
        tokens = [x if x.dim() == 3 else x.flatten(1, -2) for x in inputs] if self.windows is None else []
        count, length = (len(inputs[0]), prod(self.shape)) if self.windows is None else (-1, prod(self.windows.window))
        parts = self._split(*(tokens or map(self.windows.out, inputs)))  # type: ignore[union-attr]
        if self.groups < self.heads:
            parts[1:] = [x.repeat_interleave(self.heads // self.groups, dim=1) for x in parts[1:]]
        x = self._mixed(parts).transpose(1, 2).reshape(count, length, self.output.in_features)
        x = self.output(x)
        return x.view(count, *self.shape, -1) if self.windows is None else self.windows.back(x)

    def _split(self, *tokens: Tensor) -> list[Tensor]:
        if self.packed is None:
            return self.parts.split(*tokens)
        x = self.packed(tokens[0])
        qkv = x.reshape(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return [qkv[0], qkv[1], qkv[2]]

    def _mixed(self, parts: list[Tensor]) -> Tensor:
        """Frees each part after its last use, as the model does: `parts` is emptied."""
        query = parts[0]
        scaled = query * self.scale
        if not isinstance(self.positions, Tables):
            del query
        attention = scaled.matmul(parts[1].transpose(-2, -1))
        del scaled, parts[:2]
        if isinstance(self.positions, Table):
            attention = self.positions(attention)
        elif self.positions is not None:
            shape = attention.shape
            attention = attention.flatten(0, 1)
            for product in self.positions(query.reshape(-1, *query.shape[2:])):
                attention = attention.view(product.shape[: len(self.shape) + 1] + tuple(self.positions.keys)) + product
            attention = attention.view(shape)
            del query, product
        attention = functional.softmax(attention, dim=-1)
        return attention.matmul(parts.pop())


def _attention(node: Node, _: str) -> Built:
    layer: Any = node.layer
    if layer.within is not None or layer.relative_position:
        return Built([WrittenOut(node)], LAST, LAST)
    own = layer.key_depth is not None and layer.key_depth * layer.heads != node.output.depth
    own = own or (layer.value_depth is not None and layer.value_depth * layer.heads != node.output.depth)
    own = own or (layer.key_value_heads or layer.heads) != layer.heads
    if own or len(layer.biases) not in (0, 4):
        return Built([Projected(node)], LAST, LAST)
    return Built([Attention(node)], LAST, LAST)


class Trained(nn.Module):
    """A trained tensor that a function puts together with the input, and another where there is a bias."""

    def __init__(self, function: Callable[..., Tensor], *shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.function = function
        self.tables = nn.ParameterList([nn.Parameter(torch.ones(shape)) for shape in shapes])

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.tables)


def _position_table(node: Node, layout: str) -> Built:
    return Built([Trained(torch.add, (1, *along(node.output, layout)))])


def _class_token(node: Node, _: str) -> Built:
    layer: Any = node.layer

    def join(x: Tensor, token: Tensor) -> Tensor:
        return torch.cat([token.expand(len(x), -1, -1), x], dim=1)

    return Built([Trained(join, (1, layer.count, node.output.depth))], LAST, LAST)


def _scale(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    volume = node.output
    ones = (*(1,) * volume.rank, volume.depth)
    shape = {"layer": (1,), "depth": along(volume, layout, ones), "volume": along(volume, layout)}[layer.per]

    def scaled(x: Tensor, gamma: Tensor, *beta: Tensor) -> Tensor:
        return x * gamma + beta[0] if beta else x * gamma

    return Built([Trained(scaled, *(shape,) * (1 + layer.bias))])


class Gate(nn.Module):
    """Squeeze and excitation as torchvision.ops.SqueezeExcitation."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        layer: Any = node.layer
        volume = node.output
        between = layer.reduced or max(1, volume.depth // layer.ratio)
        mixing = partial(ranked("Conv", volume.rank), kernel_size=1) if volume.rank else nn.Linear
        self.pool = ranked("AdaptiveAvgPool", volume.rank)(1) if volume.rank else nn.Identity()
        self.first = mixing(volume.depth, between, bias=layer.bias)
        self.second = mixing(between, volume.depth, bias=layer.bias)
        self.act = _function(layer.act, False, 1)
        self.gate = _function(layer.gate, False, 1)

    def _gate(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        x = self.act(self.first(x))
        result: Tensor = self.gate(self.second(x))
        return result

    def forward(self, x: Tensor) -> Tensor:
        return self._gate(x) * x


# Normalisations.


def _switch(module: nn.Module, layer: Any) -> nn.Module:
    """Leaves out gamma or beta where the layer has but one."""
    for name, kept in (("weight", layer.scale), ("bias", layer.center)):
        if (layer.affine if kept is None else kept) is False and getattr(module, name, None) is not None:
            module._parameters[name] = None
    return module


def _affine(layer: Any) -> bool:
    return any((layer.affine if kept is None else kept) for kept in (layer.scale, layer.center))


def _batch_norm(stem: str) -> Callable[[Node, str], Built]:
    def build(node: Node, _: str) -> Built:
        layer: Any = node.layer
        if stem == "InstanceNorm" and not node.output.rank:
            raise Unsupported("instance_norm: torch takes a batch of vectors as one sample")
        cls = ranked(stem, max(node.output.rank, 1))
        module = cls(node.output.depth, affine=_affine(layer), track_running_stats=layer.statistics)
        return Built([_switch(module, layer)], FIRST, FIRST)

    return build


def _group_norm(node: Node, _: str) -> Built:
    layer: Any = node.layer
    return Built([_switch(nn.GroupNorm(layer.groups, node.output.depth, affine=_affine(layer)), layer)], FIRST, FIRST)


def _layer_norm(node: Node, layout: str) -> Built:
    """Along the depth, or whole samples, in torch's own words; along other axes behind a permutation and before its inverse."""
    layer: Any = node.layer
    volume = node.output
    named = volume.axes if layer.axes == ("volume",) else layer.axes
    wanted = layout if set(named) == set(volume.axes) else LAST
    axes = along(volume, wanted, range(volume.rank + 1))  # places in the volume, in the tensor's order
    normed = [place for place in axes if volume.axes[place] in named]
    shape = [volume.sizes[place] for place in normed]
    if layer.type == "rms_norm":
        module: nn.Module = nn.RMSNorm(shape, elementwise_affine=layer.affine if layer.scale is None else layer.scale)
    else:
        module = _switch(nn.LayerNorm(shape, elementwise_affine=_affine(layer)), layer)
    if list(axes[len(axes) - len(normed) :]) == normed:
        return Built([module], wanted, wanted)
    order = [0, *(1 + i for i, place in enumerate(axes) if place not in normed)]
    order += [1 + i for i, place in enumerate(axes) if place in normed]
    back = [order.index(i) for i in range(len(order))]
    return Built([Call(lambda x: x.permute(order)), module, Call(lambda x: x.permute(back))], wanted, wanted)


def _local_response(node: Node, _: str) -> Built:
    layer: Any = node.layer
    return Built([nn.LocalResponseNorm(layer.size)], FIRST, FIRST)


# Activations and what acts in training alone.

#: Modules that take `inplace`.
INPLACE: dict[str, Callable[..., nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "celu": nn.CELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_swish": nn.Hardswish,
    "hard_tanh": nn.Hardtanh,
    "leaky_relu": nn.LeakyReLU,
}

#: Modules that do not.
PLAIN: dict[str, Callable[..., nn.Module]] = {
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "sigmoid": nn.Sigmoid,
    "log_sigmoid": nn.LogSigmoid,
    "tanh": nn.Tanh,
}

#: Functions that overwrite.
OVERWRITING: dict[str, Callable[[Tensor], Tensor]] = {"sigmoid": torch.sigmoid_, "tanh": torch.tanh_}


def _function(type_: str, inplace: bool, depth: int) -> nn.Module:
    """The module of an activation; `depth` is the dimension of the depth."""
    if type_ in INPLACE:
        return INPLACE[type_](inplace=inplace)
    if inplace and type_ in OVERWRITING:
        return Call(OVERWRITING[type_])
    if inplace:
        raise Unsupported(f"{type_}: torch has none in place")
    if type_ in PLAIN:
        return PLAIN[type_]()
    return (nn.Softmax if type_ == "softmax" else nn.LogSoftmax)(dim=depth)


def _activation(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    return Built([_function(layer.type, layer.inplace, dimension(node.output, layout, "depth"))])


def _prelu(node: Node, _: str) -> Built:
    layer: Any = node.layer
    if layer.per == "volume":
        raise Unsupported("prelu: a slope for each element")
    return Built([nn.PReLU(1 if layer.per == "layer" else node.output.depth)], FIRST, FIRST)


def _glu(node: Node, layout: str) -> Built:
    return Built([nn.GLU(dim=dimension(node.output, layout, "depth"))])


def _dropout(node: Node, _: str) -> Built:
    layer: Any = node.layer
    return Built([nn.Dropout(layer.rate, inplace=layer.inplace)])


def _spatial_dropout(node: Node, _: str) -> Built:
    layer: Any = node.layer
    cls = ranked("Dropout", node.output.rank) if node.output.rank else nn.Dropout
    return Built([cls(layer.rate, inplace=layer.inplace)], FIRST, FIRST)


class Depth(nn.Module):
    """torchvision.ops.StochasticDepth by rows: noise of one number a sample."""

    def __init__(self, rate: float, inplace: bool) -> None:
        super().__init__()
        self.rate, self.inplace = rate, inplace

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        noise = torch.empty([len(x)] + [1] * (x.dim() - 1), dtype=x.dtype, device=x.device).bernoulli_(1 - self.rate)
        if self.rate < 1:
            noise.div_(1 - self.rate)
        return x.mul_(noise) if self.inplace else x * noise


def _stochastic_depth(node: Node, _: str) -> Built:
    layer: Any = node.layer
    return Built([Depth(layer.rate, layer.inplace)])


# Arrangement, resampling, merges, recurrence.


def _flatten(node: Node, _: str) -> Built:
    return Built([nn.Flatten()] if node.inputs[0].output.rank else [nn.Identity()], FIRST, FIRST)


def _reshape(node: Node, layout: str) -> Built:
    """The depth stays where it is if it keeps its size; a vector is filled in; otherwise the depth comes last first."""
    before, after = node.inputs[0].output, node.output
    if layout == FIRST and (before.depth == after.depth or before.positions == 1 or not after.rank):
        shape = along(after, FIRST)
        return Built([Call(lambda x: x.reshape(len(x), *shape))], FIRST, FIRST)
    sizes = after.sizes
    return Built([Call(lambda x: x.reshape(len(x), *sizes))], LAST, LAST)


def _permute(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    order = [0, *(dimension(node.inputs[0].output, layout, axis) for axis in layer.order)]
    return Built([Call(lambda x: x.permute(order))], None, LAST)


def _spatial_pairs(node: Node, layout: str) -> tuple[list[int], list[slice]]:
    """Padding of `pad` for functional.pad, and the slices of `crop`, in this layout."""
    layer: Any = node.layer
    volume = node.inputs[0].output
    pairs = layer.padding.pairs(volume.rank)
    ends = [slice(before, size - after) for (before, after), size in zip(pairs, volume.spatial, strict=True)]
    cells = [cells for pair in reversed(pairs) for cells in pair]
    return ([0, 0, *cells], ends) if layout == LAST else (cells, [slice(None), *ends])


def _pad(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    if layer.padding_mode == "zeros":
        return Built(_padded(_spatial_pairs(node, layout)[0]))
    return Built(_padded(_spatial_pairs(node, FIRST)[0], layer.padding_mode), FIRST, FIRST)


def _crop(node: Node, layout: str) -> Built:
    ends = _spatial_pairs(node, layout)[1]
    return Built([Call(lambda x: x[(slice(None), *ends)])])


def _slice(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    place = dimension(node.inputs[0].output, layout, layer.axis[0])
    cut = slice(layer.start, layer.stop, layer.step if layer.step > 1 else None)
    return Built([Call(lambda x: x[(*(slice(None),) * place, cut)])])


def _resample(node: Node, _: str) -> Built:
    layer: Any = node.layer
    linear = ("linear", "bilinear", "trilinear")
    mode = linear[node.output.rank - 1] if layer.mode in linear else layer.mode
    size = node.output.spatial
    return Built([Call(lambda x, *_: functional.interpolate(x, size=size, mode=mode))], FIRST, FIRST)


def _pixel(cls: Callable[[int], nn.Module]) -> Callable[[Node, str], Built]:
    def build(node: Node, _: str) -> Built:
        layer: Any = node.layer
        if node.output.rank != 2:
            raise Unsupported(f"{layer.type}: {node.output.rank} axes")
        return Built([cls(layer.factor)], FIRST, FIRST)

    return build


def _channel_shuffle(node: Node, _: str) -> Built:
    """As torchvision's ShuffleNet writes it: two views around a copy."""
    layer: Any = node.layer
    groups = layer.groups

    def shuffle(x: Tensor) -> Tensor:
        x = x.view(len(x), groups, x.shape[1] // groups, *x.shape[2:])
        return torch.transpose(x, 1, 2).contiguous().flatten(1, 2)

    return Built([Call(shuffle)], FIRST, FIRST)


def _coordinates(node: Node, _: str) -> Built:
    layer: Any = node.layer

    def add(x: Tensor) -> Tensor:
        rank = x.dim() - 2
        rows = [torch.linspace(-1, 1, n, dtype=x.dtype, device=x.device) for n in x.shape[2:]]
        planes = [row.view([-1 if i == axis else 1 for i in range(rank)]) for axis, row in enumerate(rows)]
        if layer.radius:
            planes.append(reduce(torch.add, [plane**2 for plane in planes]).sqrt())
        return torch.cat([x, *(plane.expand(len(x), 1, *x.shape[2:]) for plane in planes)], dim=1)

    return Built([Call(add)], FIRST, FIRST)


def _cropped(node: Node, layout: str) -> Callable[[Tensor], Tensor]:
    """What a merge does to an input first: cut its spatial axes to the smallest, from the middle."""
    layer: Any = node.layer
    if layer.crop == "none" or len(node.inputs) == 1:
        return lambda x: x
    smallest = tuple(map(min, zip(*(source.output.spatial for source in node.inputs), strict=True)))
    start = 1 if layout == LAST else 2

    def cut(x: Tensor) -> Tensor:
        sizes = x.shape[start : start + len(smallest)]
        if sizes == smallest:
            return x
        ends = [slice((n - to) // 2, (n - to) // 2 + to) for n, to in zip(sizes, smallest, strict=True)]
        return x[(*(slice(None),) * start, *ends)]

    return cut


def _merge(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Node, str], Built]:
    def build(node: Node, layout: str) -> Built:
        cut = _cropped(node, layout)
        return Built([Call(lambda *inputs: reduce(function, map(cut, inputs)))])

    return build


def _add(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    return _merge(Tensor.add_ if layer.inplace else torch.add)(node, layout)


def _average(node: Node, layout: str) -> Built:
    cut, count = _cropped(node, layout), len(node.inputs)
    return Built([Call(lambda *inputs: reduce(torch.add, map(cut, inputs)) / count)])


def _concat(node: Node, layout: str) -> Built:
    layer: Any = node.layer
    cut, place = _cropped(node, layout), dimension(node.output, layout, layer.axis[0])
    return Built([Call(lambda *inputs: torch.cat([cut(x) for x in inputs], dim=place))])


class Steps(nn.Module):
    """The sequence of a recurrent layer, its states dropped; or its last step."""

    def __init__(self, layer: nn.Module, sequence: bool) -> None:
        super().__init__()
        self.layer, self.sequence = layer, sequence

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layer(x)[0]
        return result if self.sequence else result[:, -1]


def _recurrent(cls: Callable[..., nn.Module]) -> Callable[[Node, str], Built]:
    def build(node: Node, _: str) -> Built:
        layer: Any = node.layer
        if layer.biases == 1:
            raise Unsupported(f"{layer.type}: one bias vector, and torch has two or none")
        depth = node.inputs[0].output.depth
        keywords = {"num_layers": layer.layers, "bias": layer.biases == 2, "bidirectional": layer.bidirectional}
        return Built([Steps(cls(depth, layer.units, batch_first=True, **keywords), layer.sequence)], LAST, LAST)

    return build


#: How each type is built; `BUILD[type](node, layout)` gets the layout of its first input.
BUILD: dict[str, Callable[[Node, str], Built]] = {
    **dict.fromkeys((*INPLACE, *PLAIN, "softmax", "log_softmax"), _activation),
    "conv": _conv,
    "depthwise_conv": _conv,
    "separable_conv": _conv,
    "conv_transpose": _conv_transpose,
    "max_pool": _pool,
    "avg_pool": _pool,
    "lp_pool": _pool,
    "blur_pool": _blur_pool,
    "global_avg_pool": _adaptive("AdaptiveAvgPool"),
    "adaptive_avg_pool": _adaptive("AdaptiveAvgPool"),
    "global_max_pool": _adaptive("AdaptiveMaxPool"),
    "adaptive_max_pool": _adaptive("AdaptiveMaxPool"),
    "spatial_pyramid_pool": _pyramid,
    "mean": _mean,
    "dense": _dense,
    "linear": _linear,
    "embedding": _embedding,
    "multi_head_attention": _attention,
    "squeeze_excite": lambda node, _: Built([Gate(node)], FIRST, FIRST),
    "position_table": _position_table,
    "class_token": _class_token,
    "scale": _scale,
    "batch_norm": _batch_norm("BatchNorm"),
    "instance_norm": _batch_norm("InstanceNorm"),
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "local_response_norm": _local_response,
    "prelu": _prelu,
    "glu": _glu,
    "dropout": _dropout,
    "spatial_dropout": _spatial_dropout,
    "stochastic_depth": _stochastic_depth,
    "flatten": _flatten,
    "reshape": _reshape,
    "permute": _permute,
    "pad": _pad,
    "crop": _crop,
    "slice": _slice,
    "upsample": _resample,
    "resize": _resample,
    "pixel_shuffle": _pixel(nn.PixelShuffle),
    "pixel_unshuffle": _pixel(nn.PixelUnshuffle),
    "channel_shuffle": _channel_shuffle,
    "coord_channels": _coordinates,
    "add": _add,
    "subtract": _merge(torch.sub),
    "multiply": _merge(torch.mul),
    "maximum": _merge(torch.maximum),
    "average": _average,
    "concat": _concat,
    "lstm": _recurrent(nn.LSTM),
    "gru": _recurrent(nn.GRU),
    "rnn": _recurrent(nn.RNN),
}

#: What works on tokens: an input L x D that only these read is N x L x D.
_OF_TOKENS = {
    "linear",
    "layer_norm",
    "rms_norm",
    "multi_head_attention",
    "class_token",
    "position_table",
    "lstm",
    "gru",
    "rnn",
}


def _siblings(nodes: Iterable[Node]) -> dict[int, list[Node]]:
    """Slices of one value that together are all of it, by the index of the first that runs: a split."""
    groups: dict[tuple[int, str], list[Node]] = {}
    for node in nodes:
        layer: Any = node.layer
        if layer.type == "slice" and layer.step == 1:
            groups.setdefault((node.inputs[0].index, layer.axis[0]), []).append(node)
    found = {}
    for (_, axis), group in groups.items():
        volume = group[0].inputs[0].output
        size = volume.sizes[axis_named(axis, volume.axes, "axis")]
        layers: list[Any] = [node.layer for node in group]
        ranges = sorted((layer.start, size if layer.stop is None else layer.stop) for layer in layers)
        starts, stops = [start for start, _ in ranges], [stop for _, stop in ranges]
        if len(group) > 1 and [0, *stops] == [*starts, size]:
            found[min(node.index for node in group)] = group
    return found


def _split(group: list[Node], layout: str) -> tuple[nn.Module, list[int]]:
    """The module that splits, and the index of the node that each part is."""
    ordered = sorted(group, key=lambda node: node.layer.start)  # type: ignore[attr-defined]
    first: Any = ordered[0].layer
    axis = axis_named(first.axis[0], ordered[0].output.axes, "axis")
    place = dimension(ordered[0].output, layout, first.axis[0])
    sizes = [node.output.sizes[axis] for node in ordered]
    if len(set(sizes)) == 1:
        split: Callable[[Tensor], Any] = partial(torch.chunk, chunks=len(sizes), dim=place)
    else:
        split = partial(torch.split, split_size_or_sections=sizes, dim=place)
    return Call(split), [node.index for node in ordered]


def _share(module: nn.Module, other: nn.Module) -> None:
    """Puts the parameters and buffers of `other` into `module`."""
    owners = ([part for part in one.modules() if part._parameters or part._buffers] for one in (module, other))
    for mine, theirs in zip(*owners, strict=True):
        for name, parameter in theirs._parameters.items():
            setattr(mine, name, parameter)
        for name, buffer in theirs._buffers.items():
            mine._buffers[name] = buffer


class Transposed(nn.Module):
    """A linear layer with the transposed weight of another one, and a bias of its own."""

    def __init__(self, other: nn.Module, bias: nn.Parameter | None) -> None:
        super().__init__()
        self.weight = other.weight
        self.bias = bias

    def forward(self, value: Tensor) -> Tensor:
        return functional.linear(value, self.weight.t(), self.bias)


def _share_weight(run: nn.ModuleList, other: nn.Module) -> None:
    """Puts only the weight of `other` into a run, transposed where a linear layer leads back."""
    (theirs,) = (module for module in other.modules() if "weight" in module._parameters)
    place, mine = next((place, part) for place, part in enumerate(run) if "weight" in part._parameters)
    if mine.weight.shape == theirs.weight.shape:
        mine.weight = theirs.weight
    elif mine.weight.shape == theirs.weight.shape[::-1] and isinstance(mine, nn.Linear):
        run[place] = Transposed(theirs, mine.bias)
    else:
        raise Unsupported(f"{type(mine).__name__}: its weight is reused in another form")


class Module(nn.Module):
    """The network, run node by node.

    `samples` are inputs of one sample on the meta device, `classes` the dimension of the depth in each output,
    `conversions` the nodes before which a layout was changed. `segments` are ranges of node indices that are run
    again in the backward pass (torch.utils.checkpoint, not reentrant, the state of the random generator not kept).

    Raises `Unsupported` for a layer that torch has no words for.
    """

    def __init__(self, network: Network, segments: Sequence[range] = ()) -> None:
        super().__init__()
        self.nodes = network.nodes
        self.entering = [node.index for node in network.inputs]
        self.leaving = [node.index for node in network.outputs]
        self.conversions: list[str] = []
        self.samples: list[Tensor] = []
        self._layouts: dict[int, str] = {}
        self._wanted: dict[int, str | None] = {}
        self._parts: dict[int, list[int]] = {}
        self.runs = nn.ModuleList()
        self._enter(network)
        groups = _siblings(network.nodes)
        behind = {node.index for group in groups.values() for node in group} - set(groups)
        for node in network.nodes:
            self._place(node, groups.get(node.index), node.index in behind)
        self.classes = [-1 if self._layouts[index] == LAST else 1 for index in self.leaving]
        self._last = {source.index: node.index for node in network.nodes for source in node.inputs}
        self._last.update(dict.fromkeys(self.leaving, len(network.nodes)))
        self._segments = {cells.start: self._segment(cells) for cells in segments}

    def _enter(self, network: Network) -> None:
        readers: dict[int, set[str]] = {}
        for node in network.nodes:
            for source in node.inputs:
                readers.setdefault(source.index, set()).add(node.layer.type)
        for node in network.inputs:
            found = readers.get(node.index, set())
            layout = LAST if node.output.rank == 1 and found <= _OF_TOKENS else FIRST
            dtype = torch.int64 if found == {"embedding"} else torch.float32
            self._layouts[node.index] = layout
            self.samples.append(torch.empty(along(node.output, layout), dtype=dtype, device="meta"))

    def _place(self, node: Node, group: list[Node] | None, placed: bool) -> None:
        layout = self._layouts[node.inputs[0].index]
        if placed:  # a part of a split that ran before
            built = Built([nn.Identity()])
        elif group is not None:
            split, self._parts[node.index] = _split(group, layout)
            built = Built([split])
        elif node.layer.type in BUILD:
            built = BUILD[node.layer.type](node, layout)
        else:
            raise Unsupported(f"{node.layer.type}: no module")
        run = nn.ModuleList(built.modules)
        if node.tied is not None and is_same(node.layer, node.flow, node.tied):
            _share(run, self.runs[node.tied.index])
        elif node.tied is not None:
            _share_weight(run, self.runs[node.tied.index])
        elif node.frozen:
            run.requires_grad_(False)
        self.runs.append(run)
        wanted = built.wants or (layout if len(node.inputs) > 1 else None)
        self._wanted[node.index] = wanted
        for source in node.inputs:
            if source.output.rank and wanted not in (None, self._layouts[source.index]):
                self.conversions.append(f"{node.name} reads {source.name} with the depth {wanted}")
        self._layouts[node.index] = built.gives or layout

    def _segment(self, cells: range) -> tuple[range, list[int], list[int]]:
        """A segment with the values that it reads from before and those that are read after it."""
        inside = set(cells)
        read = [source.index for place in cells for source in self.nodes[place].inputs if source.index not in inside]
        given = [place for place in cells if self._last.get(place, -1) not in inside and place in self._last]
        return cells, list(dict.fromkeys(read)), given

    def _run(self, values: dict[int, Tensor], node: Node) -> None:
        """Works out a node, and forgets what nothing after it reads."""
        wanted = self._wanted[node.index]
        results: Any = []
        for source in node.inputs:
            value = values[source.index]
            change = wanted is not None and source.output.rank and wanted != self._layouts[source.index]
            results.append(turned(value, wanted or FIRST) if change else value)
            del value
        for source in node.inputs:
            if self._last[source.index] == node.index:
                values.pop(source.index, None)
        if node.index in values:  # a part of a split
            return
        for module in self.runs[node.index].children():
            results = [module(*results)]
        if node.index not in self._parts:
            values[node.index] = results.pop()
            return
        for index, part in zip(self._parts[node.index], results.pop(), strict=True):
            values[index] = part

    def _again(self, start: int, *entering: Tensor) -> tuple[Tensor, ...]:
        """Works out a segment from the values that it reads."""
        cells, read, given = self._segments[start]
        values = dict(zip(read, entering, strict=True))
        for place in cells:
            self._run(values, self.nodes[place])
        return tuple(values[index] for index in given)

    def forward(self, *inputs: Tensor) -> Any:
        values = dict(zip(self.entering, inputs, strict=True))
        place = 0
        while place < len(self.nodes):
            if place not in self._segments or not torch.is_grad_enabled():
                self._run(values, self.nodes[place])
                place += 1
                continue
            cells, read, given = self._segments[place]
            entering = [values[index] for index in read]
            for index in read:
                if self._last[index] in cells:
                    values.pop(index, None)
            found = checkpoint(self._again, place, *entering, use_reentrant=False, preserve_rng_state=False)
            del entering
            values.update(zip(given, found, strict=True))
            del found
            place = cells.stop
        results = tuple(values[index] for index in self.leaving)
        return results[0] if len(results) == 1 else results
