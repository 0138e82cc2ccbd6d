"""What a live Keras model shows: layers in the order of their calls, numbers, shapes; and that it stays as it was.

The numbers are calculated by hand beside each model.
"""

from __future__ import annotations

import random
import types
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: Keras models, which run on it here, are not observed")
pytest.importorskip("keras", reason="Keras is not installed: Keras models are not observed")

import keras
import numpy
import torch
from keras import layers, ops
from keras.src.backend.common import global_state

import analyzer
from analyzer.matching.keras.short import Short
from analyzer.matching.keras_models import observe
from analyzer.matching.observed import Entered, Observation, Observed
from analyzer.matching.unreadable import Unreadable
from analyzer.testing import Mismatch, assert_matches
from analyzer.volume import Volume

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::UserWarning")]


def given(*sizes: int, name: str = "image", whole: bool = False) -> Entered:
    """An input of a file."""
    return Entered(name, Volume.of(list(sizes)), whole)


def seen(model: Any, *entered: Entered) -> Observation:
    return observe(model, list(entered))


def short(one: Observed) -> tuple[Any, ...]:
    """What most tests compare: the name, the output of one sample, weights, biases, buffers."""
    return one.name, tuple(one.outputs[0][1:]) if one.outputs else None, one.weights, one.biases, one.buffers


def alone(make: Callable[[Any], Any], *sizes: int, dtype: str | None = None) -> Any:
    """A functional model of one layer."""
    x = keras.Input(sizes, dtype=dtype)
    return keras.Model(x, make(x))


def zeros(*sizes: int) -> Any:
    return numpy.zeros(sizes, "float32")


# Networks.


def small() -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.BatchNormalization(name="bn"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, name="out"),
        ]
    )


def test_a_sequential() -> None:
    """3·3·3·4 + 4 of the convolution, 2·4 and 2·4 of the norm, 4·5 + 5 of the dense layer."""
    found = seen(small(), given(8, 8, 3))
    assert [short(one) for one in found.layers] == [
        ("conv", (6, 6, 4), 108, 4, 0),
        ("bn", (6, 6, 4), 4, 4, 8),
        ("out", (5,), 20, 5, 0),
    ]
    assert [one.kind for one in found.layers] == ["Conv2D", "BatchNormalization", "Dense"]
    assert (found.framework, found.kind, found.parameters, found.outputs) == ("keras", "Sequential", 145, [(1, 5)])
    assert (found.unused, found.real) == ([], None)
    assert (found.modules[""], found.modules["conv"]) == ("Sequential", "Conv2D")
    assert found.layers[0].inputs == [(1, 8, 8, 3)]


def test_a_layer_called_again_is_tied() -> None:
    """Its numbers count once: 4·4 + 4."""
    x = keras.Input((4,))
    dense = layers.Dense(4, name="dense")
    found = seen(keras.Model(x, dense(dense(x))), given(4))
    first, second = found.layers
    assert (first.weights, first.biases, first.tied, first.calls) == (16, 4, None, 2)
    assert (second.weights, second.biases, second.tied, second.calls) == (0, 0, "dense", 2)


def test_networks_in_networks() -> None:
    """Their layers have paths, in the order in which `model.layers` has them: 5·5 + 5 and 5·2 + 2."""
    inner = keras.Sequential([layers.Dense(5, name="a"), keras.Sequential([layers.Dense(2, name="b")], name="deep")])
    inner.name = "inner"
    x = keras.Input((5,))
    model = keras.Model(x, [inner(x), layers.Dense(1, name="side")(x)])
    found = seen(model, given(5))
    assert {short(one)[:4] for one in found.layers} == {
        ("inner.a", (5,), 25, 5),
        ("inner.deep.b", (2,), 10, 2),
        ("side", (1,), 5, 1),
    }
    assert [one.name for one in found.layers if one.name.startswith("inner")] == ["inner.a", "inner.deep.b"]
    assert found.outputs == [(1, 2), (1, 1)]


