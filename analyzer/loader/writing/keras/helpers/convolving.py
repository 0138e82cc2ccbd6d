"""Convolutions with filter banks of their own, windows and their sums.

The text of layers and functions that Keras does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

#: The texts, by name.
TEXTS: dict[str, str] = {
    "each": '''\
def each(value, rank):
    """A number for each axis."""
    return (value,) * rank if isinstance(value, int) else tuple(value)
''',
    "pairs": '''\
def pairs(value, rank):
    """Cells before and after on each axis."""
    return ((value, value),) * rank if isinstance(value, int) else tuple(value)
''',
    "windows": '''\
def windows(x, kernel, strides, dilation):
    """The cells of each window as an axis before the depth."""
    spatial = zip(x.shape[1:-1], kernel, strides, dilation)
    lengths = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in spatial]
    cells = []
    for place in itertools.product(*map(range, kernel)):
        starts = [p * d for p, d in zip(place, dilation)]
        spans = zip(starts, lengths, strides)
        taken = [slice(start, start + (n - 1) * s + 1, s) for start, n, s in spans]
        cells.append(x[(slice(None), *taken)])
    return ops.stack(cells, axis=-2)
''',
    "scattered": '''\
def scattered(cells, kernel, strides, dilation, more=None):
    """The sum of windows at their places, and `more` empty cells: undoes `windows`."""
    lengths, more = cells.shape[1:-2], more or (0,) * len(kernel)
    total = 0
    for number, place in enumerate(itertools.product(*map(range, kernel))):
        x = cells[..., number, :]
        for axis, (n, s) in enumerate(zip(lengths, strides), start=1):
            x = ops.expand_dims(x, axis + 1)
            pads = [(0, 0)] * len(x.shape)
            pads[axis + 1] = (0, s - 1)
            x = ops.pad(x, pads)
            x = ops.reshape(x, (-1, *x.shape[1:axis], n * s, *x.shape[axis + 2 :]))
            x = x[(slice(None),) * axis + (slice((n - 1) * s + 1),)]
        axes = zip(place, kernel, dilation, more)
        sides = [(p * d, (k - 1 - p) * d + m) for p, k, d, m in axes]
        total = total + ops.pad(x, ((0, 0), *sides, (0, 0)))
    return total
''',
    "banks": '''\
def banks(sharing, step, lengths):
    """The filter bank of each position, axis by axis."""
    steps = each(step, len(lengths))
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
        values = ops.take(values, ops.convert_to_tensor(places, "int32"), axis=axis)
    return values
''',
    "LocallyConnected": '''\
@keras.saving.register_keras_serializable()
class LocallyConnected(layers.Layer):
    """A convolution whose positions have filter banks of their own.

    `sharing` is "local" (a bank for each position), "tiled" (every `step`-th one
    shares), "regions" (blocks of `step` share) or "shared". Biases follow the banks;
    with `untied_bias` each position has its own, with False all share them.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding=0,
        dilation_rate=1,
        groups=1,
        sharing="local",
        step=1,
        use_bias=True,
        untied_bias=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.padding, self.dilation_rate, self.groups = padding, dilation_rate, groups
        self.sharing, self.step = sharing, step
        self.use_bias, self.untied_bias = use_bias, untied_bias

    def build(self, input_shape):
        rank = len(input_shape) - 2
        values = (self.kernel_size, self.strides, self.dilation_rate)
        self.sizes = [each(value, rank) for value in values]
        self.sides = pairs(self.padding, rank)
        axes = zip(input_shape[1:-1], map(sum, self.sides), *self.sizes)
        self.lengths = [(n + m - d * (k - 1) - 1) // s + 1 for n, m, k, s, d in axes]
        self.numbers = banks(self.sharing, self.step, self.lengths)
        counts = [max(places) + 1 for places in self.numbers]
        taps = len(list(itertools.product(*map(range, self.sizes[0]))))
        depth, filters = input_shape[-1] // self.groups, self.filters // self.groups
        shape = (*counts, taps, self.groups, depth, filters)
        self.kernel = self.add_weight(shape=shape, name="kernel")
        if self.use_bias:
            if self.untied_bias is not None:
                ways = "local" if self.untied_bias else "shared"
                self.bias_numbers = banks(ways, 1, self.lengths)
            else:
                self.bias_numbers = self.numbers
            counts = [max(places) + 1 for places in self.bias_numbers]
            shape = (*counts, self.filters)
            self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(self, inputs):
        x = windows(ops.pad(inputs, ((0, 0), *self.sides, (0, 0))), *self.sizes)
        depth = x.shape[-1] // self.groups
        x = ops.reshape(x, (-1, *x.shape[1:-1], self.groups, depth))
        kernel, axes = chosen(self.kernel, self.numbers), "xyz"[: len(self.lengths)]
        x = ops.einsum(f"b{axes}tgd,{axes}tgdf->b{axes}gf", x, kernel)
        x = ops.reshape(x, (-1, *self.lengths, self.filters))
        return x + chosen(self.bias, self.bias_numbers) if self.use_bias else x
''',
    "LocallyConnectedTranspose": '''\
@keras.saving.register_keras_serializable()
class LocallyConnectedTranspose(layers.Layer):
    """A transposed convolution whose input positions have filter banks of their own.

    `sharing` is as in `LocallyConnected`, also for the biases of output positions.
    `cropping` has the cells that it removes around its output.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        cropping=0,
        output_padding=0,
        dilation_rate=1,
        groups=1,
        sharing="local",
        step=1,
        use_bias=True,
        untied_bias=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.cropping, self.output_padding = cropping, output_padding
        self.dilation_rate, self.groups = dilation_rate, groups
        self.sharing, self.step = sharing, step
        self.use_bias, self.untied_bias = use_bias, untied_bias

    def build(self, input_shape):
        rank = len(input_shape) - 2
        values = (self.kernel_size, self.strides, self.dilation_rate)
        self.sizes = [each(value, rank) for value in values]
        self.sides = pairs(self.cropping, rank)
        self.more = each(self.output_padding, rank)
        less = [sum(pair) - more for pair, more in zip(self.sides, self.more)]
        axes = zip(input_shape[1:-1], less, *self.sizes)
        self.lengths = [(n - 1) * s + d * (k - 1) + 1 - m for n, m, k, s, d in axes]
        self.numbers = banks(self.sharing, self.step, input_shape[1:-1])
        counts = [max(places) + 1 for places in self.numbers]
        taps = len(list(itertools.product(*map(range, self.sizes[0]))))
        depth, filters = input_shape[-1] // self.groups, self.filters // self.groups
        shape = (*counts, taps, self.groups, depth, filters)
        self.kernel = self.add_weight(shape=shape, name="kernel")
        if self.use_bias:
            ways, step = self.sharing, self.step
            if self.untied_bias is not None:
                ways = "local" if self.untied_bias else "shared"
            self.bias_numbers = banks(ways, step, self.lengths)
            counts = [max(places) + 1 for places in self.bias_numbers]
            shape = (*counts, self.filters)
            self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(self, inputs):
        depth = inputs.shape[-1] // self.groups
        x = ops.reshape(inputs, (-1, *inputs.shape[1:-1], self.groups, depth))
        kernel, axes = chosen(self.kernel, self.numbers), "xyz"[: len(self.lengths)]
        x = ops.einsum(f"b{axes}gd,{axes}tgdf->b{axes}tgf", x, kernel)
        x = ops.reshape(x, (-1, *x.shape[1:-2], self.filters))
        x = scattered(x, *self.sizes, self.more)
        cut = [slice(a, a + n) for (a, _), n in zip(self.sides, self.lengths)]
        x = x[(slice(None), *cut)]
        return x + chosen(self.bias, self.bias_numbers) if self.use_bias else x
''',
    "WeightNormalization": '''\
@keras.saving.register_keras_serializable()
class WeightNormalization(layers.Wrapper):
    """A layer whose filters are a direction times a trained gain.

    Transposed convolutions have a gain for each plane that they read, as in PyTorch.
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.gained = 2 if "Depthwise" in type(self.layer).__name__ else 1
        self.gain = self.add_weight(
            shape=self.layer.kernel.shape[-self.gained :],
            initializer="ones",
            name="gain",
        )

    def call(self, inputs):
        kernel = self.layer.kernel
        summed = tuple(range(len(kernel.shape) - self.gained))
        length = ops.sqrt(ops.sum(ops.square(kernel), axis=summed))
        factor = ops.reshape(self.gain / length, (-1,))
        if "Transpose" in type(self.layer).__name__:
            return self.layer(inputs * factor)
        if self.layer.use_bias:
            bias = self.layer.bias
            return (self.layer(inputs) - bias) * factor + bias
        return self.layer(inputs) * factor
''',
    "BlurPool": '''\
@keras.saving.register_keras_serializable()
class BlurPool(layers.Layer):
    """A fixed low-pass filter over each plane, with a stride (Zhang 2019)."""

    def __init__(self, kernel_size=3, strides=2, padding=0, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size, self.strides, self.padding = kernel_size, strides, padding

    def call(self, inputs):
        rank, x = len(inputs.shape) - 2, inputs
        kernel, strides = each(self.kernel_size, rank), each(self.strides, rank)
        x = ops.pad(x, ((0, 0), *pairs(self.padding, rank), (0, 0)))
        for axis, (size, stride) in enumerate(zip(kernel, strides), start=1):
            weights = [math.comb(size - 1, i) / 2 ** (size - 1) for i in range(size)]
            length = (x.shape[axis] - size) // stride + 1
            before = (slice(None),) * axis
            span = (length - 1) * stride + 1
            cells = [x[(*before, slice(i, i + span, stride))] for i in range(size)]
            x = sum(w * cell for w, cell in zip(weights, cells))
        return x
''',
    "unfold": '''\
def unfold(x, kernel, strides=1, dilation_rate=1):
    """Each window as one cell: im2col."""
    rank = len(kernel)
    x = windows(x, kernel, each(strides, rank), each(dilation_rate, rank))
    shape = x.shape[1:]
    return ops.reshape(x, (-1, math.prod(shape[:-2]), math.prod(shape[-2:])))
''',
    "fold": '''\
def fold(x, sizes, kernel, strides=1, dilation_rate=1):
    """Puts the windows of `unfold` back and adds them where they overlap."""
    rank, taps = len(kernel), math.prod(kernel)
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    lengths = [(n - span) // s + 1 for n, span, s in zip(sizes, spans, strides)]
    x = ops.reshape(x, (-1, *lengths, taps, x.shape[-1] // taps))
    reached = zip(sizes, spans, lengths, strides)
    more = [n - (length - 1) * s - span for n, span, length, s in reached]
    return scattered(x, kernel, strides, dilation, more)
''',
}
