"""Layers that act in training only. Those for which the catalogue has no type write no row.

Sources: keras/src/layers/regularization/ (Keras 3.15.1); keras/src/applications/convnext.py (StochasticDepth).
"""

from __future__ import annotations

from analyzer.loader.formats.keras.call import Called, layer
from analyzer.loader.formats.keras.layers.convolutions import axes_of, rank_in
from analyzer.loader.formats.views import Tensor


@layer("Dropout", "GaussianDropout", "AlphaDropout")
def dropout(call: Called) -> Tensor:
    """`dropout`."""
    return call.heart.pointwise("dropout", call.x, call.place(), {"rate": _rate(call)})


@layer("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def spatial_dropout(call: Called) -> Tensor:
    """`spatial_dropout` of planes."""
    spatial, depth = axes_of(call, call.x, rank_in(call.kind))
    parameters = {"rate": _rate(call)}
    return call.heart.layer("spatial_dropout", call.x, call.place(), parameters, spatial=spatial, depth=depth)


@layer("StochasticDepth")
def stochastic_depth(call: Called) -> Tensor:
    """`stochastic_depth`, as ConvNeXt of keras.applications has it."""
    rate = call.config.number("drop_path_rate", 0)
    return call.heart.pointwise(
        "stochastic_depth", call.x, call.place(), {"rate": _share(call, "drop_path_rate", rate)}
    )


def _rate(call: Called) -> float:
    return _share(call, "rate", call.config.number("rate", 0))


def _share(call: Called, key: str, rate: float) -> float:
    if not 0 <= rate <= 1:
        raise call.config.wrong(key, "a number from 0 to 1")
    return rate


@layer("GaussianNoise", "ActivityRegularization", "Identity", "Masking", "InputLayer")
def as_it_is(call: Called) -> Tensor:
    """The tensor that it reads."""
    return call.x