def test_branches_are_in_the_order_of_the_layers() -> None:
    """Keras runs the layers of one depth in another order than it lists them."""
    x = keras.Input((4, 4, 2))
    y = layers.Conv2D(2, 1, name="a")(x)
    y = layers.Conv2D(3, 1, name="b")(y)
    model = keras.Model(x, layers.Add()([layers.Conv2D(3, 1, name="shortcut")(x), y]))
    listed = [layer.name for layer in model.layers if layer.weights]
    assert [one.name for one in seen(model, given(4, 4, 2)).layers] == listed


class Block(keras.layers.Layer):
    """A layer with layers and a number of its own for each plane."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.conv = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.filters = filters

    def build(self, shape: Any) -> None:
        self.gain = self.add_weight(shape=(self.filters,), name="gain")
        self.conv.build(shape)

    def call(self, x: Any) -> Any:
        return x + self.gain * self.conv(x)


class Net(keras.Model):
    """A model whose `call` is code."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = layers.Conv2D(4, 3, padding="same")
        self.blocks = [Block(4), Block(4)]
        self.heads = {"left": layers.Dense(3), "right": layers.Dense(2, name="named")}
        self.spare = layers.Dense(7)
        self.spare.build((None, 4))

    def call(self, x: Any) -> Any:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        x = ops.mean(x, axis=(1, 2))
        return {name: head(x) for name, head in self.heads.items()}


def test_a_model_whose_call_is_code() -> None:
    """Layers are named by where they are kept; a free variable comes where it is read; `spare` is never called.

    3·3·3·4 + 4, then twice 3·3·4·4 and 4 gains, 4·3 + 3, 4·2 + 2, and 4·7 + 7 that are not used.
    """
    found = seen(Net(), given(8, 8, 3))
    assert [short(one)[:1] + short(one)[2:] for one in found.layers] == [
        ("stem", 108, 4, 0),
        ("blocks.0.conv", 144, 0, 0),
        ("blocks.0.gain", 4, 0, 0),
        ("blocks.1.conv", 144, 0, 0),
        ("blocks.1.gain", 4, 0, 0),
        ("heads.left", 12, 3, 0),
        ("named", 8, 2, 0),
    ]
    assert [one.kind for one in found.layers][2] == "Parameter"
    assert [(one.name, one.weights, one.biases, one.calls) for one in found.unused] == [("spare", 28, 7, 0)]
    assert found.parameters == 108 + 4 + 2 * 148 + 15 + 10 + 35
    assert sorted(found.outputs) == [(1, 2), (1, 3)]


class Words(keras.Model):
    """The table of words is the last layer too, turned; a layer is used without a call of it."""

    def __init__(self) -> None:
        super().__init__()
        self.table = layers.Embedding(11, 4)
        self.dense = layers.Dense(4)
        self.bare = layers.Dense(4, use_bias=False)
        self.bare.build((None, 4))

    def call(self, words: Any) -> Any:
        x = self.dense(self.table(words))
        self.add_loss(ops.sum(self.dense.kernel))
        return ops.matmul(ops.matmul(x, self.bare.kernel), ops.transpose(self.table.embeddings))


def test_weights_that_are_used_without_a_call_of_their_layer() -> None:
    """11·4 of the table once, 4·4 + 4, 4·4; what a penalty reads is no use of it."""
    found = seen(Words(), given(6, name="words", whole=True))
    assert [(one.name, one.weights, one.biases, one.tied) for one in found.layers] == [
        ("table", 44, 0, None),
        ("dense", 16, 4, None),
        ("bare", 16, 0, None),
        ("table", 0, 0, "table"),
    ]
    assert found.unused == []
    file = """
    input: 6
    layers:
    - {embedding: {vocabulary: 11, size: 4}, name: table}
    - {linear: 4}
    - {linear: {units: 4, bias: false}}
    - {linear: {units: 11, bias: false}, tied: table}
    """
    assert assert_matches(Words(), analyzer.load(file)).equal


