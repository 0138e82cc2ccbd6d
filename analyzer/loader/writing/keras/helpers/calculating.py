"""Trained tensors, cells of an axis, resampling, and constants that stand in.

The text of layers and functions that Keras does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

from analyzer.loader.writing.code.standing_in import STANDING_IN

#: The texts, by name.
TEXTS: dict[str, str] = {
    "Parameter": '''\
@keras.saving.register_keras_serializable()
class Parameter(layers.Layer):
    """A tensor that the network keeps, once for each sample of what it is called on.

    With `count`, a tensor that is made of so many numbers. The description of the
    network does not say how: they are repeated in their order.
    """

    def __init__(self, shape, count=None, **kwargs):
        super().__init__(**kwargs)
        self.shape, self.count = shape, count

    def build(self, input_shape):
        shape = self.shape if self.count is None else (self.count,)
        if self.count != 0:
            self.value = self.add_weight(shape=shape, name="value")

    def call(self, inputs):
        if self.count == 0:
            value = ops.zeros(self.shape)
        elif self.count is None:
            value = self.value
        else:
            places = ops.arange(math.prod(self.shape)) % self.count
            value = ops.reshape(ops.take(self.value, places), self.shape)
        return ops.broadcast_to(value, (ops.shape(inputs)[0], *self.shape))
''',
    "BatchStatistics": '''\
@keras.saving.register_keras_serializable()
class BatchStatistics(layers.Layer):
    """A batch normalisation that keeps no running statistics."""

    def __init__(self, center=True, scale=True, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.center, self.scale, self.epsilon = center, scale, epsilon

    def build(self, input_shape):
        shape = input_shape[-1:]
        if self.scale:
            self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
        if self.center:
            self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")

    def call(self, inputs):
        axes = tuple(range(len(inputs.shape) - 1))
        mean, variance = ops.moments(inputs, axes, keepdims=True)
        x = (inputs - mean) / ops.sqrt(variance + self.epsilon)
        x = x * self.gamma if self.scale else x
        return x + self.beta if self.center else x
''',
    "Scale": '''\
@keras.saving.register_keras_serializable()
class Scale(layers.Layer):
    """Multiplies by trained numbers: one for each plane, one for all, or one each."""

    def __init__(self, per="depth", use_bias=False, **kwargs):
        super().__init__(**kwargs)
        self.per, self.use_bias = per, use_bias

    def build(self, input_shape):
        shape = {"layer": (1,), "depth": input_shape[-1:], "volume": input_shape[1:]}
        shape = shape[self.per]
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        if self.use_bias:
            self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(self, inputs):
        x = inputs * self.scale
        return x + self.bias if self.use_bias else x
''',
    "CoordChannels": '''\
@keras.saving.register_keras_serializable()
class CoordChannels(layers.Layer):
    """Adds planes with the coordinates of each position, from -1 to 1 (CoordConv)."""

    def __init__(self, radius=False, **kwargs):
        super().__init__(**kwargs)
        self.radius = radius

    def call(self, inputs):
        spatial = inputs.shape[1:-1]
        axes = [ops.linspace(-1.0, 1.0, n, dtype=self.compute_dtype) for n in spatial]
        planes = ops.meshgrid(*axes, indexing="ij") if len(axes) > 1 else axes
        if self.radius:
            planes = [*planes, ops.sqrt(sum(ops.square(plane) for plane in planes))]
        planes = ops.stack(planes, axis=-1)
        planes = ops.broadcast_to(planes, (ops.shape(inputs)[0], *planes.shape))
        return ops.concatenate([inputs, planes], axis=-1)
''',
    "local_response_norm": '''\
def local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    """Divides by the activity of the `size` planes around each (Krizhevsky 2012)."""
    before, after = size // 2, (size - 1) // 2
    squares = ops.pad(ops.square(x), [(0, 0)] * (len(x.shape) - 1) + [(before, after)])
    total = sum(squares[..., i : i + x.shape[-1]] for i in range(size))
    return x / (k + alpha / size * total) ** beta
''',
    "take": '''\
def take(x, indices, axis):
    """The cells of an axis that each sample's indices name."""
    axis = axis % len(x.shape)
    count = math.prod(indices.shape[1:])
    indices = ops.cast(ops.reshape(indices, (-1, count)), "int32")
    for place in range(1, len(x.shape)):
        if place != axis:
            indices = ops.expand_dims(indices, place)
    return ops.take_along_axis(x, indices, axis=axis)
''',
    "gather": '''\
def gather(x, count, axis):
    """Picks cells of an axis.

    The description of the network does not have their indices: the first ones stand in.
    """
    return ops.take(x, [i % x.shape[axis] for i in range(count)], axis=axis)
''',
    "resize": '''\
def resize(x, sizes, interpolation):
    """Resamples one axis after the other, for volumes that `Resizing` does not read."""
    for axis, size in enumerate(sizes, start=1):
        shape = x.shape[1:]
        before, after = math.prod(shape[: axis - 1]), math.prod(shape[axis:])
        image = ops.reshape(x, (-1, shape[axis - 1], after, 1))
        image = ops.image.resize(image, (size, after), interpolation=interpolation)
        shape = (*shape[: axis - 1], size, *shape[axis:])
        x = ops.reshape(image, (-1, *shape)) if before else image
    return x
''',
    **STANDING_IN,
}
