"""Cells of recurrent layers.

The text of layers and functions that Keras does not have, as ruff formats it at 88 characters.
"""

from __future__ import annotations

#: The texts, by name.
TEXTS: dict[str, str] = {
    "LSTMCell": '''\
@keras.saving.register_keras_serializable()
class LSTMCell(layers.Layer):
    """An LSTM's step with two bias vectors, as in PyTorch and ONNX."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units, self.state_size, self.output_size = units, [units, units], units

    def build(self, input_shape):
        gates = 4 * self.units
        self.kernel = self.add_weight(shape=(input_shape[-1], gates), name="kernel")
        shape = (self.units, gates)
        self.recurrent_kernel = self.add_weight(shape=shape, name="recurrent_kernel")
        self.bias = self.add_weight(shape=(gates,), initializer="zeros", name="bias")
        self.recurrent_bias = self.add_weight(
            shape=(gates,),
            initializer="zeros",
            name="recurrent_bias",
        )

    def call(self, inputs, states, training=False):
        hidden, cell = states
        x = ops.matmul(inputs, self.kernel) + self.bias
        x = x + ops.matmul(hidden, self.recurrent_kernel) + self.recurrent_bias
        read, forget, new, put = ops.split(x, 4, axis=-1)
        cell = ops.sigmoid(forget) * cell + ops.sigmoid(read) * ops.tanh(new)
        hidden = ops.sigmoid(put) * ops.tanh(cell)
        return hidden, [hidden, cell]
''',
    "RNNCell": '''\
@keras.saving.register_keras_serializable()
class RNNCell(layers.Layer):
    """A plain recurrent step with two bias vectors, as in PyTorch and ONNX."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units, self.state_size, self.output_size = units, units, units

    def build(self, input_shape):
        units = self.units
        self.kernel = self.add_weight(shape=(input_shape[-1], units), name="kernel")
        shape = (units, units)
        self.recurrent_kernel = self.add_weight(shape=shape, name="recurrent_kernel")
        self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")
        self.recurrent_bias = self.add_weight(
            shape=(units,),
            initializer="zeros",
            name="recurrent_bias",
        )

    def call(self, inputs, states, training=False):
        hidden = states[0] if isinstance(states, (list, tuple)) else states
        x = ops.matmul(inputs, self.kernel) + self.bias
        x = x + ops.matmul(hidden, self.recurrent_kernel) + self.recurrent_bias
        return ops.tanh(x), [ops.tanh(x)]
''',
}