# Numbers of single layers.

LAYERS = [
    # no gamma, no beta; the mean and the variance are buffers
    (lambda x: layers.BatchNormalization(scale=False)(x), (5, 6), [((5, 6), 0, 6, 12)]),
    (lambda x: layers.BatchNormalization(center=False)(x), (5, 6), [((5, 6), 6, 0, 12)]),
    (lambda x: layers.LayerNormalization(name="l")(x), (5, 6), [((5, 6), 6, 6, 0)]),
    (lambda x: layers.GroupNormalization(3)(x), (5, 6), [((5, 6), 6, 6, 0)]),
    (lambda x: layers.PReLU(shared_axes=[1])(x), (5, 6), [((5, 6), 6, 0, 0)]),
    # 3·6 + 6·2 weights in two kernels
    (lambda x: layers.SeparableConv1D(2, 3)(x), (5, 6), [((3, 2), 30, 2, 0)]),
    # 4 gates: 4·(6 + 3)·3, one vector of biases
    (lambda x: layers.LSTM(3)(x), (5, 6), [((3,), 108, 12, 0)]),
    # 3 gates: 3·(6 + 3)·3; two vectors of biases, one if the reset comes before the product
    (lambda x: layers.GRU(3, return_sequences=True)(x), (5, 6), [((5, 3), 81, 18, 0)]),
    (lambda x: layers.GRU(3, reset_after=False)(x), (5, 6), [((3,), 81, 9, 0)]),
    (lambda x: layers.Bidirectional(layers.LSTM(3))(x), (5, 6), [((6,), 216, 24, 0)]),
    (lambda x: layers.TimeDistributed(layers.Dense(3))(x), (5, 6), [((5, 3), 18, 3, 0)]),
    # 2 heads of 4: three times 6·8 + 8, then 8·6 + 6
    (lambda x: layers.MultiHeadAttention(2, 4)(x, x), (5, 6), [((5, 6), 192, 30, 0)]),
    (lambda x: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d")(x), (5, 6), [((5, 3), 18, 3, 0)]),
    # the vector for the norm of the weights is no number of the layer, but a network may have it beside it
    (
        lambda x: layers.SpectralNormalization(layers.Dense(3))(x),
        (6,),
        [((3,), 18, 3, 0), ((1, 3), 0, 0, 3)],
    ),
    # a count of samples, and a mean and a variance for each of the depth
    (
        lambda x: layers.Normalization()(x),
        (5, 6),
        [((), 0, 0, 1), ((1, 6), 0, 0, 6), ((1, 6), 0, 0, 6)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "sizes", "expected"), LAYERS)
def test_numbers_of_a_layer(make: Any, sizes: tuple[int, ...], expected: Any) -> None:
    found = seen(alone(make, *sizes), given(*sizes))
    assert [short(one)[1:] for one in found.layers] == expected
    assert found.real is None


OTHERS = [
    lambda x: layers.Conv1D(4, 3, strides=2, padding="same", activation="relu")(x),
    lambda x: layers.Conv1DTranspose(4, 3, strides=2)(layers.ZeroPadding1D((1, 2))(x)),
    lambda x: layers.Dense(4)(layers.GlobalMaxPooling1D()(layers.DepthwiseConv1D(3, depth_multiplier=2)(x))),
    lambda x: layers.LSTM(3)(layers.GRU(4, return_sequences=True)(layers.Masking()(x))),
    lambda x: layers.Add()([layers.Dense(6)(layers.MaxPooling1D(2, 1, "same")(x)), x]),
    lambda x: layers.LSTM(4)(x, initial_state=list(layers.LSTM(4, return_state=True)(x)[1:])),
]


@pytest.mark.parametrize("make", [*(make for make, sizes, _ in LAYERS if len(sizes) == 2), *OTHERS])
def test_the_short_way_through_layers_is_that_of_their_calculation(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers of Keras with a rule for their output are not run; the observation is the same if they are."""
    model = alone(make, 5, 6)
    rule = seen(model, given(5, 6))
    monkeypatch.setattr(Short, "output", lambda *_: None)
    assert seen(model, given(5, 6)) == rule


def test_an_embedding_reads_whole_numbers() -> None:
    """11·4 numbers for each of 7 places."""
    model = keras.Sequential([layers.Embedding(11, 4, name="table"), layers.Dense(2, name="out")])
    found = seen(model, given(7, name="words", whole=True))
    assert [short(one) for one in found.layers] == [("table", (7, 4), 44, 0, 0), ("out", (7, 2), 8, 2, 0)]


def test_parts_of_a_layer() -> None:
    """The projections of attention, and the directions of a recurrent layer, add up to the whole."""
    attention, both = (
        seen(alone(make, 5, 6), given(5, 6)).layers[0]
        for make in (
            lambda x: layers.MultiHeadAttention(2, 4, name="a")(x, x),
            lambda x: layers.Bidirectional(layers.LSTM(3), name="b")(x),
        )
    )
    assert [short(one) for one in attention.parts] == [
        ("a.query", (5, 8), 48, 8, 0),
        ("a.key", (5, 8), 48, 8, 0),
        ("a.value", (5, 8), 48, 8, 0),
        ("a.output", (5, 6), 48, 6, 0),
    ]
    assert [short(one) for one in both.parts] == [("b.forward", (3,), 108, 12, 0), ("b.backward", (3,), 108, 12, 0)]


def test_a_network_repeated_over_time() -> None:
    """Its layers have the steps of time before their own axes: 1·1·2·3 + 3, and 3·2 + 2."""
    inner = keras.Sequential([layers.Conv2D(3, 1, name="conv"), layers.Flatten(), layers.Dense(2, name="out")])
    model = alone(lambda x: layers.TimeDistributed(inner, name="each")(x), 4, 5, 5, 2)
    found = seen(model, given(4, 5, 5, 2))
    assert [short(one) for one in found.layers] == [
        ("each.conv", (4, 5, 5, 3), 6, 3, 0),
        ("each.out", (4, 2), 75 * 2, 2, 0),
    ]
    assert found.layers[0].calls == 1


class Affine(keras.layers.Layer):
    """A dense layer of an author's own."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], self.units))
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")
        self.seen = self.add_weight(shape=(2,), trainable=False)

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.w) + self.b


def test_a_layer_of_an_author() -> None:
    model = keras.Sequential([keras.Input((3,)), Affine(4)])
    assert [short(one)[1:] for one in seen(model, given(3)).layers] == [((4,), 12, 4, 2)]


class Gained(keras.layers.Wrapper):
    """A weight norm, as authors write it."""

    def build(self, shape: Any) -> None:
        super().build(shape)
        self.gain = self.add_weight(shape=self.layer.kernel.shape[-1:], name="gain")

    def call(self, x: Any) -> Any:
        return self.layer(x) * self.gain


def test_a_wrapper_with_numbers_of_its_own_is_one_layer() -> None:
    """6·3 weights, 3 gains and 3 biases, as `weight_norm: true` has them."""
    model = keras.Sequential([keras.Input((6,)), Gained(layers.Dense(3, name="inner"), name="outer")])
    assert [short(one) for one in seen(model, given(6)).layers] == [("outer", (3,), 21, 3, 0)]
    assert assert_matches(model, {"input": "6", "layers": [{"dense": {"units": 3, "weight_norm": True}}]}).equal


def test_layers_that_are_not_trained() -> None:
    """Their numbers stay weights and biases, also where a model around them is frozen, before or after it is built."""
    model = small()
    model.get_layer("conv").trainable = False
    assert [(one.frozen, one.weights) for one in seen(model, given(8, 8, 3)).layers] == [
        (True, 108),
        (False, 4),
        (False, 20),
    ]
    around = keras.Sequential([keras.Sequential([layers.Dense(2)], trainable=False), layers.Dense(3)])
    assert [one.frozen for one in seen(around, given(4)).layers] == [True, False]


# Inputs.


class Named(keras.Model):
    """A model of two inputs, in one of the forms that a `call` may have."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = layers.Dense(2), layers.Dense(3)


class Arguments(Named):
    def call(self, left: Any, right: Any) -> Any:
        return self.a(left), self.b(right)


class Listed(Named):
    def call(self, inputs: Any) -> Any:
        return self.a(inputs[0]), self.b(inputs[1])


class Mapped(Named):
    def call(self, inputs: Any) -> Any:
        return self.a(inputs["left"]), self.b(inputs["right"])


def declared() -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((5,), name="right")
    return keras.Model({"left": left, "right": right}, [layers.Dense(2)(left), layers.Dense(3)(right)])


@pytest.mark.parametrize("make", [Arguments, Listed, Mapped, declared])
def test_several_inputs(make: Callable[[], Any]) -> None:
    """4·2 and 5·3 weights, whatever the inputs are given as."""
    found = seen(make(), given(4, name="left"), given(5, name="right"))
    assert [one.weights for one in found.layers] == [8, 15]


def test_inputs_are_taken_by_their_names() -> None:
    assert [one.weights for one in seen(declared(), given(5, name="right"), given(4, name="left")).layers] == [8, 15]


@pytest.mark.parametrize("declares", [True, False])
def test_depth_first(declares: bool) -> None:
    """The file has 8×9×3, the model 3×8×9: 3·3·3·4 + 4."""
    first = layers.Conv2D(4, 3, data_format="channels_first")
    model = keras.Sequential([keras.Input((3, 8, 9)), first] if declares else [first])
    (found,) = seen(model, given(8, 9, 3)).layers
    assert (found.inputs, found.outputs, found.weights) == ([(1, 3, 8, 9)], [(1, 4, 6, 7)], 108)


def test_a_batch_of_several() -> None:
    x = keras.Input(batch_shape=(4, 6, 5))
    (found,) = seen(keras.Model(x, layers.LSTM(3, stateful=True)(x)), given(6, 5)).layers
    assert (found.inputs, found.outputs) == ([(1, 6, 5)], [(1, 3)])


WRONG = [
    (small, [given(8, 8)], "the input `image` is 8×8, but the model's input `input_layer` is 8×8×3"),
    (small, [given(192)], "the input `image` is 192, but the model's input `input_layer` is 8×8×3"),
    (declared, [given(4, name="x")], "the file has 1 input, `x`, but the model has 2 inputs, `left`, `right`"),
    (declared, [given(4, name="right"), given(5, name="left")], "the input `left` is 5, but the model's input `left` is 4"),
    (Mapped, [given(4, name="x"), given(5, name="y")], "the model raises an error when it reads `x` of 4, `y` of 5: KeyError: left"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "entered", "message"), WRONG)
def test_wrong_inputs(make: Callable[[], Any], entered: list[Entered], message: str) -> None:
    keras.backend.clear_session()
    with pytest.raises(Unreadable) as caught:
        seen(make(), *entered)
    assert str(caught.value) == message


class Falling(keras.layers.Layer):
    """A layer that changes what it can, and raises an error."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(4)
        self.notes = [1]

    def call(self, x: Any) -> Any:
        self.dense(x)
        self.count = 1
        self.notes.append(2)
        random.random()
        numpy.random.random()
        torch.rand(3)
        raise ValueError("no such number")


def test_an_error_of_the_model_names_the_layer() -> None:
    model = keras.Sequential([keras.Sequential([Falling()], name="inner")])
    model.layers[0].layers[0].name = "falling"
    with pytest.raises(Unreadable) as caught:
        seen(model, given(3))
    assert str(caught.value) == "`inner.falling` (Falling) raises an error for `image` of 3: ValueError: no such number"
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_quantized_model_is_refused() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="out")])
    model.quantize("int8")
    with pytest.raises(TypeError, match="`out` is quantized to int8"):
        seen(model, given(4))


