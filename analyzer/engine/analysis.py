"""All passes over a placed network, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.dtypes import BITS
from analyzer.engine.costs import cost_rows
from analyzer.engine.network import Network
from analyzer.engine.peak import peak_activation
from analyzer.engine.receptive_field import fields_by_input
from analyzer.engine.result import Analysis
from analyzer.settings import one_of, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def analyze_network(
    network: Network,
    *,
    name: str = "network",
    file: str = "",
    batch: int = 1,
    dtype: str = "float32",
    description: str | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    training: Mapping[str, Any] | None = None,
) -> Analysis:
    """Calculates the costs of every layer for `batch` samples in a number format, a key of `analyzer.dtypes.BITS`.

    `training` are the settings of a run that the network's file writes, for `Analysis.amounts`.
    Raises `SettingError` for a batch below 1 and for an unknown number format.

    >>> from analyzer.layers import CATALOGUE
    >>> from analyzer.volume import Volume
    >>> network = Network()
    >>> image = network.enter("image", Volume((32, 32), 3))
    >>> node = network.place("conv1", CATALOGUE["conv"](filters=20, kernel=8, stride=2, padding=1), [image])
    >>> analysis = analyze_network(network)
    >>> analysis.totals.shared.parameters, analysis.totals.local.parameters, analysis.totals.macs
    (3860, 756560, 752640)
    """
    batch = whole("batch", batch)
    one_of("dtype", dtype, BITS)
    rows, totals = cost_rows(network, batch=batch, dtype=dtype)
    for row, fields in zip(rows, fields_by_input(network), strict=True):
        row.receptive_fields = fields
        row.receptive_field = next(iter(fields.values()), None)
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
        training={} if training is None else training,
    )
