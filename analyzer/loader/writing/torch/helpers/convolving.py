"""Convolutions with filter banks of their own, windows and their sums.

The text of modules and functions that PyTorch does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

_SEPARABLE = '''\
class SeparableConv{n}d(nn.Sequential):
    """A depthwise convolution and one of single cells after it."""

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        multiplier=1,
        bias=True,
        **options,
    ):
        middle = in_channels * multiplier
        options = {"groups": in_channels, "bias": False, **options}
        super().__init__(
            nn.Conv{n}d(in_channels, middle, kernel_size, **options),
            nn.Conv{n}d(middle, out_channels, 1, bias=bias),
        )
'''

#: The texts, by name.
TEXTS: dict[str, str] = {
    **{f"SeparableConv{rank}d": _SEPARABLE.replace("{n}", str(rank)) for rank in (1, 2, 3)},
    "banks": '''\
def banks(sharing, step, lengths):
    """The number of the filter bank of each position, axis by axis."""
    steps = (step,) * len(lengths) if isinstance(step, int) else step
    if sharing == "shared":
        return [[0] * n for n in lengths]
    if sharing == "tiled":
        return [[i % s for i in range(n)] for n, s in zip(lengths, steps)]
    if sharing == "regions":
        return [[i // s for i in range(n)] for n, s in zip(lengths, steps)]
    return [list(range(n)) for n in lengths]
''',
    "chosen": '''\
def chosen(values, numbers):
    """The values of each position, by the numbers of their banks on each axis."""
    for axis, places in enumerate(numbers):
        if places != list(range(values.shape[axis])):
            index = torch.tensor(places, device=values.device)
            values = values.index_select(axis, index)
    return values
''',
    "windows": '''\
def windows(x, kernel, stride, dilation):
    """The cells of each window as a last axis: (N, D, ..., taps)."""
    for axis, (k, s, d) in enumerate(zip(kernel, stride, dilation), start=2):
        x = x.unfold(axis, d * (k - 1) + 1, s)[..., ::d]
    return x.flatten(-len(kernel))
''',
    "scattered": '''\
def scattered(cells, kernel, stride, dilation, more):
    """The sum of windows (N, D, ..., taps) at their places, and `more` empty cells."""
    lengths = cells.shape[2:-1]
    axes = list(zip(lengths, kernel, stride, dilation, more))
    sizes = [(n - 1) * s + d * (k - 1) + 1 + m for n, k, s, d, m in axes]
    total = cells.new_zeros(*cells.shape[:2], *sizes)
    for tap in range(cells.shape[-1]):
        place, rest = [], tap
        for n, k, s, d, _ in reversed(axes):
            start = rest % k * d
            place.insert(0, slice(start, start + (n - 1) * s + 1, s))
            rest //= k
        total[(slice(None), slice(None), *place)] += cells[..., tap]
    return total
''',
    "LocalConv": '''\
class LocalConv(nn.Module):
    """A convolution whose positions have filter banks of their own.

    `sharing` is "local" (a bank for each position), "tiled" (every `step`-th one
    shares), "regions" (blocks of `step` share) or "shared". Biases follow the banks;
    with `untied_bias` each position has its own, with False all share them.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        output_size,
        stride=1,
        padding=None,
        dilation=1,
        groups=1,
        padding_mode="constant",
        sharing="local",
        step=1,
        bias=True,
        untied_bias=None,
        weight_norm=False,
    ):
        super().__init__()
        each = [
            (n,) * len(kernel_size) if isinstance(n, int) else n
            for n in (stride, dilation)
        ]
        self.kernel, self.stride, self.dilation = kernel_size, *each
        self.lengths, self.groups = output_size, groups
        self.padding, self.mode = padding, padding_mode
        self.banks = banks(sharing, step, output_size)
        counts = [max(places) + 1 for places in self.banks]
        taps = in_channels // groups * math.prod(kernel_size)
        shape = (*counts, groups, out_channels // groups, taps)
        self.weight = nn.Parameter(torch.randn(shape) / taps**0.5)
        self.gain = nn.Parameter(torch.ones(*shape[:-1], 1)) if weight_norm else None
        self.bias = None
        if bias:
            ways = (
                sharing if untied_bias is None else "local" if untied_bias else "shared"
            )
            self.bias_banks = banks(ways, step, output_size)
            counts = [max(places) + 1 for places in self.bias_banks]
            self.bias = nn.Parameter(torch.zeros(*counts, out_channels))

    def forward(self, x):
        if self.padding is not None:
            x = F.pad(x, self.padding, mode=self.mode)
        for axis, k in enumerate(self.kernel, start=2):
            s, d = self.stride[axis - 2], self.dilation[axis - 2]
            x = x.unfold(axis, d * (k - 1) + 1, s)[..., ::d]
        rank = len(self.kernel)
        x = x.flatten(-rank).flatten(2, -2).unflatten(1, (self.groups, -1))
        x = x.permute(3, 1, 0, 2, 4).flatten(3).flatten(0, 1)
        weight = self.weight
        if self.gain is not None:
            weight = self.gain * F.normalize(weight, dim=-1)
        weight = chosen(weight, self.banks).flatten(0, rank)
        x = torch.bmm(x, weight.transpose(1, 2)).unflatten(0, (-1, self.groups))
        x = x.permute(2, 1, 3, 0).flatten(1, 2).unflatten(2, self.lengths)
        if self.bias is not None:
            x = x + chosen(self.bias, self.bias_banks).movedim(-1, 0)
        return x
''',
    "LocalConvTranspose": '''\
class LocalConvTranspose(nn.Module):
    """A transposed convolution whose input positions have filter banks of their own.

    `sharing` is as in `LocalConv`, also for the biases of output positions.
    `padding` has the cells that are cut off its output.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        input_size,
        stride=1,
        padding=None,
        output_padding=0,
        groups=1,
        dilation=1,
        sharing="local",
        step=1,
        bias=True,
        untied_bias=None,
        weight_norm=False,
    ):
        super().__init__()
        rank, values = len(input_size), (stride, dilation, output_padding)
        each = [(n,) * rank if isinstance(n, int) else n for n in values]
        self.stride, self.dilation, self.more = each
        self.kernel, self.lengths, self.groups = kernel_size, input_size, groups
        self.padding = padding or (0, 0) * rank
        self.banks = banks(sharing, step, input_size)
        counts = [max(places) + 1 for places in self.banks]
        outputs = out_channels // groups * math.prod(kernel_size)
        shape = (*counts, groups, in_channels // groups, outputs)
        self.weight = nn.Parameter(torch.randn(shape) / (in_channels // groups) ** 0.5)
        self.gain = nn.Parameter(torch.ones(*shape[:-1], 1)) if weight_norm else None
        self.bias = None
        if bias:
            axes = zip(
                input_size, kernel_size, *each, self.padding[-2::-2], self.padding[::-2]
            )
            sizes = [
                (n - 1) * s + d * (k - 1) + 1 + m - a - b
                for n, k, s, d, m, a, b in axes
            ]
            ways = (
                sharing if untied_bias is None else "local" if untied_bias else "shared"
            )
            self.bias_banks = banks(ways, step, sizes)
            counts = [max(places) + 1 for places in self.bias_banks]
            self.bias = nn.Parameter(torch.zeros(*counts, out_channels))

    def forward(self, x):
        rank, weight = len(self.kernel), self.weight
        if self.gain is not None:
            weight = self.gain * F.normalize(weight, dim=-1)
        weight = chosen(weight, self.banks).flatten(0, rank)
        x = x.flatten(2).unflatten(1, (self.groups, -1))
        x = torch.bmm(x.permute(3, 1, 0, 2).flatten(0, 1), weight)
        x = x.unflatten(0, (-1, self.groups)).permute(2, 1, 3, 0)
        x = x.unflatten(2, (-1, math.prod(self.kernel))).flatten(1, 2)
        x = x.transpose(-1, -2).unflatten(2, self.lengths)
        x = scattered(x, self.kernel, self.stride, self.dilation, self.more)
        x = F.pad(x, [-cells for cells in self.padding])
        if self.bias is not None:
            x = x + chosen(self.bias, self.bias_banks).movedim(-1, 0)
        return x
''',
    "unfold": '''\
def unfold(x, kernel_size, stride, dilation):
    """The cells of each window as planes of one cell: `nn.Unfold` on any axes."""
    x = windows(x, kernel_size, stride, dilation)
    return x.movedim(-1, 2).flatten(3).flatten(1, 2)
''',
    "fold": '''\
def fold(x, output_size, kernel_size, stride, dilation):
    """Puts the windows of `unfold` back and adds them where they overlap."""
    axes = list(zip(output_size, kernel_size, stride, dilation))
    spans = [d * (k - 1) + 1 for _, k, _, d in axes]
    lengths = [(n - span) // s + 1 for (n, _, s, _), span in zip(axes, spans)]
    reached = [(n - 1) * s for n, s in zip(lengths, stride)]
    more = [n - end - span for n, end, span in zip(output_size, reached, spans)]
    x = x.unflatten(1, (-1, math.prod(kernel_size))).movedim(2, -1)
    x = x.unflatten(2, lengths)
    return scattered(x, kernel_size, stride, dilation, more)
''',
    "blur_pool": '''\
def blur_pool(x, kernel_size, stride, padding):
    """A fixed low-pass filter over each plane, with a stride (Zhang 2019)."""
    weight = x.new_ones(())
    for size in kernel_size:
        row = [math.comb(size - 1, i) / 2 ** (size - 1) for i in range(size)]
        weight = weight.unsqueeze(-1) * torch.tensor(
            row, dtype=x.dtype, device=x.device
        )
    depth, conv = x.shape[1], (F.conv1d, F.conv2d, F.conv3d)[len(kernel_size) - 1]
    weight = weight.expand(depth, 1, *kernel_size)
    return conv(F.pad(x, padding), weight, stride=stride, groups=depth)
''',
}
