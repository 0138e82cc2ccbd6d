"""Layers of Keras that are one layer of a network, or several: attention, recurrent layers, normalisation of inputs."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.matching.keras_backend import Backend
from analyzer.matching.keras_paths import Found
from analyzer.matching.keras_watch import Seen
from analyzer.matching.observed import Observed

#: The classes whose calls are one, whatever layers they consist of.
WHOLE = (
    "MultiHeadAttention", "GroupedQueryAttention", "RNN", "Bidirectional", "TimeDistributed", "SpectralNormalization",
)  # fmt: skip


def parts_of(found: Found, seen: Seen, calls: Sequence[Seen], backend: Backend, *, frozen: bool) -> Sequence[Observed]:
    """The layers that the catalogue may have in the place of one."""
    return ()
