"""Layers that act in training alone: the volume kept, no parameters, no MACs.

Sources: torch.nn.Dropout, Dropout2d; torchvision.ops.StochasticDepth.
"""

from __future__ import annotations

from analyzer.layers.base import Layer, parameter
from analyzer.layers.kinds import Flag, Number


class _Dropout(Layer):
    """What drops something at a rate; at rate 0 it is the identity."""

    rate: float = parameter(Number(0, 1), "share that is dropped", default=0.5, main=True)
    inplace: bool = parameter(Flag(), "whether it overwrites its input (memory only)", default=False)


class Dropout(_Dropout, type="dropout", elsewhere=("AlphaDropout", "GaussianDropout")):
    """Drops elements. Source: torch.nn.Dropout."""


class SpatialDropout(
    _Dropout,
    type="spatial_dropout",
    elsewhere=("Dropout1d", "Dropout2d", "Dropout3d", "SpatialDropout1D", "SpatialDropout2D"),
):
    """Drops whole planes. Source: torch.nn.Dropout2d; Keras SpatialDropout2D."""


class StochasticDepth(_Dropout, type="stochastic_depth", elsewhere=("DropPath", "drop_connect")):
    """Drops a whole branch. Source: Huang et al. 2016; torchvision.ops.StochasticDepth."""
