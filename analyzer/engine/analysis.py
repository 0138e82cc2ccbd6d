"""The passes over a placed network, together."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.dtypes import BITS
from analyzer.engine.costs import cost_rows
from analyzer.engine.network import Network
from analyzer.engine.peak import peak_activation
from analyzer.engine.receptive_field import receptive_fields
from analyzer.engine.result import Analysis
from analyzer.settings import one_of, whole


def analyze_network(
    network: Network,
    *,
    name: str = "network",
    file: str = "",
    batch: int = 1,
    dtype: str = "float32",
    description: str | None = None,
    diagnostics: Sequence[Diagnostic] = (),
) -> Analysis:
    """What every layer of `network` costs at this batch and dtype (a key of `analyzer.dtypes.BITS`).

    Raises `SettingError` for a batch below 1 and for another dtype.
    """
    batch = whole("batch", batch)
    one_of("dtype", dtype, BITS)
    rows, totals = cost_rows(network, batch=batch, dtype=dtype)
    for row, field in zip(rows, receptive_fields(network), strict=True):
        row.receptive_field = field
    return Analysis(
        network=network,
        rows=rows,
        totals=totals,
        peak=peak_activation(network, batch=batch, dtype=dtype),
        name=name,
        file=file,
        batch=batch,
        dtype=dtype,
        description=description,
        diagnostics=diagnostics,
    )