# The model is as before.


def picture(model: Any) -> list[Any]:
    """Everything that a model consists of, with the values of its tensors, and the state of Keras and of randomness."""
    found: list[Any] = []
    known: dict[int, Any] = {}
    left: list[tuple[str, Any]] = [("model", model), ("keras", vars(global_state.GLOBAL_STATE_TRACKER))]
    while left:
        path, one = left.pop()
        kind = type(one).__name__
        if id(one) in known or isinstance(one, (types.ModuleType, type)):
            found.append((path, kind))
            continue
        known[id(one)] = one
        if isinstance(one, torch.Tensor):
            found.append((path, id(one), one.requires_grad, one.grad, one._version, one.detach().numpy().tobytes()))
        elif isinstance(one, dict):
            found.append((path, kind, [str(key) for key in one]))
            left += [(f"{path}[{key}]", value) for key, value in one.items()]
        elif isinstance(one, (list, tuple)):
            found.append((path, kind, len(one)))
            left += [(f"{path}[{place}]", value) for place, value in enumerate(one)]
        elif isinstance(one, (set, frozenset)):
            found.append((path, kind, sorted(map(str, one))))
        elif hasattr(one, "__dict__") and not isinstance(one, (types.FunctionType, types.MethodType)):
            found.append((path, kind, id(one)))
            left.append((path, vars(one)))
        else:
            found.append((path, one))
    found += [random.getstate(), str(numpy.random.get_state()), torch.get_rng_state().numpy().tobytes()]
    return [*found, torch.is_grad_enabled(), keras.Layer.__call__, vars(keras.Variable).get("value")]


