"""Pools over windows, over whole planes, and into bins.

Sources: keras/src/layers/pooling/ (Keras 3.15.1).
"""

from __future__ import annotations

from analyzer.loader.formats.keras.call import Called, layer
from analyzer.loader.formats.keras.layers.convolutions import axes_of, padding_of, rank_in
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RANKS = ("1D", "2D", "3D")


@layer(*[f"{name}{rank}" for name in ("MaxPooling", "MaxPool", "AveragePooling", "AvgPool") for rank in _RANKS])
def pool(call: Called) -> Tensor:
    """`max_pool` or `avg_pool`; without `strides` the step is the window."""
    rank, config = rank_in(call.kind), call.config
    kernel = config.sizes("pool_size", rank, 2)
    parameters: dict[str, Any] = {"kernel": kernel, "stride": config.sizes("strides", rank, kernel)}
    if padding_of(config) == "same":
        parameters["padding"] = "same"
    spatial, depth = axes_of(call, call.x, rank)
    type = "max_pool" if call.kind.startswith("Max") else "avg_pool"
    return call.heart.layer(type, call.x, call.place(), parameters, spatial=spatial, depth=depth)


@layer(*[f"Global{name}{rank}" for name in ("MaxPooling", "MaxPool", "AveragePooling", "AvgPool") for rank in _RANKS])
def global_pool(call: Called) -> Tensor:
    """`global_max_pool` or `global_avg_pool`; the spatial axes stay with `keepdims`."""
    rank, config = rank_in(call.kind), call.config
    spatial, _ = axes_of(call, call.x, rank)
    op = "max" if call.kind.startswith("GlobalMax") else "mean"
    return call.heart.reduce(call.x, op, spatial, config.flag("keepdims", False), call.place())


@layer(*[f"Adaptive{name}Pooling{rank}" for name in ("Max", "Average") for rank in _RANKS])
def adaptive_pool(call: Called) -> Tensor:
    """`adaptive_max_pool` or `adaptive_avg_pool`."""
    rank, config = rank_in(call.kind), call.config
    spatial, depth = axes_of(call, call.x, rank)
    type = "adaptive_max_pool" if "Max" in call.kind else "adaptive_avg_pool"
    parameters = {"size": config.sizes("output_size", rank)}
    return call.heart.layer(type, call.x, call.place(), parameters, spatial=spatial, depth=depth)
