"""Operators that the catalogue has no type for: `custom` layers, which multiply nothing and add nothing up.

Those whose MACs are unknown have no function at all. Source: native_functions.yaml (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, operator


@operator(
    "aten.max_unpool2d", "aten.max_unpool3d", "aten.fractional_max_pool2d", "aten.fractional_max_pool3d", "aten.take",
    "aten.trace", "aten.as_strided", "aten.view_as_complex", "aten.view_as_real", "aten.polar", "aten.complex",
    "aten.nonzero_static", "aten.multinomial", "aten.renorm", "aten.cross_entropy_loss", "aten.nll_loss_forward",
    "aten.nll_loss2d_forward", "aten.nll_loss_nd", "aten.quantile", "aten.nanquantile", "aten.cartesian_prod",
)  # fmt: skip
def moved(reading: Reading, node: Node) -> None:
    """Cells that are chosen, moved or seen in another way."""
    reading.custom(node, macs=0)