def trained() -> Any:
    """A model in the middle of its training."""
    model = small()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(zeros(4, 8, 8, 3), zeros(4, 5), verbose=0)
    return model


class Random(keras.Model):
    """Random numbers of each kind in evaluation too, a dropout, and a branch that depends on data."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = keras.random.SeedGenerator(3)
        self.drop = layers.Dropout(0.5)
        self.dense, self.other = layers.Dense(2), layers.Dense(2)

    def call(self, x: Any) -> Any:
        x = x + keras.random.normal((3,), seed=self.generator) + keras.random.normal((3,)) + torch.rand(3)
        return self.dense(self.drop(x)) if float(ops.max(x)) < 1e9 else self.other(x)


class Counting(keras.Model):
    """A model that makes a variable of numbers when it is built, and counts its calls in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def build(self, shape: Any) -> None:
        self.calls = keras.Variable(zeros(1), trainable=False, name="calls")
        self.dense.build(shape)
        self.built = True

    def call(self, x: Any) -> Any:
        self.calls.assign(self.calls + 1)
        return self.dense(x)


def called(model: Any) -> Any:
    model(zeros(1, 3))
    return model


MODELS = [
    (trained, given(8, 8, 3), True),
    (Net, given(8, 8, 3), True),
    (
        lambda: keras.Sequential([layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Flatten()]),
        given(5, 5, 1),
        True,
    ),
    (lambda: keras.Sequential([layers.Bidirectional(layers.LSTM(2)), layers.Dropout(0.5)]), given(5, 3), True),
    (Random, given(3), True),
    (lambda: called(Random()), given(3), True),
    (Counting, given(3), True),
    (lambda: called(Counting()), given(3), True),
    (lambda: keras.Sequential([layers.Dense(3), Falling()]), given(3), False),
    (lambda: keras.Sequential([keras.Input((3,)), layers.Dense(3)]), given(4), False),
]


