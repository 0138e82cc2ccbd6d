"""Attention, tokens and gates.

The text of layers and functions that Keras does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

#: The texts, by name.
TEXTS: dict[str, str] = {
    "repeated": '''\
def repeated(x, times):
    """Each head of keys or values, so many times."""
    if times == 1:
        return x
    shape = (*x.shape[1:-3], x.shape[-3] * times, *x.shape[-2:])
    return ops.reshape(ops.stack([x] * times, axis=-3), (-1, *shape))
''',
    "attention": '''\
def attention(query, key, value, mask=None):
    """softmax(q·kᵀ/√d)·v; fewer heads of keys and values serve groups of queries."""
    if len(key.shape) < len(query.shape):
        key, value = ops.expand_dims(key, -3), ops.expand_dims(value, -3)
    if len(query.shape) > 3 and query.shape[-3] != key.shape[-3]:
        times = query.shape[-3] // key.shape[-3]
        key, value = (repeated(x, times) for x in (key, value))
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / query.shape[-1] ** 0.5
    if mask is not None:
        while len(mask.shape) < len(scores.shape):
            mask = ops.expand_dims(mask, 1)
        scores = scores + mask
    return ops.matmul(ops.softmax(scores), value)
''',
    "Attention": '''\
@keras.saving.register_keras_serializable()
class Attention(layers.Layer):
    """Multi-head attention with biases for some projections, windows, or a table of
    relative positions."""

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        key_value_heads=None,
        bias=("query", "key", "value", "output"),
        window=None,
        relative_position=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads, self.key_dim = num_heads, key_dim
        self.value_dim = value_dim or key_dim
        self.key_value_heads = key_value_heads or num_heads
        self.bias, self.window = bias, window
        self.relative_position = relative_position

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = key_shape or value_shape
        units = {
            "query": (self.num_heads * self.key_dim, query_shape[-1]),
            "key": (self.key_value_heads * self.key_dim, key_shape[-1]),
            "value": (self.key_value_heads * self.value_dim, value_shape[-1]),
            "output": (query_shape[-1], self.num_heads * self.value_dim),
        }
        self.projections = {}
        for name, (size, depth) in units.items():
            dense = layers.Dense(size, use_bias=name in self.bias, name=name)
            dense.build((None, depth))
            self.projections[name] = dense
        self.cells = tuple(self.window or query_shape[1:-1])
        if self.relative_position:
            rows = math.prod(2 * cells - 1 for cells in self.cells)
            self.table = self.add_weight(shape=(rows, self.num_heads), name="table")

    def call(self, query, value, key=None):
        spatial = query.shape[1:-1]
        volumes = [query, value if key is None else key, value]
        names = ("query", "key", "value")
        query, key, value = (
            self._heads(self.projections[name](self._windows(x)), heads)
            for name, x, heads in zip(
                names,
                volumes,
                (self.num_heads, self.key_value_heads, self.key_value_heads),
            )
        )
        times = self.num_heads // self.key_value_heads
        key, value = (repeated(x, times) for x in (key, value))
        scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / self.key_dim**0.5
        if self.relative_position:
            scores = scores + self._positions()
        x = ops.swapaxes(ops.matmul(ops.softmax(scores), value), -2, -3)
        x = ops.reshape(x, (-1, *x.shape[1:-2], self.num_heads * self.value_dim))
        return self._whole(self.projections["output"](x), spatial)

    def _heads(self, x, heads):
        """The heads as an axis before the tokens."""
        x = ops.reshape(x, (-1, *x.shape[1:-1], heads, x.shape[-1] // heads))
        return ops.swapaxes(x, -2, -3)

    def _windows(self, x):
        """The tokens of each window, behind an axis of windows; of the whole volume."""
        if self.window is None:
            return ops.reshape(x, (-1, math.prod(x.shape[1:-1]), x.shape[-1]))
        pads = [(0, -n % cells) for n, cells in zip(x.shape[1:-1], self.window)]
        x = ops.pad(x, ((0, 0), *pads, (0, 0)))
        cut, depth = [], x.shape[-1]
        for n, cells in zip(x.shape[1:-1], self.window):
            cut += [n // cells, cells]
        order = [*range(1, len(cut), 2), *range(2, len(cut) + 1, 2)]
        x = ops.transpose(ops.reshape(x, (-1, *cut, depth)), (0, *order, len(cut) + 1))
        return ops.reshape(x, (-1, math.prod(cut[::2]), math.prod(cut[1::2]), depth))

    def _whole(self, x, spatial):
        """The volume that windows were cut from."""
        depth = x.shape[-1]
        if self.window is None:
            return ops.reshape(x, (-1, *spatial, depth))
        counts = [-(-n // cells) for n, cells in zip(spatial, self.window)]
        rank = len(counts)
        x = ops.reshape(x, (-1, *counts, *self.window, depth))
        order = [axis for one in range(rank) for axis in (1 + one, 1 + rank + one)]
        x = ops.transpose(x, (0, *order, 2 * rank + 1))
        sizes = [count * cells for count, cells in zip(counts, self.window)]
        x = ops.reshape(x, (-1, *sizes, depth))
        return x[(slice(None), *(slice(n) for n in spatial))]

    def _positions(self):
        """A number for each head and each pair of tokens, by how far they are apart."""
        places = list(itertools.product(*map(range, self.cells)))
        rows = []
        for one in places:
            for other in places:
                row = 0
                for a, b, cells in zip(one, other, self.cells):
                    row = row * (2 * cells - 1) + a - b + cells - 1
                rows.append(row)
        table = ops.take(self.table, ops.convert_to_tensor(rows, "int32"), axis=0)
        table = ops.reshape(table, (len(places), len(places), self.num_heads))
        return ops.transpose(table, (2, 0, 1))
''',
    "PositionTable": '''\
@keras.saving.register_keras_serializable()
class PositionTable(layers.Layer):
    """Adds a trained number to each element."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=input_shape[1:], name="table")

    def call(self, inputs):
        return inputs + self.table
''',
    "ClassToken": '''\
@keras.saving.register_keras_serializable()
class ClassToken(layers.Layer):
    """Puts trained rows before the tokens."""

    def __init__(self, count=1, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def build(self, input_shape):
        self.token = self.add_weight(shape=(self.count, input_shape[-1]), name="token")

    def call(self, inputs):
        shape = (ops.shape(inputs)[0], self.count, inputs.shape[-1])
        return ops.concatenate([ops.broadcast_to(self.token, shape), inputs], axis=1)
''',
    "SqueezeExcite": '''\
@keras.saving.register_keras_serializable()
class SqueezeExcite(layers.Layer):
    """A gate on each plane: a global mean and two dense layers (Hu et al. 2018)."""

    def __init__(self, units, activation="relu", gate="sigmoid", bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units, self.activation, self.gate = units, activation, gate
        self.bias = bias

    def build(self, input_shape):
        depth = input_shape[-1]
        self.reduce = layers.Dense(self.units, self.activation, use_bias=self.bias)
        self.expand = layers.Dense(depth, self.gate, use_bias=self.bias)
        self.reduce.build((None, depth))
        self.expand.build((None, self.units))

    def call(self, inputs):
        axes = tuple(range(1, len(inputs.shape) - 1))
        x = ops.mean(inputs, axis=axes, keepdims=True) if axes else inputs
        return inputs * self.expand(self.reduce(x))
''',
}
