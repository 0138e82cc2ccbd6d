"""Layers that act only in training. They keep the volume and have no parameters and no MACs.

Sources: torch.nn.Dropout, Dropout2d; torchvision.ops.StochasticDepth.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.layers.answers import Flow
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Flag, Number
from analyzer.layers.operations import ALIKE, FIRST, VIEW, Array, Operation
from analyzer.layers.parameters import parameter
from analyzer.layers.sharing import Sharing
from analyzer.layers.traits import Drops


class _Dropout(Layer):
    """The base of the dropouts. At rate 0 they hand their input on."""

    pointwise = True
    rate: float = parameter(
        Number(0, 1), "share of the elements, planes or samples that it drops", default=0.5, main=True
    )
    inplace: bool = parameter(Flag(), "whether it overwrites its input (memory only)", default=False)

    @property
    def passes(self) -> bool:
        return not self.rate

    @property
    def dropped(self) -> float:
        return self.rate

    @property
    def overwrites(self) -> bool:
        return self.inplace

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps only the mask; a view of its input where it drops nothing."""
        size = flow.output.size
        if not self.rate:
            return (Operation((0,), size, place=VIEW),)
        return (Operation((0,), size, place=self.place, extras=(self.mask(flow),), training=True, lies=ALIKE),)

    def mask(self, flow: Flow) -> Array:
        """The tensor that says what is dropped."""
        raise NotImplementedError


class Dropout(_Dropout, type="dropout", elsewhere=("AlphaDropout", "GaussianDropout")):
    """Drops elements. Source: torch.nn.Dropout."""

    drops = Drops.CELLS

    def mask(self, flow: Flow) -> Array:
        """A number for each element; on CUDA a byte, unless it is in place."""
        return Array(flow.output.size, cuda=None if self.inplace else 1)


class SpatialDropout(
    _Dropout,
    type="spatial_dropout",
    elsewhere=("Dropout1d", "Dropout2d", "Dropout3d", "SpatialDropout1D", "SpatialDropout2D"),
):
    """Drops whole planes. Source: torch.nn.Dropout2d; Keras SpatialDropout2D."""

    depth_at = FIRST
    drops = Drops.PLANES

    def mask(self, flow: Flow) -> Array:
        """A number for each plane."""
        return Array(flow.output.depth)


class StochasticDepth(_Dropout, type="stochastic_depth", elsewhere=("DropPath", "drop_connect")):
    """Drops a whole branch. Source: Huang et al. 2016; torchvision.ops.StochasticDepth."""

    drops = Drops.SAMPLES

    def mask(self, flow: Flow) -> Array:
        """A number for each sample."""
        return Array(1)