@pytest.mark.parametrize(("make", "entered", "readable"), MODELS)
def test_the_model_is_as_before(make: Callable[[], Any], entered: Entered, readable: bool) -> None:
    """Also where it raised an error, and where it was not built."""
    model = make()
    built = [layer.built for layer in model._flatten_layers()]
    before = picture(model)
    with nullcontext() if readable else pytest.raises(Unreadable):
        seen(model, entered)
    assert picture(model) == before
    assert [layer.built for layer in model._flatten_layers()] == built


def test_a_model_that_was_not_built_can_be_built_afterwards() -> None:
    """With another input, so nothing was left: 3·2 + 2 first, then 5·2 + 2."""
    model = keras.Sequential([layers.Dense(2, name="out")])
    assert [one.weights for one in seen(model, given(3)).layers] == [6]
    assert not model.built
    model.build((None, 5))
    assert model.count_params() == 12
    assert [one.weights for one in seen(model, given(5)).layers] == [10]


def test_data_decides() -> None:
    """The call is repeated with numbers, and the observation says why."""
    found = seen(called(Random()), given(3))
    assert [one.name for one in found.layers] == ["dense"]
    assert found.real is not None
    assert "meta" in found.real


# With a file.

FILE = """
input: 8x8x3
layers:
- {conv: {filters: 4, kernel: 3}}
- batch_norm
- global_avg_pool
- {dense: 5}
"""


