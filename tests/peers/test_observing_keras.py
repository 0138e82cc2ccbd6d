"""What a live Keras model shows: layers in the order of their calls, numbers, shapes; and that it stays as it was.

The numbers are calculated by hand beside each model.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: Keras models, which run on it here, are not observed")
pytest.importorskip("keras", reason="Keras is not installed: Keras models are not observed")

import keras

from analyzer.matching.keras_models import observe
from analyzer.matching.observed import Entered, Observation, Observed
from analyzer.matching.unreadable import Unreadable
from analyzer.volume import Volume

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::UserWarning")]

layers = keras.layers


def image(*sizes: int, name: str = "image", whole: bool = False) -> Entered:
    return Entered(name, Volume.of(list(sizes)), whole)


def seen(model: Any, *entered: Entered) -> Observation:
    return observe(model, list(entered))


def short(one: Observed) -> tuple[Any, ...]:
    """What most tests compare: the name, the output of one sample, weights, biases, buffers."""
    return one.name, tuple(one.outputs[0][1:]) if one.outputs else None, one.weights, one.biases, one.buffers


def test_a_sequential() -> None:
    """3·3·3·4 + 4 of the convolution, 2·4 and 2·4 of the norm, 4·5 + 5 of the dense layer."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.BatchNormalization(name="bn"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, name="out"),
        ]
    )
    found = seen(model, image(8, 8, 3))
    assert [short(one) for one in found.layers] == [
        ("conv", (6, 6, 4), 108, 4, 0),
        ("bn", (6, 6, 4), 4, 4, 8),
        ("out", (5,), 20, 5, 0),
    ]
    assert [one.kind for one in found.layers] == ["Conv2D", "BatchNormalization", "Dense"]
    assert (found.framework, found.kind, found.parameters, found.outputs) == ("keras", "Sequential", 145, [(1, 5)])
    assert (found.unused, found.real) == ([], None)
    assert found.modules["conv"] == "Conv2D"
    assert found.modules[""] == "Sequential"
    assert found.layers[0].inputs == [(1, 8, 8, 3)]


def test_a_layer_called_again_is_tied() -> None:
    """Its numbers count once: 4·4 + 4."""
    x = keras.Input((4,))
    dense = layers.Dense(4, name="dense")
    found = seen(keras.Model(x, dense(dense(x))), image(4))
    first, second = found.layers
    assert (first.weights, first.biases, first.tied, first.calls) == (16, 4, None, 2)
    assert (second.weights, second.biases, second.tied, second.calls) == (0, 0, "dense", 2)


def test_a_model_that_is_not_built_is_not_built_afterwards() -> None:
    model = keras.Sequential([layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(3, name="out")])
    found = seen(model, image(5, 5, 1))
    assert [short(one) for one in found.layers] == [("conv", (3, 3, 2), 18, 2, 0), ("out", (3,), 54, 3, 0)]
    assert not model.built
    assert not model.weights
    assert not any(layer.built for layer in model.layers if layer.weights)


def test_an_error_of_the_model_names_the_layer() -> None:
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 9, name="conv")])
    with pytest.raises(Unreadable, match=r"^`conv`, a Conv2D, raises an error for `image` of 8×4×3: .+$"):
        seen(model, image(8, 4, 3))