class Check(keras.callbacks.Callback):
    """The recipe: a training that begins with the check."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.pairs = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self.pairs = len(assert_matches(self.model, self.path).pairs)


@pytest.mark.parametrize("built", [True, False])
def test_a_callback_changes_nothing_of_a_training(built: bool, tmp_path: Path) -> None:
    """The losses and the weights are those of the training without it, bit by bit."""
    path = tmp_path / "model.yaml"
    path.write_text(FILE, encoding="utf-8")
    x = numpy.random.default_rng(1).normal(size=(8, 8, 8, 3)).astype("float32")

    def train(callbacks: list[Any]) -> Any:
        keras.utils.set_random_seed(7)
        model = small() if built else keras.Sequential(small().layers)
        model.compile("adam", "mse")
        history = model.fit(x, zeros(8, 5), batch_size=4, epochs=2, verbose=0, callbacks=callbacks)
        return history.history["loss"], [weights.tobytes() for weights in model.get_weights()]

    check = Check(path)
    assert train([check]) == train([])
    assert check.pairs == 3


def test_a_mistake_is_found() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), *small().layers[:-1], layers.Dense(6, name="out")])
    with pytest.raises(Mismatch) as caught:
        assert_matches(model, analyzer.load(FILE))
    (found,) = caught.value.match.differences
    assert found.observed is not None
    assert found.row is not None
    assert (found.observed.name, found.row.name) == ("out", "dense1")


def strided(step: int) -> Any:
    """A convolution whose padding is a layer of its own, and a transposed one that is cropped by another."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.ZeroPadding2D(1),
            layers.Conv2D(4, 3, strides=step, name="down"),
            layers.Conv2DTranspose(2, 4, strides=2, name="up"),
            layers.Cropping2D(1),
        ]
    )


def test_padding_that_is_a_layer_of_its_own() -> None:
    """8 + 2·1 cells and 3 of the window: 4 with steps of 2; 3·2 + 4 cells of the output, of which 8 are left."""
    file = {
        "input": "8x8x3",
        "layers": [
            {"conv": {"filters": 4, "kernel": 3, "stride": 2, "padding": 1}},
            {"conv_transpose": {"filters": 2, "kernel": 4, "stride": 2, "padding": 1}},
        ],
    }
    assert assert_matches(strided(2), file).equal
    with pytest.raises(Mismatch, match="hint: strides=2, or `stride: 1`") as caught:
        assert_matches(strided(1), file)
    assert [one.follows for one in caught.value.match.differences] == [False, True]
